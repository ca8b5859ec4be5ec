//! The text of a key file: Web3 Secret Storage, version 3
//! (<https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/>).

use serde::{Deserialize, Serialize};

/// The whole file. Fields that other programs add are ignored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// Not part of the definition, but written by geth, Besu and others; without `0x`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    // Early geth wrote a capital letter.
    #[serde(alias = "Crypto")]
    pub(crate) crypto: Crypto,
    pub(crate) id: String,
    pub(crate) version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Crypto {
    pub(crate) cipher: String,
    pub(crate) cipherparams: CipherParams,
    pub(crate) ciphertext: String,
    #[serde(flatten)]
    pub(crate) kdf: Kdf,
    pub(crate) mac: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CipherParams {
    pub(crate) iv: String,
}

/// How the password becomes a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
pub(crate) enum Kdf {
    Scrypt {
        dklen: u32,
        n: u64,
        r: u32,
        p: u32,
        salt: String,
    },
    Pbkdf2 {
        dklen: u32,
        c: u32,
        prf: String,
        salt: String,
    },
}
