//! The check before anything else: nothing is recovered, planned, held or sent before all of it
//! holds. The same lines are what `check` shows.

mod ledger;

pub(crate) use ledger::is_nobodys;

use std::collections::BTreeSet;

use paydirt_chain::{BlockRef, EndpointReport, NonceSeen, Tip, Trust};
use paydirt_ledger::{Finding, LedgerError, Severity, Snapshot, WalletId};

use crate::engine::{Engine, Pool};
use crate::error::PayoutError;
use crate::session::Session;

/// How far back a ledger's payments are looked up on chain at first contact.
const RECENT_S: i64 = 3_600;

/// What was checked and found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// One line each.
    pub findings: Vec<Finding>,
    /// Where the chain stands, if a verdict could be had.
    pub tip: Option<Tip>,
    /// The chain's nonce, where it could become the journal's first.
    pub first_nonce: Option<u64>,
}

/// What a command does itself and therefore doesn't ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Waived {
    /// What other payers left, and legs that the journal lacks.
    pub(crate) leftovers: bool,
    /// Nonces above the journal's, or pending at first contact.
    pub(crate) nonces: bool,
    /// Recent payments of another payer that are not final: accepted by a person.
    pub(crate) recorded: bool,
    /// A ledger that is older than the journal.
    pub(crate) older: bool,
}

impl CheckReport {
    fn add(&mut self, severity: Severity, what: impl Into<String>, detail: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            what: what.into(),
            detail: detail.into(),
        });
    }

    fn ok(&mut self, what: impl Into<String>, detail: impl Into<String>) {
        self.add(Severity::Ok, what, detail);
    }

    fn fail(&mut self, what: impl Into<String>, detail: impl Into<String>) {
        self.add(Severity::Fail, what, detail);
    }

    /// All failures as one refusal, if there is any.
    pub(crate) fn refusal(&self) -> Option<PayoutError> {
        let failed = self
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Fail);
        let found: Vec<String> = failed
            .map(|f| format!("{}: {}", f.what, f.detail))
            .collect();
        let cure = "put that right and run again (`paydirt check` shows everything)";
        (!found.is_empty()).then(|| PayoutError::refused(found.join("; "), cure))
    }
}

impl Engine {
    /// Checks everything that a run needs. Writes nothing.
    ///
    /// # Errors
    /// The journal's; whatever else fails is a line of the report.
    pub async fn check(&self) -> Result<CheckReport, PayoutError> {
        let mut report = CheckReport::default();
        let known = self.journal.wallets().await?;
        let identity = match self.chain.identify(self.expected(&known)?).await {
            Ok(identity) => identity,
            Err(error) => {
                report.fail("chain", error.to_string());
                return Ok(report);
            }
        };
        let id = WalletId::of(&identity, &self.address);
        if known.iter().any(|w| w.id == id) {
            let snapshot = self.journal.snapshot(&id).await?;
            return self.examine(Some(&snapshot), Waived::default()).await;
        }
        self.examine(None, Waived::default()).await
    }

    /// All checks, against what the journal knows of the wallet (nothing at first contact).
    pub(crate) async fn examine(
        &self,
        known: Option<&Snapshot>,
        waived: Waived,
    ) -> Result<CheckReport, PayoutError> {
        let mut report = CheckReport::default();
        if let Err(error) = self.examine_chain(known, &mut report).await {
            report.fail("chain", error.to_string());
            return Ok(report);
        }
        self.examine_signer(&mut report).await;
        self.examine_nonces(known, waived, &mut report).await;
        self.examine_other_wallets(known, &mut report).await?;
        for pool in self.pools.values() {
            self.examine_pool(pool, known, waived, &mut report).await?;
        }
        if let Some(snapshot) = known {
            let reasons = [&snapshot.wallet.paused, &snapshot.wallet.frozen];
            for reason in reasons.into_iter().flatten() {
                report.add(
                    Severity::Warn,
                    "wallet",
                    format!("nothing new is planned: {reason}"),
                );
            }
        }
        Ok(report)
    }

