//! Makes, imports and names the keys that sign.

use std::path::{Path, PathBuf};

pub use paydirt_keys::KdfCost;
use paydirt_keys::{KeyError, KeyFile, PrivateKey};
use secrecy::SecretString;

use crate::config::{Environment, SecretError, SecretSource, Signer, WalletConfig};
use crate::wire::exposed;

/// A key, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Where the key is: a file, `the environment`, or `the node`.
    pub held_by: String,
    /// Its address: `0x` and 40 lower-case hexadecimal digits.
    pub address: String,
    /// Whether the key itself was seen to have this address; otherwise a file or the
    /// configuration says so.
    pub proven: bool,
    /// What someone should know about where the key is.
    pub warning: Option<String>,
}

/// Why a key was not made, imported or named.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The key, or its file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A password or a private key that could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A file that does not say its address, and no password to look.
    #[error(
        "{} does not say which address it is for; nothing was unlocked; give its password, as \
         --password-file FILE",
        .0.display()
    )]
    NoAddress(PathBuf),
}

/// Makes a key from the system's random bytes, encrypted into a new file.
///
/// # Errors
/// As [`KeyFile::create`]: an existing file is left alone.
pub fn new(file: &Path, password: &SecretString, cost: KdfCost) -> Result<KeyReport, KeysError> {
    create(file, &PrivateKey::random()?, password, cost)
}

/// Encrypts a private key, in hexadecimal digits, into a new file.
///
/// # Errors
/// As [`PrivateKey::from_hex`] and [`KeyFile::create`].
pub fn import(
    file: &Path,
    private_key: &SecretString,
    password: &SecretString,
    cost: KdfCost,
) -> Result<KeyReport, KeysError> {
    create(file, &PrivateKey::from_hex(private_key)?, password, cost)
}

fn create(
    file: &Path,
    key: &PrivateKey,
    password: &SecretString,
    cost: KdfCost,
) -> Result<KeyReport, KeysError> {
    let made = KeyFile::create(file, key, password, cost)?;
    // Read back, so that nobody sends money to a key that can't be unlocked.
    Ok(report(
        file,
        &made,
        made.unlock(password)?.ethereum_address(),
        true,
    ))
}

/// The address of a key file: with its password that of the key, without it what the file says.
///
/// # Errors
/// As [`KeyFile::open`] and [`KeyFile::unlock`]; [`KeysError::NoAddress`].
pub fn of_file(file: &Path, password: Option<&SecretString>) -> Result<KeyReport, KeysError> {
    let found = KeyFile::open(file)?;
    match (password, found.address()?) {
        (Some(password), _) => Ok(report(
            file,
            &found,
            found.unlock(password)?.ethereum_address(),
            true,
        )),
        (None, Some(address)) => Ok(report(file, &found, address, false)),
        (None, None) => Err(KeysError::NoAddress(file.to_owned())),
    }
}

/// The address of a configured wallet. A key file is unlocked only if its password is at hand.
///
/// # Errors
/// As [`of_file`]; for a key in the environment, when it is not set or no key.
pub fn of_wallet(wallet: &WalletConfig, environment: &Environment) -> Result<KeyReport, KeysError> {
    match &wallet.signer {
        Signer::Keystore { file, password } => {
            let password = match password {
                SecretSource::Variable(name) if environment.get(name).is_none() => None,
                source => Some(source.read(environment)?),
            };
            let warnings = exposed(wallet).join("; ");
            Ok(KeyReport {
                warning: Some(warnings).filter(|text| !text.is_empty()),
                ..of_file(file, password.as_ref())?
            })
        }
        Signer::Environment { private_key } => {
            let key = PrivateKey::from_hex(&private_key.read(environment)?)?;
            Ok(KeyReport {
                held_by: "the environment".into(),
                address: text(key.ethereum_address()),
                proven: true,
                warning: None,
            })
        }
        Signer::Node { address, .. } => Ok(KeyReport {
            held_by: "the node".into(),
            address: address.to_lowercase(),
            proven: false,
            warning: None,
        }),
    }
}

fn report(path: &Path, file: &KeyFile, address: [u8; 20], proven: bool) -> KeyReport {
    let held_by = path.display().to_string();
    KeyReport {
        held_by,
        address: text(address),
        proven,
        warning: file.warning(),
    }
}

fn text(address: [u8; 20]) -> String {
    const_hex::encode_prefixed(address)
}
