//! What is an amount? Exact money, rates and power, and the one way to split.
//!
//! Everything is an integer; every parse is exact or refused; all arithmetic is checked.
//!
//! | type | counts | range |
//! |---|---|---|
//! | [`Amount`] | ledger units, 10^-9 of its [`Coin`] | 64 bits, signed |
//! | [`BaseUnits`] | a chain's units (wei, attoFIL) | 128 bits |
//! | [`FeeRate`], [`Portion`], [`Coefficient`] | millionths | 0 to 1, 0 to 1, 0 to 1,000,000 |
//! | [`Power`], [`PoolPower`] | bytes | below 2^63, to 2^80 |
//!
//! [`split`] shares an income by weights, exactly: the only place where anything is shared.
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
mod power;
mod rate;
#[cfg(feature = "serde")]
mod serial;
mod split;

pub use amount::Amount;
pub use base_units::BaseUnits;
pub use coin::Coin;
pub use error::{MoneyError, Problem};
pub use power::{PoolPower, Power};
pub use rate::{Coefficient, FeeRate, Portion};
pub use split::{Split, Weights, share_of, split, split_reusing};
