//! The journal in the configured database.

use std::path::Path;
use std::sync::Arc;

pub use paydirt_books::Books;
use paydirt_ledger::Journal;
use paydirt_ledger::memory::MemoryJournal;
use paydirt_schedule::SystemClock;

use crate::config::{Database, Settings};
use crate::error::AppError;

/// What a command needs of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// To write: the database is made and migrated where it must be.
    Write,
    /// To look; where there is none yet, an empty one in memory does.
    Look,
    /// Only what is in it: where there is none yet, there is nothing to say or to do.
    Existing,
}

/// The database's file.
#[must_use]
pub fn database_path(settings: &Settings) -> &Path {
    let Database::Sqlite { path } = &settings.database;
    path
}

/// Opens the database, and makes its file if there is none.
pub(crate) async fn open_books(settings: &Settings) -> Result<Books, AppError> {
    // In a URL, a per cent sign begins an escape.
    let path = database_path(settings).display().to_string();
    Ok(Books::connect(&format!("sqlite://{}", path.replace('%', "%25"))).await?)
}

/// The journal.
pub(crate) async fn open_journal(
    settings: &Settings,
    need: Need,
) -> Result<Arc<dyn Journal>, AppError> {
    let path = database_path(settings);
    let exists = path.exists();
    match need {
        Need::Look if !exists => {
            return Ok(Arc::new(MemoryJournal::new(Arc::new(SystemClock))));
        }
        Need::Existing if !exists => {
            let path = path.display().to_string();
            return Err(AppError::NoJournal { path });
        }
        _ => {}
    }
    let books = open_books(settings).await?;
    if need == Need::Write {
        for migration in books.migrate().await? {
            let (version, name) = (migration.version, migration.description);
            tracing::info!(version, name, "the books were migrated");
        }
    }
    Ok(Arc::new(books.journal().await?))
}
