//! After a restore: a ledger that is older than the journal, a journal that is older than the
//! chain or lost. What is missing is put together from what the others know.

mod orphans;

use std::collections::{BTreeMap, BTreeSet};

use paydirt_ledger::{
    Change, HeldLeg, HoldState, LedgerError, Leg, LegId, LegState, LegVerdict, Payment, PaymentId,
    PaymentState, Reapply, ReapplyOutcome, ReapplyTo, Settlement,
};
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;

use crate::check::{Waived, is_nobodys};
use crate::claims::Found;
use crate::engine::{Engine, LEASE_TTL_MS, Pool};
use crate::error::PayoutError;
use crate::planning::LEGS_PER_CALL;
use crate::session::Session;

/// How far back payments are brought to a ledger again.
const REAPPLY_MS: i64 = 30 * 86_400_000;

/// What a reconciliation may do.
#[derive(Clone, Debug, Default)]
pub struct ReconcileOptions {
    /// Only say what would be done.
    pub dry_run: bool,
    /// Who does it, and why; kept in the history.
    pub reason: String,
    /// Take over ledgers of a journal that is lost.
    pub adopt: bool,
}

/// What was found and done.
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    /// Legs brought to the ledgers again, with what was found there.
    pub reapplied: Vec<(Leg, ReapplyOutcome)>,
    /// Legs that the ledgers held and the journal did not know, with what the chain shows.
    pub orphans: Vec<(HeldLeg, Found)>,
    /// Nonces that were mined or pending without this journal.
    pub nonces: u64,
}

impl Engine {
    /// Brings ledgers and journal together.
    ///
    /// # Errors
    /// What keeps it from looking or finishing; running it again goes on.
    pub async fn reconcile(&self, options: &ReconcileOptions) -> Result<Reconciled, PayoutError> {
        let wallet = self.open().await?;
        let lease = self
            .lease(&wallet.id, LEASE_TTL_MS.saturating_mul(2))
            .await?;
        let journal_id = self.journal.id().await?;
        let finality = self.finality_of(&wallet);
        let mut session = Session::new(self, lease.clone(), journal_id, finality);
        let done = self.keeping(&lease, session.reconcile(options)).await;
        self.journal.give_up(&lease).await?;
        done
    }
}

