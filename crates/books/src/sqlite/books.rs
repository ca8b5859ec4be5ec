//! A database of the books, and its migrations.

use std::sync::Arc;

use paydirt_schedule::{Clock, Timestamp};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqlitePool;

use super::migrations::MIGRATIONS;
use super::{BEGIN_WRITE, Connection, NOW_MS, Transaction, connect};
use crate::error::Done;
use crate::{BooksError, Journal, codec};

const NO_WAIT: &str = "PRAGMA busy_timeout = 0";
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// A migration that these books lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its number.
    pub version: i64,
    /// What it makes.
    pub description: String,
}

/// An open database: one connection that writes, a few that read. Cheap to clone.
#[derive(Clone)]
pub struct Books {
    writer: SqlitePool,
    readers: SqlitePool,
    clock: Option<Arc<dyn Clock>>,
}

impl Books {
    /// Opens the file of a `sqlite:` URL, and makes it (mode 0600) if there is none. Nothing is
    /// migrated.
    ///
    /// # Errors
    /// `Url`, `File`, `Database`.
    pub async fn connect(url: &str) -> Result<Self, BooksError> {
        let (writer, readers) = connect::connect(url).await?;
        Ok(Self {
            writer,
            readers,
            clock: None,
        })
    }

    /// The same, where leases expire by this clock and not by the database's: for tests.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// The migrations that these books lack, oldest first.
    ///
    /// # Errors
    /// `Newer` when the books have one that this program doesn't know; `Database`.
    pub async fn pending_migrations(&self) -> Result<Vec<PendingMigration>, BooksError> {
        lacking(&mut *self.writer.acquire().await?).await
    }

    /// Runs the migrations that these books lack, and returns them: all, or none when one fails.
    /// Of programs that do it at once, the others wait, and find nothing left to do.
    ///
    /// # Errors
    /// `Newer`, `Migration`, `Database`.
    pub async fn migrate(&self) -> Result<Vec<PendingMigration>, BooksError> {
        // sqlx takes no lock on SQLite: what is lacking is looked up and applied under this one.
        let mut transaction = self.write().await?;
        let pending = lacking(&mut transaction).await?;
        let failed = |error: MigrateError| BooksError::Migration(error.to_string());
        // What `run` does; its future could not move between threads (says sqlx, beside it).
        let run = MIGRATIONS.run_direct(None, &mut *transaction, false);
        run.await.map_err(failed)?;
        transaction.commit().await?;
        Ok(pending)
    }

    /// The journal in these books.
    ///
    /// # Errors
    /// `Pending` when migrations have to run first; `Newer`, `Database`.
    pub async fn journal(&self) -> Result<Journal, BooksError> {
        let pending = self.pending_migrations().await?;
        if !pending.is_empty() {
            return Err(BooksError::Pending {
                count: pending.len(),
            });
        }
        Journal::of(self.clone()).await
    }

    /// Closes all connections, after those who use them. What was committed is then in the file
    /// itself and not in its log (`-wal`), unless another program has it open.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Ok(mut writer) = self.writer.acquire().await {
            // Without waiting for other programs. What this leaves in the log is as durable there.
            for pragma in [NO_WAIT, CHECKPOINT] {
                sqlx::query(pragma).execute(&mut *writer).await.ok();
            }
        }
        self.writer.close().await;
    }

    /// Begins a transaction that may write.
    pub(crate) async fn write(&self) -> Result<Transaction, sqlx::Error> {
        self.writer.begin_with(BEGIN_WRITE).await
    }

    /// Begins a transaction that sees one state of everything.
    pub(crate) async fn read(&self) -> Result<Transaction, sqlx::Error> {
        self.readers.begin().await
    }

    /// The time by which leases expire.
    pub(crate) async fn now(&self, connection: &mut Connection) -> Done<Timestamp> {
        match &self.clock {
            Some(clock) => Ok(clock.now()),
            None => Ok(codec::instant(
                sqlx::query_scalar(NOW_MS).fetch_one(connection).await?,
            )),
        }
    }
}

/// The migrations that these books lack, oldest first.
async fn lacking(connection: &mut Connection) -> Result<Vec<PendingMigration>, BooksError> {
    let table = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(table)
        .fetch_one(&mut *connection)
        .await?;
    let mut applied: Vec<i64> = Vec::new();
    if tables > 0 {
        let versions = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
        applied = sqlx::query_scalar(versions).fetch_all(connection).await?;
    }
    let known = MIGRATIONS
        .iter()
        .map(|m| m.version)
        .max()
        .unwrap_or_default();
    if let Some(found) = applied.last().filter(|last| **last > known) {
        return Err(BooksError::Newer {
            found: *found,
            known,
        });
    }
    let pending = MIGRATIONS.iter().filter(|m| !applied.contains(&m.version));
    Ok(pending
        .map(|m| PendingMigration {
            version: m.version,
            description: m.description.to_string(),
        })
        .collect())
}
