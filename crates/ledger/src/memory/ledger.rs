//! A ledger in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use paydirt_money::{Amount, Coin};

use super::state::{End, State};
use crate::{
    BadEntry, Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError,
    LeftoverRow, Leftovers, Leg, LegId, MemberId, MoveContext, MoveId, Moved, Payable, Payables,
    PaymentId, Reapply, ReapplyOutcome, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome,
    Settlement, Severity, VoidOutcome,
};

/// The ledger's model, of one pool.
///
/// It has open-ethereum-pool's `payments:lock` (a hold needs it), and a member's address is the
/// member's own id unless another one is set.
pub struct MemoryLedger {
    coin: Coin,
    strict: bool,
    state: Mutex<State>,
    findings: Mutex<Vec<Finding>>,
}

/// A copy of a whole ledger, as a dump or a replica has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerCopy(State);

impl MemoryLedger {
    /// A ledger without members. Those are due whose balance is at least their threshold.
    pub fn new(coin: Coin) -> Self {
        let state = Mutex::new(State::new(coin));
        Self {
            coin,
            strict: false,
            state,
            findings: Mutex::new(Vec::new()),
        }
    }

    /// The same, where a balance must be above the threshold, as open-ethereum-pool has it.
    pub fn strict(coin: Coin) -> Self {
        Self {
            strict: true,
            ..Self::new(coin)
        }
    }

    /// Sets a member's balance, whatever it was (also to a negative one).
    pub fn set_balance(&self, member: &MemberId, balance: Amount) {
        let mut state = self.state();
        let entry = state.member(member);
        entry.balance = balance.units();
        entry.unreadable = None;
    }

    /// Adds to a member's balance, as the pool's unlocker does.
    ///
    /// # Errors
    /// `Money` when the sum doesn't fit.
    pub fn credit(&self, member: &MemberId, amount: Amount) -> Result<(), LedgerError> {
        self.state().member(member).credit(amount.units())
    }

    /// Makes a balance unreadable: it stands as this text.
    pub fn spoil_balance(&self, member: &MemberId, text: &str) {
        self.state().member(member).unreadable = Some(text.to_owned());
    }

    /// Sets or clears a member's own threshold.
    pub fn set_threshold(&self, member: &MemberId, threshold: Option<Amount>) {
        self.state().member(member).threshold = threshold;
    }

    /// Sets where a member is paid.
    pub fn set_address(&self, member: &MemberId, address: &str) {
        self.state().member(member).address = Some(address.to_owned());
    }

    /// A member's balance.
    pub fn balance(&self, member: &MemberId) -> Amount {
        self.figure(member, |m| m.balance)
    }

    /// What a member has in flight, of ours and of other payers.
    pub fn pending(&self, member: &MemberId) -> Amount {
        self.figure(member, |m| m.pending)
    }

    /// What a member was paid.
    pub fn paid(&self, member: &MemberId) -> Amount {
        self.figure(member, |m| m.paid)
    }

    /// What a member owes.
    pub fn receivable(&self, member: &MemberId) -> Amount {
        self.figure(member, |m| m.receivable)
    }

    /// All members that were ever mentioned.
    pub fn members(&self) -> Vec<MemberId> {
        self.state().members.keys().cloned().collect()
    }

    /// The last move.
    pub fn last_move(&self) -> Option<MoveId> {
        self.state().moves.back().copied()
    }

    /// The lock's value, whoever holds it.
    pub fn lock_value(&self) -> Option<String> {
        self.state().lock.clone()
    }

    /// Sets the lock's value as another payer does, or takes it away.
    pub fn set_lock(&self, value: Option<&str>) {
        self.state().lock = value.map(str::to_owned);
    }

    /// Another payer's debit: its row, and the amount from balance to pending.
    ///
    /// # Errors
    /// `Money` when a sum doesn't fit.
    pub fn add_leftover(&self, row: LeftoverRow) -> Result<(), LedgerError> {
        let mut state = self.state();
        let units = row.amount.units();
        let member = state.member(&row.member);
        member.balance = super::member::fit(member.balance.checked_sub(units))?;
        member.pend(units)?;
        state.rows.push(row);
        Ok(())
    }

    /// A pending row that can't be read.
    pub fn add_unreadable_row(&self, text: &str) {
        self.state().unreadable_rows.push(text.to_owned());
    }

