//! Transactions as bytes. The id is the hash of the bytes, so "the same bytes" means something.
//!
//! Layout, big-endian: version 1, network (32), from (20), nonce (8), to (20), value (16), gas
//! limit (8), fee kind (1), cap (16), tip (16), length of data (4), data, signature (32), salt
//! (8). The signature covers all before it; the salt is free, so that anybody can give a
//! transaction another id without another signature, as with malleable signatures.

use paydirt_chain::{Call, Fee, FeeKind, TxId, Unsigned};
use sha2::{Digest, Sha256};

use crate::DevnetError;
use crate::address::{Addr, hash_text};

const VERSION: u8 = 1;
const SALT_BYTES: usize = 8;
const SIGNATURE_BYTES: usize = 32;

pub(crate) type Hash = [u8; 32];

/// A sender's secret. Nodes of the devnet know all of them, as the signature is a keyed hash.
pub(crate) type Key = [u8; 32];

/// A transaction as the devnet's nodes hold it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tx {
    pub(crate) id: Hash,
    pub(crate) raw: Vec<u8>,
    pub(crate) from: Addr,
    pub(crate) nonce: u64,
    pub(crate) to: Addr,
    pub(crate) value: u128,
    pub(crate) data: Vec<u8>,
    pub(crate) gas_limit: u64,
    pub(crate) fee: Fee,
}

impl Tx {
    pub(crate) fn tx_id(&self) -> TxId {
        TxId::new(hash_text(&self.id))
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            to: self.to.public(),
            value: self.value,
            data: self.data.clone(),
        }
    }

    pub(crate) fn unsigned(&self) -> Unsigned {
        Unsigned {
            from: self.from.public(),
            nonce: self.nonce,
            call: self.call(),
            gas_limit: self.gas_limit,
            fee: self.fee,
        }
    }

    /// Most that it may cost in fees; a cost beyond 128 bits can't be paid by anyone.
    pub(crate) fn worst_fee(&self) -> u128 {
        self.fee.cap.saturating_mul(u128::from(self.gas_limit))
    }

    pub(crate) fn worst_cost(&self) -> u128 {
        self.worst_fee().saturating_add(self.value)
    }

    /// What the producer gets per gas at this base fee; `None` when the cap is below it.
    pub(crate) fn tip_at(&self, base_fee: u128) -> Option<u128> {
        Some(self.fee.cap.checked_sub(base_fee)?.min(self.fee.tip))
    }
}

pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Signs: the same input always gives the same bytes.
pub(crate) fn sign(network: &Hash, key: &Key, unsigned: &Unsigned) -> Result<Tx, DevnetError> {
    let from = Addr::of(&unsigned.from)?;
    let to = Addr::of(&unsigned.call.to)?;
    let length = u32::try_from(unsigned.call.data.len())
        .map_err(|_| DevnetError::BadBytes("more call data than 32 bits can count".into()))?;
    let mut raw = vec![VERSION];
    raw.extend(network);
    raw.extend(from.0);
    raw.extend(unsigned.nonce.to_be_bytes());
    raw.extend(to.0);
    raw.extend(unsigned.call.value.to_be_bytes());
    raw.extend(unsigned.gas_limit.to_be_bytes());
    raw.push(match unsigned.fee.kind {
        FeeKind::Dynamic => 2,
        FeeKind::Legacy => 0,
    });
    raw.extend(unsigned.fee.cap.to_be_bytes());
    raw.extend(unsigned.fee.tip.to_be_bytes());
    raw.extend(length.to_be_bytes());
    raw.extend(&unsigned.call.data);
    let signature = sha256(&[key, &raw]);
    raw.extend(signature);
    raw.extend([0; SALT_BYTES]);
    Ok(Tx {
        id: sha256(&[&raw]),
        raw,
        from,
        nonce: unsigned.nonce,
        to,
        value: unsigned.call.value,
        data: unsigned.call.data.clone(),
        gas_limit: unsigned.gas_limit,
        fee: unsigned.fee,
    })
}

