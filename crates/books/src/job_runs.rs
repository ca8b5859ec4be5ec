//! Runs of jobs: each job is done once for a pool, stream and day, whoever tries.

use paydirt_schedule::{Day, Timestamp};

use crate::codec::{day, instant, named};
use crate::db::query;
use crate::numbers::{PoolNumber, StreamNumber};
use crate::{BooksError, Session};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Done, for good.
    Done,
    /// Something is missing that will come.
    Waiting,
    /// It went wrong, and is tried again.
    Failed,
}

impl RunState {
    /// Its name in the books.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        [Self::Done, Self::Waiting, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// The pool.
    pub pool: PoolNumber,
    /// The stream, if it is of one.
    pub stream: Option<StreamNumber>,
    /// Its name: `settle`, `release`, `statistics`.
    pub job: &'a str,
    /// For which day.
    pub day: Day,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// The stream, if it is of one.
    pub stream: Option<StreamNumber>,
    /// The job's name.
    pub job: String,
    /// For which day.
    pub day: Day,
    /// How it stands.
    pub state: RunState,
    /// Why it waits or failed.
    pub reason: Option<String>,
    /// How often it was tried.
    pub tries: i64,
    /// When it was first tried.
    pub first_at: Timestamp,
    /// When it was last tried.
    pub last_at: Timestamp,
    /// Who tried it last.
    pub by: String,
}

type Row = (
    i64,
    String,
    i64,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    String,
);

fn job_run(row: Row) -> Result<JobRun, BooksError> {
    let (stream, job, on, state, reason, tries, first_at, last_at, by) = row;
    Ok(JobRun {
        stream: (stream != 0).then_some(StreamNumber(stream)),
        job,
        day: day(on)?,
        state: named("state of a run", &state, RunState::of_name)?,
        reason,
        tries,
        first_at: instant(first_at),
        last_at: instant(last_at),
        by,
    })
}

impl Session {
    /// Records how a job went.
    ///
    /// # Errors
    /// `Constraint` when it is done already; `Database`.
    pub async fn record_run(
        &mut self,
        job: Job<'_>,
        state: RunState,
        reason: Option<&str>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let sql = "INSERT INTO job_run \
             (pool, stream, job, day, state, reason, first_at, last_at, by_whom) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) \
             ON CONFLICT (pool, job, day, stream) DO UPDATE SET state = excluded.state, \
             reason = excluded.reason, tries = job_run.tries + 1, last_at = excluded.last_at, \
             by_whom = excluded.by_whom";
        query(sql)
            .bind(job.pool.get())
            .bind(job.stream.map_or(0, StreamNumber::get))
            .bind(job.job)
            .bind(job.day.days_since_epoch())
            .bind(state.name())
            .bind(reason)
            .bind(now.as_ms())
            .bind(by)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// A pool's runs for these days, by day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn job_runs(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<JobRun>, BooksError> {
        let sql = "SELECT stream, job, day, state, reason, tries, first_at, last_at, by_whom \
             FROM job_run WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, job, stream";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(job_run).collect()
    }
}
