//! What PostgreSQL does in its own way.

pub(crate) mod bulk;
mod connect;

use std::sync::LazyLock;

use sqlx::migrate::Migrator;

use crate::migrations::embedded;

pub(crate) use connect::connect;

pub(crate) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| embedded!("postgres"));

/// Sees one state of everything, and can't write.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Milliseconds since 1970 by the server's clock.
pub(crate) const NOW_MS: &str =
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// 0 in a new database.
pub(crate) const MIGRATIONS_TABLE: &str = "SELECT COUNT(*) FROM information_schema.tables \
     WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'";

/// Until the transaction ends, others who migrate wait.
pub(crate) const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_xact_lock(7218449301)";
