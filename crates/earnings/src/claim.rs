//! What goes into a split and what comes out of it.

use paydirt_money::{Amount, Coefficient, FeeRate, PoolPower, Power};

use crate::Ratio;

/// One counting order's claim on a day's income.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What it holds.
    pub power: Power,
    /// What that counts by.
    pub coefficient: Coefficient,
    /// What of its gross the pool keeps.
    pub fee_rate: FeeRate,
}

impl Claim {
    /// Power * coefficient, in millionths of a byte: below 2^103.
    #[inline]
    #[must_use]
    pub fn weight(&self) -> u128 {
        self.power.weight(self.coefficient)
    }

    /// Its part of `whole` (in millionths of a byte, as [`Shared::whole`]) by power. None of a
    /// whole of 0.
    #[must_use]
    pub fn ratio(&self, whole: u128) -> Option<Ratio> {
        Ratio::of(self.weight(), whole, FeeRate::ZERO)
    }

    /// Its part of `whole` with the service fee: ratio * (1 - fee rate), rounded down once.
    #[must_use]
    pub fn net_ratio(&self, whole: u128) -> Option<Ratio> {
        Ratio::of(self.weight(), whole, self.fee_rate)
    }
}

/// The whole of which each claim has its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// The pool's power.
    Pool(PoolPower),
    /// The sum of the weights: everything is shared.
    Sold,
}

/// What happens when the sum of the weights is above the pool's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Oversold {
    /// Nothing is shared.
    #[default]
    Refuse,
    /// The sum of the weights is the whole.
    Scale,
}

/// What one claim earned, in ledger units (10^-9 coin): 0 <= fee <= gross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Its part of the income.
    pub gross: i64,
    /// What of it the pool keeps: floor(gross * fee rate).
    pub fee: i64,
}

impl Part {
    /// What the member gets: gross - fee.
    #[inline]
    #[must_use]
    pub const fn net(self) -> i64 {
        self.gross.saturating_sub(self.fee)
    }
}

/// An income, shared: `net + fee + retained` is the income, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// A part for each claim, in the order of the claims.
    pub parts: Vec<Part>,
    /// Sum of the parts' net.
    pub net: Amount,
    /// Sum of the parts' fees.
    pub fee: Amount,
    /// What was not shared: unsold power, and less than one unit.
    pub retained: Amount,
    /// Sum of the weights, in millionths of a byte.
    pub sold: u128,
    /// What the weights were divided by, in millionths of a byte.
    pub whole: u128,
    /// Whether that is the sum of the weights because they are above the pool's power.
    pub scaled: bool,
}
