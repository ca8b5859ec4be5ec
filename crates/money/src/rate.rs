//! Rates: a service fee, a portion, a holding's coefficient. Exact decimals of at most 6 places.

use std::fmt;
use std::str::FromStr;

use crate::error::Problem;
use crate::{Amount, MoneyError, number};

const PLACES: u8 = 6;
const MILLION: u32 = 1_000_000;
const UP_TO_ONE: &str = "0 to 1";
const COEFFICIENT_RANGE: &str = "0 to 1000000";

/// The part of a gross amount that a pool keeps: 0 to 1, exact to 10^-6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeeRate(u32);

impl FeeRate {
    /// No fee.
    pub const ZERO: FeeRate = FeeRate(0);
    /// Everything.
    pub const ONE: FeeRate = FeeRate(MILLION);

    /// A rate of `millionths`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] above one million.
    pub fn from_millionths(millionths: u32) -> Result<FeeRate, MoneyError> {
        if millionths > MILLION {
            let operation = format!("a fee rate of {millionths} millionths");
            return Err(MoneyError::OutOfRange {
                operation,
                range: UP_TO_ONE,
            });
        }
        Ok(FeeRate(millionths))
    }

    /// In millionths, 0 to 1,000,000.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The fee on `gross`: floor(gross * rate), in whole ledger units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] for a gross below zero.
    pub fn fee_of(self, gross: Amount) -> Result<Amount, MoneyError> {
        portion_of(self.0, gross, "a gross amount")
    }

    /// The same for many amounts, in ledger units from 0 to 2^63 - 1.
    #[inline]
    #[must_use]
    pub const fn fee_of_units(self, gross: u64) -> u64 {
        floor_of(self.0, gross)
    }

    /// Reads `0.15`.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<FeeRate, MoneyError> {
        up_to_one(text).map(FeeRate).map_err(|problem| {
            problem.reading(
                text,
                "a fee rate",
                "0 to 1 with at most 6 decimals, as 0.15",
            )
        })
    }
}

/// A part of an amount, such as what of a day's earnings is free at once: 0 to 1, exact to 10^-6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Portion(u32);

impl Portion {
    /// Nothing.
    pub const ZERO: Portion = Portion(0);
    /// Everything.
    pub const ONE: Portion = Portion(MILLION);

    /// A portion of `millionths`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] above one million.
    pub fn from_millionths(millionths: u32) -> Result<Portion, MoneyError> {
        if millionths > MILLION {
            let operation = format!("a portion of {millionths} millionths");
            return Err(MoneyError::OutOfRange {
                operation,
                range: UP_TO_ONE,
            });
        }
        Ok(Portion(millionths))
    }

    /// In millionths, 0 to 1,000,000.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The part of `amount`: floor(amount * portion), in whole ledger units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] for an amount below zero.
    pub fn of(self, amount: Amount) -> Result<Amount, MoneyError> {
        portion_of(self.0, amount, "an amount to take a portion of")
    }

    /// The same for many amounts, in ledger units from 0 to 2^63 - 1.
    #[inline]
    #[must_use]
    pub const fn of_units(self, units: u64) -> u64 {
        floor_of(self.0, units)
    }

    /// Reads `0.25`.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Portion, MoneyError> {
        up_to_one(text).map(Portion).map_err(|problem| {
            problem.reading(text, "a portion", "0 to 1 with at most 6 decimals, as 0.25")
        })
    }
}

/// What a holding's power counts by (the operators' "R2"): 0 to 1,000,000, exact to 10^-6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coefficient(u64);

impl Coefficient {
    /// The largest, in millionths (10^12 < 2^40): a [`weight`](crate::Power::weight) stays below
    /// 2^103, and those of 2^25 holdings add up within 128 bits.
    pub const MAX_MILLIONTHS: u64 = 1_000_000_000_000;
    /// Counts for nothing.
    pub const ZERO: Coefficient = Coefficient(0);
    /// Counts as it is.
    pub const ONE: Coefficient = Coefficient(1_000_000);

    /// A coefficient of `millionths`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] above [`MAX_MILLIONTHS`](Coefficient::MAX_MILLIONTHS).
    pub fn from_millionths(millionths: u64) -> Result<Coefficient, MoneyError> {
        if millionths > Self::MAX_MILLIONTHS {
            let operation = format!("a coefficient of {millionths} millionths");
            return Err(MoneyError::OutOfRange {
                operation,
                range: COEFFICIENT_RANGE,
            });
        }
        Ok(Coefficient(millionths))
    }

    /// In millionths, 0 to 10^12.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// Reads `0.8`.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Coefficient, MoneyError> {
        millionths(text, Self::MAX_MILLIONTHS, COEFFICIENT_RANGE)
            .map(Coefficient)
            .map_err(|problem| {
                problem.reading(text, "a coefficient", "0.8, with at most 6 decimals")
            })
    }
}

impl Default for Coefficient {
    /// [`Coefficient::ONE`].
    fn default() -> Coefficient {
        Coefficient::ONE
    }
}

