//! Writing down what the chain shows: included, reorganised, final; freezing and quarantining in
//! the same transaction, so that nobody at fault is planned again before the money is back.

use paydirt_ledger::{Change, FinalBy, LegVerdict, Payment, Purpose};

use crate::decide::Step;
use crate::error::PayoutError;
use crate::session::Session;

impl Session<'_> {
    pub(super) async fn record(&mut self, steps: &[(&Payment, Step)]) -> Result<bool, PayoutError> {
        let mut changes = Vec::new();
        for (payment, step) in steps {
            match step {
                Step::Include(inclusion) => changes.push(Change::Included {
                    payment: payment.id,
                    inclusion: inclusion.clone(),
                }),
                Step::LetGo => changes.push(Change::Releasing {
                    payment: payment.id,
                    reason: "the wallet was paused before anything was saved".into(),
                }),
                Step::Unmine => changes.push(Change::Reorged(payment.id)),
                Step::Freeze(reason) => changes.push(Change::Frozen {
                    reason: reason.clone(),
                }),
                Step::Finish { by, legs } => {
                    changes.push(Change::Final {
                        payment: payment.id,
                        by: Box::new(by.clone()),
                        legs: legs.clone(),
                    });
                    changes.extend(self.consequences(payment, by, legs));
                }
                _ => {}
            }
        }
        // After a reorganisation the next look waits: nodes that contradict each other are not
        // asked without a pause.
        let changed = changes.iter().any(|c| !matches!(c, Change::Reorged(_)));
        self.write(changes).await?;
        Ok(changed)
    }

    /// What a final word means beyond the payment itself.
    fn consequences(
        &mut self,
        payment: &Payment,
        by: &FinalBy,
        legs: &[(paydirt_ledger::LegId, LegVerdict)],
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        // Where a nonce was only to be used up, whatever used it will do.
        if let FinalBy::Foreign { sighting } = by
            && payment.purpose == Purpose::Pay
        {
            changes.push(Change::Frozen {
                reason: format!(
                    "transaction {} used nonce {} of payment {} and is not ours: \
                     somebody else has the key; say what it was with `paydirt payouts resume`",
                    sighting.id, sighting.nonce, payment.id
                ),
            });
        }
        let mut ours = None;
        for (leg, (_, verdict)) in payment.legs.iter().zip(legs) {
            let LegVerdict::Release {
                reason,
                quarantine,
                ours: is_ours,
            } = verdict
            else {
                continue;
            };
            if *quarantine {
                changes.push(Change::Quarantined {
                    pool: leg.pool.clone(),
                    member: leg.member.clone(),
                    address: leg.address.to_string(),
                    reason: reason.clone(),
                });
            }
            if *is_ours {
                ours = Some(reason.clone());
            }
            self.any_failed |= *quarantine || *is_ours;
        }
        if let Some(reason) = ours {
            changes.push(Change::Paused {
                reason: format!("payment {} failed on our account: {reason}", payment.id),
            });
        }
        changes
    }
}
