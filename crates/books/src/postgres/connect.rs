//! Connecting to a server.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Error};

use super::options::PostgresOptions;
use super::transaction::{Transaction, within};
use crate::BooksError;
use crate::url::{is_escaped, shown};

/// The oldest version whose parameters we set.
const OLDEST: u32 = 140_000;
/// What a URL may say of a connection. Others are refused: a misspelt one would have no effect.
const PARAMETERS: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "dbname",
    "user",
    "password",
];
/// Instead of sqlx's words, which may quote a part of the URL.
const UNREADABLE: &str = "a part of it can't be read: its port is a number, sslmode one of \
     disable, allow, prefer, require, verify-ca and verify-full";
/// What a server's answer is waited for beyond the statement's own time.
pub(crate) const ON_THE_WAY: Duration = Duration::from_secs(5);
/// For the roll-back of a transaction that was dropped, before its connection is closed.
const RETURN: Duration = Duration::from_secs(5);
/// Where no statement has a time limit, its answer is waited for so long.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// A server of the books.
#[derive(Clone)]
pub(crate) struct Server {
    pool: PgPool,
    limit: Duration,
}

impl Server {
    /// One connection is made at once, so that a wrong address is told here.
    pub(crate) async fn connect(url: &str, options: &PostgresOptions) -> Result<Self, BooksError> {
        let wrong = |reason: String| BooksError::Url {
            url: shown(url),
            reason,
        };
        if !url.contains("://") {
            return Err(wrong("a server's address begins with postgres://".into()));
        }
        if !is_escaped(url) {
            let escapes = "@ is %40, / is %2F, ? is %3F, # is %23";
            return Err(wrong(format!(
                "its user or password has a character that must be escaped ({escapes})"
            )));
        }
        for parameter in parameters_of(url) {
            if !PARAMETERS.contains(&parameter) {
                let known = PARAMETERS.join(", ");
                return Err(wrong(format!(
                    "no parameter {parameter:?} is known, only {known}"
                )));
            }
        }
        let to = PgConnectOptions::from_str(url).map_err(|_| wrong(UNREADABLE.to_owned()))?;
        let to = with_settings(to, options);
        let limit = Duration::from_millis(options.connect_timeout_ms);
        let first = within(limit, PgConnection::connect_with(&to)).await;
        let first = first.map_err(|error| unreachable(&to, &error))?;
        let found = first.server_version_num().unwrap_or(OLDEST);
        first.close().await?;
        if found < OLDEST {
            let (found, needed) = (found / 10_000, OLDEST / 10_000);
            let reason = format!("its server is PostgreSQL {found}, and {needed} is needed");
            return Err(wrong(reason));
        }
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections.max(1))
            .acquire_timeout(limit)
            .after_release(|connection, _| Box::pin(answers(connection)))
            .connect_lazy_with(to);
        let limit = match options.statement_timeout_ms {
            0 => FOR_EVER,
            ms => Duration::from_millis(ms).saturating_add(ON_THE_WAY),
        };
        Ok(Self { pool, limit })
    }

    pub(crate) async fn begin(&self, statement: &'static str) -> Result<Transaction, Error> {
        Transaction::begin(&self.pool, statement, self.limit).await
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Commits are durable, whatever the server's or the role's default is; nobody is waited for
/// without an end; a connection whose other side is gone is noticed.
fn with_settings(to: PgConnectOptions, options: &PostgresOptions) -> PgConnectOptions {
    to.application_name("paydirt").options([
        ("synchronous_commit", "on"),
        ("lock_timeout", &options.lock_timeout_ms.to_string()),
        (
            "statement_timeout",
            &options.statement_timeout_ms.to_string(),
        ),
        (
            "idle_in_transaction_session_timeout",
            &options.idle_timeout_ms.to_string(),
        ),
        ("client_connection_check_interval", "5000"),
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
    ])
}

fn unreachable(to: &PgConnectOptions, error: &Error) -> BooksError {
    let (host, port) = (to.get_host(), to.get_port());
    let database = to.get_database().unwrap_or_default();
    BooksError::Server {
        server: format!("{host}:{port}/{database}"),
        reason: error.to_string(),
    }
}

/// A connection that comes back may have a roll-back under way, or a server that hangs.
async fn answers(connection: &mut PgConnection) -> Result<bool, Error> {
    within(RETURN, connection.ping()).await.map(|()| true)
}

/// The names of a URL's parameters.
fn parameters_of(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let named = query.split('&').filter(|pair| !pair.is_empty());
    named.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
}
