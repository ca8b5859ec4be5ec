use std::fmt;

use k256::elliptic_curve::sec1::ToEncodedPoint as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha3::{Digest as _, Keccak256};
use zeroize::Zeroizing;

use crate::KeyError;

/// A secp256k1 private key. `Debug` shows its Ethereum address only; wiped when dropped.
#[derive(Clone)]
pub struct PrivateKey {
    secret: k256::SecretKey,
}

impl PrivateKey {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn random() -> Result<Self, KeyError> {
        // A draw is no valid key once in 2^128; drawing again is how k256 does it too.
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(bytes.as_mut())
                .map_err(|error| KeyError::NoRandomness(error.to_string()))?;
            if let Ok(key) = Self::from_bytes(&bytes) {
                return Ok(key);
            }
        }
    }

    /// From 32 bytes, big-endian.
    ///
    /// # Errors
    /// [`KeyError::BadPrivateKey`] for zero and for numbers that the curve has no key for.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        k256::SecretKey::from_slice(bytes)
            .map(|secret| Self { secret })
            .map_err(|_| KeyError::BadPrivateKey("no key of the curve secp256k1 has this number"))
    }

    /// From 64 hexadecimal digits, with or without `0x`; white space around them is ignored.
    ///
    /// # Errors
    /// [`KeyError::BadPrivateKey`]; the text is not repeated in the message.
    pub fn from_hex(text: &SecretString) -> Result<Self, KeyError> {
        let text = text.expose_secret().trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        // The decoder drops a prefix of its own.
        let bytes = const_hex::decode_to_array(digits)
            .map(Zeroizing::new)
            .ok()
            .filter(|_| !digits.starts_with("0x"))
            .ok_or(KeyError::BadPrivateKey("it is not 64 hexadecimal digits"))?;
        Self::from_bytes(&bytes)
    }

    /// The secret itself, for a signer; keep it no longer than needed.
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes().into())
    }

    /// The public key, uncompressed: 64 bytes without the leading 4.
    fn public_key(&self) -> [u8; 64] {
        let point = self.secret.public_key().to_encoded_point(false);
        let mut bytes = [0; 64];
        for (to, from) in bytes.iter_mut().zip(point.as_bytes().iter().skip(1)) {
            *to = *from;
        }
        bytes
    }

    /// The last 20 bytes of the public key's Keccak-256 hash (Ethereum yellow paper, appendix F).
    pub fn ethereum_address(&self) -> [u8; 20] {
        let hash = Keccak256::digest(self.public_key());
        let mut address = [0; 20];
        for (to, from) in address.iter_mut().zip(hash.iter().skip(12)) {
            *to = *from;
        }
        address
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PrivateKey(0x{})",
            const_hex::encode(self.ethereum_address())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first account of the mnemonic "test test … junk", as hardhat and anvil publish it.
    const SECRET: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    const ADDRESS: &str = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266";

    fn key(text: &str) -> Result<PrivateKey, KeyError> {
        PrivateKey::from_hex(&SecretString::from(text))
    }

    #[test]
    fn a_key_gives_its_ethereum_address() {
        for text in [
            SECRET.to_owned(),
            format!("0x{SECRET}\n"),
            SECRET.to_uppercase(),
        ] {
            assert_eq!(
                const_hex::encode(key(&text).unwrap().ethereum_address()),
                ADDRESS
            );
        }
    }

    #[test]
    fn texts_that_are_no_keys_are_refused_without_being_repeated() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        let zero = "0".repeat(64);
        let short = &SECRET[1..];
        for bad in [
            "",
            "0x",
            short,
            order,
            &zero,
            &format!("0x0x{SECRET}"),
            &format!("{SECRET}0"),
        ] {
            let error = key(bad).unwrap_err();
            assert!(matches!(error, KeyError::BadPrivateKey(_)));
            assert!(bad.len() < 8 || !format!("{error} {error:?}").contains(&bad[4..]));
        }
    }

    #[test]
    fn debug_shows_the_address_and_not_the_secret() {
        let shown = format!("{:?}", key(SECRET).unwrap());
        assert_eq!(shown, format!("PrivateKey(0x{ADDRESS})"));
    }

    #[test]
    fn random_keys_differ() {
        let (a, b) = (PrivateKey::random().unwrap(), PrivateKey::random().unwrap());
        assert_ne!(a.expose_bytes(), b.expose_bytes());
    }
}
