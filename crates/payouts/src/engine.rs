//! One wallet's engine: its parts, and how it gets hold of the wallet.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use paydirt_chain::{Address, Chain, Finality, Identity};
use paydirt_ledger::{Acquired, Journal, Lease, Ledger, PoolId, Wallet, WalletId, WalletOpening};
use paydirt_schedule::Clock;
use tokio::sync::watch;

use crate::error::PayoutError;
use crate::policy::{PoolPolicy, WalletPolicy};

/// How long a lease lives.
pub const LEASE_TTL_MS: u64 = 6_000;
/// How often it is renewed.
pub const LEASE_RENEW_MS: u64 = 2_000;

/// How finality is chosen at first contact with a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalityChoice {
    /// The operator said it.
    Fixed(Finality),
    /// The chain's signal where it has one, else this depth; journalled, so that it stays.
    Detect {
        /// Blocks until a payment counts as made.
        confirmations: u64,
    },
}

/// A pool that the wallet pays for.
#[derive(Clone)]
pub struct Pool {
    /// Its name.
    pub id: PoolId,
    /// Its balances.
    pub ledger: Arc<dyn Ledger>,
    /// What it pays.
    pub policy: PoolPolicy,
}

/// Tells an engine to stop after the step in hand. Cloned handles share the signal.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is asked for.
    pub async fn asked(&self) {
        let mut seen = self.0.subscribe();
        // An error would mean that the sender is gone, and we hold it.
        let _ = seen.wait_for(|asked| *asked).await;
    }
}

/// Everything that pays from one wallet: its chain, its journal, and all pools that it serves.
///
/// All pools of a wallet belong to one engine, because the one who owns the wallet has to finish
/// whatever is in flight, of every pool.
#[derive(Clone)]
pub struct Engine {
    /// The chain.
    pub chain: Arc<dyn Chain>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// Time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// The wallet's address.
    pub address: Address,
    /// The network that the configuration names, if it does.
    pub network: Option<String>,
    /// When a block is final.
    pub finality: FinalityChoice,
    /// Limits and delays.
    pub policy: WalletPolicy,
    /// The pools.
    pub pools: BTreeMap<PoolId, Pool>,
    /// Who we are: host, process, start.
    pub owner: String,
    /// Whether an owner string belongs to a process of this host that is gone.
    pub is_gone: fn(&str) -> bool,
    /// Asks us to stop.
    pub stop: Stop,
    /// Where progress is shown.
    pub progress: watch::Sender<crate::Tally>,
}

impl Engine {
    /// Identifies the chain and makes the wallet known to the journal.
    pub(crate) async fn open(&self) -> Result<Wallet, PayoutError> {
        let known = self.journal.wallets().await?;
        let identity = self.chain.identify(self.expected(&known)?).await?;
        if let Some(network) = self.network.as_ref().filter(|n| **n != identity.network) {
            return Err(PayoutError::refused(
                format!("the nodes are on {identity}, not on network {network}"),
                "correct the chain's endpoints or its chain id",
            ));
        }
        let journalled = known
            .iter()
            .find(|w| w.opening.address == self.address && w.opening.identity == identity);
        let finality = match journalled {
            Some(wallet) => wallet.opening.finality,
            None => self.first_finality().await?,
        };
        let opening = WalletOpening {
            identity,
            address: self.address.clone(),
            finality,
        };
        Ok(self.journal.open_wallet(&opening).await?)
    }

