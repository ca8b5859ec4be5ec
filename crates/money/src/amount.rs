//! An amount: whole ledger units of one coin.

use std::cmp::Ordering;
use std::fmt;

use crate::error::Problem;
use crate::{BaseUnits, Coin, MoneyError, number};

const RANGE: &str = "-9223372036.854775808 to 9223372036.854775807 coin";

/// A sum of money: whole ledger units (10^-9 coin) of one [`Coin`], from -2^63 to 2^63 - 1.
///
/// Amounts of two coins neither add nor compare (`<` and `>` are both false).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    units: i64,
    coin: Coin,
}

impl Amount {
    /// An amount of `units` ledger units (10^-9 coin).
    #[must_use]
    pub const fn from_units(units: i64, coin: Coin) -> Amount {
        Amount { units, coin }
    }

    /// Nothing, of this coin.
    #[must_use]
    pub const fn zero(coin: Coin) -> Amount {
        Amount { units: 0, coin }
    }

    /// In ledger units (10^-9 coin).
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// Its coin.
    #[must_use]
    pub const fn coin(self) -> Coin {
        self.coin
    }

    /// Whether it is exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.units > 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// The sum of both.
    ///
    /// # Errors
    /// [`MoneyError::MixedCoins`], or [`MoneyError::OutOfRange`] beyond 64 bits.
    pub fn checked_add(self, other: Amount) -> Result<Amount, MoneyError> {
        self.same_coin(other)?;
        self.fit(self.units.checked_add(other.units), || {
            format!("{self} + {other}")
        })
    }

    /// What is left of it without `other`.
    ///
    /// # Errors
    /// [`MoneyError::MixedCoins`], or [`MoneyError::OutOfRange`] beyond 64 bits.
    pub fn checked_sub(self, other: Amount) -> Result<Amount, MoneyError> {
        self.same_coin(other)?;
        self.fit(self.units.checked_sub(other.units), || {
            format!("{self} - {other}")
        })
    }

    /// The same with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] for -2^63 units.
    pub fn checked_neg(self) -> Result<Amount, MoneyError> {
        self.fit(self.units.checked_neg(), || format!("-({self})"))
    }

    /// The same without sign.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] for -2^63 units.
    pub fn checked_abs(self) -> Result<Amount, MoneyError> {
        self.fit(self.units.checked_abs(), || format!("|{self}|"))
    }

    /// It, `times` over.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 64 bits.
    pub fn checked_mul(self, times: i64) -> Result<Amount, MoneyError> {
        self.fit(self.units.checked_mul(times), || {
            format!("{self} * {times}")
        })
    }

    /// Less, equal or more.
    ///
    /// # Errors
    /// [`MoneyError::MixedCoins`].
    pub fn checked_cmp(self, other: Amount) -> Result<Ordering, MoneyError> {
        self.same_coin(other)?;
        Ok(self.units.cmp(&other.units))
    }

    /// The sum of `amounts`, all of `coin`; of none of them, zero.
    ///
    /// # Errors
    /// [`MoneyError::MixedCoins`], or [`MoneyError::OutOfRange`] beyond 64 bits on the way.
    pub fn sum(
        amounts: impl IntoIterator<Item = Amount>,
        coin: Coin,
    ) -> Result<Amount, MoneyError> {
        amounts
            .into_iter()
            .try_fold(Amount::zero(coin), Amount::checked_add)
    }

    /// Exactly, in the chain's base units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] below zero.
    pub fn to_base_units(self) -> Result<BaseUnits, MoneyError> {
        let units = u128::try_from(self.units).map_err(|_| MoneyError::Negative {
            what: "an amount for the chain",
            value: self.to_string(),
        })?;
        // At most 2^63 * 10^18 < 2^123: the coin's decimals were checked when it was made.
        units
            .checked_mul(self.coin.base_units_per_ledger_unit())
            .map(BaseUnits::new)
            .ok_or_else(|| MoneyError::OutOfRange {
                operation: format!("{self} in base units"),
                range: BaseUnits::RANGE,
            })
    }

    /// The whole ledger units in `base`, and the base units that are left over.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond 64 bits of ledger units.
    pub fn from_base_units(base: BaseUnits, coin: Coin) -> Result<(Amount, BaseUnits), MoneyError> {
        let scale = coin.base_units_per_ledger_unit();
        let out_of_range = || MoneyError::OutOfRange {
            operation: format!("{base} base units of {coin} as an amount"),
            range: RANGE,
        };
        let units = base.get().checked_div(scale).ok_or_else(out_of_range)?;
        let rest = base.get().checked_rem(scale).ok_or_else(out_of_range)?;
        let units = i64::try_from(units).map_err(|_| out_of_range())?;
        Ok((Amount { units, coin }, BaseUnits::new(rest)))
    }

