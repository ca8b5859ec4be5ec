//! Why something was not computed, and how to put it right.

use paydirt_money::{MoneyError, PoolPower};

/// Why a split or a release was not computed. Nothing was changed in any case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EarningsError {
    /// More was sold than there is.
    #[error(
        "oversold: the orders weigh {} of a whole of {}, nothing was shared; correct the orders or \
         the whole, or share by the sum of the weights (oversold = \"scale\")",
        weight(*sold), weight(*whole)
    )]
    Oversold {
        /// Sum of the weights, in millionths of a byte.
        sold: u128,
        /// The whole, in millionths of a byte.
        whole: u128,
    },
    /// Two orders have one id.
    #[error("the order id {id:?} is there twice, nothing was shared; give each order its own id")]
    DuplicateOrder {
        /// The id.
        id: String,
    },
    /// A settlement names rules that this program does not have.
    #[error(
        "rules of version {version} are not known here (known: 1 to {known}), nothing was \
         computed; use a version of Paydirt that has them"
    )]
    UnknownRules {
        /// The version that was asked for.
        version: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Terms of vesting that can't be.
    #[error(
        "a release in {found} steps can't be, nothing was computed; give 1 to 3660 days, or at \
         most 3660 dates"
    )]
    Release {
        /// The refused number of days or dates.
        found: u32,
    },
    /// A release of steps that are none.
    #[error(
        "steps {from} to {to} of {count} can't be released; nothing was released; give 0 <= from \
         <= to <= count, and a count of 1 to 3660"
    )]
    Steps {
        /// Steps that were released before.
        from: u32,
        /// Steps that should have been.
        to: u32,
        /// All steps.
        count: u32,
    },
    /// Amounts that were not decomposed by the same count of steps, or a sum beyond 64 bits.
    #[error(
        "line {at} can't be released ({problem}); nothing was released; decompose each amount by \
         the count of steps that it is released by"
    )]
    Line {
        /// Which of the lines, from 0.
        at: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Lists of different lengths.
    #[error(
        "{quotients} quotients, {remainders} remainders and {sums} sums do not belong together; \
         nothing was released; give one of each a line"
    )]
    Lengths {
        /// Quotients given.
        quotients: usize,
        /// Remainders given.
        remainders: usize,
        /// Sums given.
        sums: usize,
    },
    /// An amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A weight in bytes, for people: `120 TiB`, `1.5 B`.
fn weight(millionths: u128) -> String {
    let bytes = millionths / 1_000_000;
    match (millionths % 1_000_000, PoolPower::from_bytes(bytes)) {
        (0, Ok(power)) => power.to_string(),
        (0, Err(_)) => format!("{bytes} B"),
        (rest, _) => {
            let text = format!("{bytes}.{rest:06}");
            format!("{} B", text.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_named_in_bytes() {
        for (millionths, text) in [
            (0, "0 B"),
            (120_000_000 << 40, "120 TiB"),
            (1_500_000, "1.5 B"),
            (1, "0.000001 B"),
            (2_000_000 << 100, "2535301200456458802993406410752 B"),
        ] {
            assert_eq!(weight(millionths), text);
        }
    }
}
