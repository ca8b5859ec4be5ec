//! `[chain.NAME]`: a chain, and its nodes.

mod ethereum;
mod filecoin;

use std::collections::BTreeMap;

use paydirt_money::Coin;

use super::addresses::AddressForm;
use super::fault::Fault;
use super::section::Section;
use super::url::SecretUrl;
use super::words::{existing, one_of};

pub use ethereum::{Contracts, EthereumConfig, Fees};
pub use filecoin::{FilecoinConfig, FilecoinNetwork};

const NODE_SCHEMES: [&str; 2] = ["http", "https"];
const KINDS: [(&str, ChainKind); 2] = [
    ("ethereum", ChainKind::Ethereum),
    ("filecoin", ChainKind::Filecoin),
];

/// What kind of chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainKind {
    /// Ethereum-style, over JSON-RPC.
    Ethereum,
    /// Filecoin, over Lotus's JSON-RPC.
    Filecoin,
}

/// A chain, and its nodes.
#[derive(Clone, Debug)]
pub enum ChainConfig {
    /// Ethereum-style: its pools earn and are paid.
    Ethereum(Box<EthereumConfig>),
    /// Filecoin: its pools earn; paying on it is not in this version.
    Filecoin(FilecoinConfig),
}

impl ChainConfig {
    /// What kind of chain it is.
    #[must_use]
    pub fn kind(&self) -> ChainKind {
        match self {
            ChainConfig::Ethereum(_) => ChainKind::Ethereum,
            ChainConfig::Filecoin(_) => ChainKind::Filecoin,
        }
    }

    /// Its coin.
    #[must_use]
    pub fn coin(&self) -> Coin {
        match self {
            ChainConfig::Ethereum(chain) => chain.coin,
            ChainConfig::Filecoin(_) => Coin::FIL,
        }
    }

    pub(super) fn read(section: Section<'_>) -> Option<ChainConfig> {
        let cure = "write kind = \"ethereum\" or \"filecoin\"";
        match section.required("kind", cure, |text| one_of(text, &KINDS)) {
            Some(ChainKind::Filecoin) => FilecoinConfig::read(section).map(ChainConfig::Filecoin),
            kind => {
                let chain = EthereumConfig::read(section).map(Box::new);
                kind.and(chain).map(ChainConfig::Ethereum)
            }
        }
    }
}

/// The configured chains, for sections that name one.
pub(super) struct Chains<'c> {
    /// All, also those that could not be read.
    pub(super) names: &'c [String],
    pub(super) read: &'c BTreeMap<String, ChainConfig>,
}

impl<'c> Chains<'c> {
    pub(super) fn named(&self, name: &str) -> Result<String, Fault> {
        existing(name, "chain", self.names)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'c ChainConfig> {
        self.read.get(name)
    }

    /// How addresses are written on the chain of this name, if it could be read.
    pub(super) fn form(&self, name: &str) -> Option<AddressForm<'c>> {
        self.get(name).map(AddressForm::of)
    }
}

/// Its nodes, which a chain of pools that are not paid can do without.
fn read_endpoints(section: &Section<'_>, example: &str) -> Option<Vec<SecretUrl>> {
    if section.is_set("endpoints") {
        return section.urls("endpoints", &NODE_SCHEMES, example);
    }
    section.ignore(&["endpoints"]);
    section.show_unset("endpoints");
    Some(Vec::new())
}

/// What is missing where a wallet needs nodes.
pub(super) fn no_endpoints() -> Fault {
    let cure = "name at least one node, as endpoints = [\"http://127.0.0.1:8545\"]";
    Fault::new("is missing", cure)
}
