//! What must be in order before money moves, as SQLite says of itself.

use paydirt_ledger::{Finding, Severity};

use crate::BooksError;
use crate::db::{Connection, query};

/// `synchronous` of which each commit is on disk before it is answered.
const FULL: i64 = 2;

pub(crate) async fn health(connection: &mut Connection) -> Result<Vec<Finding>, BooksError> {
    let sql = "SELECT sqlite_version()";
    let (version,): (String,) = query(sql).fetch_one(connection).await?;
    let (mode,): (String,) = query("PRAGMA journal_mode").fetch_one(connection).await?;
    let (synchronous,): (i64,) = query("PRAGMA synchronous").fetch_one(connection).await?;
    let finding = |severity, what: &str, detail: String| Finding {
        severity,
        what: what.to_owned(),
        detail,
    };
    let durable = match synchronous >= FULL {
        true => Severity::Ok,
        false => Severity::Fail,
    };
    let detail = format!("journal_mode {mode}, synchronous {synchronous}");
    Ok(vec![
        finding(Severity::Ok, "SQLite version", version),
        finding(durable, "SQLite commits", detail),
    ])
}
