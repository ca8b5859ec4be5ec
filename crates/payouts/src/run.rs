//! A run: the lease, the check, then rounds of looking and doing until nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use paydirt_ledger::{Change, LedgerError, PoolId};
use paydirt_schedule::Timestamp;

use crate::check::Waived;
use crate::engine::{Engine, LEASE_TTL_MS, Pool};
use crate::error::PayoutError;
use crate::report::RunReport;
use crate::session::Session;

/// Pause after a failed check or a lost lease, before trying again as a daemon.
const RETRY_MS: u64 = 10_000;

/// When a pool's payouts are planned.
#[derive(Clone)]
pub struct Schedule {
    /// Whether the first plan is made as soon as the engine runs.
    pub at_once: bool,
    /// The next time after this one; `None`: never again.
    pub next: Arc<dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync>,
}

/// How to run.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// Plan once, follow until nothing is in flight, then end. Otherwise run by `schedules` until
    /// asked to stop.
    pub once: bool,
    /// End at the latest after so long, whatever is left.
    pub deadline_ms: Option<u64>,
    /// Plan for these pools only. What is in flight is followed for all.
    pub pools: Option<BTreeSet<PoolId>>,
    /// A person has looked at recent payments of another payer that are not final here.
    pub accept_recorded: bool,
    /// When each pool plans; a pool without one is only followed.
    pub schedules: BTreeMap<PoolId, Schedule>,
}

/// Which pools are due to be planned.
struct Agenda {
    due: BTreeMap<PoolId, Timestamp>,
}

impl Agenda {
    fn new(engine: &Engine, options: &RunOptions, now: Timestamp) -> Self {
        let wanted = |id: &&PoolId| options.pools.as_ref().is_none_or(|p| p.contains(id));
        let due = engine.pools.keys().filter(wanted).filter_map(|id| {
            let first = match options.schedules.get(id) {
                _ if options.once => Some(now),
                Some(schedule) if schedule.at_once => Some(now),
                Some(schedule) => (schedule.next)(now),
                None => None,
            };
            Some((id.clone(), first?))
        });
        Self { due: due.collect() }
    }

    fn due(&self, now: Timestamp) -> BTreeSet<PoolId> {
        self.due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn done(&mut self, pools: &BTreeSet<PoolId>, options: &RunOptions, now: Timestamp) {
        for id in pools {
            self.due.remove(id);
            let next = options.schedules.get(id).filter(|_| !options.once);
            if let Some(at) = next.and_then(|s| (s.next)(now)) {
                self.due.insert(id.clone(), at);
            }
        }
    }
}

impl Engine {
    /// Owns the wallet and pays, as the options say.
    ///
    /// # Errors
    /// What stops the run; whatever was saved is finished by the next one.
    pub async fn run(&self, options: &RunOptions) -> Result<RunReport, PayoutError> {
        loop {
            match self.run_under_one_lease(options).await {
                Err(error) if !options.once && !self.stop.is_asked() && recovers(&error) => {
                    tracing::warn!(%error, "trying again in a while");
                    self.pause_ms(RETRY_MS).await;
                    if self.stop.is_asked() {
                        return Ok(RunReport::default());
                    }
                }
                ended => return ended,
            }
        }
    }

    async fn run_under_one_lease(&self, options: &RunOptions) -> Result<RunReport, PayoutError> {
        let wallet = self.open().await?;
        let journal_id = self.journal.id().await?;
        let lease = self
            .lease(&wallet.id, LEASE_TTL_MS.saturating_mul(2))
            .await?;
        let finality = self.finality_of(&wallet);
        let mut session = Session::new(self, lease.clone(), journal_id, finality);
        let done = self.keeping(&lease, session.work(options)).await;
        if let Err(error) = self.journal.give_up(&lease).await {
            tracing::warn!(%error, "the lease was not given up: it expires by itself");
        }
        done
    }
}

/// Whether a daemon goes on trying: what a person or time may cure meanwhile. A ledger that refuses
/// is found again by the next check, which does nothing either, and the lease is free for a repair.
fn recovers(error: &PayoutError) -> bool {
    let by_ledger = matches!(error, PayoutError::Ledger(e) if !matches!(e, LedgerError::Money(_)));
    error.is_retryable()
        || error.is_fenced()
        || by_ledger
        || matches!(error, PayoutError::Refused(_))
}

impl Session<'_> {
    async fn work(&mut self, options: &RunOptions) -> Result<RunReport, PayoutError> {
        let waived = Waived {
            recorded: options.accept_recorded,
            ..Waived::default()
        };
        self.check(waived).await?;
        let started = self.now();
        let deadline = options.deadline_ms.map(|ms| started.saturating_add_ms(ms));
        let mut agenda = Agenda::new(self.engine, options, started);
        let mut report = RunReport::default();
        let mut checked = true;
        while !self.engine.stop.is_asked() {
            let now = self.now();
            let changed = match self.round(&mut report).await {
                Ok(changed) => changed,
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "trying again");
                    self.chain_trouble = true;
                    if deadline.is_some_and(|at| now >= at) {
                        break;
                    }
                    // What was not seen is neither planned beside nor taken for over.
                    self.engine.pause_ms(self.poll_ms()).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if changed {
                continue;
            }
            let due = agenda.due(now);
            if !due.is_empty() {
                if !checked {
                    self.check(waived).await?;
                }
                checked = false;
                match self.plan_and_hold(Some(&due), &mut report).await {
                    Ok(_) => agenda.done(&due, options, now),
                    // Legs that may be held are voided by the next round, then planned again.
                    Err(error) if error.is_retryable() => {
                        tracing::warn!(%error, "not everything was planned; trying again");
                        self.chain_trouble = true;
                        checked = true;
                        if deadline.is_some_and(|at| now >= at) {
                            break;
                        }
                        self.engine.pause_ms(self.poll_ms()).await;
                    }
                    Err(error) => {
                        self.leave(&mut report).await?;
                        return Err(error);
                    }
                }
                continue;
            }
            if report.in_flight == 0 {
                match self.end_of_run().await {
                    Ok(true) if options.once => break,
                    Err(error) if !error.is_retryable() => return Err(error),
                    Err(error) => tracing::warn!(%error, "the lock is still there; trying again"),
                    Ok(_) => {}
                }
            }
            if deadline.is_some_and(|at| self.now() >= at) {
                break;
            }
            self.engine.pause_ms(self.poll_ms()).await;
        }
        self.leave(&mut report).await?;
        Ok(report)
    }

