use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::cipher::{self, KdfCost, Refusal};
use crate::permissions;
use crate::storage::Stored;
use crate::{KeyError, PrivateKey};

/// An encrypted key file, read but not unlocked.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    mode: Option<u32>,
    stored: Stored,
}

impl KeyFile {
    /// Encrypts `key` into a new file that only its owner can read, durably.
    ///
    /// # Errors
    /// [`KeyError::Exists`] (the file there is left alone), [`KeyError::Write`],
    /// [`KeyError::NoRandomness`].
    pub fn create(
        path: &Path,
        key: &PrivateKey,
        password: &SecretString,
        cost: KdfCost,
    ) -> Result<Self, KeyError> {
        let stored = encrypt(key, password, cost)?;
        let failed = |source| KeyError::Write {
            path: path.to_owned(),
            source,
        };
        let text = serde_json::to_string_pretty(&stored).map_err(|error| failed(error.into()))?;
        let mut file = permissions::create_new(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => KeyError::Exists {
                path: path.to_owned(),
            },
            _ => failed(source),
        })?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        if let Err(source) = written.and_then(|()| sync_directory(path)) {
            // Half a key file is worse than none: the name would look taken by a key.
            let _gone = fs::remove_file(path);
            return Err(failed(source));
        }
        Self::open(path)
    }

    /// Reads a key file; needs no password.
    ///
    /// # Errors
    /// [`KeyError::Read`], or [`KeyError::BadKeyFile`] when it is not version 3.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let (text, mode) = permissions::read(path)?;
        let stored: Stored =
            serde_json::from_str(&text).map_err(|error| bad(path, error.to_string()))?;
        if stored.version != 3 {
            let reason = format!(
                "it is version {}, and only version 3 is known",
                stored.version
            );
            return Err(bad(path, reason));
        }
        Ok(Self {
            path: path.to_owned(),
            mode,
            stored,
        })
    }

    /// The Ethereum address that the file states, if it states one; proven only by
    /// [`unlock`](Self::unlock).
    ///
    /// # Errors
    /// [`KeyError::BadKeyFile`] when the statement is no address.
    pub fn address(&self) -> Result<Option<[u8; 20]>, KeyError> {
        let Some(text) = &self.stored.address else {
            return Ok(None);
        };
        match const_hex::decode_to_array(text) {
            Ok(address) => Ok(Some(address)),
            Err(_) => Err(bad(
                &self.path,
                format!("its address {text:?} is not 20 bytes of hex"),
            )),
        }
    }

    /// What is wrong with the file's permissions, with the cure. The key in it is encrypted, so
    /// this is a warning: whoever reads the file may try passwords for ever.
    pub fn warning(&self) -> Option<String> {
        permissions::warning(&self.path, self.mode?)
    }

    /// Decrypts the key; takes about a second, on a thread that may block.
    ///
    /// # Errors
    /// [`KeyError::WrongPassword`], [`KeyError::BadKeyFile`], or [`KeyError::AddressMismatch`]
    /// when the key is not the one that the file states.
    pub fn unlock(&self, password: &SecretString) -> Result<PrivateKey, KeyError> {
        let path = || self.path.clone();
        let secret = cipher::decrypt(&self.stored.crypto, password.expose_secret().as_bytes())
            .map_err(|refusal| match refusal {
                Refusal::WrongPassword => KeyError::WrongPassword { path: path() },
                Refusal::Unusable(reason) => KeyError::BadKeyFile {
                    path: path(),
                    reason,
                },
            })?;
        let key = PrivateKey::from_bytes(&secret).map_err(|error| bad(&self.path, error))?;
        let found = key.ethereum_address();
        match self.address()? {
            Some(stated) if stated != found => Err(KeyError::AddressMismatch {
                path: path(),
                stated: const_hex::encode(stated),
                found: const_hex::encode(found),
            }),
            _ => Ok(key),
        }
    }
}

fn encrypt(key: &PrivateKey, password: &SecretString, cost: KdfCost) -> Result<Stored, KeyError> {
    let (mut salt, mut iv) = ([0; 32], [0; 16]);
    for bytes in [salt.as_mut_slice(), iv.as_mut_slice()] {
        getrandom::fill(bytes).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
    }
    let password = password.expose_secret().as_bytes();
    let crypto = cipher::encrypt(&key.expose_bytes(), password, cost, &salt, &iv)
        .map_err(KeyError::NotEncrypted)?;
    Ok(Stored {
        address: Some(const_hex::encode(key.ethereum_address())),
        crypto,
        id: uuid::Uuid::new_v4().to_string(),
        version: 3,
    })
}

/// Makes the new name durable, not only the bytes.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    match cfg!(unix) {
        true => fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all(),
        false => Ok(()),
    }
}

fn bad(path: &Path, reason: impl ToString) -> KeyError {
    KeyError::BadKeyFile {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests;
