//! The journal: what may have left the building.

use std::collections::BTreeMap;

use async_trait::async_trait;
use paydirt_chain::{BlockRef, Saved};
use paydirt_schedule::Timestamp;

use crate::{
    Change, JournalError, JournalId, Lease, MoveId, NewAttempt, Payment, PaymentId, PoolId,
    Quarantine, Request, RequestId, RequestKind, Wallet, WalletId, WalletOpening,
};

/// The answer to asking for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours, with a token above every earlier one.
    Granted(Lease),
    /// Somebody else has it.
    HeldBy {
        /// Who.
        owner: String,
        /// Until when, by the journal's clock.
        expires_at: Timestamp,
    },
}

/// All that the engine needs to know of a wallet, read in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The wallet.
    pub wallet: Wallet,
    /// Payments that are not `Closed`, by nonce, those without one last in order of planning.
    pub open: Vec<Payment>,
    /// The last acknowledged move of each pool's ledger.
    pub moves: BTreeMap<PoolId, MoveId>,
    /// Blocks that verdicts were taken from, each once, highest first (the highest 256).
    pub verdict_blocks: Vec<BlockRef>,
    /// Addresses that are not paid, of all pools.
    pub quarantine: Vec<Quarantine>,
    /// Requests without an answer, oldest first.
    pub requests: Vec<Request>,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HistoryEntry {
    /// Place in the journal's order.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The wallet.
    pub wallet: WalletId,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// What happened: `planned`, `held`, `saved`, `sent`, `included`, `final`, `closed`, …
    pub event: String,
    /// Reason and evidence in words.
    pub detail: String,
}

/// Paydirt's own record. Durable means synchronised to disk: when a method returned, what it wrote
/// survives a power cut.
///
/// Every write takes a [`Lease`] and is refused with `Fenced` once a higher token was given out,
/// or when the lease has been given up. Writes are all-or-nothing.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The journal's id, made with the journal.
    ///
    /// # Errors
    /// The database's.
    async fn id(&self) -> Result<JournalId, JournalError>;

    /// Makes the wallet known, or checks that it is the same as at first contact.
    ///
    /// # Errors
    /// `Changed` when chain, address or finality differ from what was journalled.
    async fn open_wallet(&self, opening: &WalletOpening) -> Result<Wallet, JournalError>;

    /// All wallets.
    ///
    /// # Errors
    /// The database's.
    async fn wallets(&self) -> Result<Vec<Wallet>, JournalError>;

    /// Takes the wallet's lease for `ttl_ms` if it is free, expired, or ours. `evict` names an
    /// owner that is known to be dead: its lease counts as expired. A lease taken by another owner
    /// string, and one taken again after expiry, gets a higher token.
    ///
    /// # Errors
    /// The database's; `UnknownWallet`.
    async fn acquire(
        &self,
        wallet: &WalletId,
        owner: &str,
        ttl_ms: u64,
        evict: Option<&str>,
    ) -> Result<Acquired, JournalError>;

    /// Prolongs the lease to `ttl_ms` from now.
    ///
    /// # Errors
    /// `Fenced` when somebody else has taken it since.
    async fn renew(&self, lease: &Lease, ttl_ms: u64) -> Result<(), JournalError>;

    /// Gives the lease up, if it is still this one.
    ///
    /// # Errors
    /// The database's.
    async fn give_up(&self, lease: &Lease) -> Result<(), JournalError>;

    /// The wallet and everything open.
    ///
    /// # Errors
    /// The database's; `UnknownWallet`.
    async fn snapshot(&self, wallet: &WalletId) -> Result<Snapshot, JournalError>;

    /// Payments by id, in any state, without those that don't exist.
    ///
    /// # Errors
    /// The database's.
    async fn payments(&self, ids: &[PaymentId]) -> Result<Vec<Payment>, JournalError>;

    /// Payments with legs of this pool that are open or were closed at or after `since`, for a
    /// reconciliation with its ledger.
    ///
    /// # Errors
    /// The database's.
    async fn payments_of_pool(
        &self,
        pool: &PoolId,
        since: Timestamp,
    ) -> Result<Vec<Payment>, JournalError>;

    /// Saves attempts: `Held` → `Saved` for a first one, which must bring the wallet's next nonce
    /// (several: the next ones, in order); a replacement has its payment's nonce and is refused
    /// as a `Pay` once a `Cancel` exists. Returns what may now be submitted, in order.
    ///
    /// # Errors
    /// `Fenced`, `Conflict`: then nothing was saved.
    async fn save(
        &self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Result<Vec<Saved>, JournalError>;

    /// Applies changes in order, each with its line of history.
    ///
    /// # Errors
    /// `Fenced`, `Conflict`, `Live`: then nothing was changed.
    async fn write(
        &self,
        lease: &Lease,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), JournalError>;

    /// Leaves a request for the wallet's owner. Needs no lease.
    ///
    /// # Errors
    /// The database's; `UnknownWallet`.
    async fn post(
        &self,
        wallet: &WalletId,
        kind: RequestKind,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<RequestId, JournalError>;

    /// A request with its answer, if it has one.
    ///
    /// # Errors
    /// The database's.
    async fn request(&self, id: RequestId) -> Result<Option<Request>, JournalError>;

    /// The history of one payment, or the newest `limit` lines of a wallet; oldest first.
    ///
    /// # Errors
    /// The database's.
    async fn history(
        &self,
        wallet: &WalletId,
        payment: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, JournalError>;

    /// The newest `limit` payments of a wallet in any state, newest first.
    ///
    /// # Errors
    /// The database's.
    async fn recent(&self, wallet: &WalletId, limit: u32) -> Result<Vec<Payment>, JournalError>;
}
