//! Who is paid in this run: a pure function of who is due, and of what the wallet can afford.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_chain::{Account, Address, AddressError, Probe};
use paydirt_ledger::draft::LiveKey;
use paydirt_ledger::{LegSource, MemberId, PoolId, Quarantine};
use paydirt_money::{Amount, BaseUnits, MoneyError};

/// Somebody who is due.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The pool.
    pub pool: PoolId,
    /// The member.
    pub member: MemberId,
    /// The address as the ledger has it.
    pub text: String,
    /// The address as the chain reads it.
    pub address: Result<Address, AddressError>,
    /// What is due.
    pub amount: Amount,
    /// What that pays.
    pub source: LegSource,
    /// What the simulation says; `None` where the address is not valid.
    pub probe: Option<Probe>,
}

impl Candidate {
    /// The address by which it is quarantined: as the chain writes it, where it is one.
    pub fn address_text(&self) -> &str {
        self.address
            .as_ref()
            .map_or(self.text.as_str(), Address::as_str)
    }

    /// Whether a leg that is not over pays any of it. What is live is a balance or a withdrawal:
    /// who has a leg for one withdrawal can have another for another.
    pub fn is_live(&self, live: &BTreeSet<LiveKey>) -> bool {
        let keys = LiveKey::of_source(&self.pool, &self.member, &self.source);
        keys.iter().any(|key| live.contains(key))
    }
}

/// What planning needs to know.
#[derive(Clone, Debug)]
pub struct Means<'a> {
    /// The wallet at the head.
    pub account: &'a Account,
    /// Base units that payments which are not in `account` yet can still take, fees at their cap.
    pub committed: u128,
    /// Base units that stay.
    pub reserve: u128,
    /// Fee per gas that every payment is counted at.
    pub fee_cap: u128,
    /// What live legs pay.
    pub live: &'a BTreeSet<LiveKey>,
    /// Addresses that are not paid.
    pub quarantine: &'a [Quarantine],
}

/// One payment to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The pool.
    pub pool: PoolId,
    /// The member.
    pub member: MemberId,
    /// The address.
    pub address: Address,
    /// How much.
    pub amount: Amount,
    /// What that pays.
    pub source: LegSource,
    /// The same in base units.
    pub value: BaseUnits,
    /// Gas limit.
    pub gas_limit: u64,
}

/// Why somebody who is due is not paid in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A payment of theirs is not over yet.
    Live,
    /// The address was quarantined earlier.
    Quarantined(String),
    /// The address is quarantined from now on.
    Quarantine(String),
    /// The wallet does not hold enough.
    Unaffordable,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Live => f.write_str("an earlier payment is still under way"),
            Self::Quarantined(reason) | Self::Quarantine(reason) => {
                write!(f, "the address is in quarantine: {reason}")
            }
            Self::Unaffordable => f.write_str("the wallet does not hold enough"),
        }
    }
}

/// Somebody who is due and not paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The pool.
    pub pool: PoolId,
    /// The member.
    pub member: MemberId,
    /// The address as text.
    pub address: String,
    /// What is due.
    pub amount: Amount,
    /// What that would pay.
    pub source: LegSource,
    /// Why.
    pub why: Why,
}

/// What a run is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Payments to make, in order.
    pub chosen: Vec<Chosen>,
    /// The others.
    pub skipped: Vec<Skipped>,
    /// Base units that the chosen payments take, fees at the cap.
    pub cost: u128,
    /// Base units that the wallet lacks to pay everybody.
    pub missing: u128,
}

/// Chooses in the order given: whoever fits into what is left is paid.
///
/// # Errors
/// `OutOfRange` when sums leave 128 bits.
pub fn plan(candidates: &[Candidate], means: &Means<'_>) -> Result<Plan, MoneyError> {
    let bound = BaseUnits::new(means.committed).checked_add(BaseUnits::new(means.reserve))?;
    let mut left = means.account.balance.saturating_sub(bound.get());
    let mut lacking = bound.get().saturating_sub(means.account.balance);
    let held_back: BTreeMap<_, _> = means
        .quarantine
        .iter()
        .map(|q| ((&q.pool, &q.member, q.address.as_str()), q))
        .collect();
    let mut plan = Plan::default();
    for candidate in candidates {
        let skip = |why| Skipped {
            pool: candidate.pool.clone(),
            member: candidate.member.clone(),
            address: candidate.address_text().to_owned(),
            amount: candidate.amount,
            source: candidate.source.clone(),
            why,
        };
        if candidate.is_live(means.live) {
            plan.skipped.push(skip(Why::Live));
            continue;
        }
        let key = (&candidate.pool, &candidate.member, candidate.address_text());
        if let Some(quarantined) = held_back.get(&key) {
            plan.skipped
                .push(skip(Why::Quarantined(quarantined.reason.clone())));
            continue;
        }
        let (address, gas_limit) = match usable(candidate) {
            Ok(usable) => usable,
            Err(reason) => {
                plan.skipped.push(skip(Why::Quarantine(reason)));
                continue;
            }
        };
        let value = candidate.amount.to_base_units()?;
        let fee = BaseUnits::new(means.fee_cap).checked_mul(u128::from(gas_limit))?;
        let cost = value.checked_add(fee)?;
        let Some(rest) = left.checked_sub(cost.get()) else {
            lacking = BaseUnits::new(lacking).checked_add(cost)?.get();
            plan.skipped.push(skip(Why::Unaffordable));
            continue;
        };
        left = rest;
        plan.cost = BaseUnits::new(plan.cost).checked_add(cost)?.get();
        plan.chosen.push(Chosen {
            pool: candidate.pool.clone(),
            member: candidate.member.clone(),
            address,
            amount: candidate.amount,
            source: candidate.source.clone(),
            value,
            gas_limit,
        });
    }
    if plan.skipped.iter().any(|s| s.why == Why::Unaffordable) {
        plan.missing = lacking.saturating_sub(left);
    }
    Ok(plan)
}

fn usable(candidate: &Candidate) -> Result<(Address, u64), String> {
    let address = candidate
        .address
        .clone()
        .map_err(|error| error.to_string())?;
    match &candidate.probe {
        Some(Probe::Fits { gas_limit }) => Ok((address, *gas_limit)),
        Some(Probe::PayeeFails { reason }) => Err(reason.clone()),
        None => Err("it was not simulated".to_owned()),
    }
}
