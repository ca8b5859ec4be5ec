//! Many rows in one statement.
//!
//! SQLite gets a list of `VALUES`; PostgreSQL gets each column as an array, so that one statement,
//! prepared once, takes any number of rows.

use std::fmt::{Display, Write as _};

use sqlx::postgres::PgArguments;
use sqlx::{AssertSqlSafe, Error};

use super::query::Query;
use super::value::Column;
use super::{Connection, Value};
use crate::postgres::Transaction;

/// SQLite takes 32,766 values a statement; statements of equal length are prepared once.
const VALUES_SQLITE: usize = 6_000;
/// What is sent at once stays well below the gigabyte that a message may have.
const VALUES_POSTGRES: usize = 100_000;

/// A statement around a list of rows.
pub(crate) struct Many {
    /// What stands before the list, as `INSERT INTO t (a, b)` or `UPDATE t SET … FROM (`.
    pub(crate) before: &'static str,
    /// What stands behind it, as ` ON CONFLICT DO NOTHING` or `) AS new WHERE …`. The columns of a
    /// list in `FROM` are `column1`, `column2`, ….
    pub(crate) after: &'static str,
}

/// Runs the statement for these rows, as few times as the databases allow, and counts the rows
/// that it changed. `values` gives a row's values, always as many and of the same kinds.
pub(crate) async fn many<T>(
    connection: &mut Connection,
    statement: &Many,
    rows: impl IntoIterator<Item = T>,
    mut values: impl FnMut(T, &mut Vec<Value>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let most = match connection {
        Connection::Sqlite(_) => VALUES_SQLITE,
        Connection::Postgres(_) => VALUES_POSTGRES,
    };
    let mut changed: u64 = 0;
    let mut bound = Vec::new();
    let mut columns = 0;
    for row in rows {
        let before = bound.len();
        values(row, &mut bound)?;
        columns = bound.len().saturating_sub(before).max(1);
        if bound.len().saturating_add(columns) > most {
            let full = std::mem::take(&mut bound);
            changed =
                changed.saturating_add(run(connection, statement, full, columns, true).await?);
        }
    }
    if !bound.is_empty() {
        changed = changed.saturating_add(run(connection, statement, bound, columns, false).await?);
    }
    Ok(changed)
}

async fn run(
    connection: &mut Connection,
    statement: &Many,
    values: Vec<Value>,
    columns: usize,
    full: bool,
) -> Result<u64, Error> {
    if let Connection::Postgres(on) = connection {
        return run_on_postgres(on, statement, values, columns).await;
    }
    let list = list(values.len(), columns);
    let sql = format!("{} VALUES {list}{}", statement.before, statement.after);
    Query::assembled(sql, values, full)
        .execute(connection)
        .await
}

/// `(?, ?), (?, ?)`, without names: SQLite looks for each name among all, which takes longer than
/// the statement itself.
pub(crate) fn list(values: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    let rows = values.checked_div(columns).unwrap_or_default();
    vec![row.as_str(); rows].join(", ")
}

/// `SELECT * FROM UNNEST($1, $2) AS list (column1, column2)`, where each value is a column.
async fn run_on_postgres(
    on: &mut Transaction,
    statement: &Many,
    values: Vec<Value>,
    columns: usize,
) -> Result<u64, Error> {
    let first = values.iter().take(columns);
    let mut lists: Vec<Column> = first.map(Column::like).collect();
    let mut values = values.into_iter();
    while values.len() > 0 {
        for (list, value) in lists.iter_mut().zip(values.by_ref()) {
            list.push(value)?;
        }
    }
    let (mut places, mut names) = (String::new(), String::new());
    for place in 1..=columns {
        let comma = if place == 1 { "" } else { ", " };
        let _written = write!(places, "{comma}${place}");
        let _written = write!(names, "{comma}column{place}");
    }
    let (before, after) = (statement.before, statement.after);
    let sql = format!("{before} SELECT * FROM UNNEST({places}) AS list ({names}){after}");
    let mut arguments = PgArguments::default();
    for list in lists {
        list.add_to(&mut arguments)?;
    }
    let statement = sqlx::query_with(AssertSqlSafe(sql), arguments);
    on.execute(statement).await
}

/// Keys of two texts as one value: a JSON list, for `PAIRS($1)`.
pub(crate) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let lists = pairs
        .into_iter()
        .map(|(one, two)| serde_json::json!([one, two]));
    serde_json::Value::Array(lists.collect()).to_string()
}

/// Ids or names as one value: a JSON list, for `IN TEXTS($1)`.
pub(crate) fn ids<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    let texts = ids
        .into_iter()
        .map(|id| serde_json::Value::String(id.to_string()));
    serde_json::Value::Array(texts.collect()).to_string()
}
