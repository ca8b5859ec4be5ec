//! Debts that somebody may have paid without our journal knowing: which of the wallet's
//! transactions paid them, seen on chain; and using up the nonces that could still pay them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use paydirt_chain::{Address, LegOutcome, Receipt, Sighting, Trust, TxId, TxOutcome};
use paydirt_ledger::{Change, NewPayment, PaymentId, Purpose};
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;

use crate::error::PayoutError;
use crate::session::Session;

/// Clocks of the other program and of the chain may differ by so much.
const CLOCK_SKEW_S: i64 = 3_600;
/// More nonces than this are not used up at once.
const MOST_FILLS: u64 = 10_000;

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

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paid { transaction, block } => {
                write!(f, "paid by {transaction} in block {block}")
            }
            Self::Failed { transaction, block } => {
                write!(f, "failed in {transaction} in block {block}")
            }
            Self::NotFinal { transaction, block } => {
                write!(f, "{transaction} in block {block}, which is not final yet")
            }
            Self::MayBePending => f.write_str("not mined, may be pending"),
            Self::NotFound => f.write_str("not on the chain"),
        }
    }
}

impl Session<'_> {
    /// What the chain shows of each claim, each transaction used once. `taken`: transactions that
    /// are on record for something else.
    pub(crate) async fn find_claims(
        &self,
        claims: &[Claim],
        taken: &BTreeSet<TxId>,
    ) -> Result<Vec<Found>, PayoutError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let chain = &self.engine.chain;
        let tip = chain.tip(self.finality).await?;
        let starts = self.starts(claims).await?;
        let start = starts.iter().copied().min().unwrap_or(0);
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
        let wanted: Vec<Wanted> = claims
            .iter()
            .zip(starts)
            .map(|(claim, start)| Wanted::new(claim, start))
            .collect::<Result<_, PayoutError>>()?;
        let seen: Vec<&Sighting> = seen
            .iter()
            .filter(|s| !taken.contains(&s.id) && wanted.iter().any(|w| w.is_paid_by(s)))
            .collect();
        let ids: Vec<TxId> = seen.iter().map(|s| s.id.clone()).collect();
        let receipts = match ids.is_empty() {
            true => Vec::new(),
            false => chain.receipts(&ids, Trust::All).await?,
        };
        let seen: Vec<(&Sighting, Found)> = seen
            .into_iter()
            .zip(receipts)
            .map(|(sighting, receipt)| (sighting, word(sighting, receipt, end, release_end)))
            .collect();
        let mut found = vec![missing; claims.len()];
        for (place, paid) in pairs(&wanted, &seen) {
            if let Some(slot) = found.get_mut(place) {
                *slot = paid;
            }
        }
        Ok(found)
    }

    /// For each claim a block that is surely not younger than it.
    async fn starts(&self, claims: &[Claim]) -> Result<Vec<u64>, PayoutError> {
        let mut known: BTreeMap<u64, u64> = BTreeMap::new();
        let mut starts = Vec::with_capacity(claims.len());
        for claim in claims {
            let from_s = claim.since.as_secs().saturating_sub(CLOCK_SKEW_S).max(0);
            let from_s = u64::try_from(from_s).unwrap_or(0);
            let start = match known.get(&from_s) {
                Some(start) => *start,
                None => self.engine.chain.block_before(from_s).await?,
            };
            known.insert(from_s, start);
            starts.push(start);
        }
        Ok(starts)
    }

    /// Uses up every nonce that a transaction which we don't know could still have: at least
    /// `count` of them, and those below `end`, by transactions to ourselves, followed to finality.
    pub(crate) async fn fill_nonces(&mut self, count: u64, end: u64) -> Result<(), PayoutError> {
        let seen = self.engine.chain.nonce_seen(&self.engine.address).await?;
        let end = seen.next.max(end);
        let needed = end.saturating_sub(seen.mined).max(count).max(1);
        if needed > MOST_FILLS {
            return Err(PayoutError::refused(
                format!(
                    "{needed} nonces from {} on would have to be used up",
                    seen.mined
                ),
                "look at the nonces recorded for what is pending: one of them can't be right",
            ));
        }
        self.adopt_mined(seen.mined).await?;
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
            self.engine.pause_ms(self.poll_ms()).await;
        }
        Err(PayoutError::Impossible(
            "stopped before everything was final; nothing was given back; run it again".into(),
        ))
    }
}

/// A claim as a transaction has to look that pays it.
struct Wanted<'c> {
    claim: &'c Claim,
    value: u128,
    from_block: u64,
}

impl<'c> Wanted<'c> {
    fn new(claim: &'c Claim, from_block: u64) -> Result<Self, PayoutError> {
        let value = claim.amount.to_base_units()?.get();
        Ok(Self {
            claim,
            value,
            from_block,
        })
    }

    fn is_paid_by(&self, sighting: &Sighting) -> bool {
        Some(&sighting.call.to) == self.claim.address.as_ref()
            && sighting.call.value == self.value
            && sighting.block.number >= self.from_block
    }
}

/// Which transaction paid which claim: one that did not fail before one that did, a recorded id
/// before others, then in order of time; each transaction at most once.
fn pairs(wanted: &[Wanted<'_>], seen: &[(&Sighting, Found)]) -> Vec<(usize, Found)> {
    let mut used: BTreeSet<&TxId> = BTreeSet::new();
    let mut pairs = Vec::new();
    let mut order: Vec<(usize, &Wanted<'_>)> = wanted.iter().enumerate().collect();
    order.sort_by_key(|(_, w)| (w.claim.transaction.is_none(), w.claim.since));
    for (place, wanted) in order {
        let pays = seen
            .iter()
            .filter(|(s, _)| wanted.is_paid_by(s) && !used.contains(&s.id));
        let best = pays.min_by_key(|(sighting, found)| {
            let failed = matches!(found, Found::Failed { .. });
            (
                failed,
                Some(&sighting.id) != wanted.claim.transaction.as_ref(),
            )
        });
        if let Some((sighting, found)) = best {
            used.insert(&sighting.id);
            pairs.push((place, found.clone()));
        }
    }
    pairs
}

/// Without a receipt that all agree on, what was seen in a block is neither paid nor unpaid.
fn word(sighting: &Sighting, receipt: Option<Receipt>, end: u64, release_end: u64) -> Found {
    let transaction = sighting.id.clone();
    let block = sighting.block.number;
    let outcome = receipt
        .filter(|r| r.block == sighting.block)
        .map(|r| r.outcome);
    match outcome {
        Some(TxOutcome::Whole(LegOutcome::Paid)) if block <= end => {
            Found::Paid { transaction, block }
        }
        Some(TxOutcome::Whole(LegOutcome::Failed { .. })) if block <= release_end => {
            Found::Failed { transaction, block }
        }
        _ => Found::NotFinal { transaction, block },
    }
}