    async fn examine_chain(
        &self,
        known: Option<&Snapshot>,
        report: &mut CheckReport,
    ) -> Result<(), PayoutError> {
        let expected = known.map(|s| &s.wallet.opening.identity);
        let identity = self.chain.identify(expected).await?;
        if let Some(network) = self.network.as_ref().filter(|n| **n != identity.network) {
            report.fail(
                "chain",
                format!("nodes are on {identity}, not on network {network}"),
            );
        }
        for endpoint in self.chain.reports().await {
            self.examine_endpoint(&endpoint, report);
        }
        let finality = match known {
            Some(snapshot) => self.finality_of(&snapshot.wallet),
            None => self.first_finality().await?,
        };
        let tip = self.chain.tip(finality).await?;
        let age_s = self
            .clock
            .now()
            .as_secs()
            .saturating_sub_unsigned(tip.head_time_s);
        let allowed_s = i64::try_from(self.policy.head_age_max_ms / 1000).unwrap_or(i64::MAX);
        if age_s > allowed_s {
            report.fail(
                "head",
                format!(
                    "the lowest head, {}, is {age_s} s old and {allowed_s} s are allowed: \
                     wait until the node has caught up",
                    tip.head
                ),
            );
        } else {
            report.ok(
                "chain",
                format!("{identity}, head {}, final {finality}", tip.head),
            );
        }
        let checked = known
            .map(|s| s.verdict_blocks.as_slice())
            .unwrap_or_default();
        self.examine_verdict_blocks(checked, &tip, report).await?;
        report.tip = Some(tip);
        Ok(())
    }

    fn examine_endpoint(&self, endpoint: &EndpointReport, report: &mut CheckReport) {
        let what = format!("endpoint {}", endpoint.name);
        if let Err(error) = &endpoint.identity {
            let detail = format!("not used, and verdicts wait for it: {error}");
            report.add(Severity::Warn, what, detail);
            return;
        }
        if endpoint.syncing {
            report.fail(what, "still synchronising: wait until it has finished");
            return;
        }
        let needed = self.policy.require_peers;
        match endpoint.peers {
            Some(peers) if peers < needed => {
                report.fail(what, format!("{peers} peers, and {needed} are required"));
            }
            None if needed > 0 && !self.policy.allow_unknown_peers => report.fail(
                what,
                format!(
                    "it can't tell its peers, and {needed} are required: \
                     set require_peers = 0 or allow_unknown_peers = true"
                ),
            ),
            None if needed > 0 => {
                report.add(Severity::Warn, what, "it can't tell its peers");
            }
            _ => report.ok(
                what,
                endpoint.client.clone().unwrap_or_else(|| "answers".into()),
            ),
        }
    }

    /// A block that a verdict was taken from must still be there.
    async fn examine_verdict_blocks(
        &self,
        blocks: &[BlockRef],
        tip: &Tip,
        report: &mut CheckReport,
    ) -> Result<(), PayoutError> {
        let young = tip.head.saturating_sub(self.policy.release_confirmations);
        let young: Vec<&BlockRef> = blocks.iter().filter(|b| b.number > young).collect();
        if let Some(above) = young.iter().find(|b| b.number > tip.head) {
            report.fail(
                "head",
                format!(
                    "block {above} was final before, and the lowest head is {} now: \
                     wait until that node has caught up",
                    tip.head
                ),
            );
            return Ok(());
        }
        let numbers: Vec<u64> = young.iter().map(|b| b.number).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let found = self.chain.blocks(&numbers).await?;
        for (block, found) in young.into_iter().zip(found) {
            if found.as_ref() != Some(block) {
                report.fail(
                    "verdicts",
                    format!(
                        "block {block} was taken as final and is {} now: the chain was \
                         reorganised below finality, and payments in it must be looked at by a \
                         person (`paydirt payouts status`)",
                        found.map_or_else(|| "missing".to_owned(), |b| b.to_string())
                    ),
                );
            }
        }
        Ok(())
    }

    /// Payments in flight of another wallet from our ledgers: its key was changed too early.
    async fn examine_other_wallets(
        &self,
        known: Option<&Snapshot>,
        report: &mut CheckReport,
    ) -> Result<(), PayoutError> {
        for other in self.journal.wallets().await? {
            if known.is_some_and(|s| s.wallet.id == other.id) {
                continue;
            }
            let open = self.journal.snapshot(&other.id).await?.open;
            let ours = open
                .iter()
                .flat_map(|p| &p.legs)
                .filter(|l| self.pools.contains_key(&l.pool));
            let count = ours.count();
            if count > 0 {
                report.fail(
                    "wallet",
                    format!(
                        "{count} payments of the pool are still in flight from {}: configure that \
                         key again and run until they are over",
                        other.opening.address
                    ),
                );
            }
        }
        Ok(())
    }

    async fn examine_signer(&self, report: &mut CheckReport) {
        match self.chain.signers().await {
            Ok(ours) if ours.contains(&self.address) => {
                let detail = match self.chain.signing_mode() {
                    paydirt_chain::SigningMode::Local => "a key of ours signs",
                    _ => "a node holds the key: a keystore is safer and faster",
                };
                report.ok("signer", format!("{}: {detail}", self.address));
            }
            Ok(_) => report.fail("signer", format!("no key signs for {}", self.address)),
            Err(error) => report.fail("signer", error.to_string()),
        }
    }

