//! What can go wrong with a day.

use paydirt_books::BooksError;
use paydirt_earnings::EarningsError;
use paydirt_money::MoneyError;
use paydirt_schedule::{Day, ScheduleError};
use paydirt_sheets::SheetError;

/// Why something was not settled or recorded. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum SettlementError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The split.
    #[error(transparent)]
    Earnings(#[from] EarningsError),
    /// An amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// What was asked for does not fit the pool.
    #[error("{what}; nothing was written; {cure}")]
    Refused {
        /// What does not fit.
        what: String,
        /// What to do.
        cure: String,
    },
    /// A settled day, computed again, is another.
    #[error(
        "stream {stream}, {day}: {what} is {found} in the books and {expected} when computed \
         again; nothing was written; see `paydirt ledger verify`, and restore a backup if it \
         fails; what was settled wrong is restated by `paydirt settle correct`"
    )]
    Differs {
        /// The stream.
        stream: String,
        /// The day.
        day: Day,
        /// What differs.
        what: String,
        /// As computed now.
        expected: String,
        /// As the books have it.
        found: String,
    },
}

impl SettlementError {
    pub(crate) fn refused(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            cure: cure.into(),
        }
    }

    /// Whether the same may go well in a moment: the database was away or busy.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Books(error) if error.is_passing())
    }
}
