//! The final word of the chain on each leg, and whether it may be spoken yet.

use paydirt_chain::{AttemptKind, Fault, LegOutcome, TxOutcome};
use paydirt_ledger::{FinalBy, LegId, LegVerdict, Payment};

/// What a final transaction at a payment's nonce means for each of its legs.
///
/// The only verdicts that give money back: its own transaction is final and that leg failed in
/// it, it was a cancel, or another transaction is final at the nonce.
pub fn judge(payment: &Payment, by: &FinalBy) -> Vec<(LegId, LegVerdict)> {
    let all = |verdict: LegVerdict| {
        payment
            .legs
            .iter()
            .map(|leg| (leg.id, verdict.clone()))
            .collect::<Vec<_>>()
    };
    match by {
        FinalBy::Foreign { sighting } => all(LegVerdict::Release {
            reason: format!(
                "another transaction, {}, is final at nonce {} in block {}",
                sighting.id, sighting.nonce, sighting.block
            ),
            quarantine: false,
            ours: false,
        }),
        FinalBy::Ours {
            kind: AttemptKind::Cancel,
            receipt,
            ..
        } => all(LegVerdict::Release {
            reason: format!(
                "cancelled by {}, final in block {}",
                receipt.id, receipt.block
            ),
            quarantine: false,
            ours: false,
        }),
        FinalBy::Ours {
            kind: AttemptKind::Pay,
            receipt,
            ..
        } => {
            let outcomes: Vec<&LegOutcome> = match &receipt.outcome {
                TxOutcome::Whole(outcome) => vec![outcome; payment.legs.len()],
                TxOutcome::PerLeg(outcomes) => outcomes.iter().collect(),
            };
            let found = payment.legs.iter().zip(outcomes);
            found
                .map(|(leg, outcome)| (leg.id, leg_verdict(outcome, receipt)))
                .collect()
        }
    }
}

fn leg_verdict(outcome: &LegOutcome, receipt: &paydirt_chain::Receipt) -> LegVerdict {
    match outcome {
        LegOutcome::Paid => LegVerdict::Paid,
        LegOutcome::Failed { fault, reason } => LegVerdict::Release {
            reason: format!(
                "failed in {}, final in block {}: {reason}",
                receipt.id, receipt.block
            ),
            quarantine: *fault == Fault::Payee,
            ours: *fault == Fault::Ours,
        },
    }
}

/// Whether any money would be given back: then finality for releases is needed.
pub fn gives_back(payment: &Payment, by: &FinalBy) -> bool {
    matches!(by, FinalBy::Foreign { .. })
        || judge(payment, by)
            .iter()
            .any(|(_, v)| matches!(v, LegVerdict::Release { .. }))
}
