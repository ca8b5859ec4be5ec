//! The journal: what may have left the building.

use async_trait::async_trait;
use paydirt_chain::Saved;
use paydirt_ledger::draft::{Draft, Needs};
use paydirt_ledger::{
    Acquired, Change, HistoryEntry, JournalError, JournalId, Lease, NewAttempt, Payment, PaymentId,
    PoolId, Request, RequestId, RequestKind, Snapshot, Wallet, WalletId, WalletOpening,
};
use paydirt_schedule::Timestamp;

use crate::db::query;
use crate::error::{Done, Failure};
use crate::{
    Books, BooksError, codec, facts, history, leases, moves, payments, quarantine, requests, store,
    wallets,
};

/// Paydirt's own record in a database. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    books: Books,
    id: JournalId,
}

impl Journal {
    /// Connects to books that are up to date.
    ///
    /// # Errors
    /// As for [`Books::connect`] and [`Books::journal`].
    pub async fn open(url: &str) -> Result<Self, BooksError> {
        Books::connect(url).await?.journal().await
    }

    /// The journal of books that are up to date; its id is made at the first call ever.
    pub(crate) async fn of(books: Books) -> Result<Self, BooksError> {
        let mut transaction = books.write().await?;
        query("INSERT INTO journal (one, id) VALUES (1, $1) ON CONFLICT DO NOTHING")
            .bind(JournalId::new().to_string())
            .execute(&mut transaction)
            .await?;
        let sql = "SELECT id FROM journal";
        let (text,): (String,) = query(sql).fetch_one(&mut transaction).await?;
        transaction.commit().await?;
        let id = codec::parsed("journal", &text)
            .map_err(|Failure(error)| BooksError::Database(error.to_string()))?;
        Ok(Self { books, id })
    }

    /// The books that it is in.
    pub fn books(&self) -> &Books {
        &self.books
    }

    async fn try_snapshot(&self, wallet: &WalletId) -> Done<Snapshot> {
        let mut read = self.books.read().await?;
        let row = wallets::find(&mut read, wallet).await?;
        let snapshot = Snapshot {
            wallet: row.wallet()?,
            open: payments::open(&mut read, row.number).await?,
            moves: moves::all(&mut read).await?,
            verdict_blocks: moves::verdict_blocks(&mut read, row.number).await?,
            quarantine: quarantine::all(&mut read).await?,
            requests: requests::open(&mut read, row.number).await?,
        };
        read.rollback().await?;
        Ok(snapshot)
    }

    async fn try_write(&self, lease: &Lease, changes: &[Change], now: Timestamp) -> Done<()> {
        let mut write = self.books.write().await?;
        let row = leases::check(&mut write, lease).await?;
        let needs = Needs::of_changes(changes);
        let mut draft = Draft::new(facts::load(&mut write, row.wallet()?, &needs).await?, now);
        for change in changes {
            draft.apply(change)?;
        }
        store::store(&mut write, row.number, &draft, now).await?;
        write.commit().await?;
        Ok(())
    }

