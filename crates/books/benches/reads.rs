//! How long a member's lines and a pool's daily figures take to read, among those of a million
//! members over 90 days: median and maximum of 200 members chosen at random, in SQLite and in
//! PostgreSQL. `PAYDIRT_MEMBERS` and `PAYDIRT_DAYS` set other sizes.
//! `cargo bench -p paydirt-books --bench reads`
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement"
)]

use std::time::Instant;

use paydirt_books::{Books, MemberNumber};
use paydirt_ledger::PoolId;
use paydirt_schedule::{Day, Timestamp};
use paydirt_testkit::PostgresServer;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

const FIRST: i32 = 20_000;
const READS: i64 = 200;

/// `MEMBERS`, `DAYS`, `NUMBERS(count)` and `ZEROS(length)` are spelled for the database.
const FILL: [&str; 8] = [
    "INSERT INTO pool (number, name, coin, decimals, first_day, opened_at) \
     VALUES (1, 'space', 'FIL', 18, 20000, 0)",
    "INSERT INTO stream (number, pool, name) VALUES (1, 1, 'mainnet')",
    "INSERT INTO member (number, code, added_at) SELECT n, 'u' || n, 0 FROM NUMBERS(MEMBERS)",
    "INSERT INTO pool_order (number, pool, id) SELECT n, 1, 'A' || n FROM NUMBERS(MEMBERS)",
    "INSERT INTO order_version (number, of_order, member, power, fee_rate, start_day, \
     valid_from, valid_until, cause, recorded_at, recorded_by) \
     SELECT n, n, n, 1, 0, 20000, 20000, 2932897, 'import', 0, '' FROM NUMBERS(MEMBERS)",
    "INSERT INTO posting \
     (number, pool, seq, kind, day, posted_at, posted_by, cause, digest, hash) \
     SELECT n, 1, n, 'settlement', 20000 + n, 0, '', '', ZEROS(32), ZEROS(32) \
     FROM NUMBERS(DAYS)",
    "INSERT INTO settlement (number, pool, stream, day, kind, posting, begins_at, ends_at, zone, \
     rule, terms, items, deductions, carried_in, carried_out, loss_in, loss_out, loss, income, \
     net, fee, retained, immediate, sold, whole, lines, members, lines_digest, hash, settled_at, \
     settled_by) SELECT n, 1, 1, 20000 + n, 'day', n, 0, 0, 'UTC', 1, '{}', ZEROS(16), ZEROS(16), \
     ZEROS(16), ZEROS(16), ZEROS(16), ZEROS(16), ZEROS(16), 500, 500, 0, 0, 500, ZEROS(16), \
     ZEROS(16), MEMBERS, MEMBERS, ZEROS(32), ZEROS(32), 0, '' FROM NUMBERS(DAYS)",
    "INSERT INTO line (settlement, version, gross, fee) \
     SELECT days.n, members.n, members.n, 1 FROM NUMBERS(DAYS) AS days, \
     NUMBERS(MEMBERS) AS members ORDER BY days.n, members.n",
];

struct Size {
    members: i64,
    days: i32,
}

fn main() {
    let set = |name: &str, default: i64| {
        let set = std::env::var(name).ok();
        set.map_or(default, |text| text.parse().unwrap())
    };
    let size = Size {
        members: set("PAYDIRT_MEMBERS", 1_000_000),
        days: i32::try_from(set("PAYDIRT_DAYS", 90)).unwrap(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    println!("{} members, {} days", size.members, size.days);
    runtime.block_on(async {
        in_sqlite(&size).await;
        in_postgres(&size).await;
    });
}

fn spelled(sql: &str, size: &Size, numbers: (&str, &str), zeros: (&str, &str)) -> String {
    let sql = sql.replace(
        "NUMBERS(DAYS)",
        &format!("{}{}{}", numbers.0, size.days, numbers.1),
    );
    let members = format!("{}{}{}", numbers.0, size.members, numbers.1);
    let mut sql = sql.replace("NUMBERS(MEMBERS)", &members);
    sql = sql.replace("MEMBERS", &size.members.to_string());
    for length in ["16", "32"] {
        let found = format!("ZEROS({length})");
        sql = sql.replace(&found, &format!("{}{length}{}", zeros.0, zeros.1));
    }
    sql
}

async fn in_sqlite(size: &Size) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("books.db").display());
    let books = Books::connect(&url).await.unwrap();
    books.migrate().await.unwrap();
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    raw.execute("PRAGMA synchronous = OFF").await.unwrap();
    let numbers = (
        "(WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ",
        ") SELECT n FROM counted)",
    );
    for sql in FILL {
        let sql = spelled(sql, size, numbers, ("zeroblob(", ")"));
        raw.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    measure("SQLite", &books, size).await;
}

async fn in_postgres(size: &Size) {
    let server = PostgresServer::start().await.unwrap();
    let books = Books::connect(&server.url()).await.unwrap();
    books.migrate().await.unwrap();
    let mut raw = PgConnection::connect(&server.url()).await.unwrap();
    let numbers = (
        "(SELECT CAST(n AS BIGINT) AS n FROM generate_series(1, ",
        ") AS n)",
    );
    for sql in FILL {
        // A subquery has a name there.
        let sql = spelled(sql, size, numbers, ("decode(repeat('00', ", "), 'hex')"));
        let sql = match sql.ends_with("AS n)") {
            true => sql + " AS numbered",
            false => sql,
        };
        raw.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    raw.execute("ANALYZE").await.unwrap();
    measure("PostgreSQL", &books, size).await;
}

async fn measure(database: &str, books: &Books, size: &Size) {
    let (from, to) = (day(1), day(size.days));
    let mut session = books.begin().await.unwrap();
    let pool = session.pool(&PoolId::new("space")).await.unwrap().number;
    let stream = session.streams(pool).await.unwrap()["mainnet"];
    let computed = session
        .restate_statistics(pool, stream, from, Timestamp::from_ms(0))
        .await
        .unwrap();
    assert_eq!(i64::try_from(computed).unwrap(), i64::from(size.days));
    session.commit().await.unwrap();
    let (mut lines, mut figures) = (Vec::new(), Vec::new());
    for n in 0..READS {
        // Far from each other, none twice.
        let member = MemberNumber::new((n * 7_919_993) % size.members + 1);
        let begun = Instant::now();
        let mut session = books.look().await.unwrap();
        let earned = session
            .earned_by_member(pool, member, from, to)
            .await
            .unwrap();
        lines.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!(earned.len(), usize::try_from(size.days).unwrap());
        let begun = Instant::now();
        let daily = session.daily_statistics(pool, from, to).await.unwrap();
        figures.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!(daily.len(), earned.len());
        session.end().await.unwrap();
    }
    for (what, mut ms) in [("a member's lines", lines), ("daily figures", figures)] {
        ms.sort_by(f64::total_cmp);
        let (median, max) = (ms[ms.len() / 2], ms[ms.len() - 1]);
        println!("{database:<10} {what:<16} median {median:7.2} ms, max {max:7.2} ms");
    }
}

fn day(nth: i32) -> Day {
    Day::from_days_since_epoch(FIRST + nth).unwrap()
}