    /// open-ethereum-pool's own repair (`RESOLVE_PAYOUT`) run against our rows of a member: the
    /// amounts go back to the balance, the rows are gone; our marks stay.
    ///
    /// # Errors
    /// `Money` when a sum doesn't fit.
    pub fn roll_back_pending(&self, member: &MemberId) -> Result<(), LedgerError> {
        let mut state = self.state();
        let mut units = Vec::new();
        for mark in state.marks.values_mut() {
            if mark.member == *member && mark.end == (End::InFlight { row: true }) {
                mark.end = End::InFlight { row: false };
                units.push(mark.amount);
            }
        }
        let entry = state.member(member);
        for amount in units {
            entry.unpend(amount)?;
            entry.credit(amount)?;
        }
        Ok(())
    }

    /// A copy of everything, as of now.
    pub fn snapshot(&self) -> LedgerCopy {
        LedgerCopy(self.state().clone())
    }

    /// The ledger is restored from an older copy, or fails over to a replica that has this.
    pub fn restore(&self, copy: &LedgerCopy) {
        *self.state() = copy.0.clone();
    }

    /// Sets what `health` finds.
    pub fn set_health(&self, findings: Vec<Finding>) {
        *self.findings.lock().unwrap_or_else(PoisonError::into_inner) = findings;
    }

    fn figure(&self, member: &MemberId, read: impl Fn(&super::member::Member) -> i64) -> Amount {
        Amount::from_units(self.state().members.get(member).map_or(0, read), self.coin)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies `act` to a copy of what a move touches: an error leaves the ledger as it was.
    fn moving<T>(
        &self,
        context: &MoveContext,
        act: impl FnOnce(&mut State) -> Result<(Vec<T>, bool), LedgerError>,
    ) -> Result<Moved<T>, LedgerError> {
        let mut state = self.state();
        let before = state.clone();
        match act(&mut state) {
            Ok((outcomes, moved)) => Ok(Moved {
                last: state.finish(context, moved),
                outcomes,
            }),
            Err(error) => {
                *state = before;
                Err(error)
            }
        }
    }

    fn each<I, T>(
        &self,
        context: &MoveContext,
        items: &[I],
        act: impl Fn(&mut State, &I) -> Result<(T, bool), LedgerError>,
    ) -> Result<Moved<T>, LedgerError> {
        self.moving(context, |state| {
            state.check(context)?;
            let mut moved = false;
            let mut outcomes = Vec::with_capacity(items.len());
            for item in items {
                let (outcome, changed) = act(state, item)?;
                moved |= changed;
                outcomes.push(outcome);
            }
            Ok((outcomes, moved))
        })
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    fn coin(&self) -> Coin {
        self.coin
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        let mut state = self.state();
        state.journal.get_or_insert(journal);
        state.check_journal(journal)
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        let mut findings = self
            .findings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if findings.is_empty() {
            findings.push(Finding {
                severity: Severity::Ok,
                what: "ledger".into(),
                detail: "in memory, for tests".into(),
            });
        }
        Ok(findings)
    }

    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let ours = State::lock_of(context.journal);
        match &state.lock {
            Some(holder) if *holder != ours => Err(LedgerError::Locked {
                holder: holder.clone(),
            }),
            _ => {
                state.lock = Some(ours);
                state.tokens.insert(context.wallet.clone(), context.token);
                Ok(())
            }
        }
    }

    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let in_flight = state
            .marks
            .values()
            .any(|mark| matches!(mark.end, End::InFlight { .. }));
        if !in_flight && state.lock == Some(State::lock_of(context.journal)) {
            state.lock = None;
        }
        Ok(state.lock.is_none())
    }

    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError> {
        let state = self.state();
        let mut payables = Payables::default();
        for (id, member) in &state.members {
            let bad = match &member.unreadable {
                Some(text) => Some(format!("the balance is {text:?}, which is no whole amount")),
                None if member.balance < 0 => Some(format!(
                    "the balance is negative: {}",
                    state.amount(member.balance)
                )),
                None => None,
            };
            if let Some(found) = bad {
                let reason = format!("{found}; it is not paid until that is corrected");
                payables.bad.push(BadEntry {
                    member: id.clone(),
                    reason,
                });
                continue;
            }
            let amount = state.amount(member.available()?);
            let order = amount.checked_cmp(member.threshold.unwrap_or(minimum))?;
            let enough = if self.strict {
                order.is_gt()
            } else {
                order.is_ge()
            };
            if enough && amount.is_positive() {
                let address = member.address.clone().unwrap_or_else(|| id.to_string());
                payables.due.push(Payable {
                    member: id.clone(),
                    address,
                    amount,
                });
            } else if member.balance > 0 {
                payables.below = payables.below.saturating_add(1);
            }
        }
        payables
            .due
            .sort_by_key(|due| std::cmp::Reverse(due.amount.units()));
        Ok(payables)
    }

    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError> {
        self.moving(context, |state| {
            state.check(context)?;
            if state.lock != Some(State::lock_of(context.journal)) {
                return Err(LedgerError::Locked {
                    holder: state.lock.clone().unwrap_or_default(),
                });
            }
            let mut moved = false;
            let mut outcomes = Vec::with_capacity(payments.len());
            for (payment, legs) in payments {
                let (outcome, changed) = state.hold(context, *payment, legs)?;
                moved |= changed;
                outcomes.push(outcome);
            }
            Ok((outcomes, moved))
        })
    }

    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError> {
        self.each(context, legs, |state, item| state.settle(context, item))
    }

    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError> {
        self.each(context, legs, |state, leg| state.release(context, leg))
    }

    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError> {
        self.each(context, legs, |state, leg| state.void(context, leg))
    }

    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError> {
        let state = self.state();
        state.check_journal(journal)?;
        state.check_known(known)?;
        Ok(legs.iter().map(|leg| state.look(leg)).collect())
    }

    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError> {
        let state = self.state();
        let mut held: Vec<HeldLeg> = state
            .marks
            .iter()
            .filter(|(_, mark)| matches!(mark.end, End::InFlight { .. }))
            .filter_map(|(leg, mark)| {
                Some(HeldLeg {
                    leg: *leg,
                    payment: mark.payment?,
                    wallet: mark.wallet.clone(),
                    member: mark.member.clone(),
                    address: mark.address.clone(),
                    amount: state.amount(mark.amount),
                    at: mark.at,
                })
            })
            .collect();
        held.sort_by_key(|leg| (leg.at, leg.leg));
        Ok(held)
    }

    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError> {
        self.moving(context, |state| {
            state.check_journal(context.journal)?;
            state.check_token(context)?;
            let apply = |item| state.reapply(context, item);
            let outcomes = legs.iter().map(apply).collect::<Result<Vec<_>, _>>()?;
            Ok((outcomes, true))
        })
    }

    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError> {
        let mut state = self.state();
        let old = state.journal.replace(journal).map(State::lock_of);
        if old.is_some() && state.lock == old {
            state.lock = Some(State::lock_of(journal));
        }
        Ok(())
    }

    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError> {
        Ok(self
            .state()
            .recorded
            .iter()
            .rev()
            .take(limit)
            .cloned()
            .collect())
    }

