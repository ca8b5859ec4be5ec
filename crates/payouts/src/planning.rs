//! From a plan to held legs.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_chain::{Account, Transfer, Trust};
use paydirt_ledger::draft::LiveKey;
use paydirt_ledger::{
    BadEntry, Change, HoldOutcome, Leg, LegId, LegState, NewPayment, Payable, Payment, PaymentId,
    PoolId, Purpose, Snapshot, Waiting,
};
use paydirt_money::BaseUnits;

use crate::act::transfers;
use crate::engine::{Engine, Pool};
use crate::error::PayoutError;
use crate::plan::{Candidate, Chosen, Means, Plan, Why, plan};
use crate::report::RunReport;
use crate::session::Session;

/// Legs in one call of a ledger.
pub(crate) const LEGS_PER_CALL: usize = 1_000;

/// Who would be paid now, and who not.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The plan.
    pub plan: Plan,
    /// The wallet as it was read.
    pub account: Account,
    /// Entries that can't be read.
    pub unreadable: Vec<(PoolId, BadEntry)>,
    /// What is due, and paid later all the same.
    pub waiting: Vec<(PoolId, Waiting)>,
    /// Members below their threshold, by pool.
    pub below: BTreeMap<PoolId, usize>,
    /// Payments under way beside which this is planned.
    pub in_flight: usize,
    /// Why nothing would be planned, if the wallet is paused or frozen.
    pub held_up: Option<String>,
}

impl Engine {
    /// What a run would plan now. Writes nothing, takes no lease.
    ///
    /// # Errors
    /// What keeps it from looking.
    pub async fn preview(&self, only: Option<&BTreeSet<PoolId>>) -> Result<Preview, PayoutError> {
        let wallets = self.journal.wallets().await?;
        let identity = self.chain.identify(self.expected(&wallets)?).await?;
        let id = paydirt_ledger::WalletId::of(&identity, &self.address);
        let known = wallets.iter().any(|w| w.id == id);
        let snapshot = match known {
            true => Some(self.journal.snapshot(&id).await?),
            false => None,
        };
        self.survey(snapshot.as_ref(), only).await
    }

    /// Looks at who is due, simulates, and plans.
    pub(crate) async fn survey(
        &self,
        snapshot: Option<&Snapshot>,
        only: Option<&BTreeSet<PoolId>>,
    ) -> Result<Preview, PayoutError> {
        let open = snapshot.map(|s| s.open.as_slice()).unwrap_or_default();
        let quarantine = snapshot
            .map(|s| s.quarantine.as_slice())
            .unwrap_or_default();
        let legs = open.iter().flat_map(|p| &p.legs);
        let live: BTreeSet<LiveKey> = legs.flat_map(LiveKey::of).collect();
        let mut candidates = Vec::new();
        let (mut unreadable, mut waiting) = (Vec::new(), Vec::new());
        let mut below = BTreeMap::new();
        for pool in self.pools.values() {
            if only.is_some_and(|only| !only.contains(&pool.id)) {
                continue;
            }
            let payables = pool.ledger.payable(pool.policy.minimum).await?;
            below.insert(pool.id.clone(), payables.below);
            unreadable.extend(payables.bad.into_iter().map(|b| (pool.id.clone(), b)));
            waiting.extend(payables.waiting.into_iter().map(|w| (pool.id.clone(), w)));
            candidates.extend(
                payables
                    .due
                    .into_iter()
                    .map(|due| self.candidate(pool, due)),
            );
        }
        let quarantined: BTreeSet<_> = quarantine
            .iter()
            .map(|q| (&q.pool, &q.member, q.address.as_str()))
            .collect();
        let asked = |c: &Candidate| {
            c.address.is_ok()
                && !c.is_live(&live)
                && !quarantined.contains(&(&c.pool, &c.member, c.address_text()))
        };
        self.simulate(&mut candidates, asked).await?;
        let account = self.chain.account(&self.address, None, Trust::Any).await?;
        let means = Means {
            account: &account,
            committed: self.committed(open, &account)?,
            reserve: self.policy.reserve,
            fee_cap: self.policy.fee_cap,
            live: &live,
            quarantine,
        };
        let plan = plan(&candidates, &means)?;
        let wallet = snapshot.map(|s| &s.wallet);
        let held_up = wallet.and_then(|w| w.frozen.clone().or_else(|| w.paused.clone()));
        Ok(Preview {
            plan,
            account,
            unreadable,
            waiting,
            below,
            in_flight: open.len(),
            held_up,
        })
    }

    fn candidate(&self, pool: &Pool, due: Payable) -> Candidate {
        Candidate {
            pool: pool.id.clone(),
            member: due.member,
            address: self.chain.parse_address(&due.address),
            text: due.address,
            amount: due.amount,
            source: due.source,
            probe: None,
        }
    }

    async fn simulate(
        &self,
        candidates: &mut [Candidate],
        asked: impl Fn(&Candidate) -> bool,
    ) -> Result<(), PayoutError> {
        let mut places = Vec::new();
        let mut legs = Vec::new();
        for (place, candidate) in candidates.iter().enumerate().filter(|(_, c)| asked(c)) {
            if let Ok(to) = &candidate.address {
                let value = candidate.amount.to_base_units()?.get();
                places.push(place);
                legs.push(Transfer {
                    to: to.clone(),
                    value,
                });
            }
        }
        if legs.is_empty() {
            return Ok(());
        }
        let probes = self.chain.probe(&self.address, &legs).await?;
        for (place, probe) in places.into_iter().zip(probes) {
            if let Some(candidate) = candidates.get_mut(place) {
                candidate.probe = Some(probe);
            }
        }
        Ok(())
    }

