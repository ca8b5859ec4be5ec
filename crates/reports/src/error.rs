//! Why a report was not made.

use paydirt_money::MoneyError;
use paydirt_schedule::ScheduleError;

/// Why a report was not made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It can't be written.
    #[error("the report can't be written: {0}; check the place and its space, and make it again")]
    Write(#[from] std::io::Error),
    /// A workbook can't be made of it.
    #[error("no workbook can be made of the report: {0}; take --format csv")]
    Workbook(String),
    /// A file is no export of a ledger.
    #[error(
        "the file is not what `ledger export --format csv` writes: {what}; nothing was compared; \
         give it as it was written"
    )]
    File {
        /// What is wrong with it.
        what: String,
    },
    /// Figures don't add up.
    #[error(
        "{what}: {left} on one side and {right} on the other; no report was made; run \
         `paydirt ledger verify`, and restore a backup if it fails"
    )]
    DoesNotAddUp {
        /// Which figures.
        what: String,
        /// One side.
        left: String,
        /// The other.
        right: String,
    },
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day is out of range.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl From<rust_xlsxwriter::XlsxError> for ReportError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        match error {
            rust_xlsxwriter::XlsxError::IoError(error) => Self::Write(error),
            other => Self::Workbook(other.to_string()),
        }
    }
}

/// Whether two ways to one figure agree.
pub(crate) fn same<T: PartialEq>(
    what: impl FnOnce() -> String,
    left: T,
    right: T,
    shown: impl Fn(T) -> String,
) -> Result<(), ReportError> {
    if left == right {
        return Ok(());
    }
    Err(ReportError::DoesNotAddUp {
        what: what(),
        left: shown(left),
        right: shown(right),
    })
}
