//! Inflows of a day, summed by address and by what they are.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_books::ItemKind;
use paydirt_chain::{Address, Evidence, Inflow, Origin};
use paydirt_money::BaseUnits;
use serde_json::{Value, json};

use crate::SettlementError;

/// The source of a day on which nothing came in that is income; others begin with it and a colon.
pub(super) const CHAIN: &str = "chain";
/// Inflows that the evidence of one item lists: the oldest.
const MAX_INFLOWS: usize = 100;
/// Unknown senders to an address that get an item of their own: those of the most. Anybody may
/// send dust.
const MAX_SENDERS: usize = 50;

/// Whether an item of this source was observed.
pub(super) fn is_of_chain(source: &str) -> bool {
    let rest = source.strip_prefix(CHAIN);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// Inflows that make one item.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// What names it, once a day.
    pub(super) source: String,
    pub(super) kind: ItemKind,
    pub(super) amount: BaseUnits,
    inflows: Vec<&'a Inflow>,
}

impl Part<'_> {
    /// What an item keeps of it, as JSON.
    pub(super) fn evidence(&self, seen: &Evidence) -> Value {
        let inflow = |it: &&Inflow| {
            json!({
                "id": it.id, "origin": it.origin, "to": it.to, "base_units": it.amount.to_string(),
                "block": it.block, "time_s": it.time_s,
            })
        };
        let listed: Vec<Value> = self.inflows.iter().take(MAX_INFLOWS).map(inflow).collect();
        json!({ "observed": seen, "count": self.inflows.len(), "inflows": listed })
    }
}

/// The parts of a day, by source; at least one of them is income.
pub(super) fn of<'a>(
    inflows: &'a [Inflow],
    own: &[Address],
    senders: &[Address],
) -> Result<Vec<Part<'a>>, SettlementError> {
    let own: BTreeSet<&Address> = own.iter().collect();
    let senders: BTreeSet<&Address> = senders.iter().collect();
    let kind = |inflow: &Inflow| match &inflow.origin {
        Origin::Reward => ItemKind::Income,
        Origin::Sender(from) if own.contains(from) => ItemKind::Internal,
        Origin::Sender(from) if senders.contains(from) => ItemKind::Income,
        Origin::Sender(_) | Origin::Unseen => ItemKind::Unclassified,
    };
    let mut groups: BTreeMap<(&Address, ItemKind, Option<&Origin>), Vec<&Inflow>> = BTreeMap::new();
    for inflow in inflows {
        let kind = kind(inflow);
        // What is not known yet may be different things.
        let origin = (kind == ItemKind::Unclassified).then_some(&inflow.origin);
        let group = groups.entry((&inflow.to, kind, origin)).or_default();
        group.push(inflow);
    }
    let mut parts = Vec::with_capacity(groups.len());
    for ((to, kind, origin), inflows) in groups {
        let source = match origin {
            Some(Origin::Sender(from)) => format!("{CHAIN}:{to}:from:{from}"),
            Some(_) => format!("{CHAIN}:{to}:unseen"),
            None => format!("{CHAIN}:{to}:{}", kind.name()),
        };
        parts.push(part(source, kind, inflows)?);
    }
    let mut parts = without_dust(parts)?;
    if !parts.iter().any(|part| part.kind == ItemKind::Income) {
        parts.push(part(CHAIN.to_owned(), ItemKind::Income, Vec::new())?);
    }
    parts.sort_by(|one, other| one.source.cmp(&other.source));
    Ok(parts)
}

fn part(
    source: String,
    kind: ItemKind,
    inflows: Vec<&Inflow>,
) -> Result<Part<'_>, SettlementError> {
    let amounts = inflows.iter().map(|inflow| inflow.amount);
    let Some(sum) = amounts.into_iter().try_fold(0_u128, u128::checked_add) else {
        return Err(SettlementError::refused(
            format!("what came in as {source} is beyond 128 bits of base units"),
            "find out which node says so",
        ));
    };
    Ok(Part {
        source,
        kind,
        amount: BaseUnits::new(sum),
        inflows,
    })
}

/// Of many unknown senders to an address, the smallest make one part.
fn without_dust(parts: Vec<Part<'_>>) -> Result<Vec<Part<'_>>, SettlementError> {
    let (mut unknown, mut kept): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| part.kind == ItemKind::Unclassified);
    unknown.sort_by(|one, other| {
        let by_amount = other.amount.cmp(&one.amount);
        by_amount.then_with(|| one.source.cmp(&other.source))
    });
    let mut counts: BTreeMap<Address, usize> = BTreeMap::new();
    let mut dust: BTreeMap<Address, Vec<&Inflow>> = BTreeMap::new();
    for part in unknown {
        let Some(to) = part.inflows.first().map(|inflow| inflow.to.clone()) else {
            continue;
        };
        let count = counts.entry(to.clone()).or_default();
        *count = count.saturating_add(1);
        match *count > MAX_SENDERS {
            true => dust.entry(to).or_default().extend(part.inflows),
            false => kept.push(part),
        }
    }
    for (to, inflows) in dust {
        let source = format!("{CHAIN}:{to}:from:others");
        kept.push(part(source, ItemKind::Unclassified, inflows)?);
    }
    Ok(kept)
}
