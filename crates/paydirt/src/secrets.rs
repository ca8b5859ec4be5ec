//! Secrets that a command needs: from a file, else the environment, else asked for on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use dialoguer::Password;
use paydirt_app::config::{Environment, SecretSource};
use secrecy::{ExposeSecret as _, SecretString};

use crate::failure::Failure;

/// The password for a new key file.
pub(crate) fn new_password(
    file: Option<PathBuf>,
    environment: &Environment,
) -> anyhow::Result<SecretString> {
    match password_source(file, environment) {
        Some(source) => read(&source, environment),
        None => ask(
            Password::new()
                .with_prompt("Password for the new key file")
                .with_confirmation("The same again", "They differ."),
            "there is no password for the new key file, and no terminal to ask on",
            "give --password-file FILE, or set PAYDIRT_PASSWORD_FILE or PAYDIRT_PASSWORD",
        ),
    }
}

/// Where a key file's password is, if it is at hand.
pub(crate) fn password_source(
    file: Option<PathBuf>,
    environment: &Environment,
) -> Option<SecretSource> {
    let named = environment.get("PAYDIRT_PASSWORD_FILE");
    let named = named.map(|path| PathBuf::from(path.expose_secret()));
    let variable = "PAYDIRT_PASSWORD";
    match file.or(named) {
        Some(file) => Some(SecretSource::File(file)),
        None => environment
            .get(variable)
            .map(|_| SecretSource::Variable(variable)),
    }
}

/// A secret, and a line on standard error when other users can read it too.
pub(crate) fn read(
    source: &SecretSource,
    environment: &Environment,
) -> anyhow::Result<SecretString> {
    let secret = source.read(environment)?;
    if let Some(warning) = source.exposure() {
        // Nobody is left to tell when standard error is closed.
        let _told = writeln!(std::io::stderr(), "warning: {warning}");
    }
    Ok(secret)
}

/// The private key to import.
pub(crate) fn private_key(
    file: Option<PathBuf>,
    environment: &Environment,
) -> anyhow::Result<SecretString> {
    let variable = "PAYDIRT_PRIVATE_KEY";
    match (file, environment.get(variable)) {
        (Some(file), _) => read(&SecretSource::File(file), environment),
        (None, Some(key)) => Ok(key.clone()),
        (None, None) => ask(
            Password::new().with_prompt("Private key (64 hexadecimal digits)"),
            "there is no private key to import, and no terminal to ask on",
            "give --private-key-file FILE, or set PAYDIRT_PRIVATE_KEY",
        ),
    }
}

fn ask(prompt: Password<'_>, without: &str, cure: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::usage(without, cure).into());
    }
    let answer = prompt
        .interact()
        .context("nothing was read from the terminal")?;
    Ok(answer.into())
}
