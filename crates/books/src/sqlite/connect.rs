//! Opening the file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::time::sleep;

use crate::BooksError;
use crate::url::shown;

/// Another process's write is waited for so long.
const BUSY: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(5);
const READERS: u32 = 4;
const NO_WAIT: &str = "PRAGMA busy_timeout = 0";
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
/// Rows handed over at once by the database's thread.
const ROWS: usize = 1024;

/// One connection that writes, and a few that read what is committed.
pub(crate) async fn connect(url: &str) -> Result<(SqlitePool, SqlitePool), BooksError> {
    let wrong = |reason: String| BooksError::Url {
        url: shown(url),
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
    let writer = pool(1, options.clone()).await?;
    let readers = pool(READERS, options.read_only(true)).await?;
    Ok((writer, readers))
}

/// Closes all connections, and leaves nothing in the log that could be in the file.
pub(crate) async fn close(writer: &SqlitePool, readers: &SqlitePool) {
    readers.close().await;
    if let Ok(mut writer) = writer.acquire().await {
        // Without waiting for other programs. What this leaves in the log is as durable there.
        for pragma in [NO_WAIT, CHECKPOINT] {
            sqlx::query(pragma).execute(&mut *writer).await.ok();
        }
    }
    writer.close().await;
}

/// Connections with these options. While another program turns on the log of a new file, SQLite
/// says "locked" at once, whatever its busy timeout is: it is asked again, as long as that.
async fn pool(most: u32, options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let began = Instant::now();
    loop {
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(most)
            .test_before_acquire(false);
        match pool.connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && began.elapsed() < BUSY => sleep(AGAIN).await,
            done => return done,
        }
    }
}

/// `SQLITE_BUSY`, and its finer codes (<https://sqlite.org/rescode.html#busy>).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
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
