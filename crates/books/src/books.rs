//! A database of the books, and its migrations.

use std::sync::Arc;
use std::time::Duration;

use paydirt_ledger::Finding;
use paydirt_schedule::{Clock, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqlitePool;

use crate::db::{Connection, Lock, query};
use crate::{BooksError, Journal, PostgresOptions, codec, postgres, sqlite};

/// A migration may rewrite large tables.
const MIGRATE: Duration = Duration::from_secs(3600);

/// A migration that these books lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its number.
    pub version: i64,
    /// What it makes.
    pub description: String,
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Books {
    database: Database,
    clock: Option<Arc<dyn Clock>>,
}

#[derive(Clone)]
enum Database {
    /// One connection that writes, a few that read.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(postgres::Server),
}

impl Books {
    /// Opens the file of a `sqlite:` URL, and makes it (mode 0600) if there is none, or connects to
    /// the server of a `postgres:` URL, which may hold the password. Nothing is migrated, and no
    /// error shows the password.
    ///
    /// # Errors
    /// `Url`, `File`, `Server`, `Database`.
    pub async fn connect(url: &str) -> Result<Self, BooksError> {
        Self::connect_with(url, &PostgresOptions::default()).await
    }

    /// The same with options for PostgreSQL.
    ///
    /// # Errors
    /// `Url`, `File`, `Server`, `Database`.
    pub async fn connect_with(url: &str, options: &PostgresOptions) -> Result<Self, BooksError> {
        let postgres = ["postgres:", "postgresql:"];
        let database = if postgres.iter().any(|scheme| url.starts_with(scheme)) {
            Database::Postgres(postgres::Server::connect(url, options).await?)
        } else {
            let (writer, readers) = sqlite::connect(url).await?;
            Database::Sqlite { writer, readers }
        };
        Ok(Self {
            database,
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
        let mut read = self.read().await?;
        let lacking = self.lacking(&mut read).await?;
        read.rollback().await?;
        Ok(lacking)
    }

    /// Runs the migrations that these books lack, and returns them: all, or none when one fails.
    /// Of programs that do it at once, the others wait, and find nothing left to do.
    ///
    /// # Errors
    /// `Newer`, `Migration`, `Database`.
    pub async fn migrate(&self) -> Result<Vec<PendingMigration>, BooksError> {
        let mut write = self.write().await?;
        write.allow(MIGRATE).await?;
        // What is lacking is looked up and applied under one lock.
        write.lock(Lock::Migrations).await?;
        let pending = self.lacking(&mut write).await?;
        // What `run` does; its future could not move between threads (says sqlx, beside it).
        let ran = match &mut write {
            Connection::Sqlite(on) => self.migrations().run_direct(None, &mut **on, false).await,
            Connection::Postgres(on) => self.migrations().run_direct(None, &mut **on, false).await,
        };
        ran.map_err(|error| BooksError::Migration(error.to_string()))?;
        write.commit().await?;
        Ok(pending)
    }

    /// The journal in these books.
    ///
    /// # Errors
    /// `Pending` when migrations have to run first; `Newer`, `Database`.
    pub async fn journal(&self) -> Result<Journal, BooksError> {
        self.ready().await?;
        Journal::of(self.clone()).await
    }

    /// Whether all migrations are applied.
    ///
    /// # Errors
    /// `Pending` when migrations have to run first; `Newer`, `Database`.
    pub async fn ready(&self) -> Result<(), BooksError> {
        match self.pending_migrations().await?.len() {
            0 => Ok(()),
            count => Err(BooksError::Pending { count }),
        }
    }

    /// What must be in order before money moves: that what is committed is durable, and that the
    /// database takes writes.
    ///
    /// # Errors
    /// `Database`.
    pub async fn health(&self) -> Result<Vec<Finding>, BooksError> {
        let mut read = self.read().await?;
        let findings = match &read {
            Connection::Sqlite(_) => sqlite::health(&mut read).await?,
            Connection::Postgres(_) => postgres::health(&mut read).await?,
        };
        read.rollback().await?;
        Ok(findings)
    }

    /// Closes all connections, after those who use them. What was committed to SQLite is then in
    /// the file itself and not in its log (`-wal`), unless another program has it open.
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite { writer, readers } => sqlite::close(writer, readers).await,
            Database::Postgres(server) => server.close().await,
        }
    }

    /// Begins a transaction that may write.
    pub(crate) async fn write(&self) -> Result<Connection, sqlx::Error> {
        match &self.database {
            Database::Sqlite { writer, .. } => {
                let begun = writer.begin_with(sqlite::BEGIN_WRITE).await?;
                Ok(Connection::Sqlite(begun))
            }
            Database::Postgres(server) => {
                let begun = server.begin(postgres::BEGIN_WRITE).await?;
                Ok(Connection::Postgres(begun))
            }
        }
    }

    /// Begins a transaction that sees one state of everything.
    pub(crate) async fn read(&self) -> Result<Connection, sqlx::Error> {
        match &self.database {
            Database::Sqlite { readers, .. } => Ok(Connection::Sqlite(readers.begin().await?)),
            Database::Postgres(server) => {
                let begun = server.begin(postgres::BEGIN_READ).await?;
                Ok(Connection::Postgres(begun))
            }
        }
    }

    /// The time by which leases expire.
    pub(crate) async fn now(&self, connection: &mut Connection) -> Result<Timestamp, sqlx::Error> {
        if let Some(clock) = &self.clock {
            return Ok(clock.now());
        }
        let sql = match connection {
            Connection::Sqlite(_) => sqlite::NOW_MS,
            Connection::Postgres(_) => postgres::NOW_MS,
        };
        let (ms,): (i64,) = query(sql).fetch_one(connection).await?;
        Ok(codec::instant(ms))
    }

    fn migrations(&self) -> &'static Migrator {
        match self.database {
            Database::Sqlite { .. } => &sqlite::MIGRATIONS,
            Database::Postgres(_) => &postgres::MIGRATIONS,
        }
    }

    /// The migrations that these books lack, oldest first.
    async fn lacking(
        &self,
        connection: &mut Connection,
    ) -> Result<Vec<PendingMigration>, BooksError> {
        let table = match connection {
            Connection::Sqlite(_) => sqlite::MIGRATIONS_TABLE,
            Connection::Postgres(_) => postgres::MIGRATIONS_TABLE,
        };
        let (tables,): (i64,) = query(table).fetch_one(connection).await?;
        let mut applied: Vec<(i64,)> = Vec::new();
        if tables > 0 {
            let versions = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
            applied = query(versions).fetch_all(connection).await?;
        }
        let all = self.migrations().iter();
        let known = all.clone().map(|m| m.version).max().unwrap_or_default();
        if let Some((found,)) = applied.last().filter(|(last,)| *last > known) {
            return Err(BooksError::Newer {
                found: *found,
                known,
            });
        }
        let pending = all.filter(|m| !applied.contains(&(m.version,)));
        Ok(pending
            .map(|m| PendingMigration {
                version: m.version,
                description: m.description.to_string(),
            })
            .collect())
    }
}
