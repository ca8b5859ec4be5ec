//! The last step: settling and releasing in the ledgers what is final on the chain.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_chain::TxId;
use paydirt_ledger::{
    Change, Leg, LegState, LegVerdict, Payment, PaymentId, PoolId, ReleaseOutcome, SettleOutcome,
    Settlement,
};

use crate::act::moves::{Release, Settle};
use crate::error::PayoutError;
use crate::session::Session;

/// What is to be done in one pool's ledger.
#[derive(Default)]
struct Ends {
    settle: Vec<(PaymentId, Settlement)>,
    release: Vec<(PaymentId, Leg)>,
}

impl Session<'_> {
    pub(super) async fn close(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        if payments.is_empty() {
            return Ok(false);
        }
        let mut pools: BTreeMap<PoolId, Ends> = BTreeMap::new();
        for payment in payments {
            sort_legs(payment, &mut pools)?;
        }
        let mut changes = Vec::new();
        let mut unreadable = BTreeSet::new();
        let ended = self.end_in(pools, &mut changes, &mut unreadable).await;
        if let Err(error) = ended {
            // A ledger tells only once what was odd about a move.
            self.write(changes).await?;
            return Err(error);
        }
        let mut closed = Vec::new();
        for payment in payments.iter().filter(|p| !unreadable.contains(&p.id)) {
            // The run that wrote the verdict may have crashed: this one counts it.
            self.any_failed |= payment.legs.iter().any(failed_in_itself);
            let legs = payment.legs.iter().map(|l| (l.id, end_state(l))).collect();
            closed.push(Change::Closed {
                payment: payment.id,
                legs,
            });
        }
        self.write_with(changes, closed).await
    }

    async fn end_in(
        &mut self,
        pools: BTreeMap<PoolId, Ends>,
        changes: &mut Vec<Change>,
        unreadable: &mut BTreeSet<PaymentId>,
    ) -> Result<(), PayoutError> {
        for (pool, ends) in pools {
            changes.extend(self.settle(&pool, ends.settle, unreadable).await?);
            changes.extend(self.release(&pool, ends.release, unreadable).await?);
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        pool: &PoolId,
        ends: Vec<(PaymentId, Settlement)>,
        unreadable: &mut BTreeSet<PaymentId>,
    ) -> Result<Vec<Change>, PayoutError> {
        let (ids, settlements): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
        let done = self.end_all::<Settle>(pool, &settlements).await?;
        let mut changes = done.changes;
        for ((payment, settlement), outcome) in ids.into_iter().zip(&settlements).zip(done.each) {
            match outcome {
                Some(outcome) => {
                    changes.extend(self.odd_settle(payment, &settlement.leg, &outcome))
                }
                None => _ = unreadable.insert(payment),
            }
        }
        Ok(changes)
    }

    pub(super) async fn release(
        &mut self,
        pool: &PoolId,
        ends: Vec<(PaymentId, Leg)>,
        unreadable: &mut BTreeSet<PaymentId>,
    ) -> Result<Vec<Change>, PayoutError> {
        let (ids, legs): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
        let done = self.end_all::<Release>(pool, &legs).await?;
        let mut changes = done.changes;
        for ((payment, leg), outcome) in ids.into_iter().zip(&legs).zip(done.each) {
            match outcome {
                Some(outcome) => changes.extend(self.odd_release(payment, leg, &outcome)),
                None => _ = unreadable.insert(payment),
            }
        }
        Ok(changes)
    }

    fn odd_settle(
        &mut self,
        payment: PaymentId,
        leg: &Leg,
        outcome: &SettleOutcome,
    ) -> Option<Change> {
        let SettleOutcome::WithoutHold {
            debited,
            receivable,
        } = outcome
        else {
            return None;
        };
        let message = format!(
            "{} was paid {}, but its hold was missing in the ledger of {}: {debited} was taken \
             from the balance and {receivable} booked as owed by the member",
            leg.member, leg.amount, leg.pool
        );
        self.alert(Some(payment), message)
    }

    fn odd_release(
        &mut self,
        payment: PaymentId,
        leg: &Leg,
        outcome: &ReleaseOutcome,
    ) -> Option<Change> {
        let what = match outcome {
            ReleaseOutcome::Released | ReleaseOutcome::Already => return None,
            ReleaseOutcome::NothingHeld => "its hold was missing",
            ReleaseOutcome::IsSettled => "the ledger has it as paid",
        };
        let message = format!(
            "{} of {} was not given back in the ledger of {}: {what}; nothing was moved there",
            leg.amount, leg.member, leg.pool
        );
        self.alert(Some(payment), message)
    }
}

fn sort_legs(payment: &Payment, pools: &mut BTreeMap<PoolId, Ends>) -> Result<(), PayoutError> {
    let paid = payment
        .legs
        .iter()
        .filter(|l| l.verdict == Some(LegVerdict::Paid))
        .count();
    let mut fees = fee_parts(payment.fee.unwrap_or(0), paid).into_iter();
    for leg in &payment.legs {
        let ends = pools.entry(leg.pool.clone()).or_default();
        match &leg.verdict {
            Some(LegVerdict::Paid) => {
                let Some(at) = &payment.included else {
                    return Err(PayoutError::Impossible(format!(
                        "payment {} is final without a block in the journal; nothing was settled; \
                         restore the journal from a backup and run `paydirt payouts reconcile`",
                        payment.id
                    )));
                };
                let settlement = Settlement {
                    leg: leg.clone(),
                    transaction: TxId::new(at.id.as_str()),
                    block: at.block.number,
                    fee: fees.next().unwrap_or(0),
                };
                ends.settle.push((payment.id, settlement));
            }
            Some(LegVerdict::Release { .. }) => ends.release.push((payment.id, leg.clone())),
            None => {
                return Err(PayoutError::Impossible(format!(
                    "leg {} is final without a verdict in the journal; nothing was moved",
                    leg.id
                )));
            }
        }
    }
    Ok(())
}

/// The network fee of a payment, shared by its paid legs to the last base unit.
fn fee_parts(fee: u128, legs: usize) -> Vec<u128> {
    let Some(count) = u128::try_from(legs).ok().filter(|n| *n > 0) else {
        return Vec::new();
    };
    let each = fee.checked_div(count).unwrap_or(0);
    let over = fee.checked_rem(count).unwrap_or(0);
    (0..count)
        .map(|i| each.saturating_add(u128::from(i < over)))
        .collect()
}

fn failed_in_itself(leg: &Leg) -> bool {
    match leg.verdict {
        Some(LegVerdict::Release {
            quarantine, ours, ..
        }) => quarantine || ours,
        Some(LegVerdict::Paid) | None => false,
    }
}

fn end_state(leg: &Leg) -> LegState {
    match leg.verdict {
        Some(LegVerdict::Paid) => LegState::Settled,
        _ => LegState::Released,
    }
}

#[cfg(test)]
mod tests {
    use super::fee_parts;

    #[test]
    fn a_fee_is_shared_to_the_last_base_unit() {
        assert_eq!(fee_parts(10, 3), [4, 3, 3]);
        assert_eq!(fee_parts(21_000, 1), [21_000]);
        assert!(fee_parts(5, 0).is_empty());
    }
}
