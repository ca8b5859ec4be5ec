//! One statement with its values.

use std::borrow::Cow;

use futures::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Error, FromRow};

use super::{Connection, Value, dialect};
use crate::postgres::within;

/// A row that both databases can give: `#[derive(sqlx::FromRow)]`, or a tuple.
pub(crate) trait Row: OfSqlite + OfPostgres + Send + Unpin {}
pub(crate) trait OfSqlite: for<'r> FromRow<'r, SqliteRow> {}
pub(crate) trait OfPostgres: for<'r> FromRow<'r, PgRow> {}

impl<T: OfSqlite + OfPostgres + Send + Unpin> Row for T {}
impl<T: for<'r> FromRow<'r, SqliteRow>> OfSqlite for T {}
impl<T: for<'r> FromRow<'r, PgRow>> OfPostgres for T {}

/// A statement in the making.
#[must_use = "a statement does nothing until it is run"]
pub(crate) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
    persistent: bool,
}

/// A statement of a fixed text; what varies is bound, never written into it.
pub(crate) fn query(sql: &'static str) -> Query {
    Query {
        sql: sql.into(),
        values: Vec::new(),
        persistent: true,
    }
}

/// Runs a statement with what it needs on either database.
macro_rules! on_either {
    ($query:ident, $connection:ident, $make:path, |$ready:ident, $on:ident| $run:expr) => {
        match $connection {
            Connection::Sqlite($on) => {
                let persistent = $query.persistent;
                let (sql, arguments) = $query.for_sqlite()?;
                let $ready = $make(AssertSqlSafe(sql), arguments).persistent(persistent);
                $run.await
            }
            Connection::Postgres($on) => {
                let persistent = $query.persistent;
                let (sql, arguments) = $query.for_postgres()?;
                let $ready = $make(AssertSqlSafe(sql), arguments).persistent(persistent);
                let limit = $on.begins();
                let answer = within(limit, $run).await?;
                $on.went_well();
                Ok(answer)
            }
        }
    };
}

impl Query {
    /// Of a text with placeholders that was put together from fixed parts.
    pub(super) fn assembled(sql: String, values: Vec<Value>, persistent: bool) -> Self {
        Self {
            sql: sql.into(),
            values,
            persistent,
        }
    }

    /// Binds the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The number of rows that it changed.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, Error> {
        on_either!(self, connection, sqlx::query_with, |ready, on| async {
            let done = ready.execute(&mut **on).await?;
            Ok(done.rows_affected())
        })
    }

    /// All rows.
    pub(crate) async fn fetch_all<T: Row>(
        self,
        connection: &mut Connection,
    ) -> Result<Vec<T>, Error> {
        on_either!(self, connection, sqlx::query_as_with, |ready, on| {
            ready.fetch_all(&mut **on)
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<T: Row>(
        self,
        connection: &mut Connection,
    ) -> Result<Option<T>, Error> {
        on_either!(self, connection, sqlx::query_as_with, |ready, on| {
            ready.fetch_optional(&mut **on)
        })
    }

    /// The first row; none is an error.
    pub(crate) async fn fetch_one<T: Row>(self, connection: &mut Connection) -> Result<T, Error> {
        on_either!(self, connection, sqlx::query_as_with, |ready, on| {
            ready.fetch_one(&mut **on)
        })
    }

    /// Hands each row on as it comes, so that many need no room.
    pub(crate) async fn for_each<T: Row, E: From<Error>>(
        self,
        connection: &mut Connection,
        mut each: impl FnMut(T) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        match connection {
            Connection::Sqlite(on) => {
                let (sql, arguments) = self.for_sqlite()?;
                let ready = sqlx::query_as_with(AssertSqlSafe(sql), arguments);
                let mut rows = ready.fetch(&mut **on);
                while let Some(row) = rows.try_next().await? {
                    each(row)?;
                }
            }
            Connection::Postgres(on) => {
                let (sql, arguments) = self.for_postgres()?;
                let ready = sqlx::query_as_with(AssertSqlSafe(sql), arguments);
                let limit = on.begins();
                let mut rows = ready.fetch(&mut **on);
                while let Some(row) = within(limit, rows.try_next()).await? {
                    each(row)?;
                }
                drop(rows);
                on.went_well();
            }
        }
        Ok(())
    }

    fn for_sqlite(self) -> Result<(String, SqliteArguments), Error> {
        let mut arguments = SqliteArguments::default();
        for value in self.values {
            value.add_to_sqlite(&mut arguments)?;
        }
        Ok((dialect::for_sqlite(self.sql).into_owned(), arguments))
    }

    fn for_postgres(self) -> Result<(String, PgArguments), Error> {
        let mut arguments = PgArguments::default();
        for value in self.values {
            value.add_to_postgres(&mut arguments)?;
        }
        Ok((dialect::for_postgres(self.sql).into_owned(), arguments))
    }
}