    /// One look, and everything that follows from it.
    async fn round(&mut self, report: &mut RunReport) -> Result<bool, PayoutError> {
        let found = self.look().await?;
        report.in_flight = found.snapshot.open.len();
        let answered = self.answer_requests(&found).await?;
        if answered {
            return Ok(true);
        }
        self.act(&found).await
    }

    /// Nothing is in flight: counts the run for the breaker, and lets other payers in again.
    /// Returns whether the locks are gone: one stays while another wallet holds anything there.
    async fn end_of_run(&mut self) -> Result<bool, PayoutError> {
        let worked = self.tally.settled > 0 || self.tally.released > 0;
        let mut gone = true;
        for pool in self.engine.pools.values().filter(|_| self.may_be_locked) {
            gone &= self.let_go(pool).await?;
            if self.tally.settled > 0
                && let Err(error) = pool.ledger.after_run().await
            {
                tracing::warn!(pool = %pool.id, %error, "no snapshot was asked for");
            }
        }
        self.may_be_locked = !gone;
        if worked {
            let failed = self.any_failed;
            let runs = self.snapshot().await?.wallet.failed_runs.saturating_add(1);
            let mut changes = vec![Change::RunEnded { failed }];
            if failed && runs >= self.engine.policy.breaker_after {
                let reason = format!("payments failed at finality in {runs} runs in a row");
                changes.push(Change::Paused { reason });
            }
            self.write(changes).await?;
            self.put_aside();
        }
        Ok(gone)
    }

    /// Unlocks a ledger. Returns whether the lock is gone: it stays for another wallet's holds.
    async fn let_go(&self, pool: &Pool) -> Result<bool, PayoutError> {
        if pool.ledger.unlock(&self.context(&pool.id)).await? {
            return Ok(true);
        }
        let held = pool.ledger.held().await?;
        if held.iter().any(|leg| leg.wallet == self.wallet) {
            return Err(PayoutError::refused(
                format!(
                    "the ledger of {} holds payments that are over in the journal: it was restored \
                     from an older copy or failed over",
                    pool.id
                ),
                "run `paydirt payouts reconcile`",
            ));
        }
        Ok(false)
    }

    /// Ends with or without something left. A lock stays while anything is in flight.
    async fn leave(&mut self, report: &mut RunReport) -> Result<(), PayoutError> {
        let snapshot = self.snapshot().await?;
        report.in_flight = snapshot.open.len();
        let may_go = report.in_flight == 0 && self.may_be_locked;
        for pool in self.engine.pools.values().filter(|_| may_go) {
            if let Err(error) = pool.ledger.unlock(&self.context(&pool.id)).await {
                tracing::warn!(pool = %pool.id, %error, "the lock is left to the next run");
            }
        }
        report.tally = self.overall.clone();
        report.tally.add(&self.tally);
        Ok(())
    }

    /// Puts the counts of a finished run aside, so that the next one starts at nothing.
    fn put_aside(&mut self) {
        self.overall.add(&self.tally);
        self.tally = crate::Tally::default();
        self.any_failed = false;
        self.window = self.engine.policy.max_in_flight.max(1);
        self.alerted.clear();
        self.gas.clear();
    }

    pub(crate) fn poll_ms(&self) -> u64 {
        self.engine.policy.poll_ms.max(1)
    }
}