    async fn try_save(
        &self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Done<Vec<Saved>> {
        let mut write = self.books.write().await?;
        let row = leases::check(&mut write, lease).await?;
        let needs = Needs::of_attempts(attempts);
        let mut draft = Draft::new(facts::load(&mut write, row.wallet()?, &needs).await?, now);
        let saved = attempts
            .iter()
            .map(|new| draft.save(new))
            .collect::<Result<_, _>>()?;
        store::store(&mut write, row.number, &draft, now).await?;
        write.commit().await?;
        Ok(saved)
    }

    async fn try_open(&self, opening: &WalletOpening) -> Done<Wallet> {
        let mut write = self.books.write().await?;
        let wallet = wallets::open(&mut write, opening).await?;
        write.commit().await?;
        Ok(wallet)
    }

    async fn try_acquire(
        &self,
        wallet: &WalletId,
        owner: &str,
        ttl_ms: u64,
        evict: Option<&str>,
    ) -> Done<Acquired> {
        let mut write = self.books.write().await?;
        let row = wallets::lock(&mut write, wallet).await?;
        let now = self.books.now(&mut write).await?;
        let until = now.saturating_add_ms(ttl_ms);
        let acquired = leases::acquire(&mut write, row, owner, evict, now, until).await?;
        write.commit().await?;
        Ok(acquired)
    }

    async fn try_renew(&self, lease: &Lease, ttl_ms: u64) -> Done<()> {
        let mut write = self.books.write().await?;
        let row = leases::check(&mut write, lease).await?;
        let until = self.books.now(&mut write).await?.saturating_add_ms(ttl_ms);
        leases::renew(&mut write, &row, until).await?;
        write.commit().await?;
        Ok(())
    }

    async fn try_give_up(&self, lease: &Lease) -> Done<()> {
        let mut write = self.books.write().await?;
        leases::give_up(&mut write, lease).await?;
        write.commit().await?;
        Ok(())
    }

    async fn try_post(&self, request: &Request) -> Done<()> {
        let mut write = self.books.write().await?;
        let row = wallets::lock(&mut write, &request.wallet).await?;
        requests::post(&mut write, row.number, request).await?;
        write.commit().await?;
        Ok(())
    }
}

/// Runs a query on one state of everything.
macro_rules! reading {
    ($self:ident, $read:ident => $query:expr) => {{
        let query = async {
            let mut $read = $self.books.read().await?;
            let answer = $query.await?;
            $read.rollback().await?;
            Done::Ok(answer)
        };
        query.await.map_err(|Failure(error)| error)
    }};
}

#[async_trait]
impl paydirt_ledger::Journal for Journal {
    async fn id(&self) -> Result<JournalId, JournalError> {
        Ok(self.id)
    }

    async fn open_wallet(&self, opening: &WalletOpening) -> Result<Wallet, JournalError> {
        self.try_open(opening).await.map_err(|Failure(error)| error)
    }

    async fn wallets(&self) -> Result<Vec<Wallet>, JournalError> {
        reading!(self, read => wallets::all(&mut read))
    }

    async fn acquire(
        &self,
        wallet: &WalletId,
        owner: &str,
        ttl_ms: u64,
        evict: Option<&str>,
    ) -> Result<Acquired, JournalError> {
        self.try_acquire(wallet, owner, ttl_ms, evict)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u64) -> Result<(), JournalError> {
        self.try_renew(lease, ttl_ms)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn give_up(&self, lease: &Lease) -> Result<(), JournalError> {
        self.try_give_up(lease)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn snapshot(&self, wallet: &WalletId) -> Result<Snapshot, JournalError> {
        self.try_snapshot(wallet)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn payments(&self, ids: &[PaymentId]) -> Result<Vec<Payment>, JournalError> {
        reading!(self, read => payments::by_ids(&mut read, ids))
    }

    async fn payments_of_pool(
        &self,
        pool: &PoolId,
        since: Timestamp,
    ) -> Result<Vec<Payment>, JournalError> {
        reading!(self, read => payments::of_pool(&mut read, pool, since))
    }

    async fn save(
        &self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Result<Vec<Saved>, JournalError> {
        self.try_save(lease, attempts, now)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn write(
        &self,
        lease: &Lease,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.try_write(lease, changes, now)
            .await
            .map_err(|Failure(error)| error)
    }

    async fn post(
        &self,
        wallet: &WalletId,
        kind: RequestKind,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<RequestId, JournalError> {
        let request = Request {
            id: RequestId::new(),
            wallet: wallet.clone(),
            kind,
            by: by.to_owned(),
            reason: reason.to_owned(),
            posted_at: now,
            answer: None,
        };
        self.try_post(&request)
            .await
            .map_err(|Failure(error)| error)?;
        Ok(request.id)
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, JournalError> {
        let found = reading!(self, read => requests::by_ids(&mut read, &[id]));
        Ok(found?.pop())
    }

    async fn history(
        &self,
        wallet: &WalletId,
        payment: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, JournalError> {
        reading!(self, read => history::read(&mut read, wallet, payment, limit))
    }

    async fn recent(&self, wallet: &WalletId, limit: u32) -> Result<Vec<Payment>, JournalError> {
        reading!(self, read => payments::recent(&mut read, wallet, limit))
    }
}
