//! Where is the private key, and who may see it?
//!
//! A key lives in an encrypted file ([`KeyFile`], Web3 Secret Storage version 3, as geth, Besu and
//! most wallets write it), or comes as a text from the environment ([`PrivateKey::from_hex`]).
//! In memory it is a [`PrivateKey`]: no `Debug`, message or log shows it, and it is wiped when
//! dropped. This crate knows no chain: it holds secp256k1 keys, which Ethereum-style chains and
//! Filecoin share.

mod cipher;
mod error;
mod file;
mod permissions;
mod private_key;
mod storage;

pub use cipher::KdfCost;
pub use error::KeyError;
pub use file::KeyFile;
pub use permissions::exposure;
pub use private_key::PrivateKey;
pub use secrecy::SecretString;
