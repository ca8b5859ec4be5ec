//! A ledger in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use paydirt_money::{Amount, Coin};

use super::state::{End, State};
use crate::{Finding, LedgerError, LeftoverRow, MemberId, MoveId};

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

    /// The same, where what a member owes is taken from what becomes available for it.
    pub fn recovering(coin: Coin) -> Self {
        let ledger = Self::new(coin);
        ledger.state().recovers = true;
        ledger
    }

    /// Sets a member's balance, whatever it was (also to a negative one). Where debts are
    /// recovered, it is less what is taken at once from one who gets more.
    pub fn set_balance(&self, member: &MemberId, balance: Amount) {
        let mut state = self.state();
        let recovers = state.recovers;
        let entry = state.member(member);
        let is_more = balance.units() > entry.balance;
        entry.balance = balance.units();
        if recovers && is_more {
            entry.recover();
        }
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
        *self.findings() = findings;
    }

    fn figure(&self, member: &MemberId, read: impl Fn(&super::member::Member) -> i64) -> Amount {
        Amount::from_units(self.state().members.get(member).map_or(0, read), self.coin)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn findings(&self) -> MutexGuard<'_, Vec<Finding>> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn balance_coin(&self) -> Coin {
        self.coin
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }
}
