//! Undoing what was never sent: dropping plans behind tombstones, giving back holds for which
//! nothing was saved.

use std::collections::BTreeMap;

use paydirt_ledger::{Change, Leg, Payment, PaymentId, PoolId, VoidOutcome};

use crate::error::PayoutError;
use crate::session::Session;

/// The legs of these payments by pool, each with its payment.
fn legs_by_pool(payments: &[&Payment]) -> BTreeMap<PoolId, (Vec<PaymentId>, Vec<Leg>)> {
    let mut pools: BTreeMap<PoolId, (Vec<PaymentId>, Vec<Leg>)> = BTreeMap::new();
    for payment in payments {
        for leg in &payment.legs {
            let (ids, legs) = pools.entry(leg.pool.clone()).or_default();
            ids.push(payment.id);
            legs.push(leg.clone());
        }
    }
    pools
}

impl Session<'_> {
    /// Plans that may or may not be held: made impossible in the ledger, then dropped. A late hold
    /// of a paused process can't land any more.
    pub(crate) async fn void(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        if payments.is_empty() {
            return Ok(false);
        }
        let mut changes = Vec::new();
        for (pool, (ids, legs)) in legs_by_pool(payments) {
            let ledger = self.engine.pool(&pool)?.ledger.clone();
            let moved = ledger.void(&self.context(&pool), &legs).await?;
            for ((payment, leg), outcome) in ids.iter().zip(&legs).zip(&moved.outcomes) {
                if *outcome == VoidOutcome::IsSettled {
                    let message = format!(
                        "leg {} was only planned, and the ledger of {pool} has it as paid: \
                         another journal used this ledger",
                        leg.id
                    );
                    changes.extend(self.alert(Some(*payment), message));
                }
            }
            changes.extend(self.moved(&pool, moved.last));
        }
        for payment in payments {
            changes.push(Change::Dropped {
                payment: payment.id,
                reason: "not all of its legs were known to be held, and nothing was saved".into(),
            });
        }
        self.write(changes).await?;
        Ok(true)
    }

    /// Holds for which saving was forbidden before anything was saved.
    pub(super) async fn give_back(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        if payments.is_empty() {
            return Ok(false);
        }
        let mut changes = Vec::new();
        for (pool, (ids, legs)) in legs_by_pool(payments) {
            let ledger = self.engine.pool(&pool)?.ledger.clone();
            let moved = ledger.release(&self.context(&pool), &legs).await?;
            for ((payment, leg), outcome) in ids.into_iter().zip(&legs).zip(&moved.outcomes) {
                changes.extend(self.odd_release(payment, leg, outcome));
            }
            changes.extend(self.moved(&pool, moved.last));
        }
        changes.extend(payments.iter().map(|p| Change::ReleasedUnsaved(p.id)));
        self.write(changes).await?;
        Ok(true)
    }
}
