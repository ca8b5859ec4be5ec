//! What has to be loaded before changes can be applied.

use std::collections::BTreeSet;

use super::LiveKey;
use crate::{
    AttemptId, Change, LegId, MemberId, NewAttempt, NewPayment, PaymentId, PoolId, RequestId,
};

/// What a write names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Payments that it changes, or makes and which must not exist.
    pub payments: BTreeSet<PaymentId>,
    /// Attempts that it changes: their payments are needed.
    pub attempts: BTreeSet<AttemptId>,
    /// Whether it reads or changes legs of the payments that it changes; otherwise they may be
    /// left out of what is loaded.
    pub legs: bool,
    /// Whether it reads or changes attempts of them.
    pub saved: bool,
    /// Attempts that it makes: must not exist.
    pub new_attempts: BTreeSet<AttemptId>,
    /// Legs that it makes: must not exist.
    pub new_legs: BTreeSet<LegId>,
    /// What no live leg may pay yet.
    pub live: BTreeSet<LiveKey>,
    /// Pools whose last move it may change.
    pub pools: BTreeSet<PoolId>,
    /// Members whose quarantine it changes.
    pub quarantine: BTreeSet<(PoolId, MemberId)>,
    /// Requests that it answers.
    pub requests: BTreeSet<RequestId>,
}

impl Needs {
    /// What [`Journal::write`](crate::Journal::write) needs for these changes.
    pub fn of_changes(changes: &[Change]) -> Self {
        let mut needs = Self::default();
        for change in changes {
            needs.add(change);
        }
        needs
    }

    /// What [`Journal::save`](crate::Journal::save) needs for these attempts.
    pub fn of_attempts(attempts: &[NewAttempt]) -> Self {
        Self {
            payments: attempts.iter().map(|a| a.payment).collect(),
            new_attempts: attempts.iter().map(|a| a.id).collect(),
            saved: true,
            ..Self::default()
        }
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::Plan(new) => {
                self.add_new(new);
                self.live.extend(new.legs.iter().flat_map(LiveKey::of));
            }
            Change::Recovered { payment, .. } => self.add_new(payment),
            Change::Held(payment)
            | Change::Reorged(payment)
            | Change::Releasing { payment, .. }
            | Change::Included { payment, .. }
            | Change::Adopted { payment, .. } => {
                self.payments.insert(*payment);
            }
            Change::Dropped { payment, .. }
            | Change::ReleasedUnsaved(payment)
            | Change::Closed { payment, .. } => {
                self.payments.insert(*payment);
                self.legs = true;
            }
            Change::Final { payment, .. } => {
                self.payments.insert(*payment);
                (self.legs, self.saved) = (true, true);
            }
            Change::SignedRemotely { attempt, .. } | Change::Sent { attempt, .. } => {
                self.attempts.insert(*attempt);
                self.saved = true;
            }
            Change::Moved { pool, .. } => {
                self.pools.insert(pool.clone());
            }
            Change::Quarantined { pool, member, .. }
            | Change::QuarantineLifted { pool, member, .. } => {
                self.quarantine.insert((pool.clone(), member.clone()));
            }
            Change::Answered { request, .. } => {
                self.requests.insert(*request);
            }
            Change::FirstNonce { .. }
            | Change::Paused { .. }
            | Change::Resumed { .. }
            | Change::Frozen { .. }
            | Change::Unfrozen { .. }
            | Change::RunEnded { .. }
            | Change::Alert { .. } => {}
        }
    }

    fn add_new(&mut self, new: &NewPayment) {
        self.payments.insert(new.id);
        self.new_legs.extend(new.legs.iter().map(|leg| leg.id));
    }
}
