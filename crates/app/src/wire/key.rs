//! The wallet's key, from where the configuration says that it is.

use std::path::PathBuf;

use paydirt_keys::{KeyError, KeyFile, PrivateKey, exposure};
use secrecy::SecretString;

use crate::config::{NodeSigning, SecretSource, Settings, Signer, WalletConfig};
use crate::error::AppError;

/// Who signs.
pub(super) enum Key {
    /// We do.
    Local(Box<PrivateKey>),
    /// A node does, for this address.
    Node {
        address: String,
        signing: NodeSigning,
    },
}

/// Reads the key; unlocking a key file takes about a second.
pub(super) async fn key(
    settings: &Settings,
    name: &str,
    wallet: &WalletConfig,
) -> Result<Key, AppError> {
    let failed = |error: KeyError| AppError::Key {
        wallet: name.to_owned(),
        error,
    };
    let read = |source: &SecretSource| {
        source
            .read(&settings.environment)
            .map_err(|error| AppError::Secret {
                owner: format!("wallet {name}"),
                error,
            })
    };
    for warning in exposed(wallet) {
        tracing::warn!(wallet = name, "{warning}");
    }
    match &wallet.signer {
        Signer::Keystore { file, password } => {
            let password = read(password)?;
            let key = unlocked(file.clone(), password).await.map_err(failed)?;
            Ok(Key::Local(Box::new(key)))
        }
        Signer::Environment { private_key } => {
            let key = PrivateKey::from_hex(&read(private_key)?).map_err(failed)?;
            Ok(Key::Local(Box::new(key)))
        }
        Signer::Node { address, signing } => Ok(Key::Node {
            address: address.clone(),
            signing: *signing,
        }),
    }
}

async fn unlocked(file: PathBuf, password: SecretString) -> Result<PrivateKey, KeyError> {
    let path = file.clone();
    let unlock = move || KeyFile::open(&path)?.unlock(&password);
    let done = tokio::task::spawn_blocking(unlock).await;
    done.unwrap_or_else(|error| {
        Err(KeyError::Read {
            path: file,
            source: std::io::Error::other(error),
        })
    })
}

/// What someone should know about files that other users can read.
pub(crate) fn exposed(wallet: &WalletConfig) -> Vec<String> {
    let Signer::Keystore { file, password } = &wallet.signer else {
        return Vec::new();
    };
    exposure(file)
        .into_iter()
        .chain(password.exposure())
        .collect()
}
