//! Millions of rows in PostgreSQL: `COPY` in its binary form, and updates from arrays.

use sqlx::Error;

use super::{Transaction, within};
use crate::lines::Line;

/// Bytes handed over at once.
const BUFFER: usize = 1 << 20;
/// Rows of one update. A planner hashes so few at once and walks the table beside them in the order
/// of its key; of many more it makes batches, and reads and writes each page once a batch.
const ROWS: usize = 32_768;

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
    let sql = "UPDATE member_balance SET available = available + new.one, \
         vesting = member_balance.vesting + new.two \
         FROM UNNEST($4::BIGINT[], $5::BIGINT[], $6::BIGINT[]) AS new (member, one, two) \
         WHERE member_balance.pool = $1 AND member_balance.member = new.member \
         AND member_balance.member BETWEEN $2 AND $3";
    add(on, sql, pool, rows, |(member, amounts)| (*member, *amounts)).await
}

pub(crate) async fn add_to_collected(
    on: &mut Transaction,
    stream: i64,
    rows: &[(i64, i64)],
) -> Result<u64, Error> {
    let sql = "UPDATE stream_balance SET to_transfer = to_transfer + new.amount \
         FROM UNNEST($4::BIGINT[], $5::BIGINT[]) AS new (member, amount) \
         WHERE stream_balance.stream = $1 AND stream_balance.member = new.member \
         AND stream_balance.member BETWEEN $2 AND $3";
    add(on, sql, stream, rows, |(member, amount)| {
        (*member, [*amount])
    })
    .await
}

/// Runs an update for all rows, which are in ascending order of member: `of` first, the first
/// member and the last, all members, and their amounts, an array a column.
async fn add<const COLUMNS: usize, T>(
    on: &mut Transaction,
    sql: &'static str,
    of: i64,
    rows: &[T],
    row: impl Fn(&T) -> (i64, [i64; COLUMNS]),
) -> Result<u64, Error> {
    let mut changed: u64 = 0;
    for some in rows.chunks(ROWS) {
        let (members, amounts): (Vec<i64>, Vec<[i64; COLUMNS]>) = some.iter().map(&row).unzip();
        let (first, last) = (members.first().copied(), members.last().copied());
        let mut query = sqlx::query(sql).bind(of).bind(first).bind(last);
        query = query.bind(members);
        for column in 0..COLUMNS {
            let amounts = amounts.iter().filter_map(|row| row.get(column).copied());
            query = query.bind(amounts.collect::<Vec<i64>>());
        }
        // A plan for any rows would not know how many there are.
        let query = query.persistent(false);
        changed = changed.saturating_add(on.execute(query).await?);
    }
    Ok(changed)
}