    async fn leftovers(&self) -> Result<Leftovers, LedgerError> {
        let state = self.state();
        let ours = state.journal.map(State::lock_of);
        let mut rows = state.rows.clone();
        rows.sort_by_key(|row| row.at);
        Ok(Leftovers {
            lock: state
                .lock
                .clone()
                .filter(|value| Some(value) != ours.as_ref()),
            rows,
            unreadable: state.unreadable_rows.clone(),
        })
    }

    async fn resolve(
        &self,
        context: &MoveContext,
        row: &LeftoverRow,
        resolution: &Resolution,
    ) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let Some(place) = state.rows.iter().position(|known| known.text == row.text) else {
            return Ok(false);
        };
        let units = row.amount.units();
        let mut member = state.member(&row.member).clone();
        member.check(&row.member)?;
        member.unpend(units)?;
        match resolution {
            Resolution::Paid(_) => member.pay(units)?,
            Resolution::CreditBack => member.credit(units)?,
        }
        *state.member(&row.member) = member;
        state.rows.remove(place);
        if let Resolution::Paid(transaction) = resolution {
            state.recorded.push(RecordedPayment {
                transaction: transaction.clone(),
                member: row.member.clone(),
                amount: row.amount,
                at: context.at,
            });
        }
        Ok(true)
    }

    async fn remove_lock(&self, context: &MoveContext, value: &str) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let ours = State::lock_of(context.journal);
        let same = value != ours && state.lock.as_deref() == Some(value);
        if same {
            state.lock = None;
        }
        Ok(same)
    }

    async fn after_run(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}
