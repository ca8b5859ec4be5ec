//! What is an amount? Exact money, rates and power, and the one way to split.
//!
//! Everything is an integer; every parse is exact or refused; all arithmetic is checked.
//!
//! | type | counts | range |
//! |---|---|---|
//! | [`Amount`] | ledger units, 10^-9 of its [`Coin`] | 64 bits, signed |
//! | [`BaseUnits`] | a chain's units (wei, attoFIL) | 128 bits |
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

mod amount;
mod base_units;
mod coin;
mod error;
mod number;
#[cfg(feature = "serde")]
mod serial;

pub use amount::Amount;
pub use base_units::BaseUnits;
pub use coin::Coin;
pub use error::{MoneyError, Problem};
