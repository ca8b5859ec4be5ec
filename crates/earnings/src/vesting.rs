//! What of a net amount is free at once, and what is released later.
//!
//! Of a net amount, immediate = floor(net * rate) is free at once; the rest T is released in n
//! steps, so that after k of them floor(T * k / n) is. A step's release is a difference of two of
//! these, so the steps add up to T, exactly.

mod line;
mod steps;

use paydirt_money::Portion;

use crate::EarningsError;

pub use line::{LineChange, LineVesting};
pub use steps::{Steps, decompose};

/// Most steps: ten years of days.
pub const MAX_STEPS: u32 = 3660;

/// How what is not free at once is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Release {
    /// It is free at once, too.
    #[default]
    AtOnce,
    /// A step a day after the earning day.
    Linear {
        /// How many, 1 to 3660.
        days: u32,
    },
    /// A step on each of some dates.
    Dates {
        /// How many of the stream's dates come after the earning day; if none does, all is free
        /// at once.
        count: u32,
    },
}

/// The terms of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vesting {
    immediate: Portion,
    release: Release,
}

impl Vesting {
    /// All is free at once.
    pub const AT_ONCE: Vesting = Vesting {
        immediate: Portion::ONE,
        release: Release::AtOnce,
    };

    /// `immediate` at once, the rest by `release`.
    ///
    /// # Errors
    /// [`EarningsError::Release`] for 0 days, and for more than 3660 days or dates.
    pub fn new(immediate: Portion, release: Release) -> Result<Vesting, EarningsError> {
        let (found, fits) = match release {
            Release::AtOnce => (0, true),
            Release::Linear { days } => (days, (1..=MAX_STEPS).contains(&days)),
            Release::Dates { count } => (count, count <= MAX_STEPS),
        };
        match fits {
            true => Ok(Vesting { immediate, release }),
            false => Err(EarningsError::Release { found }),
        }
    }

    /// What is free at once, of 0 to 1.
    #[must_use]
    pub const fn immediate(&self) -> Portion {
        self.immediate
    }

    /// How the rest is released.
    #[must_use]
    pub const fn release(&self) -> Release {
        self.release
    }

    /// The steps n of the release, 0 to 3660; 0: all is free at once.
    #[must_use]
    pub const fn steps(&self) -> u32 {
        match self.release {
            Release::AtOnce => 0,
            Release::Linear { days } => days,
            Release::Dates { count } => count,
        }
    }

    /// What of `net` (ledger units) is free on the earning day: floor(net * rate), or all of it
    /// without steps. The rest is T. An amount below zero doesn't vest: all of it, too.
    #[must_use]
    pub fn immediate_of(&self, net: i64) -> i64 {
        match u64::try_from(net) {
            Ok(units) if self.steps() > 0 => self.immediate.of_units(units).cast_signed(),
            _ => net,
        }
    }
}

impl Default for Vesting {
    /// [`Vesting::AT_ONCE`].
    fn default() -> Vesting {
        Vesting::AT_ONCE
    }
}

/// What of `t` is released after `k` of `n` steps: floor(t * k / n); all of it from `k` = `n` on.
/// Of `t` in ledger units from 0 on.
#[must_use]
pub fn released(t: i64, k: u32, n: u32) -> i64 {
    if k >= n {
        return t;
    }
    // At most t in size, and its product with k below 2^95.
    i128::from(t)
        .checked_mul(i128::from(k))
        .and_then(|product| product.checked_div_euclid(i128::from(n)))
        .and_then(|floor| i64::try_from(floor).ok())
        .unwrap_or(t)
}
