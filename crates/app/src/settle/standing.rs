//! How far each stream is settled.

use paydirt_books::{Books, RunState};
use paydirt_money::Amount;
use paydirt_schedule::{Day, Timestamp};
use paydirt_settlement::{JOB, PoolTerms, RELEASE_JOB, next_day};

use crate::error::AppError;
use crate::of_pool::known;

/// How far a stream is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The stream.
    pub stream: String,
    /// Its last settled day.
    pub last: Option<Day>,
    /// The day whose turn it is, if one's has come.
    pub due: Option<Day>,
    /// Why that day waits or failed, if it was tried.
    pub reason: Option<String>,
    /// The day whose release failed, and why.
    pub unreleased: Option<(Day, String)>,
}

/// How far each stream of a pool is settled, in the order of the terms.
///
/// # Errors
/// The books'.
pub async fn standings(
    books: &Books,
    terms: &PoolTerms,
    now: Timestamp,
) -> Result<Vec<Standing>, AppError> {
    let mut session = books.look().await?;
    let pool = known(&mut session, terms).await?;
    let numbers = match &pool {
        Some(pool) => session.streams(pool.number).await?,
        None => Default::default(),
    };
    let is_due = |day: &Day| terms.schedule.due_at(*day).is_some_and(|at| at <= now);
    let mut all = Vec::with_capacity(terms.streams.len());
    for stream in &terms.streams {
        let mut standing = Standing {
            stream: stream.name.clone(),
            last: None,
            due: None,
            reason: None,
            unreleased: None,
        };
        match (&pool, numbers.get(&stream.name)) {
            (Some(pool), Some(number)) => {
                let last = session.last_settled(*number).await?;
                standing.last = last.as_ref().map(|last| last.day);
                let next = next_day(&mut session, terms, stream, *number, last.as_ref()).await?;
                standing.due = next.filter(is_due);
                if let Some(day) = standing.due {
                    let runs = session.job_runs(pool.number, day, day).await?;
                    let own = runs.into_iter().find(|run| {
                        run.job == JOB && run.stream == Some(*number) && run.state != RunState::Done
                    });
                    standing.reason = own.and_then(|run| run.reason);
                }
                if let Some(day) = session.next_release(*number).await? {
                    let runs = session.job_runs(pool.number, day, day).await?;
                    let own = runs.into_iter().find(|run| {
                        run.job == RELEASE_JOB
                            && run.stream == Some(*number)
                            && run.state == RunState::Failed
                    });
                    let reason = own.and_then(|run| run.reason);
                    standing.unreleased = reason.map(|reason| (day, reason));
                }
            }
            _ => {
                let is_daily = stream.due == paydirt_settlement::Due::Daily;
                let first = terms.first_day_of(stream);
                standing.due = Some(first).filter(|day| is_daily && is_due(day));
            }
        }
        all.push(standing);
    }
    session.end().await?;
    Ok(all)
}

/// A stream of the books that the configuration has no more, and that members still have money in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// The stream.
    pub stream: String,
    /// The day whose release is next, if something is vesting.
    pub next_release: Option<Day>,
    /// What it has collected, and is not transferred.
    pub collected: Amount,
}

impl LeftBehind {
    /// What is wrong, and what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let mut what = vec!["it is not in the configuration, and members have money in it".into()];
        if let Some(day) = self.next_release {
            what.push(format!("what vests from {day} on is not released"));
        }
        if !self.collected.is_zero() {
            what.push(format!("{} is collected", self.collected));
        }
        format!(
            "{}: describe it again, with `until` its last day",
            what.join("; ")
        )
    }
}

/// Streams that are settled no more, and not done.
///
/// # Errors
/// The books'.
pub async fn left_behind(books: &Books, terms: &PoolTerms) -> Result<Vec<LeftBehind>, AppError> {
    let mut session = books.look().await?;
    let mut left = Vec::new();
    if let Some(pool) = known(&mut session, terms).await? {
        for (stream, number) in session.streams(pool.number).await? {
            if terms.streams.iter().any(|it| it.name == stream) {
                continue;
            }
            let next_release = session.next_release(number).await?;
            let collected = Amount::from_units(session.collected(number).await?, terms.coin);
            if next_release.is_some() || !collected.is_zero() {
                left.push(LeftBehind {
                    stream,
                    next_release,
                    collected,
                });
            }
        }
    }
    session.end().await?;
    Ok(left)
}
