//! One surface over both databases.
//!
//! A statement is one text for both (`$1`, `ON CONFLICT`, `RETURNING`, `VALUES` lists with
//! `column1`). What differs is spelled by [`dialect`]; whole ways of doing things (connecting,
//! locking, bulk) are under `sqlite` and `postgres`.

mod dialect;
mod many;
mod query;
mod value;

use sqlx::{Postgres, Sqlite};

pub(crate) use many::{Many, ids, many, pairs};
pub(crate) use query::{Query, query};
pub(crate) use value::Value;

/// A transaction of either database; dropped without a commit it leaves nothing.
pub(crate) enum Connection {
    /// SQLite, with its write lock where it may write.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Connection {
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
