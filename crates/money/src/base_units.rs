//! Base units: what a chain counts in (wei, attoFIL).

use std::fmt;
use std::str::FromStr;

use ruint::aliases::U256;

use crate::error::Problem;
use crate::{Coin, MoneyError, number};

/// Names of units that fees are given in, in lower case, and their decimals.
const UNITS: [(&str, u8); 16] = [
    ("wei", 0),
    ("kwei", 3),
    ("mwei", 6),
    ("gwei", 9),
    ("shannon", 9),
    ("szabo", 12),
    ("finney", 15),
    ("ether", 18),
    ("eth", 18),
    ("attofil", 0),
    ("femtofil", 3),
    ("picofil", 6),
    ("nanofil", 9),
    ("microfil", 12),
    ("millifil", 15),
    ("fil", 18),
];

/// A count of a chain's smallest units, from 0 to 2^128 - 1. The coin is its holder's to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BaseUnits(u128);

impl BaseUnits {
    pub(crate) const RANGE: &'static str = "0 to 2^128 - 1 base units";

    /// Nothing.
    pub const ZERO: BaseUnits = BaseUnits(0);

    /// `units` base units.
    #[must_use]
    pub const fn new(units: u128) -> BaseUnits {
        BaseUnits(units)
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum of both.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 128 bits.
    pub fn checked_add(self, other: BaseUnits) -> Result<BaseUnits, MoneyError> {
        fit(self.0.checked_add(other.0), || {
            format!("{self} + {other} base units")
        })
    }

    /// What is left of it without `other`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] below zero.
    pub fn checked_sub(self, other: BaseUnits) -> Result<BaseUnits, MoneyError> {
        fit(self.0.checked_sub(other.0), || {
            format!("{self} - {other} base units")
        })
    }

    /// It, `times` over: a price of gas times the gas.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 128 bits.
    pub fn checked_mul(self, times: u128) -> Result<BaseUnits, MoneyError> {
        fit(self.0.checked_mul(times), || {
            format!("{self} * {times} base units")
        })
    }

    /// It * `numerator` / `denominator`, rounded down; exact however large the product.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 128 bits, or for a denominator of 0.
    pub fn mul_div_floor(
        self,
        numerator: u128,
        denominator: u128,
    ) -> Result<BaseUnits, MoneyError> {
        self.ratio(numerator, denominator)
            .map(|(quotient, _)| quotient)
    }

    /// It * `numerator` / `denominator`, rounded up; exact however large the product.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 128 bits, or for a denominator of 0.
    pub fn mul_div_ceil(self, numerator: u128, denominator: u128) -> Result<BaseUnits, MoneyError> {
        match self.ratio(numerator, denominator)? {
            (quotient, true) => Ok(quotient),
            (quotient, false) => quotient.checked_add(BaseUnits(1)),
        }
    }

    /// The quotient rounded down, and whether it is exact.
    fn ratio(self, numerator: u128, denominator: u128) -> Result<(BaseUnits, bool), MoneyError> {
        let product = U256::from(self.0).checked_mul(U256::from(numerator));
        let denominator_wide = U256::from(denominator);
        let quotient = product.and_then(|p| p.checked_div(denominator_wide));
        let rest = product.and_then(|p| p.checked_rem(denominator_wide));
        let quotient = quotient.and_then(|q| u128::try_from(q).ok());
        let quotient = fit(quotient, || format!("{self} * {numerator} / {denominator}"))?;
        Ok((quotient, rest.is_some_and(|r| r.is_zero())))
    }

    /// As 16 bytes, big-endian, which sort as the numbers do.
    #[must_use]
    pub const fn to_be_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From 16 bytes, big-endian.
    #[must_use]
    pub const fn from_be_bytes(bytes: [u8; 16]) -> BaseUnits {
        BaseUnits(u128::from_be_bytes(bytes))
    }

    /// Reads whole base units: digits and nothing else.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<BaseUnits, MoneyError> {
        number::only_number(text)
            .and_then(|digits| number::scaled(digits, 0, Self::RANGE))
            .map(BaseUnits)
            .map_err(|problem| problem.reading(text, "base units", "whole units as 21000"))
    }

