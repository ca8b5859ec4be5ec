//! A transaction whose server may stop answering.

use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgPool};
use sqlx::query::Query;
use sqlx::{Error, Postgres};
use tokio::time::timeout;

/// A transaction of PostgreSQL. After a statement of it failed, or was given up, it can't be
/// committed: to such a COMMIT the server says that it went well, and rolls back.
pub(crate) struct Transaction {
    inner: sqlx::Transaction<'static, Postgres>,
    limit: Duration,
    unsure: bool,
}

impl Transaction {
    /// Begins one; an answer to any of its statements is waited for no longer than this.
    pub(super) async fn begin(
        pool: &PgPool,
        statement: &'static str,
        limit: Duration,
    ) -> Result<Self, Error> {
        let inner = within(limit, pool.begin_with(statement)).await?;
        Ok(Self {
            inner,
            limit,
            unsure: false,
        })
    }

    /// From now on answers are waited for so long.
    pub(crate) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Before each statement; returns how long its answer is waited for.
    pub(crate) fn begins(&mut self) -> Duration {
        self.unsure = true;
        self.limit
    }

    /// After each statement that went well.
    pub(crate) fn went_well(&mut self) {
        self.unsure = false;
    }

    /// Runs a statement, and counts the rows that it changed.
    pub(crate) async fn execute(
        &mut self,
        statement: Query<'_, Postgres, PgArguments>,
    ) -> Result<u64, Error> {
        let limit = self.begins();
        let done = within(limit, statement.execute(&mut *self.inner)).await?;
        self.went_well();
        Ok(done.rows_affected())
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        if self.unsure {
            let why = "a statement of this transaction failed before: nothing was written";
            return Err(Error::Protocol(why.into()));
        }
        within(self.limit, self.inner.commit()).await
    }

    pub(crate) async fn rollback(self) -> Result<(), Error> {
        within(self.limit, self.inner.rollback()).await
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// What the server answers in this time. After this error it may have done what was asked.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    timeout(limit, answer).await.unwrap_or_else(|_| {
        let words = format!("no answer within {} s", limit.as_secs());
        Err(Error::Io(io::Error::new(ErrorKind::TimedOut, words)))
    })
}
