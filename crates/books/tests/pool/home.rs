//! Where books are, on either database, and a way into it without any of our code.

use paydirt_testkit::PostgresServer;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// New, empty, and gone with this.
pub(crate) enum Home {
    Sqlite(TempDir),
    Postgres(PostgresServer),
}

impl Home {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn postgres() -> Self {
        Self::Postgres(PostgresServer::start().await.unwrap())
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(directory) => {
                format!("sqlite:{}", directory.path().join("books.db").display())
            }
            Self::Postgres(server) => server.url(),
        }
    }

    /// The migrations' folder.
    pub(crate) fn folder(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// A connection without any of our code.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub(crate) async fn connect(home: &Home) -> Self {
        let url = home.url();
        match home {
            Home::Sqlite(_) => {
                let mut on = SqliteConnection::connect(&url).await.unwrap();
                on.execute("PRAGMA foreign_keys = ON").await.unwrap();
                on.execute("PRAGMA busy_timeout = 10000").await.unwrap();
                Self::Sqlite(on)
            }
            Home::Postgres(_) => Self::Postgres(PgConnection::connect(&url).await.unwrap()),
        }
    }

    pub(crate) async fn execute(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(match self {
            Self::Sqlite(on) => statement.execute(on).await?.rows_affected(),
            Self::Postgres(on) => statement.execute(on).await?.rows_affected(),
        })
    }

    /// Changes one row or more, past the triggers of its table.
    pub(crate) async fn tamper(&mut self, table: &str, sql: &str) {
        let names = match self {
            Self::Sqlite(_) => format!(
                "SELECT 'DROP TRIGGER ' || name FROM sqlite_master \
                 WHERE type = 'trigger' AND tbl_name = '{table}'"
            ),
            Self::Postgres(_) => format!(
                "SELECT 'DROP TRIGGER ' || tgname || ' ON {table}' FROM pg_trigger \
                 WHERE tgrelid = to_regclass('{table}') AND NOT tgisinternal"
            ),
        };
        for drop in self.texts(&names).await {
            self.execute(&drop).await.unwrap();
        }
        let changed = self.execute(sql).await.unwrap();
        assert!(changed > 0, "nothing changed: {sql}");
    }

    /// The only column of all rows, as text.
    pub(crate) async fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows: Vec<(Option<String>,)> = match self {
            Self::Sqlite(on) => sqlx::query_as(AssertSqlSafe(sql))
                .fetch_all(on)
                .await
                .unwrap(),
            Self::Postgres(on) => sqlx::query_as(AssertSqlSafe(sql))
                .fetch_all(on)
                .await
                .unwrap(),
        };
        let text = |(text,): (Option<String>,)| text.unwrap_or_else(|| "NULL".into());
        rows.into_iter().map(text).collect()
    }
}
