//! The environment's part: settings by name, and secrets.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

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
    /// Reads the secret; of a file its first line without the line's end, as geth does.
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

    /// What someone should know about a file that other users can read too, with the cure.
    #[must_use]
    pub fn exposure(&self) -> Option<String> {
        match self {
            SecretSource::File(path) => paydirt_keys::exposure(path),
            SecretSource::Variable(_) | SecretSource::Given(_) => None,
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
    let mut text = Zeroizing::new(String::new());
    file.take(SECRET_MAX_BYTES.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(|error| refused(error.to_string(), "its first line must be UTF-8 text"))?;
    if text.len() as u64 > SECRET_MAX_BYTES {
        let problem = format!("it has more than {SECRET_MAX_BYTES} bytes");
        return Err(refused(problem, "give the file that holds the secret"));
    }
    if text.starts_with('\u{feff}') {
        let problem = "it begins with a byte order mark".to_owned();
        return Err(refused(problem, "save it as plain UTF-8"));
    }
    let line = text.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line.is_empty() {
        true => Err(refused(
            "its first line is empty".into(),
            "write the secret there",
        )),
        false => Ok(line.into()),
    }
}
