//! Where the figures of a line come from.

use std::collections::BTreeSet;

use paydirt_books::{EarnedLine, Settlement};
use paydirt_earnings::{Claim, Ratio, Vesting};
use paydirt_money::Coefficient;

use crate::SettlementError;
use crate::terms::KeptTerms;

/// How a settlement came to its lines: read once, used for each.
#[derive(Clone, Debug)]
pub struct Explainer {
    whole: u128,
    coefficient: Coefficient,
    vesting: Vesting,
    gone: BTreeSet<i64>,
    states_income: bool,
    states_deductions: bool,
}

/// A line, explained. Amounts are ledger units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What the order's power was multiplied by.
    pub coefficient: Coefficient,
    /// What it had of the whole by its power; `None` where the whole is 0.
    pub ratio: Option<Ratio>,
    /// The same without the service fee.
    pub net_ratio: Option<Ratio>,
    /// What the member earned.
    pub net: i64,
    /// The part of it that was free at once.
    pub vested_now: i64,
    /// The part of it that vests later.
    pub vesting: i64,
}

impl Explainer {
    /// For the lines of this settlement.
    ///
    /// # Errors
    /// `Refused` when the terms that it keeps can't be read.
    pub fn of(settlement: &Settlement) -> Result<Self, SettlementError> {
        let terms = KeptTerms::of(settlement)?;
        let correction = terms.correction.clone().unwrap_or_default();
        let replaced = correction.replaced.iter().map(|(old, _)| *old);
        Ok(Self {
            gone: replaced.chain(correction.removed).collect(),
            states_income: correction.income.is_some(),
            states_deductions: correction.deductions.is_some(),
            whole: settlement.computed.whole,
            coefficient: Coefficient::parse(&terms.coefficient)?,
            vesting: terms.vesting()?,
        })
    }

    /// The coefficient of orders that have none, nor their import.
    #[must_use]
    pub const fn coefficient(&self) -> Coefficient {
        self.coefficient
    }

    /// How its lines vest.
    #[must_use]
    pub const fn vesting(&self) -> Vesting {
        self.vesting
    }

    /// Whether the order of this line of it counts: not where a correction took it out.
    #[must_use]
    pub fn counts(&self, line: &EarnedLine) -> bool {
        !self.gone.contains(&line.version.get())
    }

    /// Of a further correction of a day: what the ones before took out doesn't count either.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        self.gone.extend(&before.gone);
        self
    }

    /// Whether it is a correction that states the day's income, and its deductions, instead of
    /// their items.
    #[must_use]
    pub const fn states(&self) -> (bool, bool) {
        (self.states_income, self.states_deductions)
    }

    /// Explains a line of it.
    #[must_use]
    pub fn explain(&self, line: &EarnedLine) -> Explained {
        let coefficient = line.coefficient.unwrap_or(self.coefficient);
        let claim = Claim {
            power: line.power,
            coefficient,
            fee_rate: line.fee_rate,
        };
        // A fee is never more than the gross amount, nor a part more than the whole.
        let net = line.gross.saturating_sub(line.fee);
        let vested_now = self.vesting.immediate_of(net);
        Explained {
            coefficient,
            ratio: claim.ratio(self.whole),
            net_ratio: claim.net_ratio(self.whole),
            net,
            vested_now,
            vesting: net.saturating_sub(vested_now),
        }
    }
}
