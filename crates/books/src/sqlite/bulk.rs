//! Millions of rows in SQLite: statements of many rows each, prepared once.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Error, Sqlite, Transaction};

use crate::db::list;
use crate::lines::Line;

/// Rows a statement: more are not faster.
const ROWS: usize = 1_000;

/// Runs the statement for all rows: `same` first, and the numbers of each.
async fn run<const COLUMNS: usize, T>(
    on: &mut Transaction<'static, Sqlite>,
    (before, after): (&str, &str),
    same: i64,
    rows: &[T],
    row: impl Fn(&T) -> [i64; COLUMNS],
) -> Result<u64, Error> {
    let mut changed: u64 = 0;
    let width = COLUMNS.saturating_add(1);
    let statement = |rows: usize| {
        let list = list(rows.saturating_mul(width), width);
        format!("{before} VALUES {list}{after}")
    };
    let full = statement(ROWS);
    for some in rows.chunks(ROWS) {
        let is_full = some.len() == ROWS;
        let sql = match is_full {
            true => full.clone(),
            false => statement(some.len()),
        };
        let mut arguments = SqliteArguments::default();
        let count = some.len().saturating_mul(width);
        arguments.reserve(count, count.saturating_mul(8));
        for numbers in some.iter().map(&row) {
            arguments.add(same).map_err(Error::Encode)?;
            for number in numbers {
                arguments.add(number).map_err(Error::Encode)?;
            }
        }
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(is_full);
        changed = changed.saturating_add(query.execute(&mut **on).await?.rows_affected());
    }
    Ok(changed)
}

pub(crate) async fn insert_lines(
    on: &mut Transaction<'static, Sqlite>,
    settlement: i64,
    lines: &[Line],
) -> Result<u64, Error> {
    let insert = "INSERT INTO line (settlement, version, gross, fee)";
    let row = |line: &Line| [line.version.get(), line.gross, line.fee];
    run(on, (insert, ""), settlement, lines, row).await
}

pub(crate) async fn add_to_balances(
    on: &mut Transaction<'static, Sqlite>,
    pool: i64,
    rows: &[(i64, [i64; 2])],
) -> Result<u64, Error> {
    let update = "UPDATE member_balance SET available = available + new.column3, \
                  vesting = vesting + new.column4 FROM (";
    let found = ") AS new WHERE member_balance.pool = new.column1 \
                 AND member_balance.member = new.column2";
    let row = |(member, [now, vesting]): &(i64, [i64; 2])| [*member, *now, *vesting];
    run(on, (update, found), pool, rows, row).await
}

pub(crate) async fn add_to_collected(
    on: &mut Transaction<'static, Sqlite>,
    stream: i64,
    rows: &[(i64, i64)],
) -> Result<u64, Error> {
    let update = "UPDATE stream_balance SET to_transfer = to_transfer + new.column3 FROM (";
    let found = ") AS new WHERE stream_balance.stream = new.column1 \
                 AND stream_balance.member = new.column2";
    run(on, (update, found), stream, rows, |(member, amount)| {
        [*member, *amount]
    })
    .await
}
