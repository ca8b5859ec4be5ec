//! Reports: a pool's days, a member's statement, a pool's month, and exports of its ledger.
//!
//! A report is a [`Document`]: facts, charts, and tables of typed cells. It knows no format; each
//! format is one renderer, and all show the same figures. Amounts are whole ledger units up to the
//! last moment, and never computed from a number that a spreadsheet was given.
//!
//! - [`table`] for terminals, with the columns that fit;
//! - [`csv`] and [`xlsx`], where each amount stands twice: as a number, and as exact text in a
//!   column of its own (`…_exact`: `FIL 1.500000000`), since a spreadsheet keeps 15 digits. Ids are
//!   texts; a text that would be run as a formula is [`defused`](cell::defused);
//! - [`json`], with stable names;
//! - [`html`], one file that needs nothing else and prints well.
//!
//! A table of a million members is made row by row where the format allows.
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
        clippy::cast_precision_loss
    )
)]

pub mod cell;
pub mod chart;
pub mod csv;
pub mod daily;
mod document;
mod error;
pub mod html;
pub mod json;
pub mod ledger;
pub mod member;
pub mod month;
pub mod table;
pub mod xlsx;

pub use cell::Cell;
pub use document::{Column, Document, Each, Fact, Kind, Room, Rows, Table};
pub use error::ReportError;
