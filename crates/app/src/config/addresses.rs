//! The shape of addresses, by the kind of chain. Checksums are checked by the chain itself.

use super::chain::{ChainConfig, FilecoinNetwork};
use super::fault::Fault;
use super::words::{digits, excerpt};

/// Characters after the protocol of f1 and f2 (24 bytes in base 32), and of f3 (52 bytes).
const HASH_CHARS: usize = 39;
const BLS_CHARS: usize = 84;
/// Most of f4: a namespace, and up to 54 bytes and a checksum.
const DELEGATED_CHARS_MAX: usize = 120;

/// An address of this chain in the text that the books know it by, or what is wrong with it and
/// what to do. Of a Filecoin address only the form is looked at.
pub(crate) fn address_of_chain(
    chain: &ChainConfig,
    text: &str,
) -> Result<String, (String, String)> {
    if let ChainConfig::Ethereum(_) = chain {
        let read = paydirt_ethereum::parse_address(text);
        let cure = "write 0x and 40 hexadecimal digits, as its owner gave them";
        return read
            .map(|address| address.to_string())
            .map_err(|error| (format!("can't be paid: {}", error.reason), cure.to_owned()));
    }
    let read = AddressForm::of(chain).address(text);
    read.map_err(|fault| (fault.what, fault.cure))
}

/// How addresses of a chain are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum AddressForm<'c> {
    Ethereum,
    Filecoin(&'c FilecoinNetwork),
}

impl<'c> AddressForm<'c> {
    pub(super) fn of(chain: &'c ChainConfig) -> AddressForm<'c> {
        match chain {
            ChainConfig::Ethereum(_) => AddressForm::Ethereum,
            ChainConfig::Filecoin(chain) => AddressForm::Filecoin(&chain.network),
        }
    }

    /// An address, as it was written.
    pub(super) fn address(self, text: &str) -> Result<String, Fault> {
        match self {
            AddressForm::Ethereum => ethereum(text),
            AddressForm::Filecoin(network) => filecoin(text, network),
        }
    }

    /// A storage miner's id address, as it was written.
    pub(super) fn miner(self, text: &str) -> Result<String, Fault> {
        let AddressForm::Filecoin(network) = self else {
            let cure = "remove it, or name a chain of kind = \"filecoin\"";
            return Err(Fault::new("is only for a Filecoin chain", cure));
        };
        match text.get(1..2) {
            Some("0") => filecoin(text, network),
            _ => Err(Fault::new(
                format!("{:?} is no miner's id", excerpt(text)),
                "write it as f01234",
            )),
        }
    }
}

fn ethereum(text: &str) -> Result<String, Fault> {
    let hex = text.strip_prefix("0x").unwrap_or_default();
    let plain = hex.len() == 40 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    match plain {
        true => Ok(text.to_owned()),
        false => Err(Fault::new(
            "is no address",
            "write 0x and 40 hexadecimal digits",
        )),
    }
}

/// f0 and digits; f1, f2 (39 characters), f3 (84) of base 32; f4, a namespace, f, base 32.
fn filecoin(text: &str, network: &FilecoinNetwork) -> Result<String, Fault> {
    let rest = text.strip_prefix(network.prefixes()).unwrap_or_default();
    let (protocol, body) = rest.split_at_checked(1).unwrap_or_default();
    let base32 = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
        !text.is_empty() && text.bytes().all(plain)
    };
    let formed = match protocol {
        "0" => digits(body).is_some_and(|id| id.to_string() == body),
        "1" | "2" => body.len() == HASH_CHARS && base32(body),
        "3" => body.len() == BLS_CHARS && base32(body),
        "4" => {
            body.len() <= DELEGATED_CHARS_MAX && {
                let (namespace, subaddress) = body.split_once('f').unwrap_or_default();
                digits(namespace).is_some() && base32(subaddress)
            }
        }
        _ => false,
    };
    if formed {
        return Ok(text.to_owned());
    }
    let first = match network {
        FilecoinNetwork::Mainnet => "f",
        FilecoinNetwork::Calibration | FilecoinNetwork::Other(_) => "t",
    };
    let what = format!("{:?} is no address of this network", excerpt(text));
    let cure = format!("write it whole, as {first}01234, {first}1… or {first}410f…");
    Err(Fault::new(what, cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_filecoin_have_the_form_and_the_prefix_of_their_network() {
        let (main, test) = (FilecoinNetwork::Mainnet, FilecoinNetwork::Calibration);
        let (secp, bls) = ("abcdefghijklmnopqrstuvwxyz234567abcdefg", "a".repeat(84));
        let known = [
            "f01234".to_owned(),
            format!("f1{secp}"),
            format!("f2{secp}"),
            format!("f3{bls}"),
            format!("f410f{secp}"),
        ];
        for address in known {
            assert!(filecoin(&address, &main).is_ok(), "{address}");
            let of_test = address.replacen('f', "t", 1);
            assert!(filecoin(&of_test, &test).is_ok(), "{of_test}");
            assert!(filecoin(&of_test, &main).is_err(), "{of_test}");
            assert!(filecoin(&format!("{address}1"), &main).is_err() || address == "f01234");
        }
        let f1_with = |other: &str| format!("f1{}{other}", &secp[1..]);
        for bad in [
            "",
            "f",
            "f0",
            "f01a",
            "f001",
            "f1",
            "f5abc",
            "0x12",
            "1234",
            "f01234 ",
            "f1…",
            "f410",
            "f4f",
            "f18446744073709551616",
            "f018446744073709551616",
        ] {
            assert!(filecoin(bad, &main).is_err(), "{bad}");
        }
        for other in ["1", "A", "é"] {
            assert!(filecoin(&f1_with(other), &main).is_err(), "{other}");
        }
    }

    #[test]
    fn a_miner_is_named_by_its_id() {
        let form = AddressForm::Filecoin(&FilecoinNetwork::Mainnet);
        assert_eq!(form.miner("f01234").unwrap(), "f01234");
        for bad in ["f1abc", "01234", "f0", "", "é0"] {
            assert!(form.miner(bad).is_err(), "{bad}");
        }
        let fault = AddressForm::Ethereum.miner("f01234").unwrap_err();
        assert!(fault.what.contains("only for a Filecoin chain"));
    }
}
