//! Encrypted key files and secret types.
