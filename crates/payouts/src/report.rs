//! What a run did, and one log line for each change of state.

use paydirt_chain::AttemptKind;
use paydirt_ledger::{Change, FinalBy, LegState, PaymentId};

use crate::plan::Skipped;

/// Counts of what a run did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Payments planned.
    pub planned: usize,
    /// Held in the ledger.
    pub held: usize,
    /// Signed and saved: from here on they count as sent.
    pub saved: usize,
    /// Handed to a node for the first time in this run (or again).
    pub sent: usize,
    /// Seen in a block.
    pub included: usize,
    /// Legs settled.
    pub settled: usize,
    /// Legs given back.
    pub released: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        let by = |n: &mut usize, more: usize| *n = n.saturating_add(more);
        by(&mut self.planned, other.planned);
        by(&mut self.held, other.held);
        by(&mut self.saved, other.saved);
        by(&mut self.sent, other.sent);
        by(&mut self.included, other.included);
        by(&mut self.settled, other.settled);
        by(&mut self.released, other.released);
    }

    pub(crate) fn count(&mut self, change: &Change) {
        let by = |n: &mut usize, more: usize| *n = n.saturating_add(more);
        match change {
            Change::Plan(_) => by(&mut self.planned, 1),
            Change::Held(_) => by(&mut self.held, 1),
            Change::Sent { .. } => by(&mut self.sent, 1),
            Change::Included { .. } => by(&mut self.included, 1),
            Change::Closed { legs, .. } => {
                let settled = legs.iter().filter(|(_, s)| *s == LegState::Settled).count();
                by(&mut self.settled, settled);
                by(&mut self.released, legs.len().saturating_sub(settled));
            }
            Change::Dropped { .. } | Change::ReleasedUnsaved(_) => by(&mut self.released, 1),
            _ => {}
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// What it did.
    pub tally: Tally,
    /// Members who were due and not paid, with the reason.
    pub skipped: Vec<Skipped>,
    /// Entries of ledgers that can't be read.
    pub unreadable: Vec<(paydirt_ledger::PoolId, paydirt_ledger::BadEntry)>,
    /// What is due, and paid later all the same.
    pub waiting: Vec<(paydirt_ledger::PoolId, paydirt_ledger::Waiting)>,
    /// Base units that the wallet lacked to pay everybody.
    pub missing: u128,
    /// Payments that are not over.
    pub in_flight: usize,
    /// Why nothing was planned, if the wallet is paused or frozen.
    pub held_up: Option<String>,
}

/// One line a change of state, with payment, nonce and transaction where there are any.
pub(crate) fn tell(change: &Change) {
    match change {
        Change::Plan(new) => {
            for leg in &new.legs {
                tracing::info!(
                    payment = %new.id, leg = %leg.id, pool = %leg.pool, member = %leg.member,
                    address = %leg.address, amount = %leg.amount, "planned"
                );
            }
            if new.legs.is_empty() {
                tracing::info!(payment = %new.id, "planned to fill a nonce");
            }
        }
        Change::Held(payment) => tracing::info!(%payment, "held"),
        Change::Dropped { payment, reason } => tracing::warn!(%payment, reason, "plan dropped"),
        Change::Releasing { payment, reason } => tracing::warn!(%payment, reason, "releasing"),
        Change::ReleasedUnsaved(payment) => tracing::warn!(%payment, "released, never sent"),
        Change::SignedRemotely { attempt, signed } => {
            let id = signed.id.as_ref().map(ToString::to_string);
            let nonce = signed.unsigned.nonce;
            tracing::info!(%attempt, nonce, transaction = id, "signed by the node");
        }
        // Told where it is sent, with nonce and transaction.
        Change::Sent { .. } => {}
        Change::Included { payment, inclusion } => tracing::info!(
            %payment, transaction = %inclusion.id, block = inclusion.block.number, "included"
        ),
        Change::Reorged(payment) => tracing::warn!(%payment, "reorganised out"),
        Change::Final { payment, by, .. } => tell_final(*payment, by),
        Change::Closed { payment, legs } => {
            for (leg, state) in legs {
                tracing::info!(%payment, %leg, state = ?state, "closed");
            }
        }
        Change::Paused { reason } => tracing::error!(reason, "wallet paused"),
        Change::Resumed { reason } => tracing::info!(reason, "wallet resumed"),
        Change::Frozen { reason } => tracing::error!(reason, "wallet frozen"),
        Change::Unfrozen { reason } => tracing::info!(reason, "wallet unfrozen"),
        Change::Quarantined {
            pool,
            member,
            address,
            reason,
        } => {
            tracing::warn!(%pool, %member, address, reason, "quarantined");
        }
        Change::QuarantineLifted {
            pool,
            member,
            reason,
        } => {
            tracing::info!(%pool, %member, reason, "quarantine lifted");
        }
        Change::Alert { payment, message } => {
            tracing::error!(payment = payment.map(|p| p.to_string()), "{message}");
        }
        Change::FirstNonce { nonce, reason } => tracing::info!(nonce, reason, "first nonce"),
        Change::Adopted {
            payment,
            nonce,
            reason,
            ..
        } => {
            tracing::warn!(%payment, nonce, reason, "nonce adopted");
        }
        Change::Recovered {
            payment, reason, ..
        } => {
            tracing::warn!(payment = %payment.id, reason, "recovered");
        }
        Change::Answered { request, answer } => {
            tracing::info!(%request, done = answer.done, answer.message, "request answered");
        }
        Change::Moved { pool, last, .. } => tracing::debug!(%pool, last = %last, "ledger moved"),
        Change::RunEnded { failed } => tracing::debug!(failed, "run ended"),
    }
}

fn tell_final(payment: PaymentId, by: &FinalBy) {
    match by {
        FinalBy::Ours { kind, receipt, .. } => tracing::info!(
            %payment, transaction = %receipt.id, block = receipt.block.number,
            fee = %receipt.fee, cancel = *kind == AttemptKind::Cancel, "final"
        ),
        FinalBy::Foreign { sighting } => tracing::error!(
            %payment, nonce = sighting.nonce, transaction = %sighting.id,
            "a foreign transaction is final at this nonce"
        ),
    }
}
