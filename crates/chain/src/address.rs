//! Addresses, already checked by the chain that they belong to.

use std::fmt;

/// An address in its chain's canonical text, as [`Chain::parse_address`](crate::Chain::parse_address)
/// returns it. Equal addresses have equal text.
///
/// Ethereum-style: `0x` and 40 lower-case hexadecimal digits. Filecoin: `f1…`, `f3…`, `f410f…`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Takes text that a chain has already parsed and normalised (or that a journal read back).
    ///
    /// Text from anywhere else goes through [`Chain::parse_address`](crate::Chain::parse_address).
    pub fn canonical(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not an address that we would pay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address that can be paid: {reason}")]
pub struct AddressError {
    /// The text as it was given.
    pub text: String,
    /// What is wrong with it, and how it should look.
    pub reason: String,
}
