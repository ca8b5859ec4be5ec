use std::path::PathBuf;

/// Why a key could not be read, made or unlocked. No message contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The password does not open the file.
    #[error(
        "the password does not open {path}; nothing was unlocked or signed; check that the \
         password file belongs to this key file and that its first line is the whole password"
    )]
    WrongPassword {
        /// The key file.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("can't read {path}: {source}; no key was loaded; check the path and its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A new key file could not be written.
    #[error("can't write {path}: {source}; no key file was made; check the directory")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A new key file would replace another file.
    #[error(
        "{path} exists already and was left as it is; no key file was made; \
         choose another name, or move the old file away if its key is no longer needed"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A key file is not one that can be read here.
    #[error("{path} is not a usable key file: {reason}; nothing was unlocked")]
    BadKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key file opened, but holds another key than it says.
    #[error(
        "{path} says that it belongs to 0x{stated}, but its key is that of 0x{found}; \
         nothing was signed; restore the file from a backup or import the key anew"
    )]
    AddressMismatch {
        /// The file.
        path: PathBuf,
        /// The address in the file, 40 hexadecimal digits.
        stated: String,
        /// The address of the key, 40 hexadecimal digits.
        found: String,
    },
    /// A text is not a private key.
    #[error(
        "that is not a private key: {0}; nothing was imported; \
         a key is 64 hexadecimal digits, with or without 0x"
    )]
    BadPrivateKey(&'static str),
    /// The key could not be encrypted.
    #[error("the key could not be encrypted ({0}); no key file was made")]
    NotEncrypted(String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes ({0}); no key was made")]
    NoRandomness(String),
}
