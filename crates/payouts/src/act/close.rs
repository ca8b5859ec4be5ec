//! The last step: settling and releasing in the ledgers what is final on the chain.

use std::collections::BTreeMap;

use paydirt_chain::TxId;
use paydirt_ledger::{
    Change, Leg, LegState, LegVerdict, Payment, PaymentId, PoolId, ReleaseOutcome, SettleOutcome,
    Settlement,
};

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
        for (pool, ends) in pools {
            changes.extend(self.end_in(&pool, ends).await?);
        }
        for payment in payments {
            // The run that wrote the verdict may have crashed: this one counts it.
            self.any_failed |= payment.legs.iter().any(failed_in_itself);
            let legs = payment.legs.iter().map(|l| (l.id, end_state(l))).collect();
            changes.push(Change::Closed {
                payment: payment.id,
                legs,
            });
        }
        self.write(changes).await?;
        Ok(true)
    }

    /// At most two moves a pool: one that settles, one that releases.
    async fn end_in(&mut self, pool: &PoolId, ends: Ends) -> Result<Vec<Change>, PayoutError> {
        let ledger = self.engine.pool(pool)?.ledger.clone();
        let mut changes = Vec::new();
        let (ids, settlements): (Vec<_>, Vec<_>) = ends.settle.into_iter().unzip();
        if !settlements.is_empty() {
            let moved = ledger.settle(&self.context(pool), &settlements).await?;
            for ((payment, settlement), outcome) in
                ids.into_iter().zip(&settlements).zip(&moved.outcomes)
            {
                changes.extend(self.odd_settle(payment, &settlement.leg, outcome));
            }
            changes.extend(self.moved(pool, moved.last));
        }
        let (ids, legs): (Vec<_>, Vec<_>) = ends.release.into_iter().unzip();
        if !legs.is_empty() {
            let moved = ledger.release(&self.context(pool), &legs).await?;
            for ((payment, leg), outcome) in ids.into_iter().zip(&legs).zip(&moved.outcomes) {
                changes.extend(self.odd_release(payment, leg, outcome));
            }
            changes.extend(self.moved(pool, moved.last));
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

    pub(super) fn odd_release(
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
