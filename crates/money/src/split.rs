//! The one way to split: largest remainders, exact.
//!
//! Of an income I and a whole W, a weight w earns the exact share I * w / W, floored; the units
//! that the floors miss of floor(sum of exact shares) go one each to the largest remainders,
//! ties to the first. What the weights do not reach of the whole is retained.
//!
//! Cost: linear. One pass adds the weights up; one multiplies by the reciprocal of the whole and
//! keeps of each share its floor and the first 64 bits of its remainder, 16 bytes; a few passes
//! over these find the remainder from which on units are given. Where the reciprocal does not do,
//! products and quotients are computed in 256 bits: `exact.rs` says when, and answers alike.

mod cut;
mod exact;
#[cfg(test)]
mod tests;

use cut::Histogram;
use exact::{Exact, Fast, Wide, high, low};
use ruint::aliases::U256;

use crate::{Amount, Coin, MoneyError};

/// Claims on an income, in any unit that the whole is counted in too, in the order that settles
/// ties between equal remainders: the first comes first.
///
/// They are read several times, so an iterator over what is kept elsewhere does; it must give the
/// same weights each time.
#[derive(Debug, Clone)]
pub struct Weights<I> {
    each: I,
    total: u128,
}

impl<I: Iterator<Item = u128> + Clone> Weights<I> {
    /// The weights that `each` gives.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] if their sum is beyond 128 bits.
    pub fn new(each: impl IntoIterator<IntoIter = I>) -> Result<Weights<I>, MoneyError> {
        let each = each.into_iter();
        let total = each.clone().try_fold(0_u128, u128::checked_add);
        let total = total.ok_or_else(|| MoneyError::OutOfRange {
            operation: format!("the sum of {} weights", each.clone().count()),
            range: "0 to 2^128 - 1",
        })?;
        Ok(Weights { each, total })
    }

    /// Their sum: the whole where all is shared.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.total
    }
}

/// What is kept of a share until it is known from which remainder on a unit is added.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    floor: u64,
    /// The first 64 bits of the remainder, as a fraction of the whole.
    key: u64,
}

/// An income in parts: `sum(parts) + retained` is the income, always. 16 bytes a part.
#[derive(Debug, Clone)]
pub struct Split {
    rows: Vec<Row>,
    /// Shares whose key is above it get a unit more.
    last_kept: u64,
    coin: Coin,
    shared: i64,
    retained: i64,
}

impl Split {
    /// The parts in ledger units, in the order of the weights.
    pub fn units(&self) -> impl ExactSizeIterator<Item = i64> + '_ {
        self.rows.iter().map(|row| rounded(*row, self.last_kept))
    }

    /// The parts in ledger units, in the order of the weights; what collects them into items of 16
    /// bytes needs no more memory.
    pub fn into_units(self) -> impl ExactSizeIterator<Item = i64> {
        let last_kept = self.last_kept;
        self.rows
            .into_iter()
            .map(move |row| rounded(row, last_kept))
    }

    /// The sum of the parts.
    #[must_use]
    pub fn shared(&self) -> Amount {
        Amount::from_units(self.shared, self.coin)
    }

    /// What nobody's weight reaches.
    #[must_use]
    pub fn retained(&self) -> Amount {
        Amount::from_units(self.retained, self.coin)
    }
}

/// A part is at most the income, so that nothing wraps.
#[inline]
fn rounded(row: Row, last_kept: u64) -> i64 {
    let more = u64::from(row.key > last_kept);
    row.floor.wrapping_add(more).cast_signed()
}

/// Splits `income` among `weights` of `whole`.
///
/// # Errors
/// [`MoneyError::Negative`] for an income below zero, [`MoneyError::Oversold`] if the weights
/// exceed the whole, [`MoneyError::ZeroWhole`] for weights of a whole of 0.
pub fn split<I: Iterator<Item = u128> + Clone>(
    income: Amount,
    weights: &Weights<I>,
    whole: u128,
) -> Result<Split, MoneyError> {
    split_reusing(Vec::<Row>::new(), income, weights, whole)
}

