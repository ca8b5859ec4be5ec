//! What SQLite does in its own way.

mod books;
mod connect;
mod migrations;
mod rows;

pub use books::{Books, PendingMigration};
pub(crate) use rows::{chunks, ids};

/// The database of these books.
pub(crate) type Database = sqlx::Sqlite;
/// A connection, in a transaction wherever something is written.
pub(crate) type Connection = sqlx::SqliteConnection;
/// A transaction; dropped without a commit it leaves nothing.
pub(crate) type Transaction = sqlx::Transaction<'static, Database>;
/// A statement with many rows in the making.
pub(crate) type Statement = sqlx::QueryBuilder<Database>;

/// Takes the write lock at once: a transaction that reads first and then writes could fail in
/// the middle.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// Milliseconds since 1970 by the database's clock.
pub(crate) const NOW_MS: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
