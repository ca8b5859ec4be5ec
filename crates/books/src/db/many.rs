//! Many rows in one statement.

use std::fmt::{Display, Write as _};

use sqlx::Error;

use super::query::Query;
use super::{Connection, Value};

/// SQLite takes 32,766 values a statement, PostgreSQL 65,535; statements of equal length are
/// prepared once.
const VALUES: usize = 6_000;

/// A statement around a list of rows.
pub(crate) struct Many {
    /// What stands before the list, as `INSERT INTO t (a, b)` or `UPDATE t SET … FROM (`.
    pub(crate) before: &'static str,
    /// What stands behind it, as ` ON CONFLICT DO NOTHING` or `) AS new WHERE …`. The columns of a
    /// list in `FROM` are `column1`, `column2`, ….
    pub(crate) after: &'static str,
}

/// Runs the statement for these rows, as few times as the databases allow, and counts the rows
/// that it changed. `values` gives a row's values, always as many.
pub(crate) async fn many<T>(
    connection: &mut Connection,
    statement: &Many,
    rows: impl IntoIterator<Item = T>,
    mut values: impl FnMut(T, &mut Vec<Value>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut changed: u64 = 0;
    let mut bound = Vec::new();
    let mut columns = 0;
    for row in rows {
        let before = bound.len();
        values(row, &mut bound)?;
        columns = bound.len().saturating_sub(before).max(1);
        if bound.len().saturating_add(columns) > VALUES {
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
    let mut sql = String::with_capacity(values.len().saturating_mul(7));
    sql.push_str(statement.before);
    sql.push_str(" VALUES ");
    for place in 1..=values.len() {
        let first = place.checked_rem(columns) == Some(1) || columns == 1;
        let last = place.checked_rem(columns) == Some(0);
        let open = match (first, place) {
            (true, 1) => "(",
            (true, _) => ", (",
            (false, _) => ", ",
        };
        // Writing to a String does not fail.
        let _written = write!(sql, "{open}${place}{}", if last { ")" } else { "" });
    }
    sql.push_str(statement.after);
    Query::assembled(sql, values, full)
        .execute(connection)
        .await
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
