//! Brings the database up to date.

use paydirt_books::PendingMigration;

use crate::config::Settings;
use crate::error::AppError;
use crate::wire::{is_missing, open_books};

/// What was done to the database.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// The database: its file, or its URL without credentials.
    pub database: String,
    /// Whether it is a file, and was made.
    pub created: bool,
    /// The migrations that were applied, oldest first; none if it was up to date.
    pub applied: Vec<PendingMigration>,
}

/// Makes the database if there is none, and applies the migrations that it lacks. Each is whole or
/// undone.
///
/// # Errors
/// The books'.
pub async fn migrate(settings: &Settings) -> Result<Migrated, AppError> {
    let created = is_missing(&settings.database);
    let books = open_books(settings).await?;
    let applied = books.migrate().await?;
    books.close().await;
    Ok(Migrated {
        database: settings.database.to_string(),
        created,
        applied,
    })
}
