//! What can go wrong with the books.

use paydirt_ledger::JournalError;
use paydirt_money::MoneyError;
use paydirt_schedule::ScheduleError;
use sqlx::error::ErrorKind;

/// Why the books could not be opened, brought up to date, read or written. Nothing was changed.
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
    /// The books have no such thing.
    #[error("{what} is not in the books; nothing was written; {cure}")]
    Unknown {
        /// What was asked for.
        what: String,
        /// How it gets there.
        cure: String,
    },
    /// The configuration says something else than at first.
    #[error(
        "{what} is {books} in the books and {configured} in the configuration; nothing was \
         written; correct the configuration"
    )]
    Changed {
        /// What.
        what: String,
        /// As the books have it.
        books: String,
        /// As the configuration has it.
        configured: String,
    },
    /// What was asked for does not fit what is there.
    #[error("{what}; nothing was written; {cure}")]
    Refused {
        /// What does not fit.
        what: String,
        /// What to do.
        cure: String,
    },
    /// A rule of the database itself stopped a write: a balance below 0, a thing that exists once.
    #[error("the books refuse what was to be written: {0}; nothing was written; look at it again")]
    Constraint(String),
    /// Entries of a posting don't sum to 0.
    #[error(
        "the entries of the posting {posting:?} sum to {sum} and not to 0; nothing was posted; \
         please report this"
    )]
    Unbalanced {
        /// Which posting.
        posting: String,
        /// Ledger units.
        sum: i128,
    },
    /// What was read back can't have been written.
    #[error("the books hold something that can't be read: {0}; `paydirt ledger verify` tells more")]
    Corrupt(String),
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day is out of range.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl BooksError {
    /// What was read back can't have been written.
    pub(crate) fn corrupt(what: &str, found: impl std::fmt::Debug) -> Self {
        Self::Corrupt(format!("{what} {found:?}"))
    }

    /// Whether the same may go well in a moment: the database was away or busy, and what was to be
    /// written is written whole or not at all.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Database(_))
    }
}

/// Of PostgreSQL's codes those that a value is refused with: a number out of range, and rules of
/// ours (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_of_values(code: &str) -> bool {
    code.len() == 5 && (code.starts_with("22") || code == "23000")
}

impl From<sqlx::Error> for BooksError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Corrupt(error.to_string())
            }
            sqlx::Error::Database(refused)
                if !matches!(refused.kind(), ErrorKind::Other)
                    || refused.code().is_some_and(|code| is_of_values(&code)) =>
            {
                Self::Constraint(refused.message().to_owned())
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<Failure> for BooksError {
    fn from(Failure(error): Failure) -> Self {
        match error {
            JournalError::Corrupt(what) => Self::Corrupt(what),
            JournalError::Money(error) => Self::Money(error),
            JournalError::Database(what) => Self::Database(what),
            other => Self::Database(other.to_string()),
        }
    }
}

/// An error of one who is handed rows, or of the books that hand them on.
pub(crate) struct Of<E>(pub(crate) E);

impl<E: From<BooksError>> From<sqlx::Error> for Of<E> {
    fn from(error: sqlx::Error) -> Self {
        Self(BooksError::from(error).into())
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
