//! Many rows in one statement.

use std::fmt::Display;

use super::{Connection, Statement};
use crate::error::Done;

/// SQLite takes 32,766 values a statement; statements of equal length are prepared once.
const VALUES: usize = 6_000;

/// Runs a statement for these rows, as few times as SQLite allows: `build` gets the rows of each.
pub(crate) async fn chunks<T>(
    connection: &mut Connection,
    columns: usize,
    rows: &[T],
    build: impl Fn(&mut Statement, &[T]),
) -> Done<u64> {
    let size = VALUES.checked_div(columns).unwrap_or(1).max(1);
    let mut changed: u64 = 0;
    for chunk in rows.chunks(size) {
        let mut statement = Statement::new("");
        build(&mut statement, chunk);
        let query = statement.build().persistent(chunk.len() == size);
        changed = changed.saturating_add(query.execute(&mut *connection).await?.rows_affected());
    }
    Ok(changed)
}

/// Texts (ids, names) as one value: a JSON list, for `IN (SELECT value FROM json_each(…))`.
pub(crate) fn ids<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    let texts = ids
        .into_iter()
        .map(|id| serde_json::Value::String(id.to_string()));
    serde_json::Value::Array(texts.collect()).to_string()
}
