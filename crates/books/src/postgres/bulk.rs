//! Millions of rows in PostgreSQL: `COPY` in its binary form, and updates from arrays.

use sqlx::Error;

use super::{Transaction, within};
use crate::lines::Line;

/// Bytes handed over at once.
const BUFFER: usize = 1 << 20;
/// Rows of one update: their arrays are in memory on both sides.
const ROWS: usize = 1_000_000;

/// What a binary COPY begins with: a signature, no flags, no extension
/// (<https://www.postgresql.org/docs/current/sql-copy.html>).
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

pub(crate) async fn insert_lines(
    on: &mut Transaction,
    settlement: i64,
    lines: &[Line],
) -> Result<u64, Error> {
    let copy = "COPY line (settlement, version, gross, fee) FROM STDIN (FORMAT binary)";
    let limit = on.begins();
    let mut copy = within(limit, on.copy_in_raw(copy)).await?;
    let mut buffer = Vec::with_capacity(BUFFER.saturating_add(64));
    buffer.extend_from_slice(HEADER);
    for line in lines {
        add_row(
            &mut buffer,
            [settlement, line.version.get(), line.gross, line.fee],
        );
        if buffer.len() >= BUFFER {
            within(limit, copy.send(buffer.as_slice())).await?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(&TRAILER);
    within(limit, copy.send(buffer.as_slice())).await?;
    let copied = within(limit, copy.finish()).await?;
    on.went_well();
    Ok(copied)
}

fn add_row<const COLUMNS: usize>(buffer: &mut Vec<u8>, row: [i64; COLUMNS]) {
    let columns = u16::try_from(COLUMNS).unwrap_or(u16::MAX);
    buffer.extend_from_slice(&columns.to_be_bytes());
    for number in row {
        buffer.extend_from_slice(&8_u32.to_be_bytes());
        buffer.extend_from_slice(&number.to_be_bytes());
    }
}

pub(crate) async fn add_to_balances(
    on: &mut Transaction,
    pool: i64,
    rows: &[(i64, [i64; 2])],
) -> Result<u64, Error> {
    let sql = "UPDATE member_balance SET available = available + new.now, \
         vesting = member_balance.vesting + new.vesting \
         FROM UNNEST($2::BIGINT[], $3::BIGINT[], $4::BIGINT[]) AS new (member, now, vesting) \
         WHERE member_balance.pool = $1 AND member_balance.member = new.member";
    let mut changed: u64 = 0;
    for some in rows.chunks(ROWS) {
        let members: Vec<i64> = some.iter().map(|(member, _)| *member).collect();
        let now: Vec<i64> = some.iter().map(|(_, [now, _])| *now).collect();
        let vesting: Vec<i64> = some.iter().map(|(_, [_, vesting])| *vesting).collect();
        let query = sqlx::query(sql)
            .bind(pool)
            .bind(members)
            .bind(now)
            .bind(vesting);
        changed = changed.saturating_add(on.execute(query).await?);
    }
    Ok(changed)
}

pub(crate) async fn add_to_collected(
    on: &mut Transaction,
    stream: i64,
    rows: &[(i64, i64)],
) -> Result<u64, Error> {
    let sql = "UPDATE stream_balance SET to_transfer = to_transfer + new.amount \
         FROM UNNEST($2::BIGINT[], $3::BIGINT[]) AS new (member, amount) \
         WHERE stream_balance.stream = $1 AND stream_balance.member = new.member";
    let mut changed: u64 = 0;
    for some in rows.chunks(ROWS) {
        let members: Vec<i64> = some.iter().map(|(member, _)| *member).collect();
        let amounts: Vec<i64> = some.iter().map(|(_, amount)| *amount).collect();
        let query = sqlx::query(sql).bind(stream).bind(members).bind(amounts);
        changed = changed.saturating_add(on.execute(query).await?);
    }
    Ok(changed)
}
