//! On Redis, anvil and PostgreSQL together: the journal is a server's.

use paydirt_testkit::PostgresServer;

use crate::pool::{Pool, due, quick};
use crate::state::{of_the_pool, paid_by_the_original};

#[tokio::test]
async fn a_pool_is_paid_with_its_journal_in_postgresql() {
    let server = PostgresServer::start().await.unwrap();
    let pool = Pool::with(8, quick()).await;
    let before = pool.state().await;
    let run = async |line: &str| {
        let mut command = pool.command(line);
        command.env("PAYDIRT__DATABASE__URL", server.url());
        Pool::finish(command).await
    };
    let summary = run("payouts run --once --yes --output json").await.json();
    let due = due(8);
    assert_eq!(summary["tally"]["settled"], due.len());
    let paid = pool.assert_paid(&due).await;
    let after = of_the_pool(pool.state().await);
    assert_eq!(after, paid_by_the_original(&before, &paid, &after));
    let again = run("payouts run --once --yes --output json").await.json();
    assert_eq!(again["tally"]["planned"], 0);
    let status = run("payouts status --output json").await.json();
    assert_eq!(status["rows"].as_array().unwrap().len(), due.len());
    assert!(!pool.path("paydirt.db").exists());
}
