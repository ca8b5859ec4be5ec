//! A line's ratio: what it has of the whole.

use std::fmt;

use paydirt_money::{FeeRate, share_of};

const PLACES: usize = 18;
const SCALE: u128 = 1_000_000_000_000_000_000;
const MILLION: u128 = 1_000_000;

/// A part of a whole, rounded down to 18 decimals. For people: money is never computed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u128);

impl Ratio {
    /// `weight` / `whole` * (1 - `fee_rate`). None of a whole of 0, and of more than 2^64.
    pub(crate) fn of(weight: u128, whole: u128, fee_rate: FeeRate) -> Option<Ratio> {
        let left = MILLION.checked_sub(u128::from(fee_rate.millionths()))?;
        // Rounded down twice is rounded down once, as the second divisor is whole.
        let millionths = share_of(SCALE.checked_mul(left)?, weight, whole)?;
        Some(Ratio(millionths / MILLION))
    }

    /// In 10^-18.
    #[must_use]
    pub const fn atto(self) -> u128 {
        self.0
    }
}

impl fmt::Display for Ratio {
    /// The shortest decimal: `0.007566204287515763`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / SCALE, self.0 % SCALE);
        let text = format!("{whole}.{rest:0PLACES$}");
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use paydirt_money::{Coefficient, PoolPower, Power};

    use super::*;
    use crate::Claim;

    #[test]
    fn a_line_has_its_ratio_by_power_and_with_the_service_fee() {
        let claim = Claim {
            power: Power::parse("900 TB").unwrap(),
            coefficient: Coefficient::ONE,
            fee_rate: FeeRate::parse("0.2").unwrap(),
        };
        let whole = PoolPower::parse("118.950 PB").unwrap().whole();
        let text = |ratio: Option<Ratio>| ratio.unwrap().to_string();
        assert_eq!(text(claim.ratio(whole)), "0.007566204287515762");
        assert_eq!(text(claim.net_ratio(whole)), "0.00605296343001261");
        assert_eq!(text(claim.ratio(claim.weight())), "1");
        assert_eq!(claim.ratio(0), None);
    }

    #[test]
    fn a_ratio_is_rounded_down_once() {
        let fee = FeeRate::parse("0.333333").unwrap();
        assert_eq!(
            Ratio::of(2, 3, fee).unwrap().atto(),
            444_444_666_666_666_666
        );
        assert_eq!(Ratio::of(2, 3, FeeRate::ONE).unwrap().to_string(), "0");
        assert_eq!(
            Ratio::of(u128::MAX, u128::MAX, fee).unwrap().to_string(),
            "0.666667"
        );
    }
}
