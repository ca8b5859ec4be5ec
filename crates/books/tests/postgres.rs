//! The journal on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod postgres {
    mod connecting;
    #[path = "../both/due.rs"]
    mod due;
    #[path = "../both/faults.rs"]
    mod faults;
    mod health;
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
    mod server;
    #[path = "../both/shared.rs"]
    mod shared;
    mod wire;
    #[path = "../both/withdrawals.rs"]
    mod withdrawals;

    use paydirt_testkit::PostgresServer;
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

    /// How it writes a byte of 0, and yes.
    const ZERO_BYTE: &str = "'\\x00'";
    const TRUE: &str = "TRUE";
    const FOLDER: &str = "postgres";
    /// How often a race is run.
    const RACES: u32 = 3;

    /// Where books are.
    struct Home(PostgresServer);

    impl Home {
        async fn new() -> Self {
            Self(PostgresServer::start().await.unwrap())
        }

        fn url(&self) -> String {
            self.0.url()
        }
    }

    /// A connection without any of our code.
    struct Raw(PgConnection);

    impl Raw {
        async fn connect(home: &Home) -> Self {
            Self::to(&home.url()).await
        }

        async fn to(url: &str) -> Self {
            Self(PgConnection::connect(url).await.unwrap())
        }

        async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
            let statement = sqlx::raw_sql(AssertSqlSafe(sql));
            statement.execute(&mut self.0).await.map(drop)
        }

        /// One that may do everything.
        async fn admin(home: &Home) -> Self {
            Self::to(&home.0.admin_url()).await
        }

        /// Keeps a copy of what is in these tables.
        async fn keep_copy(&mut self, tables: &[&str]) {
            let mut all = "DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept;".to_owned();
            for table in tables {
                all.push_str(&format!("CREATE TABLE kept.{table} AS TABLE {table};"));
            }
            self.execute(&all).await.unwrap();
        }

        /// Brings it back, whatever triggers say.
        async fn restore_copy(&mut self, tables: &[&str]) {
            let mut all = "BEGIN; SET LOCAL session_replication_role = replica;".to_owned();
            for table in tables {
                all.push_str(&format!(
                    "DELETE FROM {table}; INSERT INTO {table} TABLE kept.{table};"
                ));
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
