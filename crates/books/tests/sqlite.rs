//! The journal on SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod sqlite {
    #[path = "../both/due.rs"]
    mod due;
    #[path = "../both/faults.rs"]
    mod faults;
    mod files;
    #[path = "../both/ledger.rs"]
    mod ledger;
    #[path = "../both/migrations.rs"]
    mod migrations;
    #[path = "../both/moves.rs"]
    mod moves;
    #[path = "../both/promises.rs"]
    mod promises;
    #[path = "../both/rules.rs"]
    mod rules;
    #[path = "../both/shared.rs"]
    mod shared;
    #[path = "../both/withdrawals.rs"]
    mod withdrawals;

    use std::path::Path;

    use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
    use tempfile::TempDir;

    /// How it writes a byte of 0, and yes.
    const ZERO_BYTE: &str = "x'00'";
    const TRUE: &str = "1";
    const FOLDER: &str = "sqlite";
    /// How often a race is run.
    const RACES: u32 = 20;

    /// Where books are.
    struct Home(TempDir);

    impl Home {
        async fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self) -> &Path {
            self.0.path()
        }

        fn url(&self) -> String {
            format!("sqlite:{}", self.path().join("books.db").display())
        }
    }

    /// A connection without any of our code.
    struct Raw(SqliteConnection);

    impl Raw {
        async fn connect(home: &Home) -> Self {
            let mut connection = SqliteConnection::connect(&home.url()).await.unwrap();
            connection
                .execute("PRAGMA foreign_keys = ON")
                .await
                .unwrap();
            Self(connection)
        }

        async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
            let statement = sqlx::raw_sql(AssertSqlSafe(sql));
            statement.execute(&mut self.0).await.map(drop)
        }

        /// One that may do everything.
        async fn admin(home: &Home) -> Self {
            Self::connect(home).await
        }

        /// Keeps a copy of what is in these tables.
        async fn keep_copy(&mut self, tables: &[&str]) {
            for table in tables {
                let copy = format!(
                    "DROP TABLE IF EXISTS kept_{table}; \
                     CREATE TABLE kept_{table} AS SELECT * FROM {table}"
                );
                self.execute(&copy).await.unwrap();
            }
        }

        /// Brings it back, whatever triggers say.
        async fn restore_copy(&mut self, tables: &[&str]) {
            let triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'";
            let triggers = sqlx::query_as(triggers).fetch_all(&mut self.0);
            let triggers: Vec<(String, String)> = triggers.await.unwrap();
            let mut all = "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;".to_owned();
            for (name, _) in &triggers {
                all.push_str(&format!("DROP TRIGGER {name};"));
            }
            for table in tables {
                all.push_str(&format!(
                    "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table};"
                ));
            }
            for (_, sql) in &triggers {
                all.push_str(&format!("{sql};"));
            }
            all.push_str("COMMIT");
            self.execute(&all).await.unwrap();
        }

        /// The one number that a query gives.
        async fn number(&mut self, sql: &str) -> i64 {
            let number = sqlx::query_scalar(AssertSqlSafe(sql));
            number.fetch_one(&mut self.0).await.unwrap()
        }
    }
}
