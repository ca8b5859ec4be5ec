//! What can go wrong with a withdrawal.

use paydirt_books::BooksError;
use paydirt_chain::ChainError;
use paydirt_money::MoneyError;
use paydirt_schedule::ScheduleError;
use paydirt_sheets::SheetError;

/// Why a withdrawal was not written, decided, looked up or repaired. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawalError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// An amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// Nodes didn't say, or not alike.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The pool's terms, or what is there, forbid it.
    #[error("{what}; nothing was written; {cure}")]
    Refused {
        /// What is not allowed.
        what: String,
        /// What to do.
        cure: String,
    },
}

impl WithdrawalError {
    /// It is not allowed.
    #[must_use]
    pub fn refused(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            cure: cure.into(),
        }
    }
}
