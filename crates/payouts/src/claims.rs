//! Debts that somebody may have paid without our journal knowing: which of the wallet's
//! transactions paid them, seen on chain; and using up the nonces that could still pay them.

use std::collections::BTreeSet;

use paydirt_chain::{Address, LegOutcome, Receipt, Sighting, Trust, TxId, TxOutcome};
use paydirt_ledger::{Change, NewPayment, PaymentId, Purpose};
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;

use crate::error::PayoutError;
use crate::session::Session;

/// Clocks of the other program and of the chain may differ by so much.
const CLOCK_SKEW_S: i64 = 3_600;

/// A debt to look for on chain.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// The payee, if the text is an address of this chain.
    pub(crate) address: Option<Address>,
    /// The amount.
    pub(crate) amount: Amount,
    /// When the money was set aside for it.
    pub(crate) since: Timestamp,
    /// A transaction recorded for it.
    pub(crate) transaction: Option<TxId>,
}

/// What the chain shows of a claim.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Found {
    /// Paid by this transaction, final.
    Paid {
        /// The transaction.
        transaction: TxId,
        /// Its block.
        block: u64,
    },
    /// Tried by this transaction, which failed, final.
    Failed {
        /// The transaction.
        transaction: TxId,
        /// Its block.
        block: u64,
    },
    /// In a block that is not final yet.
    NotFinal {
        /// The transaction.
        transaction: TxId,
        /// Its block.
        block: u64,
    },
    /// Not mined, and transactions of the wallet are pending: it may be among them.
    MayBePending,
    /// Not mined, and nothing of the wallet is pending on any endpoint: it may still have been
    /// signed and come up.
    NotFound,
}

impl Session<'_> {
    /// What the chain shows of each claim, each transaction used once. `taken`: transactions that
    /// are on record for something else.
    pub(crate) async fn find_claims(
        &self,
        claims: &[Claim],
        taken: &BTreeSet<TxId>,
    ) -> Result<Vec<Found>, PayoutError> {
        let Some(oldest) = claims.iter().map(|c| c.since).min() else {
            return Ok(Vec::new());
        };
        let chain = &self.engine.chain;
        let tip = chain.tip(self.finality).await?;
        let from_s = oldest.as_secs().saturating_sub(CLOCK_SKEW_S).max(0);
        let start = chain
            .block_before(u64::try_from(from_s).unwrap_or(0))
            .await?;
        let seen = chain
            .sent_by(&self.engine.address, start..=tip.head, Trust::All)
            .await?;
        let nonces = chain.nonce_seen(&self.engine.address).await?;
        let missing = if nonces.next > nonces.mined {
            Found::MayBePending
        } else {
            Found::NotFound
        };
        let end = tip.settled.as_ref().map_or(0, |b| b.number);
        let release_end = tip.releasable.as_ref().map_or(0, |b| b.number);
        let mut used = taken.clone();
        let mut found = vec![missing; claims.len()];
        for (place, sighting) in pairs(claims, &seen, &mut used)? {
            let ids = [sighting.id.clone()];
            let receipt = chain
                .receipts(&ids, Trust::All)
                .await?
                .into_iter()
                .next()
                .flatten();
            if let (Some(receipt), Some(slot)) = (receipt, found.get_mut(place)) {
                *slot = word(&receipt, end, release_end);
            }
        }
        Ok(found)
    }

    /// Uses up every nonce that a transaction which we don't know could still have: at least
    /// `count` of them, by transactions to ourselves, followed to finality.
    pub(crate) async fn fill_nonces(&mut self, count: u64) -> Result<(), PayoutError> {
        let seen = self.engine.chain.nonce_seen(&self.engine.address).await?;
        self.adopt_mined(seen.mined).await?;
        let needed = seen.next.saturating_sub(seen.mined).max(count).max(1);
        let open = self.snapshot().await?.open;
        let under_way = open.iter().filter(|p| p.purpose == Purpose::Fill).count();
        let more = needed.saturating_sub(u64::try_from(under_way).unwrap_or(0));
        let fill = || {
            let id = PaymentId::new();
            Change::Plan(NewPayment {
                id,
                purpose: Purpose::Fill,
                legs: Vec::new(),
            })
        };
        self.write((0..more).map(|_| fill()).collect()).await?;
        self.follow_to_the_end().await
    }

    /// Takes nonces that are mined by transactions which this journal did not make.
    pub(crate) async fn adopt_mined(&mut self, mined: u64) -> Result<(), PayoutError> {
        let next = self.snapshot().await?.wallet.next_nonce;
        let Some(next) = next else {
            let reason = "taken over from another payer".to_owned();
            return self
                .write(vec![Change::FirstNonce {
                    nonce: mined,
                    reason,
                }])
                .await;
        };
        let adopted = (next..mined).map(|nonce| Change::Adopted {
            payment: PaymentId::new(),
            nonce,
            id: None,
            reason: "mined without this journal knowing of it; accepted by reconcile".into(),
        });
        self.write(adopted.collect()).await
    }

    /// Rounds until everything open is over, or we are asked to stop.
    pub(crate) async fn follow_to_the_end(&mut self) -> Result<(), PayoutError> {
        while !self.engine.stop.is_asked() {
            match self.look().await {
                Ok(found) if found.snapshot.open.is_empty() => return Ok(()),
                Ok(found) => {
                    if self.act(&found).await? {
                        continue;
                    }
                }
                Err(error) if error.is_retryable() => tracing::warn!(%error, "trying again"),
                Err(error) => return Err(error),
            }
            self.engine
                .pause_until(self.now().saturating_add_ms(self.poll_ms()))
                .await;
        }
        Err(PayoutError::Impossible(
            "stopped before everything was final; nothing was given back; run it again".into(),
        ))
    }
}

/// Which transaction paid which claim: a recorded id first, then address and value in order of
/// time, each transaction at most once.
fn pairs<'s>(
    claims: &[Claim],
    seen: &'s [Sighting],
    used: &mut BTreeSet<TxId>,
) -> Result<Vec<(usize, &'s Sighting)>, PayoutError> {
    let mut pairs = Vec::new();
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|i| claims.get(*i).map(|c| (c.transaction.is_none(), c.since)));
    for place in order {
        let Some(claim) = claims.get(place) else {
            continue;
        };
        let value = claim.amount.to_base_units()?.get();
        let pays = |s: &&Sighting| {
            Some(&s.call.to) == claim.address.as_ref()
                && s.call.value == value
                && !used.contains(&s.id)
        };
        let recorded = seen
            .iter()
            .filter(pays)
            .find(|s| Some(&s.id) == claim.transaction.as_ref());
        if let Some(sighting) = recorded.or_else(|| seen.iter().find(pays)) {
            used.insert(sighting.id.clone());
            pairs.push((place, sighting));
        }
    }
    Ok(pairs)
}

fn word(receipt: &Receipt, end: u64, release_end: u64) -> Found {
    let (transaction, block) = (receipt.id.clone(), receipt.block.number);
    match &receipt.outcome {
        TxOutcome::Whole(LegOutcome::Paid) if block <= end => Found::Paid { transaction, block },
        TxOutcome::Whole(LegOutcome::Failed { .. }) if block <= release_end => {
            Found::Failed { transaction, block }
        }
        _ => Found::NotFinal { transaction, block },
    }
}
