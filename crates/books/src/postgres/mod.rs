//! What PostgreSQL does in its own way.

pub(crate) mod bulk;
mod connect;
mod health;
mod options;
mod transaction;

use std::sync::LazyLock;

use sqlx::migrate::Migrator;

use crate::migrations::embedded;

pub(crate) use connect::{ON_THE_WAY, Server};
pub(crate) use health::health;
pub use options::PostgresOptions;
pub(crate) use transaction::{Transaction, within};

pub(crate) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| embedded!("postgres"));

/// Each statement sees what others have committed before it: after a lock was waited for, what its
/// last holder wrote.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Sees one state of everything, and can't write.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Milliseconds since 1970 by the server's clock.
pub(crate) const NOW_MS: &str =
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// 0 in a new database.
pub(crate) const MIGRATIONS_TABLE: &str =
    "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')";

/// Other limits, until the transaction ends.
pub(crate) const ALLOW: &str = "SELECT set_config('statement_timeout', $1, TRUE), \
     set_config('lock_timeout', $1, TRUE), \
     set_config('idle_in_transaction_session_timeout', $1, TRUE)";

/// Until the transaction ends, others who ask for the same wait.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
