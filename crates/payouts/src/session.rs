//! A wallet while we own it: the lease, what we know of the ledgers, and how changes are written.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_chain::{Finality, Sighting, Tip};
use paydirt_ledger::{
    Change, JournalId, Lease, LegId, MoveContext, MoveId, PaymentId, PoolId, Snapshot, WalletId,
};
use paydirt_schedule::Timestamp;
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::PayoutError;
use crate::report::Tally;

/// A wallet while we own it.
pub(crate) struct Session<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) lease: Lease,
    pub(crate) journal_id: JournalId,
    pub(crate) wallet: WalletId,
    pub(crate) finality: Finality,
    /// The last move of each ledger that was acknowledged.
    pub(crate) moves: BTreeMap<PoolId, MoveId>,
    /// Gas limits of legs, from their simulation in this run.
    pub(crate) gas: BTreeMap<LegId, u64>,
    /// The lowest unmined nonce, and since when it is that.
    pub(crate) lowest: Option<(u64, Timestamp)>,
    /// Payments that may be unmined at once; halved when a node says that its pool is full.
    pub(crate) window: usize,
    /// A block below which the wallet's next nonce can't have been mined.
    pub(crate) floor_block: u64,
    /// Alerts given in this run, so that each is given once.
    pub(crate) alerted: BTreeSet<String>,
    /// Whether a ledger's lock may be ours.
    pub(crate) may_be_locked: bool,
    /// Whether the nodes have to be identified again first.
    pub(crate) chain_trouble: bool,
    /// The wallet's transactions in the final blocks that were looked through, by nonce, and from
    /// which block to which that was.
    pub(crate) strangers: BTreeMap<u64, Sighting>,
    pub(crate) scanned: Option<(u64, u64)>,
    /// What was sent before this is sent again.
    pub(crate) started: Timestamp,
    /// Whether a payment failed at finality in this run.
    pub(crate) any_failed: bool,
    /// What was done since nothing was last in flight.
    pub(crate) tally: Tally,
    /// What was done before that.
    pub(crate) overall: Tally,
}

impl<'e> Session<'e> {
    pub(crate) fn new(
        engine: &'e Engine,
        lease: Lease,
        journal_id: JournalId,
        finality: Finality,
    ) -> Self {
        Self {
            engine,
            wallet: lease.wallet.clone(),
            lease,
            journal_id,
            finality,
            moves: BTreeMap::new(),
            gas: BTreeMap::new(),
            lowest: None,
            window: engine.policy.max_in_flight.max(1),
            floor_block: 0,
            alerted: BTreeSet::new(),
            may_be_locked: true,
            chain_trouble: false,
            strangers: BTreeMap::new(),
            scanned: None,
            started: engine.clock.now(),
            any_failed: false,
            tally: Tally::default(),
            overall: Tally::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// The journal's view, and with it the ledgers' last moves.
    pub(crate) async fn snapshot(&mut self) -> Result<Snapshot, PayoutError> {
        let snapshot = self.engine.journal.snapshot(&self.wallet).await?;
        self.moves.clone_from(&snapshot.moves);
        Ok(snapshot)
    }

    /// What a move of this pool's ledger carries.
    pub(crate) fn context(&self, pool: &PoolId) -> MoveContext {
        MoveContext {
            journal: self.journal_id,
            wallet: self.wallet.clone(),
            token: self.lease.token,
            known: self.moves.get(pool).copied(),
            id: Uuid::now_v7(),
            at: self.now(),
        }
    }

    /// The change by which the journal learns of a ledger's last move, if it is news.
    pub(crate) fn moved(&mut self, pool: &PoolId, last: Option<MoveId>) -> Option<Change> {
        let last = last?;
        if self.moves.get(pool).is_some_and(|known| *known >= last) {
            return None;
        }
        self.moves.insert(pool.clone(), last);
        Some(Change::Moved {
            pool: pool.clone(),
            last,
            reconciled: false,
        })
    }

    /// Writes changes in one transaction, then tells of them.
    pub(crate) async fn write(&mut self, changes: Vec<Change>) -> Result<(), PayoutError> {
        if changes.is_empty() {
            return Ok(());
        }
        let journal = &self.engine.journal;
        if let Err(error) = journal.write(&self.lease, &changes, self.now()).await {
            // What nobody was told is told again.
            self.alerted.clear();
            return Err(error.into());
        }
        for change in &changes {
            crate::report::tell(change);
            self.tally.count(change);
        }
        self.engine.progress.send_replace(self.tally.clone());
        Ok(())
    }

    /// An alert, once in a run.
    pub(crate) fn alert(&mut self, payment: Option<PaymentId>, message: String) -> Option<Change> {
        let key = format!("{payment:?} {message}");
        self.alert_of(key, payment, message)
    }

    /// An alert, once in a run for this key, whatever its words.
    pub(crate) fn alert_of(
        &mut self,
        key: String,
        payment: Option<PaymentId>,
        message: String,
    ) -> Option<Change> {
        self.alerted
            .insert(key)
            .then_some(Change::Alert { payment, message })
    }

    /// Remembers how far back a scan for our next nonce has to go.
    pub(crate) fn note_tip(&mut self, tip: &Tip) {
        if let Some(final_block) = &tip.releasable {
            self.floor_block = self.floor_block.max(final_block.number);
        }
    }
}
