//! Who earned what? The split of a day's income, and the vesting of what it gave.
//!
//! Pure: from numbers to numbers, no clock, no database.
//!
//! - [`share`]: of an income, each counting order's gross and fee, and what the pool retains.
//!   Exact; linear in time; 16 bytes an order.
//! - [`Vesting`]: what of a net amount is free at once and what later; [`released`] for one amount,
//!   [`Steps`] for a day's release of millions; [`LineVesting`] for a line that is corrected.
//!
//! A settlement stores the version of the [`Rules`] that computed it; rules once used stay, so that
//! it can be computed again.
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
        clippy::indexing_slicing,
        clippy::disallowed_types
    )
)]

mod claim;
mod error;
mod orders;
mod ratio;
mod rules;
mod vesting;

pub use claim::{Claim, Oversold, Part, Shared, Whole};
pub use error::EarningsError;
pub use orders::{Earned, Order, share_orders};
pub use ratio::Ratio;
pub use rules::{RULE_VERSION, Rules, share};
pub use vesting::{
    LineChange, LineVesting, MAX_STEPS, Release, Steps, Vesting, decompose, released,
};