/// Reads bytes and checks their signature by the sender's key.
pub(crate) fn decode(
    network: &Hash,
    key_of: impl Fn(&Addr) -> Option<Key>,
    raw: &[u8],
) -> Result<Tx, DevnetError> {
    let mut bytes = Reader(raw);
    if bytes.take::<1>()? != [VERSION] {
        return Err(bad("an unknown version"));
    }
    if bytes.take::<32>()? != *network {
        return Err(bad("signed for another network"));
    }
    let from = Addr(bytes.take()?);
    let nonce = u64::from_be_bytes(bytes.take()?);
    let to = Addr(bytes.take()?);
    let value = u128::from_be_bytes(bytes.take()?);
    let gas_limit = u64::from_be_bytes(bytes.take()?);
    let kind = match bytes.take::<1>()? {
        [2] => FeeKind::Dynamic,
        [0] => FeeKind::Legacy,
        _ => return Err(bad("an unknown kind of fee")),
    };
    let cap = u128::from_be_bytes(bytes.take()?);
    let tip = u128::from_be_bytes(bytes.take()?);
    let length = usize::try_from(u32::from_be_bytes(bytes.take()?))
        .map_err(|_| bad("more call data than fits memory"))?;
    let data = bytes.slice(length)?.to_vec();
    let signature: [u8; SIGNATURE_BYTES] = bytes.take()?;
    bytes.take::<SALT_BYTES>()?;
    if !bytes.0.is_empty() {
        return Err(bad("bytes after the end"));
    }
    let body = raw
        .get(..raw.len().saturating_sub(SIGNATURE_BYTES + SALT_BYTES))
        .unwrap_or_default();
    let signed = key_of(&from).is_some_and(|key| sha256(&[&key, body]) == signature);
    if !signed {
        return Err(bad("not signed by its sender"));
    }
    let fee = Fee { kind, cap, tip };
    Ok(Tx {
        id: sha256(&[raw]),
        raw: raw.to_vec(),
        from,
        nonce,
        to,
        value,
        data,
        gas_limit,
        fee,
    })
}

/// The same content and signature under another id.
pub(crate) fn resalted(raw: &[u8]) -> Vec<u8> {
    let mut raw = raw.to_vec();
    let start = raw.len().saturating_sub(SALT_BYTES);
    let (body, salt) = raw.split_at_mut(start);
    let next = sha256(&[body, salt]);
    salt.iter_mut()
        .zip(next)
        .for_each(|(byte, new)| *byte = new);
    raw
}

fn bad(reason: &str) -> DevnetError {
    DevnetError::BadBytes(reason.to_owned())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], DevnetError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| bad("cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], DevnetError> {
        self.slice(N)?.try_into().map_err(|_| bad("cut short"))
    }
}

#[cfg(test)]
mod tests {
    use paydirt_chain::Address;

    use super::*;

    const NETWORK: Hash = [9; 32];
    const KEY: Key = [1; 32];

    fn signed() -> Tx {
        let address = |digit: &str| Address::canonical(format!("0x{}", digit.repeat(40)));
        let unsigned = Unsigned {
            from: address("a"),
            nonce: 3,
            call: Call {
                to: address("b"),
                value: u128::MAX,
                data: vec![1, 2, 3],
            },
            gas_limit: 30_000,
            fee: Fee {
                kind: FeeKind::Dynamic,
                cap: 5,
                tip: 4,
            },
        };
        sign(&NETWORK, &KEY, &unsigned).expect("valid")
    }

    #[test]
    fn bytes_read_back_as_what_was_signed() {
        let tx = signed();
        assert_eq!(decode(&NETWORK, |_| Some(KEY), &tx.raw), Ok(tx));
    }

    #[test]
    fn any_changed_byte_before_the_salt_and_any_cut_is_refused() {
        let raw = signed().raw;
        for at in 0..raw.len() - SALT_BYTES {
            let mut changed = raw.clone();
            changed[at] ^= 1;
            assert!(
                decode(&NETWORK, |_| Some(KEY), &changed).is_err(),
                "byte {at}"
            );
        }
        for length in 0..raw.len() {
            assert!(
                decode(&NETWORK, |_| Some(KEY), &raw[..length]).is_err(),
                "length {length}"
            );
        }
        let longer = [raw.as_slice(), &[0]].concat();
        assert!(decode(&NETWORK, |_| Some(KEY), &longer).is_err());
    }

    #[test]
    fn another_salt_is_the_same_content_under_another_id() {
        let tx = signed();
        let other = decode(&NETWORK, |_| Some(KEY), &resalted(&tx.raw)).expect("still signed");
        assert_eq!(other.unsigned(), tx.unsigned());
        assert_ne!(other.id, tx.id);
    }
}