impl Session<'_> {
    async fn reconcile(&mut self, options: &ReconcileOptions) -> Result<Reconciled, PayoutError> {
        let mut done = Reconciled::default();
        let pools: Vec<Pool> = self.engine.pools.values().cloned().collect();
        for pool in &pools {
            self.meet(pool, options).await?;
        }
        let waived = Waived {
            leftovers: true,
            nonces: true,
            recorded: true,
            older: true,
        };
        self.check_for_repair(waived, options.dry_run).await?;
        for pool in &pools {
            done.reapplied.extend(match options.dry_run {
                true => self.differing(pool).await?,
                false => self.reapply(pool).await?,
            });
        }
        let mut orphans = Vec::new();
        for pool in &pools {
            let found = self.orphans(pool).await?;
            orphans.extend(found.into_iter().map(|o| (pool.clone(), o)));
        }
        let held: Vec<HeldLeg> = orphans.iter().map(|(_, o)| o.clone()).collect();
        if !options.dry_run {
            self.set_aside(&held, &options.reason).await?;
        }
        let seen = self.engine.chain.nonce_seen(&self.engine.address).await?;
        let next = self
            .snapshot()
            .await?
            .wallet
            .next_nonce
            .unwrap_or(seen.mined);
        done.nonces = seen.next.saturating_sub(next);
        let mut found = self.find_orphans(&held).await?;
        if !options.dry_run {
            let open = found
                .iter()
                .any(|f| !matches!(f, Found::Paid { .. } | Found::Failed { .. }));
            if open || done.nonces > 0 {
                let least = u64::try_from(held.len()).unwrap_or(u64::MAX);
                if open || seen.next > seen.mined {
                    self.fill_nonces(least, 0).await?;
                } else {
                    self.adopt_mined(seen.mined).await?;
                }
                found = self.find_orphans(&held).await?;
            }
            for ((pool, orphan), found) in orphans.iter().zip(&found) {
                self.end_orphan(pool, orphan, found, &options.reason)
                    .await?;
            }
            self.freeze_the_forgetful(&pools, done.nonces).await?;
        }
        done.orphans = held.into_iter().zip(found).collect();
        Ok(done)
    }

    /// What nonces paid that the journal has forgotten, a ledger of the same database has forgotten
    /// too, and would let be paid again.
    async fn freeze_the_forgetful(
        &mut self,
        pools: &[Pool],
        nonces: u64,
    ) -> Result<(), PayoutError> {
        let forgetful = pools
            .iter()
            .filter(|pool| pool.ledger.forgets_with_journal());
        let names: Vec<&str> = forgetful.map(|pool| pool.id.as_str()).collect();
        if nonces == 0 || names.is_empty() {
            return Ok(());
        }
        let reason = format!(
            "{nonces} of its transactions are neither in the journal nor in the books of {}, which \
             were restored from an older copy or have another program beside them: book what these \
             paid, so that nobody is paid twice, before `paydirt payouts resume`",
            names.join(", ")
        );
        self.write(vec![Change::Frozen { reason }]).await
    }

    /// Takes over a ledger of a lost journal, if that was said. One that never met a journal,
    /// though this journal has paid from it, is more likely another one than an old copy.
    async fn meet(&self, pool: &Pool, options: &ReconcileOptions) -> Result<(), PayoutError> {
        if options.adopt {
            return match options.dry_run {
                true => Ok(()),
                false => Ok(pool.ledger.adopt(self.journal_id).await?),
            };
        }
        let known = self.engine.journal.snapshot(&self.wallet).await?.moves;
        match pool.ledger.look(self.journal_id, None, &[]).await {
            Err(LedgerError::OtherJournal { found, .. })
                if is_nobodys(&found) && known.contains_key(&pool.id) =>
            {
                Err(PayoutError::refused(
                    format!(
                        "the ledger of {} has never met a journal of Paydirt",
                        pool.id
                    ),
                    "check its URL and prefix; if it really was restored from before the first \
                     payout, reconcile with --adopt",
                ))
            }
            Err(LedgerError::OtherJournal { found, .. }) if is_nobodys(&found) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }

    /// What a reconciliation would bring to the ledger again.
    async fn differing(&self, pool: &Pool) -> Result<Vec<(Leg, ReapplyOutcome)>, PayoutError> {
        let legs = self.wanted_of(pool).await?;
        let ids: Vec<LegId> = legs.iter().map(|r| r.leg.id).collect();
        let mut differing = Vec::new();
        for (part, ids) in legs.chunks(LEGS_PER_CALL).zip(ids.chunks(LEGS_PER_CALL)) {
            let states = self.states(pool, ids).await?;
            for (wanted, from) in part.iter().zip(states) {
                let receivable = Amount::zero(wanted.leg.amount.coin());
                if !is_there(&wanted.to, from) {
                    let outcome = ReapplyOutcome::Applied { from, receivable };
                    differing.push((wanted.leg.clone(), outcome));
                }
            }
        }
        Ok(differing)
    }

    /// Where the ledger has these legs. One that is still to be taken over knows none of them.
    async fn states(&self, pool: &Pool, legs: &[LegId]) -> Result<Vec<HoldState>, PayoutError> {
        match pool.ledger.look(self.journal_id, None, legs).await {
            Err(LedgerError::OtherJournal { .. }) => Ok(vec![HoldState::Absent; legs.len()]),
            states => Ok(states?),
        }
    }

    /// What the journal says of the last thirty days, as far as the ledger can't know better.
    async fn wanted_of(&self, pool: &Pool) -> Result<Vec<Reapply>, PayoutError> {
        let since = Timestamp::from_ms(self.now().as_ms().saturating_sub(REAPPLY_MS));
        let payments = self
            .engine
            .journal
            .payments_of_pool(&pool.id, since)
            .await?;
        let mut legs: Vec<Reapply> = payments.iter().flat_map(wanted).collect();
        let never_saved = payments.iter().filter(|p| p.attempts.is_empty());
        let never_saved = never_saved.map(|p| p.id).collect();
        self.leave_to_chain(pool, &mut legs, &never_saved).await?;
        Ok(legs)
    }

    /// Brings the ledger to what the journal says of the last thirty days.
    async fn reapply(&mut self, pool: &Pool) -> Result<Vec<(Leg, ReapplyOutcome)>, PayoutError> {
        let legs = self.wanted_of(pool).await?;
        pool.ledger.lock(&self.context_of_repair(&pool.id)).await?;
        let mut applied = Vec::new();
        let parts: Vec<&[Reapply]> = match legs.is_empty() {
            true => vec![&[]],
            false => legs.chunks(LEGS_PER_CALL).collect(),
        };
        for part in parts {
            let context = self.context_of_repair(&pool.id);
            let moved = pool.ledger.reapply(&context, part).await?;
            if let Some(last) = moved.last {
                self.moves.insert(pool.id.clone(), last);
                self.write(vec![Change::Moved {
                    pool: pool.id.clone(),
                    last,
                    reconciled: true,
                }])
                .await?;
            }
            applied.extend(part.iter().map(|r| r.leg.clone()).zip(moved.outcomes));
        }
        applied.retain(|(_, outcome)| *outcome != ReapplyOutcome::Unchanged);
        Ok(applied)
    }

    /// Takes out what the ledger may know better. It settles on a final transaction only: where it
    /// has, a journal that has not is an older copy. What it holds and the journal never saved is
    /// an orphan, for the chain to decide.
    async fn leave_to_chain(
        &self,
        pool: &Pool,
        legs: &mut Vec<Reapply>,
        unsaved: &BTreeSet<PaymentId>,
    ) -> Result<(), PayoutError> {
        let ids: Vec<LegId> = legs.iter().map(|r| r.leg.id).collect();
        let mut states = Vec::with_capacity(ids.len());
        for part in ids.chunks(LEGS_PER_CALL) {
            states.extend(self.states(pool, part).await?);
        }
        let mut states = states.into_iter();
        legs.retain(|wanted| match states.next() {
            _ if matches!(wanted.to, ReapplyTo::Settled(_)) => true,
            Some(HoldState::Settled) => false,
            Some(HoldState::Held | HoldState::RolledBack) => !unsaved.contains(&wanted.payment),
            _ => true,
        });
        Ok(())
    }

    /// The check of a command that repairs: what it repairs is not asked for.
    pub(crate) async fn check_for_repair(
        &mut self,
        waived: Waived,
        dry_run: bool,
    ) -> Result<(), PayoutError> {
        if !dry_run {
            return self.check(waived).await;
        }
        let snapshot = self.snapshot().await?;
        let report = self.engine.examine(Some(&snapshot), waived).await?;
        report.refusal().map_or(Ok(()), Err)
    }

    fn context_of_repair(&self, pool: &paydirt_ledger::PoolId) -> paydirt_ledger::MoveContext {
        paydirt_ledger::MoveContext {
            known: None,
            ..self.context(pool)
        }
    }
}

