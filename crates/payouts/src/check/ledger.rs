//! What a pool's ledger must show before anything is recovered or planned.

use std::collections::BTreeSet;

use paydirt_ledger::{HeldLeg, JournalId, LedgerError, Leftovers, LegState, PaymentId, Snapshot};

use super::{CheckReport, Waived};
use crate::engine::{Engine, Pool};
use crate::error::PayoutError;

impl Engine {
    /// Everything is asked at once: a ledger over the network answers it in one round trip.
    pub(super) async fn examine_pool(
        &self,
        pool: &Pool,
        known: Option<&Snapshot>,
        waived: Waived,
        report: &mut CheckReport,
    ) -> Result<(), PayoutError> {
        let what = format!("pool {}", pool.id);
        let journal = self.journal.id().await?;
        let last = known.and_then(|s| s.moves.get(&pool.id));
        let ledger = &pool.ledger;
        let (health, looked, left, held) = tokio::join!(
            ledger.health(),
            ledger.look(journal, last, &[]),
            ledger.leftovers(),
            ledger.held(),
        );
        let findings = match health {
            Ok(findings) => findings,
            Err(error) => {
                report.fail(what, error.to_string());
                return Ok(());
            }
        };
        for finding in findings {
            let what = format!("{what}: {}", finding.what);
            report.add(finding.severity, what, finding.detail);
        }
        match looked {
            Ok(_) => {}
            Err(_) if waived.older => {}
            Err(LedgerError::OtherJournal { found, .. })
                if is_nobodys(&found) && last.is_none() => {}
            Err(LedgerError::OtherJournal { found, .. }) if is_nobodys(&found) => {
                let why = "it has never met a journal of Paydirt, though this one has paid from \
                           it: check its URL and prefix; if it was restored from before the \
                           first payout, run `paydirt payouts reconcile --adopt`";
                report.fail(what, why);
                return Ok(());
            }
            Err(error) => {
                report.fail(what, error.to_string());
                return Ok(());
            }
        }
        if waived.leftovers {
            return Ok(());
        }
        let found = match (left, held) {
            (Ok(left), Ok(held)) => self.strangers(&left, &held, known).await?,
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        };
        if let Some(why) = found {
            report.fail(what, why);
        }
        Ok(())
    }

    /// What is in flight that this journal does not know, if anything is.
    async fn strangers(
        &self,
        left: &Leftovers,
        held: &[HeldLeg],
        known: Option<&Snapshot>,
    ) -> Result<Option<String>, PayoutError> {
        if !left.is_empty() {
            let mut found: Vec<String> = left
                .lock
                .iter()
                .map(|lock| format!("its lock {lock:?}"))
                .collect();
            found.extend(
                left.rows
                    .iter()
                    .map(|row| format!("pending row {:?}", row.text)),
            );
            found.extend(
                left.unreadable
                    .iter()
                    .map(|row| format!("unreadable row {row:?}")),
            );
            return Ok(Some(format!(
                "another payer left {}: stop it, then run `paydirt payouts resolve --dry-run`",
                found.join(", ")
            )));
        }
        let ours: Vec<_> = held
            .iter()
            .filter(|h| known.is_none_or(|s| h.wallet == s.wallet.id))
            .collect();
        let ids: BTreeSet<PaymentId> = ours.iter().map(|h| h.payment).collect();
        let ids: Vec<PaymentId> = ids.into_iter().collect();
        let payments = self.journal.payments(&ids).await?;
        let live = |leg: &paydirt_ledger::Leg| leg.state == LegState::Live;
        let known_legs: BTreeSet<_> = payments
            .iter()
            .flat_map(|p| &p.legs)
            .filter(|leg| live(leg))
            .map(|leg| leg.id)
            .collect();
        let missing = ours.iter().filter(|h| !known_legs.contains(&h.leg)).count();
        if missing == 0 {
            return Ok(None);
        }
        Ok(Some(format!(
            "the ledger holds {missing} payments that this journal does not know as open: the \
             journal was restored from an older copy or is another one: \
             run `paydirt payouts reconcile`"
        )))
    }
}

/// A ledger that no journal was attached to yet names none.
pub(crate) fn is_nobodys(found: &str) -> bool {
    found.parse::<JournalId>().is_err()
}
