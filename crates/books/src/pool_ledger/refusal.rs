//! What goes wrong with the books, in a ledger's words.

use paydirt_ledger::LedgerError;
use paydirt_money::MoneyError;

use crate::BooksError;
use crate::error::Failure;

/// Inside this folder: a ledger's error that all others turn into.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) LedgerError);

pub(super) type Ledgered<T> = Result<T, Refusal>;

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self(error)
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        Self(LedgerError::Money(error))
    }
}

impl From<BooksError> for Refusal {
    fn from(error: BooksError) -> Self {
        Self(match error {
            BooksError::Database(what) => LedgerError::Unavailable(what),
            BooksError::Money(error) => LedgerError::Money(error),
            other => LedgerError::NotWritable(other.to_string()),
        })
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        BooksError::from(error).into()
    }
}

impl From<Failure> for Refusal {
    fn from(error: Failure) -> Self {
        BooksError::from(error).into()
    }
}