    /// The chain that this address was first seen on. Where the configuration names none, a node
    /// that was moved to another chain would otherwise pay there what is owed here.
    pub(crate) fn expected<'w>(
        &self,
        known: &'w [Wallet],
    ) -> Result<Option<&'w Identity>, PayoutError> {
        let ours = known
            .iter()
            .map(|w| &w.opening)
            .filter(|o| o.address == self.address);
        let named = |id: &&Identity| self.network.as_ref().is_none_or(|n| *n == id.network);
        let mut chains = ours.map(|o| &o.identity).filter(named);
        match (chains.next(), chains.next()) {
            (first, None) => Ok(first),
            _ => Err(PayoutError::refused(
                format!("the journal knows {} on several chains", self.address),
                "name the one that is meant by `chain_id` in the chain's configuration",
            )),
        }
    }

    /// The finality to work with: what the operator says now, else what was journalled.
    pub(crate) fn finality_of(&self, wallet: &Wallet) -> Finality {
        match self.finality {
            FinalityChoice::Fixed(finality) => finality,
            FinalityChoice::Detect { .. } => wallet.opening.finality,
        }
    }

    /// The finality to journal at first contact.
    pub(crate) async fn first_finality(&self) -> Result<Finality, PayoutError> {
        let confirmations = match self.finality {
            FinalityChoice::Fixed(finality) => return Ok(finality),
            FinalityChoice::Detect { .. } if self.chain.signals_finality().await? => {
                return Ok(Finality::Signalled);
            }
            FinalityChoice::Detect { confirmations } => confirmations,
        };
        let release_confirmations = self.policy.release_confirmations.max(confirmations);
        Ok(Finality::Depth {
            confirmations,
            release_confirmations,
        })
    }

    /// Takes the lease, waiting for another's up to `wait_ms`.
    pub(crate) async fn lease(
        &self,
        wallet: &WalletId,
        wait_ms: u64,
    ) -> Result<Lease, PayoutError> {
        let until = self.clock.now().saturating_add_ms(wait_ms);
        let mut evict: Option<String> = None;
        let mut waits_for: Option<String> = None;
        loop {
            let asked = self
                .journal
                .acquire(wallet, &self.owner, LEASE_TTL_MS, evict.as_deref())
                .await?;
            match asked {
                Acquired::Granted(lease) => {
                    tracing::info!(wallet = %wallet, token = lease.token, "lease taken");
                    return Ok(lease);
                }
                Acquired::HeldBy { owner, expires_at } => {
                    let now = self.clock.now();
                    if evict.is_none() && (self.is_gone)(&owner) {
                        tracing::warn!(wallet = %wallet, %owner, "the lease's owner is gone");
                        evict = Some(owner);
                        continue;
                    }
                    if now >= until || self.stop.is_asked() {
                        let left_ms = expires_at.ms_since(now);
                        return Err(PayoutError::Owned { owner, left_ms });
                    }
                    if waits_for.as_ref() != Some(&owner) {
                        tracing::info!(wallet = %wallet, %owner, "waiting for the lease");
                        waits_for = Some(owner);
                    }
                    self.pause_ms(until.ms_since(now).min(500)).await;
                }
            }
        }
    }

    /// Does `work` while the lease is renewed beside it. Ends early when the lease is lost:
    /// whatever was under way is fenced, and the next owner finishes it.
    pub(crate) async fn keeping<T>(
        &self,
        lease: &Lease,
        work: impl Future<Output = Result<T, PayoutError>>,
    ) -> Result<T, PayoutError> {
        let renewals = async {
            loop {
                self.clock.sleep_ms(LEASE_RENEW_MS).await;
                match self.journal.renew(lease, LEASE_TTL_MS).await {
                    Ok(()) => {}
                    Err(error) if error.is_fenced() => return PayoutError::from(error),
                    Err(error) => tracing::warn!(%error, "the lease was not renewed"),
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            lost = renewals => Err(lost),
        }
    }

    /// Waits, or less when asked to stop.
    pub(crate) async fn pause_ms(&self, ms: u64) {
        tokio::select! {
            biased;
            () = self.stop.asked() => {}
            () = self.clock.sleep_ms(ms) => {}
        }
    }

    pub(crate) fn pool(&self, id: &PoolId) -> Result<&Pool, PayoutError> {
        self.pools.get(id).ok_or_else(|| {
            PayoutError::refused(
                format!("the journal has payments of pool {id}, which is not configured"),
                "configure that pool again until they are over",
            )
        })
    }
}
