//! The journal in the configured database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use paydirt_books::Books;
use paydirt_books::PostgresOptions;
use paydirt_ledger::Journal;
use paydirt_ledger::memory::MemoryJournal;
use paydirt_schedule::SystemClock;

use crate::config::{Database, Settings};
use crate::error::AppError;

/// The books that this process opened and has not closed. Commands hand their journal from hand to
/// hand; it is closed where all of them end.
static OPENED: Mutex<Vec<Books>> = Mutex::new(Vec::new());

/// A connection still in use is waited for so long.
const CLOSE: Duration = Duration::from_secs(5);

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

/// Whether there is no database yet: SQLite's file is made by who first writes.
pub(crate) fn is_missing(database: &Database) -> bool {
    database.path().is_some_and(|path| !path.exists())
}

/// Opens the database: SQLite's file, which is made if there is none, or a server's.
pub(crate) async fn open_books(settings: &Settings) -> Result<Books, AppError> {
    let books = match &settings.database {
        Database::Sqlite { path } => {
            // In a URL, a per cent sign begins an escape.
            let path = path.display().to_string().replace('%', "%25");
            Books::connect(&format!("sqlite://{path}")).await?
        }
        Database::Postgres(server) => {
            let url = server.connection_url(&settings.environment);
            let url = url.map_err(|error| AppError::Secret {
                owner: "the database".into(),
                error,
            })?;
            let options = PostgresOptions {
                max_connections: server.max_connections,
                connect_timeout_ms: server.timeout_ms,
                ..PostgresOptions::default()
            };
            Books::connect_with(url.expose(), &options).await?
        }
    };
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    opened.push(books.clone());
    Ok(books)
}

/// Opens the books that there are, up to date.
pub(crate) async fn open_existing(settings: &Settings) -> Result<Books, AppError> {
    if is_missing(&settings.database) {
        let path = settings.database.to_string();
        return Err(AppError::NoBooks { path });
    }
    let books = open_books(settings).await?;
    books.ready().await?;
    Ok(books)
}

/// Opens the books, made and brought up to date where they must be.
pub(crate) async fn open_migrated(settings: &Settings) -> Result<Books, AppError> {
    let books = open_books(settings).await?;
    for migration in books.migrate().await? {
        let (version, name) = (migration.version, migration.description);
        tracing::info!(version, name, "the books were migrated");
    }
    Ok(books)
}

/// Closes all books that this process opened, so that their file is whole without its log. For the
/// end of the program: journals that are still held fail from then on.
pub async fn close_books() {
    let opened = {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *opened)
    };
    for books in opened {
        if tokio::time::timeout(CLOSE, books.close()).await.is_err() {
            tracing::debug!("the journal's file was left with its log: it is still in use");
        }
    }
}

/// The journal, and the books that it is in, where the ledgers of storage pools are too.
#[derive(Clone)]
pub struct Opened {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// `None` for an empty journal in memory.
    pub books: Option<Books>,
}

impl Opened {
    /// Nothing yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            journal: Arc::new(MemoryJournal::new(Arc::new(SystemClock))),
            books: None,
        }
    }
}

/// The journal.
pub(crate) async fn open_journal(settings: &Settings, need: Need) -> Result<Opened, AppError> {
    let missing = is_missing(&settings.database);
    match need {
        Need::Look if missing => {
            return Ok(Opened::empty());
        }
        Need::Existing if missing => {
            let path = settings.database.to_string();
            return Err(AppError::NoJournal { path });
        }
        _ => {}
    }
    let books = match need {
        Need::Write => open_migrated(settings).await?,
        Need::Look | Need::Existing => open_books(settings).await?,
    };
    Ok(Opened {
        journal: Arc::new(books.journal().await?),
        books: Some(books),
    })
}
