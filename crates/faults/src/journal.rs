//! A journal with points; its writes name what they change.

use async_trait::async_trait;
use paydirt_chain::Saved;
use paydirt_ledger::{
    Acquired, Change, HistoryEntry, Journal, JournalError, JournalId, Lease, NewAttempt, Payment,
    PaymentId, PoolId, Request, RequestId, RequestKind, Snapshot, Wallet, WalletId, WalletOpening,
};
use paydirt_schedule::Timestamp;

use crate::calls::Faulty;

#[async_trait]
impl Journal for Faulty<dyn Journal> {
    async fn id(&self) -> Result<JournalId, JournalError> {
        self.call("journal.id", self.inner.id()).await
    }

    async fn open_wallet(&self, opening: &WalletOpening) -> Result<Wallet, JournalError> {
        self.call("journal.open_wallet", self.inner.open_wallet(opening))
            .await
    }

    async fn wallets(&self) -> Result<Vec<Wallet>, JournalError> {
        self.call("journal.wallets", self.inner.wallets()).await
    }

    async fn acquire(
        &self,
        wallet: &WalletId,
        owner: &str,
        ttl_ms: u64,
        evict: Option<&str>,
    ) -> Result<Acquired, JournalError> {
        let call = self.inner.acquire(wallet, owner, ttl_ms, evict);
        self.call("journal.acquire", call).await
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u64) -> Result<(), JournalError> {
        self.call("journal.renew", self.inner.renew(lease, ttl_ms))
            .await
    }

    async fn give_up(&self, lease: &Lease) -> Result<(), JournalError> {
        self.call("journal.give_up", self.inner.give_up(lease))
            .await
    }

    async fn snapshot(&self, wallet: &WalletId) -> Result<Snapshot, JournalError> {
        self.call("journal.snapshot", self.inner.snapshot(wallet))
            .await
    }

    async fn payments(&self, ids: &[PaymentId]) -> Result<Vec<Payment>, JournalError> {
        self.call("journal.payments", self.inner.payments(ids))
            .await
    }

    async fn payments_of_pool(
        &self,
        pool: &PoolId,
        since: Timestamp,
    ) -> Result<Vec<Payment>, JournalError> {
        let call = self.inner.payments_of_pool(pool, since);
        self.call("journal.payments_of_pool", call).await
    }

    async fn save(
        &self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Result<Vec<Saved>, JournalError> {
        self.call("journal.save", self.inner.save(lease, attempts, now))
            .await
    }

    async fn write(
        &self,
        lease: &Lease,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let name = format!("journal.write[{}]", kinds(changes));
        self.call(&name, self.inner.write(lease, changes, now))
            .await
    }

    async fn post(
        &self,
        wallet: &WalletId,
        kind: RequestKind,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<RequestId, JournalError> {
        let call = self.inner.post(wallet, kind, by, reason, now);
        self.call("journal.post", call).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, JournalError> {
        self.call("journal.request", self.inner.request(id)).await
    }

    async fn history(
        &self,
        wallet: &WalletId,
        payment: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, JournalError> {
        let call = self.inner.history(wallet, payment, limit);
        self.call("journal.history", call).await
    }

    async fn recent(&self, wallet: &WalletId, limit: u32) -> Result<Vec<Payment>, JournalError> {
        self.call("journal.recent", self.inner.recent(wallet, limit))
            .await
    }
}

/// The kinds of these changes in order, each once.
fn kinds(changes: &[Change]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for kind in changes.iter().map(kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.join("+")
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::Plan(_) => "plan",
        Change::Held(_) => "held",
        Change::Dropped { .. } => "dropped",
        Change::Releasing { .. } => "releasing",
        Change::ReleasedUnsaved(_) => "released_unsaved",
        Change::SignedRemotely { .. } => "signed_remotely",
        Change::Sent { .. } => "sent",
        Change::Included { .. } => "included",
        Change::Reorged(_) => "reorged",
        Change::Final { .. } => "final",
        Change::Closed { .. } => "closed",
        Change::Moved { .. } => "moved",
        Change::FirstNonce { .. } => "first_nonce",
        Change::Adopted { .. } => "adopted",
        Change::Recovered { .. } => "recovered",
        Change::Paused { .. } => "paused",
        Change::Resumed { .. } => "resumed",
        Change::Frozen { .. } => "frozen",
        Change::Unfrozen { .. } => "unfrozen",
        Change::Quarantined { .. } => "quarantined",
        Change::QuarantineLifted { .. } => "quarantine_lifted",
        Change::RunEnded { .. } => "run_ended",
        Change::Answered { .. } => "answered",
        Change::Alert { .. } => "alert",
    }
}
