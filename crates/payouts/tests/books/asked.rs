//! Withdrawals as a request and its approval leave them.

use paydirt_books::{Account, Books, Entry, MemberNumber, NewPosting, Pool};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_schedule::{Day, Timestamp};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// What one query says of the database, as a number.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut on = PgConnection::connect(url).await.unwrap();
        return sqlx::query_scalar(sql).fetch_one(&mut on).await.unwrap();
    }
    let mut on = SqliteConnection::connect(url).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut on).await.unwrap()
}

/// An approved withdrawal of what the member has available, to this address; its number.
pub(crate) async fn approved(
    books: (&Books, &str),
    pool: &PoolId,
    (member, units, address): (&MemberId, i64, &str),
    (at, on): (Timestamp, Day),
) -> i64 {
    let (books, url) = books;
    let mut session = books.begin().await.unwrap();
    let of = session.member(member).await.unwrap().number;
    let mut locked = session.lock_pool(pool).await.unwrap();
    let posting = NewPosting {
        kind: "withdrawal",
        stream: None,
        day: on,
        at,
        by: "alice".into(),
        cause: format!("asked for by {member}"),
    };
    let entries = [
        Entry::of_member(Account::Available, of, -units),
        Entry::of_member(Account::Frozen, of, units),
    ];
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
    let sql = insert(&locked.pool, of, units, address, at, on);
    number(url, &sql).await
}

fn insert(
    pool: &Pool,
    member: MemberNumber,
    units: i64,
    address: &str,
    at: Timestamp,
    on: Day,
) -> String {
    let (pool, at, on) = (pool.number, at.as_ms(), on.days_since_epoch());
    format!(
        "INSERT INTO withdrawal (pool, member, amount, address, state, requested_by, \
         requested_at, requested_on, decided_by, decided_at, updated_at) VALUES ({pool}, {member}, \
         {units}, '{address}', 'approved', 'alice', {at}, {on}, 'bob', {at}, {at}) \
         RETURNING number"
    )
}