    /// What payments that the account doesn't show yet can still take, fees at their cap.
    fn committed(&self, open: &[Payment], account: &Account) -> Result<u128, PayoutError> {
        let mut sum = BaseUnits::new(0);
        for payment in open {
            if payment.nonce.is_some_and(|n| n < account.nonce) {
                continue;
            }
            let attempts = payment.attempts.iter().map(|a| a.unsigned().gas_limit);
            let gas = attempts.max().unwrap_or_else(|| self.chain.cancel_gas());
            let offered = payment.attempts.iter().map(|a| a.unsigned().fee.cap).max();
            let cap = offered.unwrap_or(0).max(self.policy.fee_cap);
            sum = sum.checked_add(BaseUnits::new(cap).checked_mul(u128::from(gas))?)?;
            for transfer in transfers(payment)? {
                sum = sum.checked_add(BaseUnits::new(transfer.value))?;
            }
        }
        Ok(sum.get())
    }
}

impl Session<'_> {
    /// Plans for these pools and holds what was planned. Legs that could not be held stay
    /// `planned`; the next look voids them.
    pub(crate) async fn plan_and_hold(
        &mut self,
        only: Option<&BTreeSet<PoolId>>,
        report: &mut RunReport,
    ) -> Result<bool, PayoutError> {
        let snapshot = self.snapshot().await?;
        let preview = self.engine.survey(Some(&snapshot), only).await?;
        report.missing = preview.plan.missing;
        report.unreadable = preview.unreadable;
        report.waiting = preview.waiting;
        report.held_up = preview.held_up;
        self.quarantine(&preview.plan).await?;
        report.skipped.clone_from(&preview.plan.skipped);
        if report.missing > 0 {
            let coin = self.engine.chain.coin();
            let missing = BaseUnits::new(report.missing).to_coin_text(coin);
            tracing::warn!("the wallet lacks {missing} to pay everybody who is due");
        }
        if let Some(reason) = &report.held_up {
            tracing::warn!("nothing is planned: {reason}");
            return Ok(false);
        }
        if preview.plan.chosen.is_empty() {
            return Ok(false);
        }
        self.lock(&preview.plan).await?;
        let planned = self.write_plan(preview.plan.chosen).await?;
        self.hold(planned).await?;
        Ok(true)
    }

    async fn quarantine(&mut self, plan: &Plan) -> Result<(), PayoutError> {
        let mut changes = Vec::new();
        for skipped in &plan.skipped {
            if let Why::Quarantine(reason) = &skipped.why {
                changes.push(Change::Quarantined {
                    pool: skipped.pool.clone(),
                    member: skipped.member.clone(),
                    address: skipped.address.clone(),
                    reason: reason.clone(),
                });
            }
        }
        self.write(changes).await
    }

    /// Keeps other payers of these ledgers out. One that began since the check has the lock, and
    /// leaves it behind if it dies, so that nothing has to be looked for again.
    async fn lock(&mut self, plan: &Plan) -> Result<(), PayoutError> {
        self.may_be_locked = true;
        let pools: BTreeSet<&PoolId> = plan.chosen.iter().map(|c| &c.pool).collect();
        for id in pools {
            let ledger = self.engine.pool(id)?.ledger.clone();
            ledger.lock(&self.context(id)).await?;
        }
        Ok(())
    }

    async fn write_plan(
        &mut self,
        chosen: Vec<Chosen>,
    ) -> Result<BTreeMap<PoolId, Vec<(PaymentId, Vec<Leg>)>>, PayoutError> {
        let mut changes = Vec::with_capacity(chosen.len());
        let mut planned: BTreeMap<PoolId, Vec<(PaymentId, Vec<Leg>)>> = BTreeMap::new();
        for one in chosen {
            let leg = Leg {
                id: LegId::new(),
                pool: one.pool.clone(),
                member: one.member,
                address: one.address,
                amount: one.amount,
                source: one.source,
                state: LegState::Live,
                verdict: None,
            };
            self.gas.insert(leg.id, one.gas_limit);
            let id = PaymentId::new();
            planned
                .entry(one.pool)
                .or_default()
                .push((id, vec![leg.clone()]));
            changes.push(Change::Plan(NewPayment {
                id,
                purpose: Purpose::Pay,
                legs: vec![leg],
            }));
        }
        self.write(changes).await?;
        Ok(planned)
    }

    async fn hold(
        &mut self,
        planned: BTreeMap<PoolId, Vec<(PaymentId, Vec<Leg>)>>,
    ) -> Result<(), PayoutError> {
        for (pool, payments) in planned {
            let ledger = self.engine.pool(&pool)?.ledger.clone();
            for part in payments.chunks(LEGS_PER_CALL) {
                let moved = ledger.hold(&self.context(&pool), part).await?;
                let mut changes = Vec::with_capacity(part.len());
                for ((payment, _), outcome) in part.iter().zip(&moved.outcomes) {
                    match outcome {
                        HoldOutcome::Held => changes.push(Change::Held(*payment)),
                        HoldOutcome::Refused { leg, reason } => {
                            tracing::warn!(%payment, %leg, "not held: {reason}");
                        }
                    }
                }
                changes.extend(self.moved(&pool, moved.last));
                self.write(changes).await?;
            }
        }
        Ok(())
    }
}
