//! The audit log: who did what.

use crate::config::Settings;
use crate::error::AppError;
use crate::wire::open_existing;

/// Checks the chain of the audit log, and counts its lines.
///
/// # Errors
/// `Broken`, naming the first line that does not fit; the books'.
pub async fn verify(settings: &Settings) -> Result<u64, AppError> {
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    let found = session.verify_audit().await?;
    session.end().await?;
    match found {
        Ok(lines) => Ok(lines.unsigned_abs()),
        Err(place) => Err(AppError::Broken {
            what: format!("line {place} of the audit log is not as it was written, or is missing"),
        }),
    }
}