    /// Reads `1.5` or `1.5 ETH`, exactly, without sign.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse(text: &str, coin: Coin) -> Result<Amount, MoneyError> {
        Self::read(text, coin).map_err(|problem| {
            let what = format!("an amount of {coin}");
            problem.reading(
                text,
                what,
                format!("1.5 {coin} or 1.5, with at most 9 decimals"),
            )
        })
    }

    /// Reads like [`parse`](Amount::parse), but with an optional leading `-`.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse_signed(text: &str, coin: Coin) -> Result<Amount, MoneyError> {
        Self::read_signed(text, coin).map_err(|problem| {
            let what = format!("a signed amount of {coin}");
            problem.reading(
                text,
                what,
                format!("1.5 {coin} or -1.5, with at most 9 decimals"),
            )
        })
    }

    /// Reads `1.5 ETH` where the coin must be said and be one of `coins`.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`], saying what is wrong and how to write it.
    pub fn parse_any(text: &str, coins: &[Coin]) -> Result<Amount, MoneyError> {
        let read = || {
            let (_, name) = number::number_and_name(text)?;
            let name = name.ok_or(Problem::NoUnit)?;
            let coin = coins.iter().find(|coin| coin.symbol() == name);
            let coin = coin.ok_or_else(|| Problem::UnknownUnit(number::excerpt(name)))?;
            Self::read(text, *coin)
        };
        read().map_err(|problem| {
            let symbols: Vec<&str> = coins.iter().map(Coin::symbol).collect();
            let write = format!(
                "a number with at most 9 decimals and {}",
                symbols.join(" or ")
            );
            problem.reading(text, "an amount with its coin", write)
        })
    }

    /// The number with all 9 decimals and without the coin: `1.500000000`.
    #[must_use]
    pub fn to_fixed(self) -> String {
        let digits = number::fixed(u128::from(self.units.unsigned_abs()), Coin::LEDGER_DECIMALS);
        format!("{}{digits}", self.sign())
    }

    fn sign(self) -> &'static str {
        if self.is_negative() { "-" } else { "" }
    }

    fn same_coin(self, other: Amount) -> Result<(), MoneyError> {
        if self.coin == other.coin {
            Ok(())
        } else {
            Err(MoneyError::MixedCoins {
                left: self.coin,
                right: other.coin,
            })
        }
    }

    fn fit(
        self,
        units: Option<i64>,
        operation: impl FnOnce() -> String,
    ) -> Result<Amount, MoneyError> {
        let units = units.ok_or_else(|| MoneyError::OutOfRange {
            operation: operation(),
            range: RANGE,
        })?;
        Ok(Amount {
            units,
            coin: self.coin,
        })
    }

    fn read(text: &str, coin: Coin) -> Result<Amount, Problem> {
        let magnitude = magnitude(text, coin)?;
        let units = i64::try_from(magnitude).map_err(|_| Problem::OutOfRange(RANGE))?;
        Ok(Amount { units, coin })
    }

    fn read_signed(text: &str, coin: Coin) -> Result<Amount, Problem> {
        let Some(unsigned) = text.strip_prefix('-') else {
            return Self::read(text, coin);
        };
        let units = i128::try_from(magnitude(unsigned, coin)?)
            .ok()
            .and_then(i128::checked_neg)
            .and_then(|units| i64::try_from(units).ok())
            .ok_or(Problem::OutOfRange(RANGE))?;
        Ok(Amount { units, coin })
    }
}

fn magnitude(text: &str, coin: Coin) -> Result<u128, Problem> {
    let (digits, name) = number::number_and_name(text)?;
    match name {
        Some(name) if name != coin.symbol() => Err(Problem::OtherCoin(number::excerpt(name))),
        _ => number::scaled(digits, Coin::LEDGER_DECIMALS, RANGE),
    }
}

impl PartialOrd for Amount {
    /// `None` for amounts of two coins.
    fn partial_cmp(&self, other: &Amount) -> Option<Ordering> {
        self.checked_cmp(*other).ok()
    }
}

impl fmt::Display for Amount {
    /// The shortest exact number, and the coin: `1.5 ETH`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = number::shortest(u128::from(self.units.unsigned_abs()), Coin::LEDGER_DECIMALS);
        f.pad(&format!("{}{digits} {}", self.sign(), self.coin))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({self})")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Amount {
    /// As its exact text, `1.5 ETH`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
