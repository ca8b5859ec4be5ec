//! A member's lines are found by indexes: however many there are of others.

use paydirt_testkit::PostgresServer;

use super::OF_MEMBER;
use crate::Books;
use crate::db::{Connection, query};

/// 500 members with an order each, and 20 settled days with a line for each order.
const FILL: [&str; 7] = [
    "INSERT INTO pool (number, name, coin, decimals, first_day, opened_at) \
     VALUES (1, 'space', 'FIL', 18, 20000, 0)",
    "INSERT INTO stream (number, pool, name) VALUES (1, 1, 'mainnet')",
    "INSERT INTO member (number, code, added_at) \
     SELECT n, 'u' || n, 0 FROM (NUMBERED) AS numbered WHERE n <= 500",
    "INSERT INTO pool_order (number, pool, id) \
     SELECT n, 1, 'A' || n FROM (NUMBERED) AS numbered WHERE n <= 500",
    "INSERT INTO order_version (number, of_order, member, power, fee_rate, start_day, \
     valid_from, valid_until, cause, recorded_at, recorded_by) \
     SELECT n, n, n, 1, 0, 20000, 20000, 2932897, 'import', 0, '' \
     FROM (NUMBERED) AS numbered WHERE n <= 500",
    "INSERT INTO posting \
     (number, pool, seq, kind, day, posted_at, posted_by, cause, digest, hash) \
     SELECT n, 1, n, 'settlement', 20000 + n, 0, '', '', ZEROS(32), ZEROS(32) \
     FROM (NUMBERED) AS numbered WHERE n <= 20",
    "INSERT INTO settlement (number, pool, stream, day, kind, posting, begins_at, ends_at, zone, \
     rule, terms, items, deductions, carried_in, carried_out, loss_in, loss_out, loss, income, \
     net, fee, retained, immediate, sold, whole, lines, members, lines_digest, hash, settled_at, \
     settled_by) SELECT n, 1, 1, 20000 + n, 'day', n, 0, 0, 'UTC', 1, '{}', ZEROS(16), ZEROS(16), \
     ZEROS(16), ZEROS(16), ZEROS(16), ZEROS(16), ZEROS(16), 500, 500, 0, 0, 500, ZEROS(16), \
     ZEROS(16), 500, 500, ZEROS(32), ZEROS(32), 0, '' FROM (NUMBERED) AS numbered WHERE n <= 20",
];
const LINES: &str = "INSERT INTO line (settlement, version, gross, fee) \
     SELECT settlement.number, order_version.number, 1, 0 FROM settlement, order_version";
const NUMBERED: &str = "WITH RECURSIVE counted(n) AS \
     (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 500) SELECT n FROM counted";

async fn filled(books: &Books, zeros: &str) -> Connection {
    books.migrate().await.unwrap();
    let mut on = books.write().await.unwrap();
    let (before, after) = zeros.split_once('#').unwrap();
    for sql in FILL {
        let mut sql = sql.replace("NUMBERED", NUMBERED);
        for length in [16, 32] {
            let found = format!("ZEROS({length})");
            sql = sql.replace(&found, &format!("{before}{length}{after}"));
        }
        query(sql.leak()).execute(&mut on).await.unwrap();
    }
    query(LINES).execute(&mut on).await.unwrap();
    on
}

fn explained(how: &str) -> &'static str {
    let with_values = OF_MEMBER.replace("$1", "7").replace("$2", "1");
    let with_values = with_values.replace("$3", "20001").replace("$4", "20020");
    format!("{how} {with_values}").leak()
}

#[tokio::test]
async fn a_members_lines_are_found_by_indexes_in_sqlite() {
    paydirt_testkit::uses("sqlite");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("books.db").display());
    let books = Books::connect(&url).await.unwrap();
    let mut on = filled(&books, "zeroblob(#)").await;
    let plan = query(explained("EXPLAIN QUERY PLAN"));
    let plan: Vec<(i64, i64, i64, String)> = plan.fetch_all(&mut on).await.unwrap();
    let steps: Vec<String> = plan.into_iter().map(|(_, _, _, step)| step).collect();
    println!("{steps:#?}");
    assert!(
        steps.iter().all(|step| !step.starts_with("SCAN")),
        "{steps:#?}"
    );
    let line = "SEARCH line USING PRIMARY KEY (settlement=? AND version=?)";
    assert!(steps.iter().any(|step| step == line), "{steps:#?}");
}

#[tokio::test]
async fn a_members_lines_are_found_by_indexes_in_postgres() {
    let server = PostgresServer::start().await.unwrap();
    let books = Books::connect(&server.url()).await.unwrap();
    let mut on = filled(&books, "decode(repeat('00', #), 'hex')").await;
    query("ANALYZE").execute(&mut on).await.unwrap();
    let plan: Vec<(String,)> = query(explained("EXPLAIN"))
        .fetch_all(&mut on)
        .await
        .unwrap();
    let steps: Vec<String> = plan.into_iter().map(|(step,)| step).collect();
    println!("{steps:#?}");
    let whole = ["Seq Scan on line", "Seq Scan on order_version", "Hash Join"];
    let has = |what: &&str| steps.iter().any(|step| step.contains(*what));
    assert!(!whole.iter().any(has), "{steps:#?}");
    assert!(has(&"line_pkey"), "{steps:#?}");
}
