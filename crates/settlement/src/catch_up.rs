//! All days that are due, in order; each stream by itself.

use std::ops::ControlFlow;

use paydirt_books::{Books, RunState, Session, StreamNumber};
use paydirt_schedule::{Day, Timestamp};

use crate::release::{JOB as RELEASE, Released, release};
use crate::settle::{DayOf, JOB, Outcome, next_day, settle};
use crate::statistics::statistics;
use crate::terms::{PoolTerms, StreamTerms};
use crate::{LONG, SettlementError};

/// Which days are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Those whose turn has come by the pool's schedule.
    Due,
    /// These, if they are over, whether their turn has come or not.
    Days {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
    },
}

/// What became of a day, or of its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The stream.
    pub stream: String,
    /// The day.
    pub day: Day,
    /// What became of it.
    pub what: What,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A day was settled, or waits.
    Settlement(Outcome),
    /// What vested was released.
    Release(Released),
}

/// How far it has come, before each day.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The stream.
    pub stream: &'a str,
    /// Whether it is to be settled, or what vested on it released: the job's name in the books.
    pub job: &'static str,
    /// The day that is next.
    pub day: Day,
    /// The last day of these.
    pub to: Day,
}

/// Who settles, when, and whether for real.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The time.
    pub now: Timestamp,
    /// By whom.
    pub by: &'a str,
    /// Whether to take back what is done. Then each stream's next day alone, as others build on it.
    pub dry_run: bool,
}

/// Settles the days of these streams that the span names, and releases what has vested by then;
/// each day in a transaction of its own. A stream stops at its first day that waits, and where
/// `progress` breaks. Then the figures of all days that changed are computed.
///
/// # Errors
/// The first failure; days before it are settled.
pub async fn catch_up(
    books: &Books,
    pool: &PoolTerms,
    streams: &[&StreamTerms],
    span: Span,
    run: &Run<'_>,
    progress: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
) -> Result<Vec<Settled>, SettlementError> {
    let mut done = Vec::new();
    for stream in streams {
        let of = Of {
            books,
            pool,
            stream,
        };
        let settled = of.settle(span, run, progress, &mut done).await;
        // What vests waits neither for income nor for what keeps a day from being settled.
        let released = match run.dry_run {
            true => Ok(()),
            false => of.release(span, run, progress, &mut done).await,
        };
        settled?;
        released?;
    }
    if !run.dry_run {
        statistics(books, pool, &done, run).await?;
    }
    Ok(done)
}

struct Of<'a> {
    books: &'a Books,
    pool: &'a PoolTerms,
    stream: &'a StreamTerms,
}

impl Of<'_> {
    async fn open(&self, now: Timestamp) -> Result<(Session, StreamNumber), SettlementError> {
        let mut session = self.books.begin().await?;
        session.allow(LONG).await?;
        let (coin, first) = (self.pool.coin, self.pool.first_day);
        let pool = session.open_pool(&self.pool.id, coin, first, now).await?;
        let number = session.open_stream(pool.number, &self.stream.name).await?;
        Ok((session, number))
    }

    async fn settle(
        &self,
        span: Span,
        run: &Run<'_>,
        progress: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
        done: &mut Vec<Settled>,
    ) -> Result<(), SettlementError> {
        loop {
            let (mut session, number) = self.open(run.now).await?;
            let mut locked = session.lock_pool(&self.pool.id).await?;
            let last = session.last_settled(number).await?;
            let next =
                next_day(&mut session, self.pool, self.stream, number, last.as_ref()).await?;
            let day = match (span, next) {
                (Span::Days { from, .. }, Some(next)) if next < from => from,
                (_, Some(next)) => next,
                (_, None) => return Ok(session.end().await?),
            };
            let Some(to) = self.last_of(span, day, run.now)? else {
                return Ok(session.end().await?);
            };
            let here = Progress {
                stream: &self.stream.name,
                job: JOB,
                day,
                to,
            };
            if progress(here).is_break() {
                return Ok(session.end().await?);
            }
            let of = DayOf {
                pool: self.pool,
                stream: self.stream,
                number,
                day,
                now: run.now,
                by: run.by,
            };
            let outcome = settle(&mut session, &mut locked, &of).await?;
            let goes_on = matches!(outcome, Outcome::Settled(_)) && !run.dry_run;
            match &outcome {
                Outcome::Settled(_) if !run.dry_run => session.commit().await?,
                Outcome::Waiting(reason) if !run.dry_run => {
                    let (waits, why) = (RunState::Waiting, Some(reason.as_str()));
                    of.record(&mut session, &locked, JOB, waits, why).await?;
                    session.commit().await?;
                }
                _ => session.end().await?,
            }
            let released = match &outcome {
                Outcome::Settled(summary) => summary.released,
                _ => None,
            };
            done.push(self.done(day, What::Settlement(outcome)));
            done.extend(released.map(|released| self.done(day, What::Release(released))));
            if !goes_on {
                return Ok(());
            }
        }
    }

    fn done(&self, day: Day, what: What) -> Settled {
        Settled {
            stream: self.stream.name.clone(),
            day,
            what,
        }
    }

    /// The last day that is to be settled, if this one is.
    fn last_of(
        &self,
        span: Span,
        day: Day,
        now: Timestamp,
    ) -> Result<Option<Day>, SettlementError> {
        Ok(match span {
            Span::Days { to, .. } => (day <= to).then_some(to),
            Span::Due => {
                let due = |day| self.pool.schedule.due_at(day).is_some_and(|at| at <= now);
                let today = self.pool.zones().day_of(now)?;
                due(day).then(|| today.prev().unwrap_or(day).max(day))
            }
        })
    }

    async fn release(
        &self,
        span: Span,
        run: &Run<'_>,
        progress: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
        done: &mut Vec<Settled>,
    ) -> Result<(), SettlementError> {
        loop {
            let (mut session, number) = self.open(run.now).await?;
            let mut locked = session.lock_pool(&self.pool.id).await?;
            let next = session.next_release(number).await?;
            let is_over = |day: &Day| self.pool.zones().instants(*day).end <= run.now;
            let Some(day) = next.filter(is_over) else {
                return Ok(session.end().await?);
            };
            let Some(to) = self.last_of(span, day, run.now)? else {
                return Ok(session.end().await?);
            };
            let here = Progress {
                stream: &self.stream.name,
                job: RELEASE,
                day,
                to,
            };
            if progress(here).is_break() {
                return Ok(session.end().await?);
            }
            let of = DayOf {
                pool: self.pool,
                stream: self.stream,
                number,
                day,
                now: run.now,
                by: run.by,
            };
            let released = release(&mut session, &mut locked, &of).await?;
            session.commit().await?;
            done.push(self.done(day, What::Release(released)));
        }
    }
}
