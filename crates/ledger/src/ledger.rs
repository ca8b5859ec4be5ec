//! The ledger: who is owed what.

use async_trait::async_trait;
use paydirt_money::{Amount, Coin};

use crate::{
    HeldLeg, HoldOutcome, HoldState, JournalId, LedgerError, LeftoverRow, Leftovers, Leg, LegId,
    MoveContext, MoveId, Moved, Payables, PaymentId, Reapply, ReapplyOutcome, RecordedPayment,
    ReleaseOutcome, Resolution, SettleOutcome, Settlement, VoidOutcome,
};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Works, but someone should know.
    Warn,
    /// Nothing is paid until it is cured.
    Fail,
}

/// One line of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at.
    pub what: String,
    /// What was found, and the cure.
    pub detail: String,
}

/// Members' balances, and the moves of a payment.
///
/// Moves are idempotent by leg id, all-or-nothing per payment, many payments a call, and refused
/// whole with `Older`, `Fenced` or `OtherJournal` by what their [`MoveContext`] carries. A move
/// that has nothing left to do changes nothing and is no move: it gets no id.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The coin of its balances.
    fn coin(&self) -> Coin;

    /// Whether it is in the journal's own database: then an older copy of both has forgotten the
    /// same payments, and only the chain knows them.
    fn forgets_with_journal(&self) -> bool {
        false
    }

    /// Stores the journal's id at first contact.
    ///
    /// # Errors
    /// `OtherJournal` when another one is stored.
    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError>;

    /// What must be in order before money moves: persistence, eviction, being writable.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn health(&self) -> Result<Vec<Finding>, LedgerError>;

    /// Keeps other payers out (open-ethereum-pool's `payments:lock`). Idempotent.
    ///
    /// # Errors
    /// `Locked` when another payer holds it; `Fenced`, `OtherJournal`.
    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError>;

    /// Lets other payers in again, if nothing of ours is in flight. Returns whether the lock is
    /// gone.
    ///
    /// # Errors
    /// `Fenced`, `OtherJournal`.
    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError>;

    /// Who is due, by the pool's minimum and the members' own thresholds.
    ///
    /// # Errors
    /// `Unavailable`; single unreadable members are in the answer.
    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError>;

    /// Payable → in flight, for each payment all of its legs or none. A leg's planned amount
    /// stands; the balance (less receivables) must still be at least that.
    ///
    /// # Errors
    /// As for every move; `Locked` when the lock is not ours.
    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError>;

    /// In flight → paid.
    ///
    /// # Errors
    /// As for every move.
    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError>;

    /// In flight → payable.
    ///
    /// # Errors
    /// As for every move.
    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError>;

    /// Makes sure that these legs are not held and never will be: one atomic move.
    ///
    /// # Errors
    /// As for every move.
    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError>;

    /// Where the ledger has these legs; refused by an older copy like a move.
    ///
    /// # Errors
    /// `Older`, `OtherJournal`, `Unavailable`.
    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError>;

    /// All legs in flight, of all wallets and whatever journal.
    ///
    /// # Errors
    /// `Unavailable`, `BadEntry`.
    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError>;

    /// Brings legs to what the journal says, whatever the ledger lost. Ignores
    /// `context.known`; is always a move, so that the ledger's last one is known afterwards.
    ///
    /// # Errors
    /// `Fenced`, `OtherJournal`, `Unavailable`.
    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError>;

    /// Gives the ledger to this journal, in place of one that is lost. Only `reconcile` does so.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError>;

    /// The newest `limit` payments on record, newest first.
    ///
    /// # Errors
    /// `Unavailable`, `BadEntry`.
    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError>;

    /// What another payer left. Rows that bear our marks are not among them.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn leftovers(&self) -> Result<Leftovers, LedgerError>;

    /// Ends a pending row of another payer; does nothing when it is gone.
    ///
    /// # Errors
    /// `Fenced`, `OtherJournal`, `Unavailable`, `BadEntry`.
    async fn resolve(
        &self,
        context: &MoveContext,
        row: &LeftoverRow,
        resolution: &Resolution,
    ) -> Result<bool, LedgerError>;

    /// Removes another payer's lock if it still has this value.
    ///
    /// # Errors
    /// `Fenced`, `OtherJournal`, `Unavailable`.
    async fn remove_lock(&self, context: &MoveContext, value: &str) -> Result<bool, LedgerError>;

    /// After a run that made payments: asks for a snapshot to disk where that is configured.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn after_run(&self) -> Result<(), LedgerError>;
}
