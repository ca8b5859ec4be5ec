//! The history's words.

use std::collections::BTreeMap;

use paydirt_chain::{AttemptKind, TxId};

use crate::{FinalBy, Leg, LegId, LegState, LegVerdict, NewAttempt, NewPayment};

/// So many legs are named one by one in a line; each leg's own end is kept with it.
const NAMED: usize = 8;

pub(super) fn tx(id: Option<&TxId>) -> String {
    id.map_or_else(|| "unknown".into(), ToString::to_string)
}

pub(super) fn plan(new: &NewPayment) -> String {
    if new.legs.is_empty() {
        return "uses up the next nonce".into();
    }
    listed(
        new.legs
            .iter()
            .map(|leg| format!("{} to {} at {}", leg.amount, leg.member, leg.address)),
    )
}

pub(super) fn attempt(new: &NewAttempt) -> String {
    let unsigned = &new.signed.unsigned;
    let kind = match new.kind {
        AttemptKind::Pay => "pay",
        AttemptKind::Cancel => "cancel",
    };
    format!(
        "{kind} at nonce {}, fee cap {} tip {} per gas, gas limit {}, transaction {}, attempt {}",
        unsigned.nonce,
        unsigned.fee.cap,
        unsigned.fee.tip,
        unsigned.gas_limit,
        tx(new.signed.id.as_ref()),
        new.id
    )
}

pub(super) fn finality(by: &FinalBy, legs: &[Leg]) -> String {
    let found = match by {
        FinalBy::Ours {
            kind: AttemptKind::Pay,
            receipt,
            ..
        } => {
            format!(
                "our {} in block {}, fee {}",
                receipt.id, receipt.block, receipt.fee
            )
        }
        FinalBy::Ours {
            kind: AttemptKind::Cancel,
            receipt,
            ..
        } => {
            format!(
                "our cancel {} in block {}, fee {}",
                receipt.id, receipt.block, receipt.fee
            )
        }
        FinalBy::Foreign { sighting } => {
            format!("foreign {} in block {}", sighting.id, sighting.block)
        }
    };
    let verdicts = legs.iter().map(|leg| match &leg.verdict {
        Some(LegVerdict::Release { reason, .. }) => format!("{} not paid: {reason}", leg.member),
        _ => format!("{} paid", leg.member),
    });
    if legs.is_empty() {
        found
    } else {
        format!("{found}; {}", listed(verdicts))
    }
}

pub(super) fn ends(ends: &BTreeMap<LegId, LegState>) -> String {
    let count = |state| ends.values().filter(|end| **end == state).count();
    let (settled, released) = (count(LegState::Settled), count(LegState::Released));
    format!("{settled} legs settled, {released} released")
}

fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(NAMED);
    let mut text = items.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
