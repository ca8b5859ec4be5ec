//! The ledger of a pool in the books: what payouts move.
//!
//! A move is one transaction, however many legs it has: it locks the pool (whose postings follow
//! each other), asks whose the ledger is, loads what the legs name, decides in memory
//! ([`desk`]), posts what that changed, and stores where the legs are now. No other payer writes to
//! these tables, so there is no lock to be held, nothing is ever rolled back behind our back, and
//! nobody leaves anything over.

mod desk;
mod legs;
mod moving;
mod outside;
mod payable;
mod refusal;
mod standing;

use async_trait::async_trait;
use paydirt_ledger::{
    Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError, LeftoverRow,
    Leftovers, Leg, LegId, MoveContext, MoveId, Moved, Payables, PaymentId, PoolId, Reapply,
    ReapplyOutcome, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome, Settlement,
    VoidOutcome,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::ZoneHistory;

use crate::pools::{self, Pool};
use crate::{Books, BooksError};
use moving::Checks;
pub(crate) use outside::{OutsideLeg, settle_outside};
use refusal::{Ledgered, Refusal};
use standing::Standing;

/// The ledger of a pool in the books.
pub struct PoolLedger {
    books: Books,
    pool: Pool,
    days: ZoneHistory,
}

impl Books {
    /// The ledger of a pool that is in the books; its days say on which one a move is booked.
    ///
    /// # Errors
    /// `Pending` when migrations have to run first; `Newer`, `Unknown`, `Database`.
    pub async fn ledger(&self, pool: &PoolId, days: ZoneHistory) -> Result<PoolLedger, BooksError> {
        self.ready().await?;
        let mut read = self.read().await?;
        let pool = pools::find(&mut read, pool).await?;
        read.rollback().await?;
        Ok(PoolLedger {
            books: self.clone(),
            pool,
            days,
        })
    }
}

impl PoolLedger {
    async fn try_attach(&self, journal: JournalId) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        standing::attach(&mut write, self.pool.number, journal).await?;
        let standing = Standing::load(&mut write, self.pool.number, None, None).await?;
        standing.check_journal(journal)?;
        Ok(write.commit().await?)
    }

    async fn try_adopt(&self, journal: JournalId) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        standing::adopt(&mut write, self.pool.number, journal).await?;
        Ok(write.commit().await?)
    }

    /// Refuses another journal and an owner of the past; remembers this one.
    async fn try_lock(&self, context: &MoveContext) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        pools::lock(&mut write, &self.pool.id).await?;
        let (number, wallet) = (self.pool.number, Some(&context.wallet));
        let standing = Standing::load(&mut write, number, wallet, None).await?;
        standing.check_journal(context.journal)?;
        standing.check_token(context.token)?;
        standing::store_token(&mut write, number, context).await?;
        Ok(write.commit().await?)
    }

    async fn try_check(&self, context: &MoveContext) -> Ledgered<()> {
        let mut read = self.books.read().await?;
        let (number, wallet) = (self.pool.number, Some(&context.wallet));
        let standing = Standing::load(&mut read, number, wallet, None).await?;
        standing.check_journal(context.journal)?;
        standing.check_token(context.token)?;
        Ok(read.rollback().await?)
    }

    async fn try_look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Ledgered<Vec<HoldState>> {
        let mut read = self.books.read().await?;
        let standing = Standing::load(&mut read, self.pool.number, None, known).await?;
        standing.check_journal(journal)?;
        standing.check_known(known)?;
        let marks = legs::load(&mut read, self.pool.number, legs).await?;
        read.rollback().await?;
        let state = |leg| marks.get(leg).map_or(HoldState::Absent, |m| m.end.state());
        Ok(legs.iter().map(state).collect())
    }

    async fn try_payable(&self, minimum: Amount) -> Ledgered<Payables> {
        let mut read = self.books.read().await?;
        let now = self.books.now(&mut read).await?;
        let (number, coin) = (self.pool.number, self.pool.coin);
        let found = payable::payable(&mut read, number, coin, minimum, now).await?;
        read.rollback().await?;
        Ok(found)
    }

    async fn try_held(&self) -> Ledgered<Vec<HeldLeg>> {
        let mut read = self.books.read().await?;
        let held = legs::held(&mut read, self.pool.number, self.pool.coin).await?;
        read.rollback().await?;
        Ok(held)
    }

    async fn try_recorded(&self, limit: usize) -> Ledgered<Vec<RecordedPayment>> {
        let mut read = self.books.read().await?;
        let (number, coin) = (self.pool.number, self.pool.coin);
        let recorded = legs::recorded(&mut read, number, coin, limit).await?;
        read.rollback().await?;
        Ok(recorded)
    }
}

fn plain<T>(done: Ledgered<T>) -> Result<T, LedgerError> {
    done.map_err(|Refusal(error)| error)
}

#[async_trait]
impl Ledger for PoolLedger {
    fn coin(&self) -> Coin {
        self.pool.coin
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        plain(self.try_attach(journal).await)
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        plain(self.books.health().await.map_err(Refusal::from))
    }

    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError> {
        plain(self.try_lock(context).await)
    }

    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError> {
        plain(self.try_check(context).await.map(|()| true))
    }

    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError> {
        plain(self.try_payable(minimum).await)
    }

    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError> {
        let legs: Vec<&Leg> = payments.iter().flat_map(|(_, legs)| legs).collect();
        let moved = self.moving("hold", context, Checks::All, &legs, |desk| {
            let each = payments.iter();
            each.map(|(payment, legs)| desk.hold(*payment, legs))
                .collect()
        });
        plain(moved.await)
    }

    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError> {
        let all: Vec<&Leg> = legs.iter().map(|item| &item.leg).collect();
        let moved = self.moving("payout", context, Checks::All, &all, |desk| {
            legs.iter().map(|item| desk.settle(item)).collect()
        });
        plain(moved.await)
    }

    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError> {
        let all: Vec<&Leg> = legs.iter().collect();
        let moved = self.moving("give_back", context, Checks::All, &all, |desk| {
            legs.iter().map(|leg| desk.release(leg)).collect()
        });
        plain(moved.await)
    }

    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError> {
        let all: Vec<&Leg> = legs.iter().collect();
        let moved = self.moving("give_back", context, Checks::All, &all, |desk| {
            legs.iter().map(|leg| desk.void(leg)).collect()
        });
        plain(moved.await)
    }

    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError> {
        plain(self.try_look(journal, known, legs).await)
    }

    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError> {
        plain(self.try_held().await)
    }

    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError> {
        let all: Vec<&Leg> = legs.iter().map(|item| &item.leg).collect();
        let moved = self.moving("reconcile", context, Checks::NotTheMove, &all, |desk| {
            legs.iter().map(|item| desk.reapply(item)).collect()
        });
        plain(moved.await)
    }

    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError> {
        plain(self.try_adopt(journal).await)
    }

    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError> {
        plain(self.try_recorded(limit).await)
    }

    async fn leftovers(&self) -> Result<Leftovers, LedgerError> {
        Ok(Leftovers::default())
    }

    async fn resolve(
        &self,
        context: &MoveContext,
        _row: &LeftoverRow,
        _resolution: &Resolution,
    ) -> Result<bool, LedgerError> {
        plain(self.try_check(context).await.map(|()| false))
    }

    async fn remove_lock(&self, context: &MoveContext, _value: &str) -> Result<bool, LedgerError> {
        plain(self.try_check(context).await.map(|()| false))
    }

    async fn after_run(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}
