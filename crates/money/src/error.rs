//! What can be wrong with money, and how to put it right.

use crate::Coin;

/// Why a number was not read or an operation not done. Nothing was changed in any case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Two coins met in one operation.
    #[error("{left} and {right} do not mix, nothing was computed: keep each coin's amounts apart")]
    MixedCoins {
        /// The coin of the left operand.
        left: Coin,
        /// The coin of the right operand.
        right: Coin,
    },
    /// A result does not fit.
    #[error("{operation} leaves the range {range}, nothing was computed: check the inputs")]
    OutOfRange {
        /// What was computed, such as `1 ETH + 2 ETH`.
        operation: String,
        /// The range that it left.
        range: &'static str,
    },
    /// A value that must not be negative is.
    #[error("{what} is {value}, nothing was computed: it must be zero or more")]
    Negative {
        /// What the value is.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// A coin's symbol is not 1 to 12 of `A-Z`, `0-9`.
    #[error("{symbol:?} is no coin symbol: use 1 to 12 characters of A-Z and 0-9, such as ETH")]
    BadSymbol {
        /// The refused symbol, cut to 40 characters.
        symbol: String,
    },
    /// A coin's decimals are out of range.
    #[error(
        "{symbol} cannot have {decimals} decimals: give those of its chain's base unit, 9 to 27"
    )]
    BadDecimals {
        /// The coin's symbol.
        symbol: String,
        /// The refused decimals.
        decimals: u8,
    },
    /// A text is not read.
    #[error("cannot read {text:?} as {what}: {problem}; nothing was changed; write {write}")]
    Unreadable {
        /// The refused text, cut to 80 characters.
        text: String,
        /// What was to be read, such as `an amount of ETH`.
        what: String,
        /// What is wrong with it.
        problem: Problem,
        /// How to write it.
        write: String,
    },
    /// The weights to be shared exceed the whole.
    #[error(
        "oversold: weights of {sold} are held of a whole of {whole}, nothing was shared: \
         correct the orders or the whole, or share by the sum of the weights"
    )]
    Oversold {
        /// Sum of the weights (saturated at 2^128 - 1).
        sold: u128,
        /// The whole.
        whole: u128,
    },
    /// There are weights but the whole is zero.
    #[error("the whole is 0 but weights of {sold} are held, nothing was shared: give the whole")]
    ZeroWhole {
        /// Sum of the weights (saturated at 2^128 - 1).
        sold: u128,
    },
}

/// What is wrong with a text that should be a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing is there.
    #[error("it is empty")]
    Empty,
    /// A sign where none belongs (a leading `+` never does).
    #[error("it has the sign {0:?} where none belongs")]
    Sign(char),
    /// An exponent, as in `1e9`.
    #[error("it has an exponent")]
    Exponent,
    /// A separator of thousands, or a decimal comma.
    #[error("it has the separator {0:?}")]
    Separator(char),
    /// Blanks before, after, or more than one within.
    #[error("it has blanks where none belong")]
    Blank,
    /// A character that is no ASCII digit (full-width digits are none).
    #[error("{0:?} is no digit 0-9")]
    NotADigit(char),
    /// A point without a digit on either side, or two points.
    #[error("its decimal point does not stand alone between digits")]
    Point,
    /// More decimals than are counted.
    #[error("it has more than {0} decimals")]
    TooManyDecimals(u8),
    /// Not in the range of the type.
    #[error("it is out of range, {0}")]
    OutOfRange(&'static str),
    /// The unit or coin is missing.
    #[error("its unit is missing")]
    NoUnit,
    /// The unit is unknown.
    #[error("{0:?} is no unit known here")]
    UnknownUnit(String),
    /// The amount is of another coin.
    #[error("it is an amount of {0}")]
    OtherCoin(String),
    /// A name follows where only a number belongs.
    #[error("{0:?} follows the number")]
    Trailing(String),
}

impl Problem {
    /// The full error: what was read, and how to write it.
    pub(crate) fn reading(
        self,
        text: &str,
        what: impl Into<String>,
        write: impl Into<String>,
    ) -> MoneyError {
        MoneyError::Unreadable {
            text: text.chars().take(80).collect(),
            what: what.into(),
            problem: self,
            write: write.into(),
        }
    }
}
