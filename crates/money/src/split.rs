//! The one way to split: largest remainders, exact.
//!
//! Of an income I and a whole W, a weight w earns the exact share I * w / W, floored; the units
//! that the floors miss of floor(sum of exact shares) go one each to the largest remainders,
//! ties to the lowest key. What the weights do not reach of the whole is retained.
//! (EARNINGS.md, "The split".)
//!
//! Cost: one multiplication and division a share, in 128 bits where I * W fits them and in 256
//! where not (chosen once, up front), and a selection of the largest remainders: linear in time,
//! some 50 bytes a share while it runs.

use std::cmp::Reverse;

use ruint::aliases::U256;

use crate::{Amount, Coin, MoneyError};

/// One holder's claim: its weight, in any unit that the whole is counted in too, and the key by
/// which ties between equal remainders are settled, lowest first.
///
/// Keys should differ (the order ids' bytes do); among equal keys the input's order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share<K> {
    /// What it weighs.
    pub weight: u128,
    /// What settles ties; `&[u8]` compares by bytes.
    pub key: K,
}

/// An income in parts: `sum(parts) + retained` is the income, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    coin: Coin,
    units: Vec<i64>,
    retained: i64,
}

impl Split {
    /// The parts in ledger units, in the order of the shares.
    #[must_use]
    pub fn units(&self) -> &[i64] {
        &self.units
    }

    /// The parts, in the order of the shares.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Amount> + '_ {
        self.units
            .iter()
            .map(|units| Amount::from_units(*units, self.coin))
    }

    /// What nobody's weight reaches.
    #[must_use]
    pub fn retained(&self) -> Amount {
        Amount::from_units(self.retained, self.coin)
    }
}

/// The sum of weights: the whole where a pool shares among what it sold.
///
/// # Errors
/// [`MoneyError::OutOfRange`] beyond 128 bits.
pub fn total_weight<K>(shares: &[Share<K>]) -> Result<u128, MoneyError> {
    shares
        .iter()
        .try_fold(0_u128, |sum, share| sum.checked_add(share.weight))
        .ok_or_else(|| {
            let operation = format!("the sum of {} weights", shares.len());
            MoneyError::OutOfRange {
                operation,
                range: "0 to 2^128 - 1",
            }
        })
}

/// Splits `income` among `shares` of `whole`.
///
/// The parts do not depend on the order of the shares, if their keys differ.
///
/// # Errors
/// [`MoneyError::Negative`] for an income below zero, [`MoneyError::Oversold`] if the weights
/// exceed the whole, [`MoneyError::ZeroWhole`] for weights of a whole of 0.
pub fn split<K: Ord>(
    income: Amount,
    shares: &[Share<K>],
    whole: u128,
) -> Result<Split, MoneyError> {
    let units = u64::try_from(income.units()).map_err(|_| MoneyError::Negative {
        what: "the income",
        value: income.to_string(),
    })?;
    let sold = sold_of(shares, whole)?;
    if sold == 0 {
        let units = vec![0; shares.len()];
        return Ok(Split {
            coin: income.coin(),
            units,
            retained: income.units(),
        });
    }
    let exact = Exact::of(units, whole);
    let overflow = || MoneyError::OutOfRange {
        operation: format!("the split of {income} among {} shares", shares.len()),
        range: "0 to the income",
    };
    let mut parts = Vec::with_capacity(shares.len());
    let mut remainders = Vec::with_capacity(shares.len());
    let mut floors = 0_u64;
    for share in shares {
        let (floor, remainder) = exact.share(share.weight).ok_or_else(overflow)?;
        floors = floors.checked_add(floor).ok_or_else(overflow)?;
        parts.push(floor);
        remainders.push(remainder);
    }
    let (shared, _) = exact.share(sold).ok_or_else(overflow)?;
    let missing = shared.checked_sub(floors).ok_or_else(overflow)?;
    give_out(missing, &mut parts, &remainders, shares);
    finish(income, &parts, shared).ok_or_else(overflow)
}

/// The sum of the weights, which is at most the whole.
fn sold_of<K>(shares: &[Share<K>], whole: u128) -> Result<u128, MoneyError> {
    let (sold, fits) = match total_weight(shares) {
        Ok(sold) => (sold, sold <= whole),
        Err(_) => (u128::MAX, false),
    };
    match whole {
        _ if fits => Ok(sold),
        0 => Err(MoneyError::ZeroWhole { sold }),
        _ => Err(MoneyError::Oversold { sold, whole }),
    }
}