    async fn examine_nonces(
        &self,
        known: Option<&Snapshot>,
        waived: Waived,
        report: &mut CheckReport,
    ) {
        let seen = match self.chain.nonce_seen(&self.address).await {
            Ok(seen) => seen,
            Err(error) => return report.fail("nonce", error.to_string()),
        };
        match known.and_then(|s| s.wallet.next_nonce) {
            Some(next) if seen.next > next && !waived.nonces => report.fail(
                "nonce",
                format!(
                    "{} has seen nonce {} of {}, and the journal's next is {next}: another program \
                     uses the key, or the journal was restored from an older copy: \
                     run `paydirt payouts reconcile`",
                    seen.endpoint,
                    seen.next.saturating_sub(1),
                    self.address
                ),
            ),
            Some(next) => report.ok("nonce", format!("the next is {next}")),
            None => self.examine_first_nonce(&seen, waived, report).await,
        }
    }

    /// With an empty journal, only a chain on which nothing of the wallet is under way says what
    /// our first nonce is.
    async fn examine_first_nonce(
        &self,
        seen: &NonceSeen,
        waived: Waived,
        report: &mut CheckReport,
    ) {
        if seen.next > seen.mined && !waived.nonces {
            return report.fail(
                "nonce",
                format!(
                    "transactions of {} up to nonce {} are pending on {}, and this journal made \
                     none: wait until they are mined, or run `paydirt payouts resolve`",
                    self.address,
                    seen.next.saturating_sub(1),
                    seen.endpoint
                ),
            );
        }
        for pool in self.pools.values().filter(|_| !waived.recorded) {
            if let Err(why) = self.recent_are_final(pool, report.tip.as_ref()).await {
                return report.fail(format!("pool {}", pool.id), why);
            }
        }
        report.first_nonce = Some(seen.mined);
        report.ok(
            "nonce",
            format!("{} becomes this journal's first", seen.mined),
        );
    }

    async fn recent_are_final(&self, pool: &Pool, tip: Option<&Tip>) -> Result<(), String> {
        let recorded = pool
            .ledger
            .recorded(1_000)
            .await
            .map_err(|e| e.to_string())?;
        let since = self.clock.now().as_secs().saturating_sub(RECENT_S);
        let ids: BTreeSet<_> = recorded
            .into_iter()
            .filter(|r| r.at.as_secs() >= since)
            .map(|r| r.transaction)
            .collect();
        let ids: Vec<_> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let receipts = self
            .chain
            .receipts(&ids, Trust::All)
            .await
            .map_err(|error| error.to_string())?;
        let end = tip.and_then(|t| t.settled.as_ref()).map_or(0, |b| b.number);
        let open: Vec<String> = ids
            .iter()
            .zip(receipts)
            .filter(|(_, r)| r.as_ref().is_none_or(|r| r.block.number > end))
            .map(|(id, _)| id.to_string())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(format!(
            "payments recorded within the last hour are not final on this chain: {}; wait, or \
             look at each and accept them with --accept-recorded",
            open.join(", ")
        ))
    }
}

impl Session<'_> {
    /// Makes ourselves known to the ledgers, checks everything, and takes the first nonce.
    pub(crate) async fn check(&mut self, waived: Waived) -> Result<(), PayoutError> {
        let snapshot = self.snapshot().await?;
        // A ledger that we have paid from knows us, or is not the one that we paid from.
        let new = |pool: &&Pool| !snapshot.moves.contains_key(&pool.id);
        for pool in self.engine.pools.values().filter(new) {
            match pool.ledger.attach(self.journal_id).await {
                Err(LedgerError::OtherJournal { .. }) if waived.older => {}
                attached => attached?,
            }
        }
        let report = self.engine.examine(Some(&snapshot), waived).await?;
        if let Some(refusal) = report.refusal() {
            return Err(refusal);
        }
        for finding in report
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Warn)
        {
            tracing::warn!(what = finding.what, "{}", finding.detail);
        }
        if let Some(tip) = &report.tip {
            self.note_tip(tip);
        }
        if let Some(nonce) = report.first_nonce {
            let reason = "nothing of the wallet was pending on any endpoint".to_owned();
            self.write(vec![paydirt_ledger::Change::FirstNonce { nonce, reason }])
                .await?;
        }
        Ok(())
    }
}
