//! Opening the file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::BooksError;

/// Another process's write is waited for so long.
const BUSY: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// Rows handed over at once by the database's thread.
const ROWS: usize = 1024;

/// One connection that writes, and a few that read what is committed.
pub(super) async fn connect(url: &str) -> Result<(SqlitePool, SqlitePool), BooksError> {
    let wrong = |reason: String| BooksError::Url {
        url: url.to_owned(),
        reason,
    };
    if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(wrong("only a file of SQLite is durable here".into()));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| wrong(error.to_string()))?;
    make_private(options.get_filename())?;
    let options = options
        .create_if_missing(false)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .row_buffer_size(ROWS)
        .pragma("trusted_schema", "OFF");
    let pool = || {
        SqlitePoolOptions::new()
            .min_connections(1)
            .test_before_acquire(false)
    };
    let writer = pool()
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    let readers = pool()
        .max_connections(READERS)
        .connect_with(options.read_only(true))
        .await?;
    Ok((writer, readers))
}

/// Makes the file, readable by its owner only; SQLite gives its companions the same rights.
fn make_private(path: &Path) -> Result<(), BooksError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(BooksError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }),
    }
}
