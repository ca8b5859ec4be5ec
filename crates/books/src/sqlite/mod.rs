//! What SQLite does in its own way.

pub(crate) mod bulk;
mod connect;
mod health;

use std::sync::LazyLock;

use sqlx::migrate::Migrator;

use crate::migrations::embedded;

pub(crate) use connect::{close, connect};
pub(crate) use health::health;

pub(crate) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| embedded!("sqlite"));

/// Takes the write lock at once: a transaction that reads first and then writes could fail in
/// the middle.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// Milliseconds since 1970 by the database's clock.
pub(crate) const NOW_MS: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// 0 in a new database.
pub(crate) const MIGRATIONS_TABLE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
