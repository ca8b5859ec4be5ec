//! Addresses and hashes: strict text in, canonical text out.

use alloy::primitives::{Address, B256};
use paydirt_chain::{AddressError, TxId};

/// Parses a payee's address.
///
/// Digits all of one case are taken as they are; mixed case is an EIP-55 checksum, which must be
/// right.
///
/// # Errors
/// Says what is wrong: form, checksum, the zero address.
pub fn parse(text: &str) -> Result<paydirt_chain::Address, AddressError> {
    let refused = |reason: &str| AddressError {
        text: shortened(text),
        reason: reason.to_owned(),
    };
    let Some(digits) = text.strip_prefix("0x") else {
        return Err(refused("it must begin with 0x"));
    };
    if digits.len() != 40 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(refused("it must be 0x and 40 hexadecimal digits"));
    }
    let address: Address = text
        .parse()
        .map_err(|_| refused("it must be 0x and 40 hexadecimal digits"))?;
    let has_lower = digits.bytes().any(|digit| digit.is_ascii_lowercase());
    let has_upper = digits.bytes().any(|digit| digit.is_ascii_uppercase());
    if has_lower && has_upper && address.to_checksum(None) != text {
        return Err(refused(
            "its upper and lower case is no valid EIP-55 checksum: check each digit",
        ));
    }
    if address.is_zero() {
        return Err(refused(
            "it is the zero address, from which nothing can be recovered",
        ));
    }
    Ok(canonical(address))
}

/// `0x` and lower-case digits.
pub(crate) fn canonical(address: Address) -> paydirt_chain::Address {
    paydirt_chain::Address::canonical(format!("{address:#x}"))
}

/// Back from canonical text.
pub(crate) fn of(address: &paydirt_chain::Address) -> Result<Address, String> {
    address
        .as_str()
        .parse()
        .map_err(|error| format!("{address} is no address: {error}"))
}

/// `0x` and lower-case digits.
pub(crate) fn hash_text(hash: B256) -> String {
    format!("{hash:#x}")
}

/// Back from canonical text.
pub(crate) fn hash_of(id: &TxId) -> Result<B256, String> {
    id.as_str()
        .parse()
        .map_err(|error| format!("{id} is no transaction hash: {error}"))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_case_or_with_a_right_checksum_are_taken() {
        // The checksummed ones are EIP-55's own examples.
        for text in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0xDE709F2102306220921060314715629080E2FB77",
            "0x0000000000000000000000000000000000000001",
        ] {
            assert_eq!(parse(text).unwrap().as_str(), text.to_lowercase());
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "begin with 0x"),
            ("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "begin with 0x"),
            (
                "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "begin with 0x",
            ),
            (
                " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "begin with 0x",
            ),
            (
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
                "40 hexadecimal",
            ),
            (
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed.rig1",
                "40 hexadecimal",
            ),
            (
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea\u{ff11}",
                "40 hexadecimal",
            ),
            ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "EIP-55"),
            ("0x0000000000000000000000000000000000000000", "zero address"),
            (
                "f410fabcdefghijklmnopqrstuvwxyz234567abcdefg",
                "begin with 0x",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
        }
    }
}
