//! Storage power: a holding's, and a pool's.

use std::fmt;
use std::str::FromStr;

use ruint::aliases::U256;

use crate::error::Problem;
use crate::{Coefficient, MoneyError, number};

const POWER_RANGE: &str = "0 to 2^63 - 1 bytes";
const POOL_RANGE: &str = "0 to 2^80 bytes";
const WRITE: &str = "a number and its unit, as 900 TB (1000^4) or 900 TiB (1024^4)";
/// A byte of an exbibyte is its 18.06th decimal: more are of no use.
const MAX_PLACES: u8 = 18;

/// Units, the smallest first.
const UNITS: [(&str, u64); 13] = [
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
    ("PB", 1_000_000_000_000_000),
    ("PiB", 1 << 50),
    ("EB", 1_000_000_000_000_000_000),
    ("EiB", 1 << 60),
];

/// A holding's power: whole bytes, below 2^63.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Power(u64);

impl Power {
    /// The largest: 2^63 - 1 bytes.
    pub const MAX: Power = Power(u64::MAX >> 1);

    /// A power of `bytes`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] from 2^63 on.
    pub fn from_bytes(bytes: u64) -> Result<Power, MoneyError> {
        if bytes > Self::MAX.0 {
            let operation = format!("a power of {bytes} bytes");
            return Err(MoneyError::OutOfRange {
                operation,
                range: POWER_RANGE,
            });
        }
        Ok(Power(bytes))
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// What it counts in a split, in millionths of a byte: exact, below 2^103.
    #[must_use]
    pub fn weight(self, coefficient: Coefficient) -> u128 {
        // 2^63 * 10^12 < 2^103: never saturates.
        u128::from(self.0).saturating_mul(u128::from(coefficient.millionths()))
    }

    /// Reads `900 TB` or `7.9 EiB`: a number of at most 18 decimals and a unit from B, KB to EB
    /// (powers of 1000), KiB to EiB (of 1024); rounded to the nearest byte, halves up.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Power, MoneyError> {
        bytes(text, u128::from(Self::MAX.0), POWER_RANGE)
            .and_then(|read| u64::try_from(read).map_err(|_| Problem::OutOfRange(POWER_RANGE)))
            .map(Power)
            .map_err(|problem| problem.reading(text, "a power", WRITE))
    }
}

/// A pool's power: whole bytes, up to 2^80.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PoolPower(u128);

impl PoolPower {
    /// The largest: 2^80 bytes.
    pub const MAX: PoolPower = PoolPower(1 << 80);

    /// A power of `bytes`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] above 2^80.
    pub fn from_bytes(bytes: u128) -> Result<PoolPower, MoneyError> {
        if bytes > Self::MAX.0 {
            let operation = format!("a pool's power of {bytes} bytes");
            return Err(MoneyError::OutOfRange {
                operation,
                range: POOL_RANGE,
            });
        }
        Ok(PoolPower(bytes))
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u128 {
        self.0
    }

    /// The whole of a split, in millionths of a byte as [`Power::weight`]: at most 2^100.
    #[must_use]
    pub fn whole(self) -> u128 {
        // 2^80 * 10^6 < 2^100: never saturates.
        self.0
            .saturating_mul(u128::from(Coefficient::ONE.millionths()))
    }

    /// As 16 bytes, big-endian, which sort as the numbers do.
    #[must_use]
    pub const fn to_be_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From 16 bytes, big-endian.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] above 2^80.
    pub fn from_be_bytes(bytes: [u8; 16]) -> Result<PoolPower, MoneyError> {
        Self::from_bytes(u128::from_be_bytes(bytes))
    }

    /// Reads as [`Power::parse`] does.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<PoolPower, MoneyError> {
        bytes(text, Self::MAX.0, POOL_RANGE)
            .map(PoolPower)
            .map_err(|problem| problem.reading(text, "a pool's power", WRITE))
    }
}

impl From<Power> for PoolPower {
    fn from(power: Power) -> PoolPower {
        PoolPower(u128::from(power.0))
    }
}

fn bytes(text: &str, max: u128, range: &'static str) -> Result<u128, Problem> {
    let (number, unit) = number::number_and_unit(text)?;
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, size) = found.ok_or_else(|| Problem::UnknownUnit(number::excerpt(unit)))?;
    let (digits, places) = number::digits_and_places(number, MAX_PLACES, range)?;
    let scale = 10_u64
        .checked_pow(u32::from(places))
        .ok_or(Problem::OutOfRange(range))?;
    // floor(x + 1/2), as (2 * digits * size + scale) / (2 * scale): below 2^190.
    U256::from(digits)
        .checked_mul(U256::from(*size))
        .and_then(|product| product.checked_mul(U256::from(2)))
        .and_then(|doubled| doubled.checked_add(U256::from(scale)))
        .and_then(|sum| sum.checked_div(U256::from(u128::from(scale).saturating_mul(2))))
        .and_then(|rounded| u128::try_from(rounded).ok())
        .filter(|rounded| *rounded <= max)
        .ok_or(Problem::OutOfRange(range))
}