fn is_there(to: &ReapplyTo, state: HoldState) -> bool {
    match to {
        ReapplyTo::Held => state == HoldState::Held,
        ReapplyTo::Settled(_) => state == HoldState::Settled,
        ReapplyTo::Gone => matches!(state, HoldState::Released | HoldState::Void),
    }
}

/// What the journal says of each leg of a payment; nothing where the ledger may have either.
fn wanted(payment: &Payment) -> Vec<Reapply> {
    let fees: BTreeMap<LegId, u128> = match payment.legs.as_slice() {
        [only] => BTreeMap::from([(only.id, payment.fee.unwrap_or(0))]),
        _ => BTreeMap::new(),
    };
    let each = payment.legs.iter().filter_map(|leg| {
        let to = match (leg.state, payment.state) {
            (LegState::Live, PaymentState::Planned | PaymentState::Releasing) => return None,
            (LegState::Live, _) => ReapplyTo::Held,
            (LegState::Settled, _) => ReapplyTo::Settled(Settlement {
                leg: Leg {
                    verdict: Some(LegVerdict::Paid),
                    ..leg.clone()
                },
                transaction: payment.included.as_ref()?.id.clone(),
                block: payment.included.as_ref()?.block.number,
                fee: fees.get(&leg.id).copied().unwrap_or(0),
            }),
            (LegState::Released | LegState::Void, _) => ReapplyTo::Gone,
        };
        Some(Reapply {
            leg: leg.clone(),
            payment: payment.id,
            to,
        })
    });
    each.collect()
}
