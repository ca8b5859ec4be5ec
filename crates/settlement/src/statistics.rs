//! The day's figures, after it is settled and what vested is released.
//!
//! What a pool owes at a day's end changes with every stream that settles it, and with each earlier
//! day that is settled late: from the first day that changed on, the rows of all streams are
//! computed anew. They are a few rows a day, and read no lines.

use paydirt_books::{Books, Job, RunState};
use paydirt_schedule::Day;

use crate::SettlementError;
use crate::catch_up::{Run, Settled, What};
use crate::settle::Outcome;
use crate::terms::PoolTerms;

/// The name of the job in the books.
const JOB: &str = "statistics";

/// Computes the figures of all days that `done` changed, and of settled days that have none, as
/// after a crash.
pub(crate) async fn statistics(
    books: &Books,
    pool: &PoolTerms,
    done: &[Settled],
    run: &Run<'_>,
) -> Result<(), SettlementError> {
    let changed = done
        .iter()
        .filter(|it| is_change(&it.what))
        .map(|it| it.day);
    let Some(from) = first_day(books, pool, changed.min()).await? else {
        return Ok(());
    };
    let mut session = books.begin().await?;
    let locked = session.lock_pool(&pool.id).await?;
    let number = locked.pool.number;
    for stream in session.streams(number).await?.into_values() {
        for day in session.days_without_statistics(stream).await? {
            // Not of a day that is computed again, because something vested on it later.
            let runs = session.job_runs(number, day, day).await?;
            if runs
                .iter()
                .any(|it| it.job == JOB && it.stream == Some(stream))
            {
                continue;
            }
            let job = Job {
                pool: number,
                stream: Some(stream),
                job: JOB,
                day,
            };
            session
                .record_run(job, RunState::Done, None, run.by, run.now)
                .await?;
        }
        session
            .restate_statistics(number, stream, from, run.now)
            .await?;
    }
    Ok(session.commit().await?)
}

/// Computes the figures of settled days that have none, as after a crash; writes nothing else.
///
/// # Errors
/// The books'.
pub async fn complete_statistics(
    books: &Books,
    pool: &PoolTerms,
    run: &Run<'_>,
) -> Result<(), SettlementError> {
    statistics(books, pool, &[], run).await
}

fn is_change(what: &What) -> bool {
    matches!(
        what,
        What::Settlement(Outcome::Settled(_)) | What::Release(_)
    )
}

/// The first day to be computed, if there is one.
async fn first_day(
    books: &Books,
    pool: &PoolTerms,
    changed: Option<Day>,
) -> Result<Option<Day>, SettlementError> {
    let mut session = books.look().await?;
    let mut first = changed;
    // One of which nothing was settled yet may not be in the books.
    let pools = session.pools().await?;
    if let Some(found) = pools.into_iter().find(|found| found.id == pool.id) {
        for stream in session.streams(found.number).await?.into_values() {
            let lacking = session.days_without_statistics(stream).await?;
            first = first.into_iter().chain(lacking).min();
        }
    }
    session.end().await?;
    Ok(first)
}