/// Gives one unit more to each of the `missing` largest remainders.
///
/// `missing` is below the count of remainders above zero, as their sum is below that count.
fn give_out<K: Ord>(missing: u64, parts: &mut [u64], remainders: &[u128], shares: &[Share<K>]) {
    let Some(last) = usize::try_from(missing)
        .ok()
        .and_then(|count| count.checked_sub(1))
    else {
        return;
    };
    let mut ranked: Vec<(Reverse<u128>, &K, usize)> = remainders
        .iter()
        .zip(shares)
        .enumerate()
        .filter(|(_, (remainder, _))| **remainder > 0)
        .map(|(at, (remainder, share))| (Reverse(*remainder), &share.key, at))
        .collect();
    if last < ranked.len() {
        ranked.select_nth_unstable(last);
    }
    for (_, _, at) in ranked.into_iter().take(last.saturating_add(1)) {
        if let Some(part) = parts.get_mut(at) {
            *part = part.saturating_add(1);
        }
    }
}

/// The split, unless the parts fail to add up to what is shared, which the arithmetic excludes.
fn finish(income: Amount, parts: &[u64], shared: u64) -> Option<Split> {
    let sum = parts
        .iter()
        .try_fold(0_u64, |sum, part| sum.checked_add(*part))?;
    let retained = income.units().checked_sub_unsigned(shared)?;
    let units = parts
        .iter()
        .map(|part| i64::try_from(*part).ok())
        .collect::<Option<Vec<_>>>()?;
    (sum == shared && retained >= 0).then_some(Split {
        coin: income.coin(),
        units,
        retained,
    })
}

/// Exact shares of one income and whole. All weights are at most the whole.
enum Exact {
    /// income * whole < 2^128, so every product fits.
    Narrow {
        income: u128,
        whole: u128,
    },
    Wide {
        income: U256,
        whole: U256,
    },
}

impl Exact {
    fn of(income: u64, whole: u128) -> Exact {
        if u128::from(income).checked_mul(whole).is_some() {
            Exact::Narrow {
                income: u128::from(income),
                whole,
            }
        } else {
            Exact::Wide {
                income: U256::from(income),
                whole: U256::from(whole),
            }
        }
    }

