//! The environment's part: settings by name, and secrets.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// Most bytes of a file that holds a secret.
const SECRET_MAX_BYTES: u64 = 64 * 1024;

/// The variables that are Paydirt's to read: `PAYDIRT_…` and `RESOLVE_PAYOUT`. All are treated as
/// secrets; an empty one counts as unset.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, SecretString>,
    unreadable: Vec<String>,
}

impl Environment {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Environment {
        let mut found = Environment::default();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => found.insert(name, value),
                Err(_) => found.unreadable.push(name.to_owned()),
            }
        }
        found
    }

    /// The variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.variables.get(name)
    }

    /// Names of variables that are not UTF-8.
    pub(super) fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// The values of `PAYDIRT__…`, in the clear.
    pub(super) fn layer(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let ours = self
            .variables
            .iter()
            .filter(|(name, _)| name.starts_with("PAYDIRT__"));
        ours.map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
    }

    fn insert(&mut self, name: &str, value: String) {
        if !value.is_empty() {
            self.variables.insert(name.to_owned(), value.into());
        }
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("PAYDIRT_") || name == "RESOLVE_PAYOUT"
}

impl<'v> FromIterator<(&'v str, &'v str)> for Environment {
    /// Given variables, in place of a process's.
    fn from_iter<I: IntoIterator<Item = (&'v str, &'v str)>>(variables: I) -> Environment {
        let mut made = Environment::default();
        for (name, value) in variables.into_iter().filter(|(name, _)| is_ours(name)) {
            made.insert(name, value.to_owned());
        }
        made
    }
}

/// Where a secret is to be read from.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// The first line of this file.
    File(PathBuf),
    /// This variable of the environment.
    Variable(&'static str),
    /// Given with the settings (by the environment, or by open-ethereum-pool's file).
    Given(SecretString),
}

impl SecretSource {
    /// Reads the secret; of a file its only line, without the line's end.
    ///
    /// # Errors
    /// [`SecretError`]; never with the secret.
    pub fn read(&self, environment: &Environment) -> Result<SecretString, SecretError> {
        match self {
            SecretSource::Given(secret) => Ok(secret.clone()),
            SecretSource::Variable(name) => environment
                .get(name)
                .cloned()
                .ok_or(SecretError::Unset { variable: name }),
            SecretSource::File(path) => read_line(path),
        }
    }
}

/// Why a secret was not read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("{variable} is not set; nothing was signed or opened; set it, or name a *_file")]
    Unset {
        /// Its name.
        variable: &'static str,
    },
    /// The file is not read.
    #[error("cannot read {}: {problem}; nothing was signed or opened; {cure}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        cure: &'static str,
    },
}

fn read_line(path: &Path) -> Result<SecretString, SecretError> {
    let refused = |problem: String, cure| SecretError::File {
        path: path.to_owned(),
        problem,
        cure,
    };
    let file = std::fs::File::open(path)
        .map_err(|error| refused(error.to_string(), "check the path and who may read it"))?;
    let mut text = String::new();
    let read = file.take(SECRET_MAX_BYTES + 1).read_to_string(&mut text);
    let secret = SecretString::from(text);
    read.map_err(|error| refused(error.to_string(), "it must be a line of UTF-8 text"))?;
    let text = secret.expose_secret();
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(refused(
            "it is empty".into(),
            "write the secret into it, as one line",
        ));
    }
    if line.contains('\n') || text.len() as u64 > SECRET_MAX_BYTES {
        return Err(refused(
            "it has more than one line".into(),
            "write only the secret into it",
        ));
    }
    Ok(line.into())
}
