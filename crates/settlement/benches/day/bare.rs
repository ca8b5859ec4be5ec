//! The statements that nobody can do without.

use std::time::Instant;

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::ROUNDS;

/// How long they take, each round.
pub(crate) async fn seconds(url: &str, members: usize) -> Vec<f64> {
    let mut seconds = Vec::new();
    for round in 0..=ROUNDS {
        let elapsed = match url.starts_with("sqlite") {
            true => bare_sqlite(url, members, round).await,
            false => bare_postgres(url, members, round).await,
        };
        seconds.push(elapsed);
    }
    seconds.split_off(1)
}

const BARE_LINE: &str = "CREATE TABLE IF NOT EXISTS bare_line (settlement BIGINT, version BIGINT, \
     gross BIGINT NOT NULL, fee BIGINT NOT NULL, PRIMARY KEY (settlement, version))";
const BARE_BALANCE: &str = "CREATE TABLE IF NOT EXISTS bare_balance (pool BIGINT, member BIGINT, \
     available BIGINT NOT NULL, vesting BIGINT NOT NULL, PRIMARY KEY (pool, member))";
const BARE_UPDATE: &str = "UPDATE bare_balance SET available = available + gross - fee \
     FROM bare_line WHERE settlement = $1 AND pool = 1 AND version = member";

async fn bare_sqlite(url: &str, members: usize, round: usize) -> f64 {
    let mut on = SqliteConnection::connect(url).await.unwrap();
    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
        on.execute(pragma).await.unwrap();
    }
    if round == 0 {
        for table in [BARE_LINE, BARE_BALANCE] {
            let sql = format!("{table} WITHOUT ROWID");
            on.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)))
                .await
                .unwrap();
        }
        let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1) \
                    INSERT INTO bare_balance SELECT 1, n, 0, 0 FROM n";
        sqlx::query(fill)
            .bind(members as i64)
            .execute(&mut on)
            .await
            .unwrap();
    }
    let began = Instant::now();
    let mut transaction = on.begin().await.unwrap();
    let rows: Vec<i64> = (1..=members as i64).collect();
    for some in rows.chunks(1_000) {
        let mut statement = sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO bare_line ");
        statement.push_values(some, |mut row, n| {
            row.push_bind(round as i64)
                .push_bind(n)
                .push_bind(1_000_000 + n)
                .push_bind(n % 1_000);
        });
        let query = statement.build().persistent(some.len() == 1_000);
        query.execute(&mut *transaction).await.unwrap();
    }
    let updated = sqlx::query(BARE_UPDATE)
        .bind(round as i64)
        .execute(&mut *transaction)
        .await;
    assert_eq!(updated.unwrap().rows_affected(), members as u64);
    transaction.commit().await.unwrap();
    began.elapsed().as_secs_f64()
}

async fn bare_postgres(url: &str, members: usize, round: usize) -> f64 {
    let mut on = PgConnection::connect(url).await.unwrap();
    if round == 0 {
        on.execute(BARE_LINE).await.unwrap();
        let balance = format!("{BARE_BALANCE} WITH (fillfactor = 45)");
        on.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(balance)))
            .await
            .unwrap();
        let fill = "INSERT INTO bare_balance SELECT 1, n, 0, 0 FROM generate_series(1, $1) AS n";
        sqlx::query(fill)
            .bind(members as i64)
            .execute(&mut on)
            .await
            .unwrap();
        on.execute("VACUUM ANALYZE bare_balance").await.unwrap();
    }
    let began = Instant::now();
    let mut transaction = on.begin().await.unwrap();
    let copy = "COPY bare_line FROM STDIN (FORMAT binary)";
    let mut copy = transaction.copy_in_raw(copy).await.unwrap();
    let mut buffer = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for n in 1..=members as i64 {
        buffer.extend_from_slice(&4_u16.to_be_bytes());
        for number in [round as i64, n, 1_000_000 + n, n % 1_000] {
            buffer.extend_from_slice(&8_u32.to_be_bytes());
            buffer.extend_from_slice(&number.to_be_bytes());
        }
        if buffer.len() > 1 << 20 {
            copy.send(std::mem::take(&mut buffer)).await.unwrap();
        }
    }
    buffer.extend_from_slice(&(-1_i16).to_be_bytes());
    copy.send(buffer).await.unwrap();
    copy.finish().await.unwrap();
    let updated = sqlx::query(BARE_UPDATE)
        .bind(round as i64)
        .execute(&mut *transaction)
        .await;
    assert_eq!(updated.unwrap().rows_affected(), members as u64);
    transaction.commit().await.unwrap();
    began.elapsed().as_secs_f64()
}
