//! calamine, held in.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Reader as _, Xlsx, XlsxError};

use super::Refusal;

pub(super) type Workbook<'b> = Xlsx<Cursor<&'b [u8]>>;

pub(super) fn open(bytes: &[u8]) -> Result<Workbook<'_>, Refusal> {
    contained(|| Xlsx::new(Cursor::new(bytes)))
}

/// Runs a part of calamine. Its arithmetic on positions that a file states can overflow, which is
/// a panic here: whoever sends such a file must not end the process. What panicked is not used
/// again.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(Refusal::damaged),
        Err(_) => Err(Refusal::damaged("it states a position that no sheet has")),
    }
}
