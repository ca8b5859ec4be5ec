//! Undoing what was never sent: dropping plans behind tombstones, giving back holds for which
//! nothing was saved.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_ledger::{Change, Leg, Payment, PaymentId, PoolId, VoidOutcome};

use crate::act::moves::Void;
use crate::error::PayoutError;
use crate::session::Session;

/// The legs of these payments by pool, each with its payment.
fn legs_by_pool(payments: &[&Payment]) -> BTreeMap<PoolId, Vec<(PaymentId, Leg)>> {
    let mut pools: BTreeMap<PoolId, Vec<(PaymentId, Leg)>> = BTreeMap::new();
    for payment in payments {
        for leg in &payment.legs {
            pools
                .entry(leg.pool.clone())
                .or_default()
                .push((payment.id, leg.clone()));
        }
    }
    pools
}

impl Session<'_> {
    /// Plans that may or may not be held: made impossible in the ledger, then dropped. A late hold
    /// of a paused process can't land any more.
    pub(super) async fn void(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        let mut changes = Vec::new();
        let mut unreadable = BTreeSet::new();
        for (pool, legs) in legs_by_pool(payments) {
            changes.extend(self.void_in(&pool, legs, &mut unreadable).await?);
        }
        let reason = "not all of its legs were known to be held, and nothing was saved";
        let over = payments.iter().filter(|p| !unreadable.contains(&p.id));
        let dropped: Vec<Change> = over
            .map(|p| Change::Dropped {
                payment: p.id,
                reason: reason.into(),
            })
            .collect();
        self.write_with(changes, dropped).await
    }

    async fn void_in(
        &mut self,
        pool: &PoolId,
        legs: Vec<(PaymentId, Leg)>,
        unreadable: &mut BTreeSet<PaymentId>,
    ) -> Result<Vec<Change>, PayoutError> {
        let (ids, legs): (Vec<_>, Vec<_>) = legs.into_iter().unzip();
        let done = self.end_all::<Void>(pool, &legs).await?;
        let mut changes = done.changes;
        for ((payment, leg), outcome) in ids.into_iter().zip(&legs).zip(done.each) {
            match outcome {
                Some(VoidOutcome::IsSettled) => {
                    let message = format!(
                        "leg {} was only planned, and the ledger of {pool} has it as paid: \
                         another journal used this ledger",
                        leg.id
                    );
                    changes.extend(self.alert(Some(payment), message));
                }
                Some(_) => {}
                None => _ = unreadable.insert(payment),
            }
        }
        Ok(changes)
    }

    /// Holds for which saving was forbidden before anything was saved.
    pub(super) async fn give_back(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        let mut changes = Vec::new();
        let mut unreadable = BTreeSet::new();
        for (pool, legs) in legs_by_pool(payments) {
            changes.extend(self.release(&pool, legs, &mut unreadable).await?);
        }
        let over = payments.iter().filter(|p| !unreadable.contains(&p.id));
        let released = over.map(|p| Change::ReleasedUnsaved(p.id)).collect();
        self.write_with(changes, released).await
    }

    /// Writes what the ledger did and the ends that follow from it, together. Returns whether
    /// anything ended.
    pub(super) async fn write_with(
        &mut self,
        mut changes: Vec<Change>,
        ends: Vec<Change>,
    ) -> Result<bool, PayoutError> {
        let ended = !ends.is_empty();
        changes.extend(ends);
        self.write(changes).await?;
        Ok(ended)
    }
}
