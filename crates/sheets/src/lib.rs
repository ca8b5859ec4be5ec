//! What is in a file of rows? CSV and XLSX read strictly, with every problem named.
//!
//! A [`Layout`] says which columns a file may have; row 1 names those that it has. Cells are text,
//! exactly as they stand: nothing is trimmed, converted or guessed. Only the apostrophe that our
//! own exports put before what a spreadsheet would take for a formula is taken off again. What is
//! not clearly right is a [`Problem`] with its row, column and cure, and a file with a problem is
//! refused whole: nobody acts on half a file.
//!
//! - [`read`] gives all rows as a [`Sheet`]: one text, not a `String` a cell.
//! - [`for_each_row`] shows one row after the other to code that makes its own types of them and
//!   adds its own problems. Its rows count only once it has returned `Ok`.
//!
//! - [`orders`], [`members`], [`openings`] and [`withdrawals`] give rows of values, read exactly or
//!   refused.
//!
//! What a file is, its content says, not its name. Time and memory are bounded by [`Limits`].
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        clippy::cast_lossless,
        clippy::indexing_slicing
    )
)]

mod cell;
mod csv;
mod error;
mod header;
mod intake;
mod kind;
mod layout;
mod limits;
pub mod members;
pub mod openings;
pub mod orders;
mod problem;
mod reading;
mod row;
mod seen;
mod sheet;
mod source;
mod typed;
pub mod withdrawals;
mod xlsx;

pub use error::SheetError;
pub use header::Columns;
pub use layout::{Column, Layout};
pub use limits::Limits;
pub use problem::{Problem, Problems};
pub use reading::{for_each_row, read};
pub use row::{Field, Row};
pub use sheet::Sheet;
pub use source::Source;
