//! How Paydirt chooses fees here: as for EIP-1559.

use paydirt_chain::{Fee, FeeKind, FeeQuote};

/// Twice the base fee and the tip, limited by `cap`.
pub(crate) fn first(quote: &FeeQuote, cap: u128) -> Option<Fee> {
    let least = quote.base_fee.checked_add(quote.tip)?;
    let wanted = quote.base_fee.saturating_add(least).min(cap);
    (least <= cap).then_some(Fee {
        kind: FeeKind::Dynamic,
        cap: wanted,
        tip: quote.tip,
    })
}

/// Cap and tip both an eighth higher, and at least the market.
pub(crate) fn bumped(last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee> {
    let tip = eighth_more(last.tip)?.max(quote.tip);
    let least = eighth_more(last.cap)?.max(quote.base_fee.checked_add(tip)?);
    let wanted = quote
        .base_fee
        .saturating_mul(2)
        .saturating_add(tip)
        .min(cap);
    (least <= cap).then_some(Fee {
        kind: FeeKind::Dynamic,
        cap: least.max(wanted),
        tip,
    })
}

/// An eighth more, rounded up, at least 1: also a fee of nothing is raised.
fn eighth_more(fee: u128) -> Option<u128> {
    fee.checked_add(fee.div_ceil(8).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(base_fee: u128, tip: u128) -> FeeQuote {
        FeeQuote {
            kind: FeeKind::Dynamic,
            base_fee,
            tip,
        }
    }

    fn fee(cap: u128, tip: u128) -> Fee {
        Fee {
            kind: FeeKind::Dynamic,
            cap,
            tip,
        }
    }

    #[test]
    fn a_first_fee_allows_for_a_doubled_base_fee_up_to_the_cap() {
        let table = [
            (quote(100, 7), 1_000, Some(fee(207, 7))),
            (quote(100, 7), 150, Some(fee(150, 7))),
            (quote(100, 7), 107, Some(fee(107, 7))),
            (quote(100, 7), 106, None),
            (quote(u128::MAX, 1), u128::MAX, None),
        ];
        for (quote, cap, expected) in table {
            assert_eq!(first(&quote, cap), expected, "{quote:?} with cap {cap}");
        }
    }

    #[test]
    fn a_bumped_fee_is_an_eighth_higher_or_the_market_and_never_above_the_cap() {
        let table = [
            (fee(207, 7), quote(10, 1), 1_000, Some(fee(233, 8))),
            (fee(200, 8), quote(10, 1), 225, Some(fee(225, 9))),
            (fee(200, 8), quote(10, 1), 224, None),
            (fee(200, 8), quote(500, 20), 2_000, Some(fee(1_020, 20))),
            (fee(200, 8), quote(500, 20), 600, Some(fee(600, 20))),
            (fee(200, 8), quote(500, 20), 519, None),
            (fee(0, 0), quote(0, 0), 10, Some(fee(1, 1))),
            (fee(u128::MAX, 1), quote(0, 0), u128::MAX, None),
        ];
        for (last, quote, cap, expected) in table {
            assert_eq!(
                bumped(&last, &quote, cap),
                expected,
                "{last:?}, {quote:?}, cap {cap}"
            );
        }
    }
}
