//! Where the books are, the journal among them.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::environment::{Environment, SecretError, SecretSource};
use super::fault::Fault;
use super::section::{Section, text_of};
use super::url::SecretUrl;

/// The database that holds the books.
#[derive(Clone, Debug)]
pub enum Database {
    /// SQLite, in this file.
    Sqlite {
        /// The file; it and its directory need not exist yet.
        path: PathBuf,
    },
    /// PostgreSQL.
    Postgres(PostgresConfig),
}

/// A PostgreSQL server, and how it is connected to.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// The server and its database.
    pub url: SecretUrl,
    /// The password, where the URL has none.
    pub password: Option<SecretSource>,
    /// Most connections of this process, 2 to 1000.
    pub max_connections: u32,
    /// A connection that is not there after so long has failed, milliseconds.
    pub timeout_ms: u64,
}

const DEFAULT: &str = "sqlite://paydirt.db";
const POSTGRES_EXAMPLE: &str = "postgres://paydirt@127.0.0.1:5432/paydirt";
/// What only a server has.
const OF_POSTGRES: [&str; 4] = ["password_file", "password", "max_connections", "timeout_ms"];
const MAX_CONNECTIONS: u64 = 10;
const TIMEOUT_MS: u64 = 10_000;

impl PostgresConfig {
    /// The URL to connect to, with the password.
    ///
    /// # Errors
    /// [`SecretError`] when the password can't be read.
    pub fn connection_url(&self, environment: &Environment) -> Result<SecretUrl, SecretError> {
        let Some(source) = &self.password else {
            return Ok(self.url.clone());
        };
        let password = source.read(environment)?;
        let url = self.url.with_password(password.expose_secret());
        // A URL with a host, as each is here, takes a password.
        Ok(url.unwrap_or_else(|| self.url.clone()))
    }
}

impl Database {
    /// SQLite's file; `None` for a server.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Database::Sqlite { path } => Some(path),
            Database::Postgres(_) => None,
        }
    }

    /// Where nothing else is said, the books are in `folder`.
    pub(super) fn read(section: Section<'_>, folder: &Path) -> Option<Database> {
        let url = section.given("url");
        let postgres = url.is_some_and(|url| text_of(url.value).is_some_and(is_postgres));
        let database = match postgres {
            true => read_postgres(&section).map(Database::Postgres),
            false => read_sqlite(&section, folder),
        };
        section.finish();
        database
    }
}

impl fmt::Display for Database {
    /// The file, or the URL without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite { path } => path.display().fmt(f),
            Database::Postgres(postgres) => postgres.url.fmt(f),
        }
    }
}

fn is_postgres(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    matches!(scheme, "postgres" | "postgresql")
}

fn read_sqlite(section: &Section<'_>, folder: &Path) -> Option<Database> {
    let folder = match section.is_set("url") {
        true => section.folder_of("url"),
        false => folder.to_owned(),
    };
    for key in OF_POSTGRES {
        section.show_unset(key);
        section.ignore(&[key]);
        if section.is_set(key) {
            let cure = "remove it, or write url = \"postgres://…\"";
            section.fault(key, Fault::new("is only for PostgreSQL", cure));
        }
    }
    section.or("url", DEFAULT, |text| sqlite(text, &folder))
}

fn sqlite(text: &str, folder: &Path) -> Result<Database, Fault> {
    let cure = format!("write url = {DEFAULT:?}, with the path of a file, or {POSTGRES_EXAMPLE:?}");
    let Some((scheme, path)) = text.split_once("://") else {
        return Err(Fault::new("is no database's URL", cure));
    };
    match scheme {
        "sqlite" if path.is_empty() || path.contains(['?', '#']) => {
            Err(Fault::new("names no plain file", cure))
        }
        "sqlite" => Ok(Database::Sqlite {
            path: folder.join(path),
        }),
        _ => Err(Fault::new("is a database of a kind not known here", cure)),
    }
}

fn read_postgres(section: &Section<'_>) -> Option<PostgresConfig> {
    let url = section.url("url", postgres_url);
    let file = section.path_of("password_file");
    let given = section.secret("password", "password_file");
    let max_connections = section.whole_or("max_connections", MAX_CONNECTIONS, 2..=1_000);
    let timeout_ms = section.whole_or("timeout_ms", TIMEOUT_MS, 100..=600_000);
    let in_url = url
        .as_ref()
        .is_some_and(|url| url.url().password().is_some());
    let password = match (file, given) {
        (Some(_), Some(_)) => {
            let fault = Fault::new("password is set too", "remove one of them");
            section.fault("password_file", fault);
            None
        }
        (Some(file), None) => Some(SecretSource::File(file)),
        (None, given) => given.map(SecretSource::Given),
    };
    if in_url && password.is_some() {
        let cure = "remove one of them: the URL's is better in a file of its own";
        let fault = Fault::new("has a password, and there is another", cure);
        section.fault("url", fault);
    }
    Some(PostgresConfig {
        url: url?,
        password,
        max_connections: u32::try_from(max_connections).ok()?,
        timeout_ms,
    })
}

fn postgres_url(text: &str) -> Result<SecretUrl, Fault> {
    let url = SecretUrl::parse(text, &["postgres", "postgresql"], POSTGRES_EXAMPLE)?;
    let database = url.url().path().trim_start_matches('/');
    if database.is_empty() || database.contains('/') {
        let cure = format!("write it as {POSTGRES_EXAMPLE}");
        return Err(Fault::new("does not end with the name of a database", cure));
    }
    Ok(url)
}
