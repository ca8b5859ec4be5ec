//! From all fields of a transaction to its bytes, and back for bytes that a node has signed.

use alloy::consensus::transaction::SignerRecoverable as _;
use alloy::consensus::{SignableTransaction as _, TxEip1559, TxEnvelope, TxLegacy};
use alloy::eips::eip2718::{Decodable2718 as _, Encodable2718 as _};
use alloy::primitives::{Address, Bytes, TxKind, U256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use paydirt_chain::{FeeKind, Signed, TxId, Unsigned};
use serde_json::{Value, json};

use crate::address::{hash_text, of};

/// Signs with the sender's local key: the same input gives the same bytes (RFC 6979).
pub(crate) fn locally(
    unsigned: &Unsigned,
    chain_id: u64,
    signers: &[PrivateKeySigner],
) -> Result<Signed, String> {
    let from = of(&unsigned.from)?;
    let Some(signer) = signers.iter().find(|signer| signer.address() == from) else {
        return Err(format!("there is no key for {}", unsigned.from));
    };
    let sign = |hash| {
        signer
            .sign_hash_sync(&hash)
            .map_err(|error| error.to_string())
    };
    let envelope: TxEnvelope = match unsigned.fee.kind {
        FeeKind::Dynamic => {
            let transaction = dynamic(unsigned, chain_id)?;
            let signature = sign(transaction.signature_hash())?;
            transaction.into_signed(signature).into()
        }
        FeeKind::Legacy => {
            let transaction = legacy(unsigned, chain_id)?;
            let signature = sign(transaction.signature_hash())?;
            transaction.into_signed(signature).into()
        }
    };
    Ok(signed(unsigned, &envelope, envelope.encoded_2718()))
}

/// Takes bytes that a node signed, if they are exactly what was asked, by the right key.
pub(crate) fn remotely(unsigned: &Unsigned, chain_id: u64, bytes: &[u8]) -> Result<Signed, String> {
    let envelope = TxEnvelope::decode_2718_exact(bytes)
        .map_err(|error| format!("the node's bytes are no transaction: {error}"))?;
    let as_asked = match (&envelope, unsigned.fee.kind) {
        (TxEnvelope::Eip1559(signed), FeeKind::Dynamic) => {
            *signed.tx() == dynamic(unsigned, chain_id)?
        }
        (TxEnvelope::Legacy(signed), FeeKind::Legacy) => {
            *signed.tx() == legacy(unsigned, chain_id)?
        }
        _ => false,
    };
    if !as_asked {
        return Err("the node signed another transaction than the one asked".to_owned());
    }
    // Refuses the second of the two signatures that each message has (EIP-2).
    let sender = envelope
        .recover_signer()
        .map_err(|error| format!("the node's signature is not valid: {error}"))?;
    if sender != of(&unsigned.from)? {
        return Err(format!(
            "the node signed for {sender:#x}, not for {}",
            unsigned.from
        ));
    }
    Ok(signed(unsigned, &envelope, bytes.to_vec()))
}

/// All fields, as `eth_signTransaction` and `eth_sendTransaction` take them.
pub(crate) fn request(unsigned: &Unsigned, chain_id: u64) -> Value {
    let mut fields = json!({
        "from": unsigned.from,
        "to": unsigned.call.to,
        "gas": format!("{:#x}", unsigned.gas_limit),
        "value": format!("{:#x}", unsigned.call.value),
        "nonce": format!("{:#x}", unsigned.nonce),
        "input": Bytes::copy_from_slice(&unsigned.call.data),
        "chainId": format!("{chain_id:#x}"),
    });
    let fees = match unsigned.fee.kind {
        FeeKind::Dynamic => json!({
            "maxFeePerGas": format!("{:#x}", unsigned.fee.cap),
            "maxPriorityFeePerGas": format!("{:#x}", unsigned.fee.tip),
        }),
        FeeKind::Legacy => json!({"gasPrice": format!("{:#x}", unsigned.fee.cap)}),
    };
    if let (Some(fields), Value::Object(fees)) = (fields.as_object_mut(), fees) {
        fields.extend(fees);
    }
    fields
}

fn signed(unsigned: &Unsigned, envelope: &TxEnvelope, raw: Vec<u8>) -> Signed {
    let id = TxId::new(hash_text(*envelope.tx_hash()));
    Signed {
        unsigned: unsigned.clone(),
        raw: Some(raw),
        id: Some(id),
    }
}

fn dynamic(unsigned: &Unsigned, chain_id: u64) -> Result<TxEip1559, String> {
    let fee = unsigned.fee;
    if fee.tip > fee.cap {
        return Err(format!(
            "the tip of {} is above the fee cap of {}",
            fee.tip, fee.cap
        ));
    }
    Ok(TxEip1559 {
        chain_id,
        nonce: unsigned.nonce,
        gas_limit: unsigned.gas_limit,
        max_fee_per_gas: fee.cap,
        max_priority_fee_per_gas: fee.tip,
        to: TxKind::Call(recipient(unsigned)?),
        value: U256::from(unsigned.call.value),
        access_list: Default::default(),
        input: Bytes::copy_from_slice(&unsigned.call.data),
    })
}

/// Always with the chain id (EIP-155): the bytes are worth nothing on another chain.
fn legacy(unsigned: &Unsigned, chain_id: u64) -> Result<TxLegacy, String> {
    Ok(TxLegacy {
        chain_id: Some(chain_id),
        nonce: unsigned.nonce,
        gas_price: unsigned.fee.cap,
        gas_limit: unsigned.gas_limit,
        to: TxKind::Call(recipient(unsigned)?),
        value: U256::from(unsigned.call.value),
        input: Bytes::copy_from_slice(&unsigned.call.data),
    })
}

fn recipient(unsigned: &Unsigned) -> Result<Address, String> {
    of(&unsigned.call.to)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::hex;
    use paydirt_chain::{Call, Fee};

    use super::*;

    fn signer(byte: u8) -> PrivateKeySigner {
        PrivateKeySigner::from_slice(&[byte; 32]).unwrap()
    }

    fn unsigned(kind: FeeKind) -> Unsigned {
        Unsigned {
            from: crate::address::canonical(signer(0x46).address()),
            nonce: 9,
            call: Call {
                to: paydirt_chain::Address::canonical(format!("0x{}", "35".repeat(20))),
                value: 1_000_000_000_000_000_000,
                data: Vec::new(),
            },
            gas_limit: 21_000,
            fee: Fee {
                kind,
                cap: 20_000_000_000,
                tip: 20_000_000_000,
            },
        }
    }

    #[test]
    fn a_legacy_transaction_is_signed_as_in_the_example_of_eip_155() {
        let signed = locally(&unsigned(FeeKind::Legacy), 1, &[signer(0x46)]).unwrap();
        let expected = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0\
            b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276\
            a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
        assert_eq!(hex::encode(signed.raw.unwrap()), expected);
        let id = "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788";
        assert_eq!(signed.id.unwrap().as_str(), id);
    }

    #[test]
    fn the_same_fields_give_the_same_bytes_and_other_fields_other_ids() {
        for kind in [FeeKind::Dynamic, FeeKind::Legacy] {
            let base = unsigned(kind);
            let sign = |unsigned: &Unsigned| locally(unsigned, 5, &[signer(0x46)]).unwrap();
            assert_eq!(sign(&base), sign(&base));
            let mut other = base.clone();
            other.fee.cap += 1;
            assert_ne!(sign(&base).id, sign(&other).id);
            assert_ne!(
                locally(&base, 6, &[signer(0x46)]).unwrap().id,
                sign(&base).id
            );
        }
    }

    #[test]
    fn a_key_signs_for_its_own_address_only() {
        let error = locally(&unsigned(FeeKind::Dynamic), 1, &[signer(0x47)]).unwrap_err();
        assert!(error.contains("there is no key for"), "{error}");
    }

    #[test]
    fn a_tip_above_the_cap_is_not_signed() {
        let mut absurd = unsigned(FeeKind::Dynamic);
        absurd.fee.tip += 1;
        assert!(locally(&absurd, 1, &[signer(0x46)]).is_err());
    }

    #[test]
    fn bytes_of_a_node_are_taken_only_if_every_field_and_the_sender_are_as_asked() {
        for kind in [FeeKind::Dynamic, FeeKind::Legacy] {
            let asked = unsigned(kind);
            let ours = locally(&asked, 5, &[signer(0x46)]).unwrap();
            let raw = ours.raw.clone().unwrap();
            assert_eq!(remotely(&asked, 5, &raw).unwrap(), ours);
            let changes: [fn(&mut Unsigned); 6] = [
                |u| u.nonce += 1,
                |u| u.call.value += 1,
                |u| u.call.to = u.from.clone(),
                |u| u.call.data.push(0),
                |u| u.gas_limit += 1,
                |u| u.fee.cap += 1,
            ];
            for change in changes {
                let mut other = asked.clone();
                change(&mut other);
                assert!(remotely(&other, 5, &raw).is_err(), "{other:?}");
            }
            assert!(remotely(&asked, 6, &raw).is_err());
            let mut foreign = asked.clone();
            foreign.from = crate::address::canonical(signer(0x47).address());
            let theirs = locally(&foreign, 5, &[signer(0x47)]).unwrap().raw.unwrap();
            assert!(
                remotely(&asked, 5, &theirs)
                    .unwrap_err()
                    .contains("signed for")
            );
            let longer = [raw.as_slice(), &[0]].concat();
            assert!(remotely(&asked, 5, &longer).is_err());
            assert!(remotely(&asked, 5, &raw[1..]).is_err());
        }
    }
}