/// Exact: the whole number of the unit that makes it smallest.
fn print(bytes: u128) -> String {
    let whole = |size: &u64| bytes.checked_rem(u128::from(*size)) == Some(0);
    let unit = UNITS
        .iter()
        .rev()
        .find(|(_, size)| bytes > 0 && whole(size));
    let (name, size) = unit.copied().unwrap_or(("B", 1));
    let count = bytes.checked_div(u128::from(size)).unwrap_or(bytes);
    format!("{count} {name}")
}

macro_rules! power_text {
    ($type:ident) => {
        impl fmt::Display for $type {
            /// Exact, as a whole number of the largest unit: `900 TB`, `1 PiB`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&print(u128::from(self.0)))
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

power_text!(Power);
power_text!(PoolPower);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terabytes_and_tebibytes_differ() {
        for (text, bytes) in [
            ("900 TB", 900_000_000_000_000),
            ("900000 GB", 900_000_000_000_000),
            ("900TB", 900_000_000_000_000),
            ("900 TiB", 900 << 40),
            ("138.85 TB", 138_850_000_000_000),
            ("1 B", 1),
            ("0 B", 0),
            ("7.9 EiB", 9_108_079_886_394_091_110),
            ("9223372036854775807 B", Power::MAX.bytes()),
        ] {
            assert_eq!(Power::parse(text).unwrap().bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn fractions_round_to_the_nearest_byte_halves_up() {
        for (text, bytes) in [("0.4 B", 0), ("0.5 B", 1), ("1.4999 B", 1), ("1.5 B", 2)] {
            assert_eq!(Power::parse(text).unwrap().bytes(), bytes, "{text}");
        }
        assert_eq!(Power::parse("0.0005 KB").unwrap().bytes(), 1);
        assert_eq!(Power::parse("0.00048828125 KiB").unwrap().bytes(), 1);
        assert_eq!(Power::parse("0.00048828124 KiB").unwrap().bytes(), 0);
    }

    #[test]
    fn powers_out_of_range_or_without_a_known_unit_are_refused() {
        for bad in [
            "8 EiB",
            "9223372036854775807.5 B",
            "900",
            "900 tb",
            "900 Tb",
            "-1 TB",
            "1e3 TB",
            "1,000 TB",
            "1 TB ",
            "1  TB",
            "1 TB x",
            "",
            "TB",
            "９ TB",
            "0.0000000000000000001 EB",
        ] {
            assert!(Power::parse(bad).is_err(), "{bad}");
        }
        assert!(Power::from_bytes(1 << 63).is_err());
        assert_eq!(PoolPower::parse("1048576 EiB").unwrap(), PoolPower::MAX);
        assert!(PoolPower::parse("1048577 EiB").is_err());
        assert!(PoolPower::from_bytes((1 << 80) + 1).is_err());
        assert!(PoolPower::from_be_bytes([0xff; 16]).is_err());
        let text = Power::parse("900").unwrap_err().to_string();
        assert!(
            text.contains("unit is missing") && text.contains("900 TiB"),
            "{text}"
        );
    }

    #[test]
    fn powers_print_exactly_in_the_largest_whole_unit() {
        for text in [
            "0 B",
            "1 B",
            "900 TB",
            "900 TiB",
            "1 PiB",
            "118950 TB",
            "1000 KiB",
            "7 EiB",
        ] {
            assert_eq!(Power::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(PoolPower::MAX.to_string(), "1048576 EiB");
        assert_eq!(Power::MAX.to_string(), "9223372036854775807 B");
    }

    #[test]
    fn weights_and_wholes_are_counted_alike() {
        let power = Power::parse("100 TiB").unwrap();
        assert_eq!(
            power.weight(Coefficient::ONE),
            PoolPower::from(power).whole()
        );
        let most = Coefficient::from_millionths(Coefficient::MAX_MILLIONTHS).unwrap();
        assert!(Power::MAX.weight(most) < 1 << 103);
        assert_eq!(PoolPower::MAX.whole(), 1_000_000 << 80);
    }
}
