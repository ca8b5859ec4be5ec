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
mod terms;
mod withdrawals;

use std::sync::OnceLock;

use async_trait::async_trait;
use paydirt_ledger::{
    Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError, LeftoverRow,
    Leftovers, Leg, LegId, MoveContext, MoveId, Moved, Payables, PaymentId, PoolId, Reapply,
    ReapplyOutcome, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome, Settlement,
    Severity, VoidOutcome,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, Timestamp, ZoneHistory};

use crate::db::Connection;
use crate::numbers::PoolNumber;
use crate::pools;
use crate::{Books, BooksError};
use moving::Checks;
pub(crate) use outside::{OutsideLeg, settle_outside};
use payable::Due;
use refusal::{Ledgered, Refusal};
use standing::Standing;
pub use terms::PaidBy;

/// The ledger of a pool in the books.
pub struct PoolLedger {
    books: Books,
    id: PoolId,
    coin: Coin,
    days: ZoneHistory,
    paid_by: PaidBy,
    /// Once the pool is in the books, it stays there.
    number: OnceLock<PoolNumber>,
}

impl Books {
    /// The ledger of a pool of this coin; its days say on which one a move is booked. A pool that
    /// the books don't know yet has nothing to pay, until they do.
    ///
    /// # Errors
    /// `Pending` when migrations have to run first; `Newer`, `Database`.
    pub async fn ledger(
        &self,
        pool: &PoolId,
        coin: Coin,
        days: ZoneHistory,
        paid_by: PaidBy,
    ) -> Result<PoolLedger, BooksError> {
        self.ready().await?;
        Ok(PoolLedger {
            books: self.clone(),
            id: pool.clone(),
            coin,
            days,
            paid_by,
            number: OnceLock::new(),
        })
    }
}

impl PoolLedger {
    /// The pool's number, if the books know it.
    async fn number(&self, connection: &mut Connection) -> Ledgered<Option<PoolNumber>> {
        if let Some(known) = self.number.get() {
            return Ok(Some(*known));
        }
        let pool = match pools::find(connection, &self.id).await {
            Err(BooksError::Unknown { .. }) => return Ok(None),
            found => found?,
        };
        if pool.coin != self.coin {
            return Err(Refusal::from(BooksError::Changed {
                what: format!("pool {}: its coin", self.id),
                books: pool.coin.to_string(),
                configured: self.coin.to_string(),
            }));
        }
        Ok(Some(*self.number.get_or_init(|| pool.number)))
    }

    fn day_of(&self, at: Timestamp) -> Ledgered<Day> {
        Ok(self.days.day_of(at).map_err(BooksError::from)?)
    }

    async fn try_attach(&self, journal: JournalId) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        let Some(number) = self.number(&mut write).await? else {
            return Ok(write.rollback().await?);
        };
        standing::attach(&mut write, number, journal).await?;
        let standing = Standing::load(&mut write, number, None, None).await?;
        standing.check_journal(journal)?;
        Ok(write.commit().await?)
    }

    async fn try_adopt(&self, journal: JournalId) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        let Some(number) = self.number(&mut write).await? else {
            return Ok(write.rollback().await?);
        };
        standing::adopt(&mut write, number, journal).await?;
        Ok(write.commit().await?)
    }

    async fn try_health(&self) -> Ledgered<Vec<Finding>> {
        let mut findings = self.books.health().await?;
        let mut read = self.books.read().await?;
        let known = self.number(&mut read).await?;
        read.rollback().await?;
        if known.is_none() {
            findings.push(Finding {
                severity: Severity::Warn,
                what: "books".into(),
                detail: "they don't know the pool yet, so there is nothing to pay: the first \
                         import, record or settlement makes it"
                    .into(),
            });
        }
        Ok(findings)
    }

    /// Refuses another journal and an owner of the past; remembers this one.
    async fn try_lock(&self, context: &MoveContext) -> Ledgered<()> {
        let mut write = self.books.write().await?;
        let Some(number) = self.number(&mut write).await? else {
            return Ok(write.rollback().await?);
        };
        pools::lock(&mut write, &self.id).await?;
        let standing = Standing::load(&mut write, number, Some(&context.wallet), None).await?;
        standing.check_journal(context.journal)?;
        standing.check_token(context.token)?;
        standing::store_token(&mut write, number, context).await?;
        Ok(write.commit().await?)
    }

    async fn try_check(&self, context: &MoveContext) -> Ledgered<()> {
        let mut read = self.books.read().await?;
        if let Some(number) = self.number(&mut read).await? {
            let wallet = Some(&context.wallet);
            let standing = Standing::load(&mut read, number, wallet, None).await?;
            standing.check_journal(context.journal)?;
            standing.check_token(context.token)?;
        }
        Ok(read.rollback().await?)
    }

    async fn try_look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Ledgered<Vec<HoldState>> {
        let mut read = self.books.read().await?;
        let Some(number) = self.number(&mut read).await? else {
            return Err(Refusal(standing::nobodys(journal)));
        };
        let standing = Standing::load(&mut read, number, None, known).await?;
        standing.check_journal(journal)?;
        standing.check_known(known)?;
        let marks = legs::load(&mut read, number, legs).await?;
        read.rollback().await?;
        let state = |leg| marks.get(leg).map_or(HoldState::Absent, |m| m.end.state());
        Ok(legs.iter().map(state).collect())
    }

    async fn try_payable(&self, minimum: Amount) -> Ledgered<Payables> {
        Amount::zero(self.coin).checked_cmp(minimum)?;
        let mut read = self.books.read().await?;
        let now = self.books.now(&mut read).await?;
        let Some(number) = self.number(&mut read).await? else {
            return Ok(Payables::default());
        };
        let pool = Due {
            id: &self.id,
            number,
            coin: self.coin,
            now,
        };
        let mut found = Payables::default();
        let (limit, day) = (self.paid_by.daily_cap(self.coin), self.day_of(now)?);
        let cap = withdrawals::cap_on(&mut read, number, limit, day).await?;
        pool.withdrawals(&mut read, cap, &mut found).await?;
        if self.paid_by == PaidBy::Threshold {
            pool.balances(&mut read, minimum, &mut found).await?;
        }
        read.rollback().await?;
        Ok(found)
    }

    async fn try_held(&self) -> Ledgered<Vec<HeldLeg>> {
        let mut read = self.books.read().await?;
        let held = match self.number(&mut read).await? {
            Some(number) => legs::held(&mut read, number, self.coin).await?,
            None => Vec::new(),
        };
        read.rollback().await?;
        Ok(held)
    }

    async fn try_recorded(&self, limit: usize) -> Ledgered<Vec<RecordedPayment>> {
        let mut read = self.books.read().await?;
        let recorded = match self.number(&mut read).await? {
            Some(number) => legs::recorded(&mut read, number, self.coin, limit).await?,
            None => Vec::new(),
        };
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
        self.coin
    }

    fn forgets_with_journal(&self) -> bool {
        true
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        plain(self.try_attach(journal).await)
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        plain(self.try_health().await)
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
