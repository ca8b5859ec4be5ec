//! May this money go out?
//!
//! - [`policy`]: what a pool's terms allow: minimum, caps, who has to approve. Pure.
//! - [`request`]: a member asks; the amount is set aside in the same transaction. The same key
//!   again gives the same answer.
//! - [`approve`], [`reject`], [`cancel`]: what a person decides of what is not on its way.
//! - [`why`]: everything that stands between a withdrawal, or a member, and its payment.
//! - [`repair`]: failed ones: paid from outside, queued again, or taken back; with evidence, and a
//!   second person.
//! - [`import`], [`compare`]: those of the program before, and the accountant's sheet.
//!
//! Paying is not known here: `paydirt-payouts` takes what is approved.
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

pub mod address;
pub mod compare;
mod decide;
mod error;
pub mod import;
pub mod look;
pub mod policy;
pub mod repair;
mod request;
mod terms;
pub mod why;

pub use decide::{Deciding, approve, cancel, check_approvable, reject};
pub use error::WithdrawalError;
pub use request::{Asked, Request, request};
pub use terms::{NoPolicy, Terms};
