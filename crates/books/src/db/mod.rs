//! One surface over both databases.
//!
//! A statement is one text for both (`$1`, `ON CONFLICT`, `RETURNING`, `VALUES` lists with
//! `column1`). What differs is spelled by [`dialect`]; whole ways of doing things (connecting,
//! locking, bulk) are under `sqlite` and `postgres`.

mod dialect;
mod many;
mod packed;
mod query;
#[cfg(test)]
mod tests;
mod value;

use std::time::Duration;

use sqlx::Sqlite;

use crate::postgres;

pub(crate) use many::{Many, ids, list, many, pairs};
pub(crate) use packed::InOrder;
pub(crate) use query::{Query, query};
pub(crate) use value::Value;

/// What has no row of its own to be locked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock {
    /// The schema.
    Migrations,
    /// The list of wallets.
    Wallets,
}

/// Locks of ours in a database that others may use too.
const LOCKS: i64 = 7_218_449_301;

/// A transaction of either database; dropped without a commit it leaves nothing.
pub(crate) enum Connection {
    /// SQLite, with its write lock where it may write.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// PostgreSQL.
    Postgres(postgres::Transaction),
}

impl Connection {
    /// For a long work: a statement of this transaction may take so long, and it may be idle for so
    /// long between two. SQLite knows no such limit.
    pub(crate) async fn allow(&mut self, time: Duration) -> Result<(), sqlx::Error> {
        if let Self::Postgres(on) = self {
            on.set_limit(time.saturating_add(postgres::ON_THE_WAY));
            let ms = time.as_millis().to_string();
            query(postgres::ALLOW).bind(ms).execute(self).await?;
        }
        Ok(())
    }

    /// Nobody else has this until the transaction ends. On SQLite who may write has everything.
    pub(crate) async fn lock(&mut self, what: Lock) -> Result<(), sqlx::Error> {
        if let Self::Postgres(_) = self {
            let number = LOCKS.saturating_add(what as i64);
            query(postgres::LOCK).bind(number).execute(self).await?;
        }
        Ok(())
    }

    /// Makes what was written durable.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Ends a transaction that only read, or takes back what it wrote.
    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}
