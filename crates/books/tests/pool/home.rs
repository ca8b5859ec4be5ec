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
}

/// A connection without any of our code.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub(crate) async fn connect(home: &Home) -> Self {
        match home {
            Home::Sqlite(_) => {
                let mut on = SqliteConnection::connect(&home.url()).await.unwrap();
                on.execute("PRAGMA foreign_keys = ON").await.unwrap();
                on.execute("PRAGMA busy_timeout = 10000").await.unwrap();
                Self::Sqlite(on)
            }
            Home::Postgres(server) => {
                Self::Postgres(PgConnection::connect(&server.url()).await.unwrap())
            }
        }
    }

    /// One that no rule of the database stops: triggers, and keys of other tables.
    pub(crate) async fn lawless(home: &Home) -> Self {
        let mut raw = Self::connect(home).await;
        match home {
            Home::Sqlite(_) => {
                raw.execute("PRAGMA foreign_keys = OFF").await.unwrap();
                let triggers = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master \
                                WHERE type = 'trigger'";
                for drop in raw.texts(triggers).await {
                    raw.execute(&drop).await.unwrap();
                }
            }
            Home::Postgres(server) => {
                let admin = PgConnection::connect(&server.admin_url()).await.unwrap();
                raw = Self::Postgres(admin);
                raw.execute("SET session_replication_role = replica")
                    .await
                    .unwrap();
            }
        }
        raw
    }

    pub(crate) async fn execute(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(match self {
            Self::Sqlite(on) => statement.execute(on).await?.rows_affected(),
            Self::Postgres(on) => statement.execute(on).await?.rows_affected(),
        })
    }

    /// Changes one row or more of a table that is kept for [`Raw::restore`].
    pub(crate) async fn tamper(&mut self, table: &str, sql: &str) {
        let keep = format!("CREATE TABLE kept AS SELECT * FROM {table}");
        self.execute(&keep).await.unwrap();
        let changed = self.execute(sql).await.unwrap();
        assert!(changed > 0, "nothing changed: {sql}");
    }

    pub(crate) async fn restore(&mut self, table: &str) {
        for sql in [
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} SELECT * FROM kept"),
            "DROP TABLE kept".into(),
        ] {
            self.execute(&sql).await.unwrap();
        }
    }

    /// The only column of all rows, as text.
    pub(crate) async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql);
        let rows: Vec<(Option<String>,)> = match self {
            Self::Sqlite(on) => sqlx::query_as(sql).fetch_all(on).await.unwrap(),
            Self::Postgres(on) => sqlx::query_as(sql).fetch_all(on).await.unwrap(),
        };
        let text = |(text,): (Option<String>,)| text.unwrap_or_else(|| "NULL".into());
        rows.into_iter().map(text).collect()
    }

    /// These columns of all rows, as text, with bars between.
    pub(crate) async fn rows(&mut self, columns: &str, from: &str) -> Vec<String> {
        let text = |column: &str| format!("COALESCE(CAST({column} AS TEXT), '-')");
        let columns: Vec<String> = columns.split(' ').map(text).collect();
        self.texts(&format!(
            "SELECT {} FROM {from}",
            columns.join(" || '|' || ")
        ))
        .await
    }
}
