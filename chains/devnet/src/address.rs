//! Addresses of 20 bytes, written as Ethereum's: `0x` and 40 lower-case digits.

use std::fmt;

use paydirt_chain::{Address, AddressError};

/// An address inside the devnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Addr(pub(crate) [u8; 20]);

impl Addr {
    /// Reads the canonical text only.
    pub(crate) fn of(address: &Address) -> Result<Self, AddressError> {
        parse(address.as_str())
    }

    pub(crate) fn public(self) -> Address {
        Address::canonical(self.to_string())
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", const_hex::encode(self.0))
    }
}

/// Parses strictly: exactly `0x` and 40 digits, either case (there is no checksum), not zero.
pub(crate) fn parse(text: &str) -> Result<Addr, AddressError> {
    let refused = |reason: &str| AddressError {
        text: text.to_owned(),
        reason: reason.to_owned(),
    };
    let digits = text
        .strip_prefix("0x")
        .ok_or_else(|| refused("it must begin with 0x"))?;
    if digits.len() != 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refused(
            "after 0x there must be 40 hexadecimal digits, and nothing else",
        ));
    }
    let mut bytes = [0; 20];
    const_hex::decode_to_slice(digits, &mut bytes).map_err(|e| refused(&e.to_string()))?;
    if bytes == [0; 20] {
        return Err(refused(
            "it is the zero address; what is sent there is lost",
        ));
    }
    Ok(Addr(bytes))
}

/// A hash of 32 bytes as `0x…`.
pub(crate) fn hash_text(hash: &[u8; 32]) -> String {
    format!("0x{}", const_hex::encode(hash))
}

/// A hash in canonical text; `None` for anything else.
pub(crate) fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    const_hex::decode_to_slice(text.strip_prefix("0x")?, &mut hash).ok()?;
    (hash_text(&hash) == text).then_some(hash)
}
