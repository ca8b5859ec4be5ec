//! `ledger = "redis"`: open-ethereum-pool's keys.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use crate::config::environment::{Environment, SecretError, SecretSource};
use crate::config::fault::Fault;
use crate::config::section::Section;
use crate::config::url::SecretUrl;

const REDIS_PORT: u16 = 6379;
const REDIS_EXAMPLE: &str = "redis://127.0.0.1:6379/0";
/// Its keys.
pub(super) const KEYS: [&str; 6] = [
    "redis_url",
    "redis_prefix",
    "redis_password_file",
    "redis_password",
    "redis_wait_replicas",
    "redis_timeout_ms",
];

/// open-ethereum-pool's Redis.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// The server and the number of its database.
    pub url: SecretUrl,
    /// Its password, where the URL has none.
    pub password: Option<SecretSource>,
    /// What the keys begin with: that pool's `coin`.
    pub prefix: String,
    /// Replicas that must have each move before it counts; 0: none.
    pub wait_replicas: u32,
    /// A command without an answer for so long has failed, milliseconds.
    pub timeout_ms: u64,
}

impl RedisConfig {
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

    /// Server, database and prefix: no two pools may share them.
    pub(in crate::config) fn place(&self) -> String {
        let url = self.url.url();
        let database = url.path().trim_start_matches('/');
        let database = if database.is_empty() { "0" } else { database };
        let port = url.port().unwrap_or(REDIS_PORT);
        let host = url.host_str().unwrap_or_default().to_lowercase();
        format!("{host}:{port}/{database}, prefix {}", self.prefix)
    }
}

pub(super) fn read(section: &Section<'_>, environment: &Environment) -> Option<RedisConfig> {
    if !section.is_set("redis_url") {
        let cure = format!("name the pool's Redis, as redis_url = {REDIS_EXAMPLE:?}");
        section.fault("redis_url", Fault::new("is missing", cure));
    }
    let url = section.url("redis_url", redis_url);
    let cure = "write the pool's own \"coin\", as redis_prefix = \"eth\"";
    let prefix = section.required("redis_prefix", cure, prefix);
    let file = section.path_of("redis_password_file");
    let given = section.secret("redis_password", "redis_password_file");
    if file.is_some() && given.is_some() {
        let fault = Fault::new("redis_password is set too", "remove one of them");
        section.fault("redis_password_file", fault);
    }
    let wait_replicas = section.whole_or("redis_wait_replicas", 0, 0..=100);
    let timeout_ms = section.whole_or("redis_timeout_ms", 5_000, 100..=600_000);
    let url = url?;
    let in_url = url.url().password().is_some();
    Some(RedisConfig {
        password: password(file, given, in_url, environment),
        url,
        prefix: prefix?,
        wait_replicas: u32::try_from(wait_replicas).ok()?,
        timeout_ms,
    })
}

fn password(
    file: Option<PathBuf>,
    given: Option<SecretString>,
    in_url: bool,
    environment: &Environment,
) -> Option<SecretSource> {
    let variable = "PAYDIRT_REDIS_PASSWORD";
    match (given, file) {
        (Some(secret), _) => Some(SecretSource::Given(secret)),
        (None, Some(file)) => Some(SecretSource::File(file)),
        (None, None) if in_url => None,
        (None, None) => environment
            .get(variable)
            .map(|_| SecretSource::Variable(variable)),
    }
}

fn redis_url(text: &str) -> Result<SecretUrl, Fault> {
    let url = SecretUrl::parse(text, &["redis"], REDIS_EXAMPLE)?;
    let database = url.url().path().trim_start_matches('/');
    let numbered = database.is_empty() || database.bytes().all(|byte| byte.is_ascii_digit());
    if !numbered || url.url().query().is_some() {
        let cure = format!("write it as {REDIS_EXAMPLE}");
        return Err(Fault::new(
            "has more than the number of a database after the host",
            cure,
        ));
    }
    Ok(url)
}

/// The prefix stands in patterns (`P:miners:*`) and before `:`.
fn prefix(text: &str) -> Result<String, Fault> {
    let plain = |c: char| c.is_ascii_graphic() && !"*?[]\\^".contains(c);
    match !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(Fault::new(
            "is no prefix of keys: 1 to 64 ASCII characters, no blank and none of *?[]\\^",
            "write the pool's own \"coin\"",
        )),
    }
}