    /// floor(income * weight / whole), and the remainder. A weight is at most the whole, so the
    /// floor is at most the income and the remainder below 2^128: `None` never comes.
    fn share(&self, weight: u128) -> Option<(u64, u128)> {
        match self {
            Exact::Narrow { income, whole } => {
                let product = income.checked_mul(weight)?;
                let floor = product.checked_div(*whole)?;
                Some((u64::try_from(floor).ok()?, product.checked_rem(*whole)?))
            }
            Exact::Wide { income, whole } => {
                let product = income.checked_mul(U256::from(weight))?;
                if whole.is_zero() {
                    return None;
                }
                let (floor, remainder) = product.div_rem(*whole);
                Some((u64::try_from(floor).ok()?, u128::try_from(remainder).ok()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares(weights: &[u128]) -> Vec<Share<usize>> {
        weights
            .iter()
            .enumerate()
            .map(|(key, weight)| Share {
                weight: *weight,
                key,
            })
            .collect()
    }

    fn of(units: i64) -> Amount {
        Amount::from_units(units, Coin::FIL)
    }

    #[test]
    fn ties_go_to_the_lowest_key_not_to_the_first_of_the_input() {
        let thirds = ["c", "a", "b"].map(|key| Share {
            weight: 1,
            key: key.as_bytes(),
        });
        let split = split(of(1_000_000_000), &thirds, 3).unwrap();
        assert_eq!(split.units(), [333_333_333, 333_333_334, 333_333_333]);
        assert!(split.retained().is_zero());
    }

    #[test]
    fn keys_compare_by_bytes() {
        let halves = ["Z", "a", "10", "9"].map(|key| Share {
            weight: 1,
            key: key.as_bytes(),
        });
        assert_eq!(split(of(2), &halves, 4).unwrap().units(), [0, 0, 1, 1]);
    }

    #[test]
    fn a_unit_that_only_together_is_whole_is_shared_and_less_is_retained() {
        let split = split(of(10), &shares(&[3, 3]), 9).unwrap();
        assert_eq!((split.units(), split.retained().units()), (&[3, 3][..], 4));
        let split = super::split(of(1), &shares(&[1, 1]), 3).unwrap();
        assert_eq!((split.units(), split.retained().units()), (&[0, 0][..], 1));
    }

    #[test]
    fn weights_above_the_whole_are_refused_even_beyond_128_bits() {
        let oversold = Err(MoneyError::Oversold {
            sold: 12,
            whole: 10,
        });
        assert_eq!(split(of(1), &shares(&[6, 6]), 10), oversold);
        let wide = split(of(1), &shares(&[u128::MAX, u128::MAX]), u128::MAX);
        assert!(matches!(wide, Err(MoneyError::Oversold { .. })));
        assert_eq!(
            split(of(1), &shares(&[1]), 0),
            Err(MoneyError::ZeroWhole { sold: 1 })
        );
        assert!(matches!(
            split(of(-1), &shares(&[1]), 1),
            Err(MoneyError::Negative { .. })
        ));
    }

    #[test]
    fn without_weights_all_is_retained() {
        for (weights, whole) in [(&[][..], 0), (&[], 7), (&[0, 0], 0), (&[0], 7)] {
            let split = split(of(5), &shares(weights), whole).unwrap();
            assert_eq!(split.units(), vec![0; weights.len()]);
            assert_eq!(split.retained(), of(5));
        }
    }

    #[test]
    fn the_widest_split_is_exact() {
        let split = split(of(i64::MAX), &shares(&[u128::MAX - 1, 1]), u128::MAX).unwrap();
        assert_eq!(split.units(), [i64::MAX, 0]);
        let parts: Vec<Amount> = split.parts().collect();
        assert_eq!(parts, [of(i64::MAX), of(0)]);
    }

    /// Weights of any width and a whole that is at least their sum, often exactly that.
    fn cases() -> impl Strategy<Value = (i64, Vec<u128>, u128)> {
        let income = prop_oneof![0..50_i64, 0..=i64::MAX];
        let weight = prop_oneof![0..9_u128, 0..1_u128 << 60, 0..1_u128 << 118];
        let unsold = prop_oneof![Just(0), 0..9_u128, 0..1_u128 << 120];
        (income, prop::collection::vec(weight, 0..40), unsold).prop_map(|(i, weights, unsold)| {
            let whole = weights.iter().sum::<u128>() + unsold;
            (i, weights, whole)
        })
    }

    /// The same by sorting all remainders in 512 bits, straight from the text.
    fn by_the_text(income: i64, weights: &[u128], whole: u128) -> Vec<i64> {
        type Wide = ruint::Uint<512, 8>;
        let product = |w: u128| Wide::from(income) * Wide::from(w);
        let floor = |w: u128| {
            if whole == 0 {
                0
            } else {
                (product(w) / Wide::from(whole)).to()
            }
        };
        let mut parts: Vec<i64> = weights.iter().map(|w| floor(*w)).collect();
        let total: i64 = floor(weights.iter().sum());
        let missing = usize::try_from(total - parts.iter().sum::<i64>()).unwrap();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|at| {
            let rest = product(weights[*at]).checked_rem(Wide::from(whole));
            (Reverse(rest), *at)
        });
        order.iter().take(missing).for_each(|at| parts[*at] += 1);
        parts
    }

    proptest! {
        #[test]
        fn parts_and_retained_are_the_income_and_agree_with_the_text(
            (income, weights, whole) in cases(),
        ) {
            let split = split(of(income), &shares(&weights), whole).unwrap();
            let sum: i64 = split.units().iter().sum();
            prop_assert_eq!(sum + split.retained().units(), income);
            prop_assert!(split.retained().units() >= 0);
            prop_assert_eq!(split.units(), by_the_text(income, &weights, whole));
        }

        #[test]
        fn no_part_is_a_unit_or_more_off_its_exact_share((income, weights, whole) in cases()) {
            let split = split(of(income), &shares(&weights), whole).unwrap();
            for (part, weight) in split.units().iter().zip(&weights) {
                // |part - income * weight / whole| < 1, times the whole.
                let exact = U256::from(income) * U256::from(*weight);
                let scaled = U256::from(*part) * U256::from(whole);
                prop_assert!(exact.abs_diff(scaled) < U256::from(whole) || exact == scaled);
            }
        }

        #[test]
        fn the_order_of_the_shares_does_not_matter(
            (income, weights, whole) in cases(),
            turn in 0..40_usize,
            back in any::<bool>(),
        ) {
            let straight = shares(&weights);
            let mut turned = straight.clone();
            if !turned.is_empty() {
                turned.rotate_left(turn % weights.len());
            }
            if back {
                turned.reverse();
            }
            let by_key = split(of(income), &straight, whole).unwrap();
            let again = split(of(income), &turned, whole).unwrap();
            for (share, part) in turned.iter().zip(again.units()) {
                prop_assert_eq!(*part, by_key.units()[share.key]);
            }
        }
    }
}
