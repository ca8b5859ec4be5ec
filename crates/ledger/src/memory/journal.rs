//! A journal in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use paydirt_chain::{BlockRef, Saved};
use paydirt_schedule::{Clock, Timestamp};

use crate::draft::LiveKey;
use crate::{
    Acquired, AttemptId, Change, HistoryEntry, Journal, JournalError, JournalId, Lease, LegId,
    MemberId, MoveId, NewAttempt, Payment, PaymentId, PoolId, Quarantine, Request, RequestId,
    RequestKind, Snapshot, Wallet, WalletId, WalletOpening,
};

/// The journal's model. Leases expire by the clock that it was given.
pub struct MemoryJournal {
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

/// Everything that a journal keeps.
pub(super) struct Books {
    pub(super) id: JournalId,
    pub(super) wallets: BTreeMap<WalletId, WalletBook>,
    /// In order of planning.
    pub(super) payments: Vec<Kept>,
    pub(super) places: HashMap<PaymentId, usize>,
    pub(super) attempts: HashMap<AttemptId, usize>,
    pub(super) legs: HashMap<LegId, usize>,
    pub(super) live: HashMap<LiveKey, LegId>,
    pub(super) moves: BTreeMap<PoolId, MoveId>,
    pub(super) quarantine: BTreeMap<(PoolId, MemberId), Quarantine>,
    pub(super) requests: Vec<Request>,
    pub(super) history: Vec<HistoryEntry>,
}

pub(super) struct Kept {
    pub(super) payment: Payment,
    pub(super) closed_at: Option<Timestamp>,
}

pub(super) struct WalletBook {
    pub(super) wallet: Wallet,
    pub(super) holder: Option<Holder>,
    /// Places of its payments that are not closed.
    pub(super) open: Vec<usize>,
    /// By number.
    pub(super) verdict_blocks: BTreeSet<BlockRef>,
}

pub(super) struct Holder {
    pub(super) owner: String,
    pub(super) expires_at: Timestamp,
}

impl MemoryJournal {
    /// An empty journal with an id of its own, whose leases expire by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let books = Books {
            id: JournalId::new(),
            wallets: BTreeMap::new(),
            payments: Vec::new(),
            places: HashMap::new(),
            attempts: HashMap::new(),
            legs: HashMap::new(),
            live: HashMap::new(),
            moves: BTreeMap::new(),
            quarantine: BTreeMap::new(),
            requests: Vec::new(),
            history: Vec::new(),
        };
        Self {
            clock,
            books: Mutex::new(books),
        }
    }

    /// The whole history, of all wallets, oldest first.
    pub fn all_history(&self) -> Vec<HistoryEntry> {
        self.books().history.clone()
    }

    /// A wallet's next nonce, if the wallet is known and has one.
    pub fn next_nonce(&self, wallet: &WalletId) -> Option<u64> {
        self.books()
            .wallets
            .get(wallet)
            .and_then(|book| book.wallet.next_nonce)
    }

    /// All payments in any state, in order of planning.
    pub fn all_payments(&self) -> Vec<Payment> {
        self.books()
            .payments
            .iter()
            .map(|kept| kept.payment.clone())
            .collect()
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    pub(super) fn wallet(&self, id: &WalletId) -> Result<&WalletBook, JournalError> {
        self.wallets
            .get(id)
            .ok_or_else(|| JournalError::UnknownWallet(id.to_string()))
    }

    fn wallet_mut(&mut self, id: &WalletId) -> Result<&mut WalletBook, JournalError> {
        self.wallets
            .get_mut(id)
            .ok_or_else(|| JournalError::UnknownWallet(id.to_string()))
    }

    /// Refuses a lease that is no longer the newest, or was given up.
    pub(super) fn check(&self, lease: &Lease) -> Result<(), JournalError> {
        let book = self.wallet(&lease.wallet)?;
        let ours = book.wallet.token == lease.token
            && book
                .holder
                .as_ref()
                .is_some_and(|holder| holder.owner == lease.owner);
        if ours {
            return Ok(());
        }
        Err(JournalError::Fenced {
            ours: lease.token,
            newest: book.wallet.token,
        })
    }

    fn open_wallet(&mut self, opening: &WalletOpening) -> Result<Wallet, JournalError> {
        let id = WalletId::of(&opening.identity, &opening.address);
        for known in self.wallets.values().map(|book| &book.wallet.opening) {
            known.check_unchanged(opening)?;
        }
        let book = self
            .wallets
            .entry(id.clone())
            .or_insert_with(|| WalletBook {
                wallet: Wallet {
                    id,
                    opening: opening.clone(),
                    next_nonce: None,
                    paused: None,
                    frozen: None,
                    failed_runs: 0,
                    token: 0,
                },
                holder: None,
                open: Vec::new(),
                verdict_blocks: BTreeSet::new(),
            });
        Ok(book.wallet.clone())
    }

    fn acquire(
        &mut self,
        id: &WalletId,
        owner: &str,
        evict: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Acquired, JournalError> {
        let book = self.wallet_mut(id)?;
        let live = book
            .holder
            .as_ref()
            .filter(|holder| holder.expires_at > now && evict != Some(holder.owner.as_str()));
        match live {
            Some(holder) if holder.owner != owner => {
                return Ok(Acquired::HeldBy {
                    owner: holder.owner.clone(),
                    expires_at: holder.expires_at,
                });
            }
            Some(_) => {}
            None => book.wallet.token = book.wallet.next_token()?,
        }
        book.holder = Some(Holder {
            owner: owner.to_owned(),
            expires_at,
        });
        let token = book.wallet.token;
        Ok(Acquired::Granted(Lease {
            wallet: id.clone(),
            owner: owner.to_owned(),
            token,
        }))
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn id(&self) -> Result<JournalId, JournalError> {
        Ok(self.books().id)
    }

    async fn open_wallet(&self, opening: &WalletOpening) -> Result<Wallet, JournalError> {
        self.books().open_wallet(opening)
    }

    async fn wallets(&self) -> Result<Vec<Wallet>, JournalError> {
        Ok(self
            .books()
            .wallets
            .values()
            .map(|book| book.wallet.clone())
            .collect())
    }

    async fn acquire(
        &self,
        wallet: &WalletId,
        owner: &str,
        ttl_ms: u64,
        evict: Option<&str>,
    ) -> Result<Acquired, JournalError> {
        let now = self.clock.now();
        self.books()
            .acquire(wallet, owner, evict, now, now.saturating_add_ms(ttl_ms))
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u64) -> Result<(), JournalError> {
        let expires_at = self.clock.now().saturating_add_ms(ttl_ms);
        let mut books = self.books();
        books.check(lease)?;
        books.wallet_mut(&lease.wallet)?.holder = Some(Holder {
            owner: lease.owner.clone(),
            expires_at,
        });
        Ok(())
    }

    async fn give_up(&self, lease: &Lease) -> Result<(), JournalError> {
        let mut books = self.books();
        if books.check(lease).is_ok() {
            books.wallet_mut(&lease.wallet)?.holder = None;
        }
        Ok(())
    }

    async fn snapshot(&self, wallet: &WalletId) -> Result<Snapshot, JournalError> {
        self.books().snapshot(wallet)
    }

    async fn payments(&self, ids: &[PaymentId]) -> Result<Vec<Payment>, JournalError> {
        let books = self.books();
        Ok(ids
            .iter()
            .filter_map(|id| books.payment(id))
            .map(|kept| kept.payment.clone())
            .collect())
    }

    async fn payments_of_pool(
        &self,
        pool: &PoolId,
        since: Timestamp,
    ) -> Result<Vec<Payment>, JournalError> {
        Ok(self.books().payments_of_pool(pool, since))
    }

    async fn save(
        &self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Result<Vec<Saved>, JournalError> {
        self.books().save(lease, attempts, now)
    }

    async fn write(
        &self,
        lease: &Lease,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.books().write(lease, changes, now)
    }

    async fn post(
        &self,
        wallet: &WalletId,
        kind: RequestKind,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<RequestId, JournalError> {
        let mut books = self.books();
        books.wallet(wallet)?;
        let id = RequestId::new();
        books.requests.push(Request {
            id,
            wallet: wallet.clone(),
            kind,
            by: by.to_owned(),
            reason: reason.to_owned(),
            posted_at: now,
            answer: None,
        });
        Ok(id)
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, JournalError> {
        Ok(self.books().requests.iter().find(|r| r.id == id).cloned())
    }

    async fn history(
        &self,
        wallet: &WalletId,
        payment: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, JournalError> {
        Ok(self.books().history_of(wallet, payment, limit))
    }

    async fn recent(&self, wallet: &WalletId, limit: u32) -> Result<Vec<Payment>, JournalError> {
        Ok(self.books().recent(wallet, limit))
    }
}