/// floor(`units` * `millionths` / 10^6), of at most one million.
#[inline]
const fn floor_of(millionths: u32, units: u64) -> u64 {
    // The rule: products of less than 2^44 and 10^6 fit.
    if units < 1 << 44 {
        return units.wrapping_mul(millionths as u64) / 1_000_000;
    }
    // With units = a * 10^6 + b: a * millionths <= units, b * millionths < 10^12.
    let (millions, rest) = (units / 1_000_000, units % 1_000_000);
    let rate = millionths as u64;
    millions
        .wrapping_mul(rate)
        .wrapping_add(rest.wrapping_mul(rate) / 1_000_000)
}

fn portion_of(millionths: u32, of: Amount, what: &'static str) -> Result<Amount, MoneyError> {
    let units = u64::try_from(of.units()).map_err(|_| MoneyError::Negative {
        what,
        value: of.to_string(),
    })?;
    // At most the amount itself.
    Ok(Amount::from_units(
        floor_of(millionths, units).cast_signed(),
        of.coin(),
    ))
}

fn up_to_one(text: &str) -> Result<u32, Problem> {
    let read = millionths(text, u64::from(MILLION), UP_TO_ONE)?;
    u32::try_from(read).map_err(|_| Problem::OutOfRange(UP_TO_ONE))
}

fn millionths(text: &str, max: u64, range: &'static str) -> Result<u64, Problem> {
    let digits = number::only_number(text)?;
    let read = number::scaled(digits, PLACES, range)?;
    u64::try_from(read)
        .ok()
        .filter(|read| *read <= max)
        .ok_or(Problem::OutOfRange(range))
}

macro_rules! rate_text {
    ($type:ident) => {
        impl fmt::Display for $type {
            /// The shortest exact decimal.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&number::shortest(u128::from(self.0), PLACES))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }

        impl FromStr for $type {
            type Err = MoneyError;

            fn from_str(text: &str) -> Result<$type, MoneyError> {
                $type::parse(text)
            }
        }
    };
}

rate_text!(FeeRate);
rate_text!(Portion);
rate_text!(Coefficient);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Coin;

    #[test]
    fn rates_are_exact_to_six_places_or_refused() {
        assert_eq!(FeeRate::parse("0.333333").unwrap().millionths(), 333_333);
        assert_eq!(FeeRate::parse("1").unwrap(), FeeRate::ONE);
        assert_eq!(
            FeeRate::parse("0.10").unwrap(),
            FeeRate::parse("0.1").unwrap()
        );
        for bad in [
            "1.000001",
            "0.0000001",
            "10%",
            "-0",
            "1e-1",
            "",
            ".1",
            "２",
            "0,1",
            " 0.1",
        ] {
            assert!(FeeRate::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Portion::parse("0.25").unwrap().millionths(), 250_000);
        assert_eq!(Portion::parse("1").unwrap(), Portion::ONE);
        assert!(Portion::parse("1.000001").is_err() && Portion::parse("25%").is_err());
        assert!(Portion::from_millionths(1_000_001).is_err());
        assert_eq!(
            Coefficient::parse("1.999999").unwrap().millionths(),
            1_999_999
        );
        assert_eq!(
            Coefficient::parse("1000000").unwrap().to_string(),
            "1000000"
        );
        assert!(Coefficient::parse("1000000.000001").is_err());
        assert!(Coefficient::from_millionths(Coefficient::MAX_MILLIONTHS + 1).is_err());
        assert!(FeeRate::from_millionths(1_000_001).is_err());
    }

    #[test]
    fn rates_print_as_they_read() {
        for text in ["0", "1", "0.15", "0.000001", "0.333333"] {
            assert_eq!(FeeRate::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Coefficient::default().to_string(), "1");
        assert_eq!(format!("{:?}", Coefficient::ZERO), "Coefficient(0)");
    }

    #[test]
    fn a_fee_is_floored_and_never_more_than_the_gross() {
        let max = Amount::from_units(i64::MAX, Coin::FIL);
        assert_eq!(FeeRate::ONE.fee_of(max).unwrap(), max);
        assert!(FeeRate::ZERO.fee_of(max).unwrap().is_zero());
        let gross = Amount::from_units(2_916_666_668, Coin::FIL);
        let fee = FeeRate::parse("0.333333").unwrap().fee_of(gross).unwrap();
        assert_eq!(fee.units(), 972_221_250);
        assert!(
            FeeRate::ONE
                .fee_of(Amount::from_units(-1, Coin::FIL))
                .is_err()
        );
        let less = Amount::from_units(-1, Coin::FIL);
        assert!(
            Portion::ONE
                .of(less)
                .unwrap_err()
                .to_string()
                .contains("to take a portion of")
        );
    }

    proptest::proptest! {
        #[test]
        fn a_part_is_the_floor_of_the_exact_product(
            units in proptest::prop_oneof![0..1_u64 << 45, 0..1_u64 << 63],
            millionths in 0..=MILLION,
        ) {
            let exact = u128::from(units) * u128::from(millionths) / u128::from(MILLION);
            let fee = FeeRate::from_millionths(millionths).unwrap().fee_of_units(units);
            assert_eq!(u128::from(fee), exact);
            let part = Portion::from_millionths(millionths).unwrap().of_units(units);
            assert_eq!(u128::from(part), exact);
        }
    }
}