    /// Reads `0.000000000000000001` or `0.000000000000000001 ETH`, to the coin's last decimal.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse_coin(text: &str, coin: Coin) -> Result<BaseUnits, MoneyError> {
        let read = || {
            let (digits, name) = number::number_and_name(text)?;
            match name {
                Some(name) if name != coin.symbol() => {
                    Err(Problem::OtherCoin(number::excerpt(name)))
                }
                _ => number::scaled(digits, coin.decimals(), Self::RANGE),
            }
        };
        read().map(BaseUnits).map_err(|problem| {
            let write = format!(
                "1.5 {coin} or 1.5, with at most {} decimals",
                coin.decimals()
            );
            problem.reading(text, format!("base units of {coin}"), write)
        })
    }

    /// Reads `20 gwei`, `1.5 nanoFIL`: a number and a unit of ether or FIL, in any case.
    ///
    /// Units: wei, kwei, mwei, gwei (or shannon), szabo, finney, ether (or eth); attofil,
    /// femtofil, picofil, nanofil, microfil, millifil, fil. A number alone is refused.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse_with_unit(text: &str) -> Result<BaseUnits, MoneyError> {
        let read = || {
            let (digits, unit) = number::number_and_unit(text)?;
            let found = UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit));
            let (_, decimals) = found.ok_or_else(|| Problem::UnknownUnit(number::excerpt(unit)))?;
            number::scaled(digits, *decimals, Self::RANGE)
        };
        read().map(BaseUnits).map_err(|problem| {
            problem.reading(
                text,
                "a fee",
                "a number and its unit, as 20 gwei or 100 attofil",
            )
        })
    }

    /// The shortest exact number of coins, and the coin: `0.000000000000000001 ETH`.
    #[must_use]
    pub fn to_coin_text(self, coin: Coin) -> String {
        format!("{} {coin}", number::shortest(self.0, coin.decimals()))
    }
}

fn fit(units: Option<u128>, operation: impl FnOnce() -> String) -> Result<BaseUnits, MoneyError> {
    units.map(BaseUnits).ok_or_else(|| MoneyError::OutOfRange {
        operation: operation(),
        range: BaseUnits::RANGE,
    })
}

impl fmt::Display for BaseUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BaseUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUnits({})", self.0)
    }
}

impl FromStr for BaseUnits {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<BaseUnits, MoneyError> {
        BaseUnits::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_units_are_digits_and_nothing_else() {
        assert_eq!(
            BaseUnits::parse(&u128::MAX.to_string()).unwrap().get(),
            u128::MAX
        );
        for bad in [
            "", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 wei", "１", "1,000",
        ] {
            assert!(BaseUnits::parse(bad).is_err(), "{bad}");
        }
        let over = "340282366920938463463374607431768211456";
        assert!(BaseUnits::parse(over).is_err());
    }

    #[test]
    fn coin_text_reaches_the_last_base_unit() {
        let one = BaseUnits::new(1);
        assert_eq!(one.to_coin_text(Coin::ETH), "0.000000000000000001 ETH");
        let read = BaseUnits::parse_coin("0.000000000000000001 ETH", Coin::ETH).unwrap();
        assert_eq!(read, one);
        assert!(BaseUnits::parse_coin("0.0000000000000000001", Coin::ETH).is_err());
        assert!(BaseUnits::parse_coin("1 FIL", Coin::ETH).is_err());
    }

    #[test]
    fn fees_are_read_with_their_unit() {
        for (text, units) in [
            ("20 gwei", 20_000_000_000),
            ("20gwei", 20_000_000_000),
            ("1.5 Gwei", 1_500_000_000),
            ("1 wei", 1),
            ("0.1 ether", 100_000_000_000_000_000),
            ("7 attoFIL", 7),
            ("2 nanofil", 2_000_000_000),
            ("1 FIL", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(
                BaseUnits::parse_with_unit(text).unwrap().get(),
                units,
                "{text}"
            );
        }
        for bad in [
            "20",
            "0.5 wei",
            "20 bananas",
            "20  gwei",
            "20 gwei ",
            "-1 gwei",
            "1e3 wei",
        ] {
            assert!(BaseUnits::parse_with_unit(bad).is_err(), "{bad}");
        }
        let text = BaseUnits::parse_with_unit("20").unwrap_err().to_string();
        assert!(
            text.contains("unit is missing") && text.contains("20 gwei"),
            "{text}"
        );
    }

    #[test]
    fn arithmetic_is_checked_and_ratios_are_exact_beyond_128_bits() {
        let max = BaseUnits::new(u128::MAX);
        assert!(max.checked_add(BaseUnits::new(1)).is_err());
        assert!(BaseUnits::ZERO.checked_sub(BaseUnits::new(1)).is_err());
        assert!(max.checked_mul(2).is_err());
        assert_eq!(max.mul_div_floor(u128::MAX, u128::MAX).unwrap(), max);
        assert!(max.mul_div_floor(3, 2).is_err());
        assert!(max.mul_div_floor(1, 0).is_err());
        let seven = BaseUnits::new(7);
        assert_eq!(seven.mul_div_floor(9, 8).unwrap().get(), 7);
        assert_eq!(seven.mul_div_ceil(9, 8).unwrap().get(), 8);
        assert_eq!(BaseUnits::new(8).mul_div_ceil(9, 8).unwrap().get(), 9);
    }

    #[test]
    fn sixteen_bytes_big_endian_and_back() {
        let units = BaseUnits::new(0x0102);
        assert_eq!(units.to_be_bytes()[14..], [1, 2]);
        assert_eq!(BaseUnits::from_be_bytes(units.to_be_bytes()), units);
    }
}
