//! Legs that a ledger holds and this journal never saved: a lost part of it may have sent them, so
//! that the chain decides.

use std::collections::BTreeSet;

use paydirt_chain::TxId;
use paydirt_ledger::{
    Change, HeldLeg, JournalError, Leg, LegId, LegState, LegVerdict, NewPayment, Payment,
    PaymentId, PaymentState, Purpose, Settlement,
};
use paydirt_schedule::Timestamp;

use super::REAPPLY_MS;
use crate::claims::{Claim, Found};
use crate::engine::Pool;
use crate::error::PayoutError;
use crate::session::Session;

impl Session<'_> {
    /// Legs that the ledger holds for this wallet and for which this journal has no attempt: it
    /// may be an older copy, and its lost part may have saved and sent them.
    pub(super) async fn orphans(&self, pool: &Pool) -> Result<Vec<HeldLeg>, PayoutError> {
        let mut held = pool.ledger.held().await?;
        held.retain(|h| h.wallet == self.wallet);
        let known = self.payments_of(&held).await?;
        let saved = known.iter().filter(|p| !p.attempts.is_empty());
        let legs: BTreeSet<LegId> = saved.flat_map(|p| &p.legs).map(|l| l.id).collect();
        held.retain(|h| !legs.contains(&h.leg));
        Ok(held)
    }

    async fn payments_of(&self, held: &[HeldLeg]) -> Result<Vec<Payment>, PayoutError> {
        let ids: BTreeSet<PaymentId> = held.iter().map(|h| h.payment).collect();
        let ids: Vec<PaymentId> = ids.into_iter().collect();
        Ok(self.engine.journal.payments(&ids).await?)
    }

    /// Closes what this journal planned or held and never saved, before anything else: from here
    /// on only the ledger knows these legs, no run signs them or gives them back, and none begins
    /// before a reconciliation has ended them.
    pub(super) async fn set_aside(
        &mut self,
        held: &[HeldLeg],
        reason: &str,
    ) -> Result<(), PayoutError> {
        let mut changes = Vec::new();
        for payment in self.payments_of(held).await? {
            let id = payment.id;
            let releasing = Change::Releasing {
                payment: id,
                reason: reason.to_owned(),
            };
            match payment.state {
                PaymentState::Planned => changes.push(Change::Dropped {
                    payment: id,
                    reason: reason.to_owned(),
                }),
                PaymentState::Held => {
                    changes.extend([releasing, Change::ReleasedUnsaved(id)]);
                }
                PaymentState::Releasing => changes.push(Change::ReleasedUnsaved(id)),
                _ => continue,
            }
            changes.push(Change::Alert {
                payment: Some(id),
                message: "a lost part of this journal may have sent it: the ledger keeps its \
                          hold until the chain has decided"
                    .to_owned(),
            });
        }
        self.write(changes).await
    }

    pub(super) async fn find_orphans(
        &self,
        orphans: &[HeldLeg],
    ) -> Result<Vec<Found>, PayoutError> {
        let claims: Vec<Claim> = orphans
            .iter()
            .map(|o| Claim {
                address: self.engine.chain.parse_address(&o.address).ok(),
                amount: o.amount,
                since: o.at,
                transaction: None,
            })
            .collect();
        let taken = self.taken().await?;
        self.find_claims(&claims, &taken).await
    }

    /// Transactions that are on record for something: in this journal, or in any of the ledgers.
    pub(crate) async fn taken(&self) -> Result<BTreeSet<TxId>, PayoutError> {
        let mut taken = self.own_transactions().await?;
        for pool in self.engine.pools.values() {
            let recorded = pool.ledger.recorded(usize::MAX).await?;
            taken.extend(recorded.into_iter().map(|r| r.transaction));
        }
        Ok(taken)
    }

    /// Transactions that this journal has for payments of its own.
    async fn own_transactions(&self) -> Result<BTreeSet<TxId>, PayoutError> {
        let since = Timestamp::from_ms(self.now().as_ms().saturating_sub(REAPPLY_MS));
        let mut ids = BTreeSet::new();
        for pool in self.engine.pools.keys() {
            for payment in self.engine.journal.payments_of_pool(pool, since).await? {
                ids.extend(payment.attempts.into_iter().filter_map(|a| a.signed.id));
                ids.extend(payment.included.map(|at| at.id));
            }
        }
        Ok(ids)
    }

    /// Ends a leg that only the ledger knew, on what the chain shows now that its nonce is final.
    pub(super) async fn end_orphan(
        &mut self,
        pool: &Pool,
        orphan: &HeldLeg,
        found: &Found,
        reason: &str,
    ) -> Result<(), PayoutError> {
        let (transaction, state) = match found {
            Found::Paid { transaction, .. } => (Some(transaction.clone()), LegState::Settled),
            Found::Failed { transaction, .. } => (Some(transaction.clone()), LegState::Released),
            Found::NotFound => (None, LegState::Released),
            Found::NotFinal { .. } | Found::MayBePending => {
                tracing::warn!(leg = %orphan.leg, ?found, "not final yet: reconcile again");
                return Ok(());
            }
        };
        let leg = leg_of(pool, orphan, state, found);
        let moved = match (&transaction, found) {
            (Some(transaction), Found::Paid { block, .. }) => {
                let settlement = Settlement {
                    leg: leg.clone(),
                    transaction: transaction.clone(),
                    block: *block,
                    fee: 0,
                };
                let context = self.context(&pool.id);
                pool.ledger
                    .settle(&context, std::slice::from_ref(&settlement))
                    .await?
                    .last
            }
            _ => {
                let context = self.context(&pool.id);
                pool.ledger
                    .release(&context, std::slice::from_ref(&leg))
                    .await?
                    .last
            }
        };
        let reason = format!("{reason}: {found}");
        let mut changes: Vec<Change> = self.moved(&pool.id, moved).into_iter().collect();
        let id = orphan.payment;
        if !self.engine.journal.payments(&[id]).await?.is_empty() {
            changes.push(Change::Alert {
                payment: Some(id),
                message: format!("its hold was ended by what the chain shows: {reason}"),
            });
            return self.write(changes).await;
        }
        let payment = NewPayment {
            id: orphan.payment,
            purpose: Purpose::Pay,
            legs: vec![leg],
        };
        changes.push(Change::Recovered {
            payment,
            id: transaction,
            block: None,
            reason,
        });
        match self.write(changes).await {
            // A payment of several legs is recovered once.
            Err(PayoutError::Journal(JournalError::Conflict { .. })) => Ok(()),
            written => written,
        }
    }
}

/// The leg with what the chain shows of it as its verdict: it may have been sent, so a withdrawal
/// that is given back is left to a person.
fn leg_of(pool: &Pool, orphan: &HeldLeg, state: LegState, found: &Found) -> Leg {
    let verdict = match state {
        LegState::Settled => LegVerdict::Paid,
        _ => LegVerdict::Release {
            reason: found.to_string(),
            quarantine: false,
            ours: false,
        },
    };
    Leg {
        id: orphan.leg,
        pool: pool.id.clone(),
        member: orphan.member.clone(),
        address: paydirt_chain::Address::canonical(orphan.address.clone()),
        amount: orphan.amount,
        source: orphan.source.clone(),
        state,
        verdict: Some(verdict),
    }
}
