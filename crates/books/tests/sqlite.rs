//! The journal on SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod sqlite {
    #[path = "../both/faults.rs"]
    mod faults;
    mod files;
    #[path = "../both/migrations.rs"]
    mod migrations;
    #[path = "../both/promises.rs"]
    mod promises;
    #[path = "../both/rules.rs"]
    mod rules;
    #[path = "../both/shared.rs"]
    mod shared;

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
    }
}
