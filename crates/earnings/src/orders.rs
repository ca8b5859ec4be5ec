//! Orders in any order: sorted by their ids, and shared.

use paydirt_money::Amount;

use crate::{Claim, EarningsError, Oversold, Part, Shared, Whole, share};

/// A counting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order<'a> {
    /// Its id; ties go by its bytes.
    pub id: &'a str,
    /// What it claims.
    pub claim: Claim,
}

/// What each of some orders earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// Its parts stand in the order of the ids.
    pub shared: Shared,
    /// Which of the given orders each part belongs to.
    by_id: Vec<usize>,
}

impl Earned {
    /// Each part with the index of its order among those that were given, by order id (bytes).
    pub fn by_id(&self) -> impl ExactSizeIterator<Item = (usize, Part)> + '_ {
        self.by_id
            .iter()
            .copied()
            .zip(self.shared.parts.iter().copied())
    }

    /// The parts in the order in which the orders were given.
    #[must_use]
    pub fn as_given(&self) -> Vec<Part> {
        let mut parts = vec![Part::default(); self.by_id.len()];
        for (at, part) in self.by_id() {
            if let Some(slot) = parts.get_mut(at) {
                *slot = part;
            }
        }
        parts
    }
}

/// Shares `income` among orders that stand in any order, by the current rules.
///
/// # Errors
/// [`EarningsError::DuplicateOrder`], and those of [`share`].
pub fn share_orders(
    income: Amount,
    orders: &[Order<'_>],
    whole: Whole,
    oversold: Oversold,
) -> Result<Earned, EarningsError> {
    let mut sorted: Vec<(usize, &Order<'_>)> = orders.iter().enumerate().collect();
    sorted.sort_unstable_by_key(|(at, order)| (order.id, *at));
    let twice = sorted.windows(2).find_map(|pair| match pair {
        [(_, one), (_, next)] if one.id == next.id => Some(next.id),
        _ => None,
    });
    if let Some(id) = twice {
        return Err(EarningsError::DuplicateOrder {
            id: id.chars().take(80).collect(),
        });
    }
    let claims: Vec<Claim> = sorted.iter().map(|(_, order)| order.claim).collect();
    Ok(Earned {
        shared: share(income, &claims, whole, oversold)?,
        by_id: sorted.into_iter().map(|(at, _)| at).collect(),
    })
}
