//! What can go wrong with the books.

use paydirt_ledger::JournalError;

/// Why the books could not be opened or brought up to date. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// Not an address of a database that this program can keep books in.
    #[error(
        "{url:?} is no database for the books: {reason}; give a file, as sqlite://paydirt.db, or a \
         server, as postgres://user:password@host:5432/database"
    )]
    Url {
        /// What was given, or only its scheme where it may hold a password.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The file can't be made or opened.
    #[error("the books' file {path} can't be opened: {reason}; check its directory and its rights")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The server can't be reached, or refuses us.
    #[error(
        "the books' server {server} can't be used: {reason}; check that it runs, and what \
         database.url says"
    )]
    Server {
        /// Host, port and database.
        server: String,
        /// What it, or the system, says.
        reason: String,
    },
    /// A newer program wrote these books.
    #[error(
        "the books have version {found}, and this program knows versions up to {known}; \
         nothing was read or written; use the newer program, or restore the backup made before it"
    )]
    Newer {
        /// The books' version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Migrations have to run first.
    #[error(
        "the books lack {count} migrations; nothing was read or written; run `paydirt migrate`"
    )]
    Pending {
        /// How many.
        count: usize,
    },
    /// A migration failed, or differs from the one that was applied.
    #[error("the books could not be migrated: {0}; they are as before the migration that failed")]
    Migration(String),
    /// The database failed.
    #[error(
        "the books' database failed: {0}; check its disk, and that its file or server is sound"
    )]
    Database(String),
}

impl From<sqlx::Error> for BooksError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// Inside this crate: a journal's error that the database's errors turn into.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) JournalError);

pub(crate) type Done<T> = Result<T, Failure>;

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                JournalError::Corrupt(error.to_string())
            }
            other => JournalError::Database(other.to_string()),
        })
    }
}

/// What was read back can't have been written.
pub(crate) fn corrupt(what: &str, found: impl std::fmt::Debug) -> Failure {
    Failure(JournalError::Corrupt(format!("{what} {found:?}")))
}
