//! Looking: everything that deciding needs, found in the journal, on the chain and in the ledgers.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_chain::{Account, BlockRef, Receipt, Sighting, Tip, Trust, TxId};
use paydirt_ledger::{
    Attempt, FinalBy, HoldState, Inclusion, LedgerError, LegId, Payment, PaymentId, PaymentState,
    PoolId, Purpose, Snapshot,
};
use paydirt_schedule::Timestamp;

use crate::decide::Evidence;
use crate::error::PayoutError;
use crate::judge::gives_back;
use crate::session::Session;

/// What was found.
pub(crate) struct Found {
    pub(crate) now: Timestamp,
    pub(crate) snapshot: Snapshot,
    pub(crate) evidence: BTreeMap<PaymentId, Evidence>,
    pub(crate) holds: BTreeMap<LegId, HoldState>,
    /// Pools whose ledgers could not be asked.
    pub(crate) blind: BTreeSet<PoolId>,
    /// The lowest unmined nonce of ours, and since when it is that.
    pub(crate) lowest: Option<(u64, Timestamp)>,
    /// The wallet's nonce at the head, as read.
    pub(crate) mined: Option<u64>,
}

impl Session<'_> {
    /// Looks at everything. What a chain can't answer now is simply not seen yet.
    pub(crate) async fn look(&mut self) -> Result<Found, PayoutError> {
        let snapshot = self.snapshot().await?;
        let mut evidence = BTreeMap::new();
        let mut mined = None;
        if snapshot.open.iter().any(counts_as_sent) {
            match self.follow(&snapshot, &mut evidence).await {
                Ok(account) => mined = Some(account.nonce),
                Err(PayoutError::Chain(error)) if error.is_retryable() => {
                    tracing::warn!(%error, "the chain can't be followed now");
                    self.chain_trouble = true;
                }
                Err(error) => return Err(error),
            }
        }
        let (holds, blind) = self.look_at_holds(&snapshot).await?;
        let now = self.now();
        self.note_lowest(&snapshot, mined, now);
        Ok(Found {
            now,
            blind,
            snapshot,
            evidence,
            holds,
            lowest: self.lowest,
            mined,
        })
    }

    fn note_lowest(&mut self, snapshot: &Snapshot, mined: Option<u64>, now: Timestamp) {
        let floor = mined.unwrap_or(0);
        let unmined = snapshot
            .open
            .iter()
            .filter(|p| p.state == PaymentState::Saved);
        let lowest = unmined
            .filter_map(|p| p.nonce)
            .filter(|n| *n >= floor)
            .min();
        self.lowest = match (lowest, self.lowest) {
            (Some(nonce), Some((known, since))) if nonce == known => Some((known, since.min(now))),
            (Some(nonce), _) => Some((nonce, now)),
            (None, _) => None,
        };
    }

    /// Before a first send, the holds are looked at once more: one call a pool.
    async fn look_at_holds(
        &self,
        snapshot: &Snapshot,
    ) -> Result<(BTreeMap<LegId, HoldState>, BTreeSet<PoolId>), PayoutError> {
        let mut asked: BTreeMap<&PoolId, Vec<LegId>> = BTreeMap::new();
        let unsent = snapshot.open.iter().filter(|p| {
            p.state == PaymentState::Saved && p.purpose == Purpose::Pay && !p.was_sent()
        });
        for leg in unsent.flat_map(|p| &p.legs) {
            asked.entry(&leg.pool).or_default().push(leg.id);
        }
        let mut holds = BTreeMap::new();
        let mut blind = BTreeSet::new();
        for (pool, legs) in asked {
            let ledger = &self.engine.pool(pool)?.ledger;
            match ledger
                .look(self.journal_id, self.moves.get(pool), &legs)
                .await
            {
                Ok(found) => holds.extend(legs.into_iter().zip(found)),
                Err(LedgerError::Unavailable(error)) => {
                    tracing::warn!(%pool, error, "the ledger is away: nothing new is sent");
                    blind.insert(pool.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((holds, blind))
    }

    /// What the chain shows of everything that counts as sent.
    async fn follow(
        &mut self,
        snapshot: &Snapshot,
        evidence: &mut BTreeMap<PaymentId, Evidence>,
    ) -> Result<Account, PayoutError> {
        let chain = self.engine.chain.clone();
        if self.chain_trouble {
            chain
                .identify(Some(&snapshot.wallet.opening.identity))
                .await?;
            self.chain_trouble = false;
        }
        let account = chain
            .account(&self.engine.address, None, Trust::Any)
            .await?;
        let sent: Vec<&Payment> = snapshot.open.iter().filter(|p| counts_as_sent(p)).collect();
        let is_mined = |p: &&Payment| p.nonce.is_some_and(|n| n < account.nonce);
        let (mined, included): (Vec<&Payment>, Vec<&Payment>) = sent
            .into_iter()
            .filter(|p| is_mined(p) || p.state == PaymentState::Included)
            .partition(|p| p.state == PaymentState::Saved);
        if mined.is_empty() && included.is_empty() {
            return Ok(account);
        }
        let unfound = self.find_mined(&mined, evidence).await?;
        if included.is_empty() && unfound.is_empty() {
            return Ok(account);
        }
        let tip = chain.tip(self.finality).await?;
        self.find_final(&included, &tip, evidence).await?;
        self.find_strangers(&unfound, &tip, evidence).await?;
        Ok(account)
    }

    /// Where attempts of ours were mined, as read; returns payments whose nonce is used and for
    /// which none of our ids has a receipt.
    async fn find_mined<'p>(
        &self,
        mined: &[&'p Payment],
        evidence: &mut BTreeMap<PaymentId, Evidence>,
    ) -> Result<Vec<&'p Payment>, PayoutError> {
        let receipts = self.receipts(mined, Trust::Any).await?;
        let mut unfound = Vec::new();
        for payment in mined {
            match receipts.get(&payment.id) {
                Some((_, receipt)) => {
                    let at = Inclusion {
                        id: receipt.id.clone(),
                        block: receipt.block.clone(),
                    };
                    evidence.insert(payment.id, Evidence::Mined(at));
                }
                None => unfound.push(*payment),
            }
        }
        Ok(unfound)
    }

    /// Of payments that were seen in a block: whether that block is still canonical, and whether
    /// what it holds is final.
    async fn find_final(
        &self,
        included: &[&Payment],
        tip: &Tip,
        evidence: &mut BTreeMap<PaymentId, Evidence>,
    ) -> Result<(), PayoutError> {
        let mut numbers: Vec<u64> = included
            .iter()
            .filter_map(|p| p.included.as_ref())
            .map(|i| i.block.number)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let found = self.engine.chain.blocks(&numbers).await?;
        let canonical: BTreeMap<u64, Option<BlockRef>> = numbers.into_iter().zip(found).collect();
        let mut due = Vec::new();
        for payment in included {
            let Some(at) = &payment.included else {
                continue;
            };
            if canonical.get(&at.block.number).cloned().flatten().as_ref() != Some(&at.block) {
                evidence.insert(payment.id, Evidence::Reorged);
            } else if is_final(&at.block, tip.settled.as_ref()) {
                due.push(*payment);
            } else {
                evidence.insert(payment.id, Evidence::Mined(at.clone()));
            }
        }
        let verdicts = self.verdicts(&due).await?;
        // What all agree has no receipt was never in that block, whoever said so.
        evidence.extend(due.iter().map(|p| (p.id, Evidence::Reorged)));
        for (payment, (attempt, receipt)) in verdicts {
            let on_canonical = canonical.get(&receipt.block.number).cloned().flatten();
            let by = FinalBy::Ours {
                attempt: Some(attempt.id),
                kind: attempt.kind,
                receipt: receipt.clone(),
            };
            let needed = if gives_back(payment, &by) {
                &tip.releasable
            } else {
                &tip.settled
            };
            let at = Inclusion {
                id: receipt.id.clone(),
                block: receipt.block.clone(),
            };
            let is_due = on_canonical.as_ref() == Some(&receipt.block)
                && is_final(&receipt.block, needed.as_ref());
            let seen = if is_due {
                Evidence::Final(by)
            } else {
                Evidence::Mined(at)
            };
            evidence.insert(payment.id, seen);
        }
        Ok(())
    }

    /// Of payments whose nonce is used by something that we don't know: what it is, seen itself,
    /// once that is final for giving money back.
    async fn find_strangers(
        &mut self,
        unfound: &[&Payment],
        tip: &Tip,
        evidence: &mut BTreeMap<PaymentId, Evidence>,
    ) -> Result<(), PayoutError> {
        let chain = &self.engine.chain;
        let Some(end) = tip.releasable.as_ref().filter(|_| !unfound.is_empty()) else {
            return Ok(());
        };
        let at_end = chain
            .account(&self.engine.address, Some(end), Trust::All)
            .await?;
        let over = |p: &&&Payment| p.nonce.is_some_and(|n| n < at_end.nonce);
        let over: Vec<&Payment> = unfound.iter().filter(over).copied().collect();
        self.scan(&over, end.number).await?;
        for payment in over {
            let sighting = payment.nonce.and_then(|n| self.strangers.get(&n).cloned());
            let Some(sighting) = sighting else {
                let message = format!(
                    "nonce {} is used and final, but no block shows by what: nothing is \
                     released, and a person must look",
                    payment.nonce.unwrap_or_default()
                );
                let alert = self.alert(Some(payment.id), message);
                self.write(alert.into_iter().collect()).await?;
                continue;
            };
            if let Some(by) = self.identify(payment, &sighting).await? {
                evidence.insert(payment.id, Evidence::Final(by));
            }
        }
        Ok(())
    }

    /// Looks through the final blocks that were not looked through yet, for what used the nonces
    /// of these payments. What was seen is kept while its block is canonical.
    async fn scan(&mut self, over: &[&Payment], end: u64) -> Result<(), PayoutError> {
        let chain = self.engine.chain.clone();
        let numbers: Vec<u64> = self.strangers.values().map(|s| s.block.number).collect();
        let blocks = match numbers.is_empty() {
            true => Vec::new(),
            false => chain.blocks(&numbers).await?,
        };
        let same =
            |(kept, block): (&Sighting, &Option<BlockRef>)| block.as_ref() == Some(&kept.block);
        if !self.strangers.values().zip(&blocks).all(same) {
            self.strangers.clear();
            self.scanned = None;
        }
        let is_unknown = |p: &&&Payment| p.nonce.is_some_and(|n| !self.strangers.contains_key(&n));
        let floors = over.iter().filter(is_unknown);
        let Some(floor) = floors.map(|p| p.floor_block.unwrap_or(0)).min() else {
            return Ok(());
        };
        let (from, start) = match self.scanned {
            Some((from, to)) if from <= floor => (from, to.saturating_add(1)),
            _ => (floor, floor),
        };
        if start > end {
            return Ok(());
        }
        let seen = chain
            .sent_by(&self.engine.address, start..=end, Trust::All)
            .await?;
        let seen = seen.into_iter().map(|s| (s.nonce, s));
        self.strangers.extend(seen);
        self.scanned = Some((from, end));
        Ok(())
    }

    /// Equal recipient, value and data is ours, whatever its id; anything else is foreign.
    async fn identify(
        &self,
        payment: &Payment,
        sighting: &Sighting,
    ) -> Result<Option<FinalBy>, PayoutError> {
        let same = payment
            .attempts
            .iter()
            .find(|a| a.unsigned().call == sighting.call);
        let Some(attempt) = same else {
            return Ok(Some(FinalBy::Foreign {
                sighting: sighting.clone(),
            }));
        };
        let ids = [sighting.id.clone()];
        let receipts = self.engine.chain.receipts(&ids, Trust::All).await?;
        let receipt = receipts.into_iter().next().flatten();
        Ok(receipt
            .filter(|r| r.block == sighting.block)
            .map(|receipt| {
                let known = attempt.signed.id.as_ref() == Some(&sighting.id);
                FinalBy::Ours {
                    attempt: known.then_some(attempt.id),
                    kind: attempt.kind,
                    receipt,
                }
            }))
    }

    async fn verdicts<'p>(
        &self,
        due: &[&'p Payment],
    ) -> Result<Vec<(&'p Payment, (&'p Attempt, Receipt))>, PayoutError> {
        let mut receipts = self.receipts(due, Trust::All).await?;
        Ok(due
            .iter()
            .filter_map(|p| receipts.remove(&p.id).map(|r| (*p, r)))
            .collect())
    }

    /// The receipt of whichever attempt has one, for each payment that has any.
    async fn receipts<'p>(
        &self,
        payments: &[&'p Payment],
        trust: Trust,
    ) -> Result<BTreeMap<PaymentId, (&'p Attempt, Receipt)>, PayoutError> {
        let mut owners = Vec::new();
        let mut ids: Vec<TxId> = Vec::new();
        for payment in payments {
            for attempt in &payment.attempts {
                if let Some(id) = &attempt.signed.id {
                    owners.push((payment.id, attempt));
                    ids.push(id.clone());
                }
            }
        }
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let receipts = self.engine.chain.receipts(&ids, trust).await?;
        let found = owners.into_iter().zip(receipts);
        Ok(found
            .filter_map(|((id, attempt), r)| Some((id, (attempt, r?))))
            .collect())
    }
}

fn counts_as_sent(payment: &Payment) -> bool {
    matches!(payment.state, PaymentState::Saved | PaymentState::Included)
}

fn is_final(block: &BlockRef, end: Option<&BlockRef>) -> bool {
    end.is_some_and(|end| block.number <= end.number)
}