/// The same in the memory of `spare`, whose content is lost, if its items have 16 bytes: memory
/// that is new to a process costs more than what is computed in it.
///
/// # Errors
/// Those of [`split`].
pub fn split_reusing<T, I: Iterator<Item = u128> + Clone>(
    mut spare: Vec<T>,
    income: Amount,
    weights: &Weights<I>,
    whole: u128,
) -> Result<Split, MoneyError> {
    spare.clear();
    let rows: Vec<Row> = spare.into_iter().map(|_| Row::default()).collect();
    let units = u64::try_from(income.units()).map_err(|_| MoneyError::Negative {
        what: "the income",
        value: income.to_string(),
    })?;
    let sold = weights.total;
    match whole {
        _ if sold == 0 => return Ok(all_retained(rows, income, weights)),
        0 => return Err(MoneyError::ZeroWhole { sold }),
        _ if sold > whole => return Err(MoneyError::Oversold { sold, whole }),
        _ => {}
    }
    let done = match Fast::of(units, whole) {
        Some(fast) => largest_remainders(&fast, rows, income, weights),
        None => largest_remainders(&Wide::of(units, whole), rows, income, weights),
    };
    done.ok_or_else(|| MoneyError::OutOfRange {
        operation: format!(
            "the split of {income} among {}",
            weights.each.clone().count()
        ),
        range: "0 to the income",
    })
}

/// floor(`units` * `weight` / `whole`): one share alone, such as a ratio in parts of `units`.
/// `None` for a whole of 0, and beyond 128 bits.
#[must_use]
pub fn share_of(units: u128, weight: u128, whole: u128) -> Option<u128> {
    let product = U256::from(units).checked_mul(U256::from(weight))?;
    u128::try_from(product.checked_div(U256::from(whole))?).ok()
}

fn all_retained<I: Iterator<Item = u128> + Clone>(
    mut rows: Vec<Row>,
    income: Amount,
    weights: &Weights<I>,
) -> Split {
    rows.extend(weights.each.clone().map(|_| Row::default()));
    Split {
        rows,
        last_kept: u64::MAX,
        coin: income.coin(),
        shared: 0,
        retained: income.units(),
    }
}

/// `None` only for weights that are not the same each time.
fn largest_remainders<I: Iterator<Item = u128> + Clone>(
    exact: &impl Exact,
    mut rows: Vec<Row>,
    income: Amount,
    weights: &Weights<I>,
) -> Option<Split> {
    let mut histogram = Histogram::default();
    let mut floors = 0_u64;
    let floored = weights.each.clone().map(|weight| {
        let (floor, rest) = exact.share(weight);
        let key = high(rest);
        // The floors add up to at most the income.
        floors = floors.wrapping_add(floor);
        histogram.add(key);
        Row { floor, key }
    });
    rows.extend(floored);
    let (shared, _) = exact.share(weights.total);
    let missing = shared.checked_sub(floors)?;
    let last_kept = match missing {
        0 => u64::MAX,
        _ => {
            let cut = cut::cut(rows.iter().map(|row| row.key), histogram, missing)?;
            if cut.units < cut.ties {
                settle_ties(exact, weights, &mut rows, &cut)?;
                cut.key
            } else {
                // All remainders of this key get one. It is above 0: fewer units are missing than
                // there are remainders above 0.
                cut.key.checked_sub(1)?
            }
        }
    };
    let shared = i64::try_from(shared).ok()?;
    let retained = income.units().checked_sub(shared)?;
    (retained >= 0).then_some(Split {
        rows,
        last_kept,
        coin: income.coin(),
        shared,
        retained,
    })
}

/// Gives `cut.units` among the remainders that begin with `cut.key`: to the largest, then to the
/// first.
fn settle_ties<I: Iterator<Item = u128> + Clone>(
    exact: &impl Exact,
    weights: &Weights<I>,
    rows: &mut [Row],
    cut: &cut::Cut,
) -> Option<()> {
    let rests = || {
        let tied = rows.iter().zip(weights.each.clone());
        tied.filter(|(row, _)| row.key == cut.key)
            .map(|(_, weight)| low(exact.share(weight).1))
    };
    let (smallest, largest) = cut::extremes(rests())?;
    let fine = match smallest == largest {
        true => None,
        false => Some(cut::within(rests, smallest, largest, cut.units)?),
    };
    let mut firsts = fine.as_ref().map_or(cut.units, |fine| fine.units);
    let tied = rows.iter_mut().zip(weights.each.clone());
    for (row, weight) in tied.filter(|(row, _)| row.key == cut.key) {
        let equal = match &fine {
            None => true,
            Some(fine) => {
                let rest = low(exact.share(weight).1);
                if rest > fine.key {
                    row.floor = row.floor.wrapping_add(1);
                }
                rest == fine.key
            }
        };
        if equal && firsts > 0 {
            row.floor = row.floor.wrapping_add(1);
            firsts = firsts.saturating_sub(1);
        }
    }
    Some(())
}
