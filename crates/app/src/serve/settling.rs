//! A pool's days, settled by its schedule.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use paydirt_books::Books;
use paydirt_payouts::Stop;
use paydirt_schedule::{Clock, Timestamp};
use paydirt_settlement::{PoolTerms, Run, SettlementError, Span, StreamTerms};

use super::RETRY_MS;
use super::observing::NotSeen;
use crate::income_observe::Observer;
use crate::settle::{DayDone, DayState, StreamRun, settle_stream};

/// By whom days are settled.
pub(super) const BY: &str = "paydirt serve";
/// Pauses after a database that was away.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// Settles a pool's days as they become due.
pub struct Settler {
    /// The books, up to date.
    pub books: Books,
    /// The pool.
    pub terms: PoolTerms,
    /// Where its income is seen, if its chain shows it.
    pub observer: Option<Observer>,
    /// Time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// Ends it after the day in hand.
    pub stop: Stop,
}

/// How a round went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// All that is due is settled.
    #[default]
    Done,
    /// Something waits, or failed and is tried again.
    Waits,
    /// The database was away.
    Passing,
}

impl Settler {
    /// Runs until it is stopped.
    pub async fn run(&self) {
        let mut told = BTreeMap::new();
        let mut failures: u32 = 0;
        while !self.stop.is_asked() {
            let now = self.clock.now();
            let mut round = Round::Done;
            for stream in &self.terms.streams {
                round = round.max(self.settle(stream, now, &mut told).await);
            }
            failures = match round {
                Round::Passing => failures.saturating_add(1),
                Round::Done | Round::Waits => 0,
            };
            tokio::select! {
                () = self.pause(round, failures) => {}
                () = self.stop.asked() => {}
            }
        }
    }

    /// What is due of a stream, after its chain was asked what came in. What waits is told once a
    /// day and reason.
    async fn settle(
        &self,
        stream: &StreamTerms,
        now: Timestamp,
        told: &mut BTreeMap<String, String>,
    ) -> Round {
        let not_seen = self.observe(stream, now).await;
        let done = match self.settle_due(stream, now).await {
            Ok(done) => done,
            Err(error) => return self.tell_failure(stream, &error),
        };
        done.iter().for_each(|day| self.tell(day));
        let waits = done.iter().find(|day| day.state == DayState::Waiting);
        let reason = |waiting: &DayDone| match not_seen {
            Ok(Some(NotSeen { day, reason })) if day == waiting.day => reason,
            Err(error) => error.to_string(),
            _ => waiting.reason.clone().unwrap_or_default(),
        };
        match waits {
            None => Round::Done,
            Some(waiting) => {
                self.tell_waiting(waiting, &reason(waiting), told);
                Round::Waits
            }
        }
    }

    async fn settle_due(
        &self,
        stream: &StreamTerms,
        now: Timestamp,
    ) -> Result<Vec<DayDone>, SettlementError> {
        let of = StreamRun {
            books: &self.books,
            terms: &self.terms,
            stream,
            span: Span::Due,
            run: Run {
                now,
                by: BY,
                dry_run: false,
            },
        };
        let mut until_stopped = |_: paydirt_settlement::Progress<'_>| match self.stop.is_asked() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        settle_stream(&of, &mut until_stopped).await
    }

    fn tell(&self, done: &DayDone) {
        let (pool, stream, day) = (&done.pool, &done.stream, done.day);
        match (done.state, &done.figures, done.released) {
            (DayState::Settled, Some(figures), _) => {
                let (income, net) = (figures.income, figures.net);
                tracing::info!(%pool, %stream, %day, %income, %net, "settled");
            }
            (DayState::Released, _, Some(amount)) => {
                tracing::info!(%pool, %stream, %day, %amount, "released what vested");
            }
            _ => {}
        }
    }

    fn tell_waiting(&self, done: &DayDone, reason: &str, told: &mut BTreeMap<String, String>) {
        let (pool, stream, day) = (&done.pool, &done.stream, done.day);
        let waits = format!("{day}: {reason}");
        if told.get(stream) != Some(&waits) {
            tracing::warn!(%pool, %stream, %day, "waits: {reason}");
            told.insert(stream.clone(), waits);
        }
    }

    fn tell_failure(&self, stream: &StreamTerms, error: &SettlementError) -> Round {
        let (pool, stream) = (&self.terms.id, &stream.name);
        if error.is_passing() {
            tracing::warn!(%pool, %stream, "{error}; it is tried again");
            return Round::Passing;
        }
        tracing::error!(%pool, %stream, "not settled: {error}; it is tried again");
        Round::Waits
    }

    /// Until the next day is due; or until it is time to try again, whichever comes first.
    async fn pause(&self, round: Round, failures: u32) {
        let now = self.clock.now();
        let next_due = self.terms.schedule.next_due(self.terms.first_day, now);
        let next_due = next_due.map(|due| due.due_at);
        match round {
            Round::Done => self.sleep_until(next_due).await,
            Round::Waits => {
                let next = self.terms.schedule.next_run(now);
                tokio::select! {
                    () = self.sleep_until(next) => {}
                    () = self.clock.sleep_ms(RETRY_MS) => {}
                }
            }
            Round::Passing => {
                let doublings = failures.saturating_sub(1).min(16);
                let pause = FIRST_PAUSE_MS.saturating_mul(1 << doublings);
                self.clock.sleep_ms(pause.min(LONGEST_PAUSE_MS)).await;
            }
        }
    }

    async fn sleep_until(&self, at: Option<Timestamp>) {
        match at {
            Some(at) => self.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
