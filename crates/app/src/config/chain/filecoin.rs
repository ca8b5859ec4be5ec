//! A Filecoin chain: its nodes, and which network they are of.

use super::read_endpoints;
use crate::config::environment::SecretSource;
use crate::config::fault::Fault;
use crate::config::section::Section;
use crate::config::url::SecretUrl;
use crate::config::words::{excerpt, is_name};

const ENDPOINT: &str = "http://127.0.0.1:1234/rpc/v1";
const COIN: &str = "FIL";

/// Which Filecoin network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilecoinNetwork {
    /// The network where money is. Its addresses begin with f.
    Mainnet,
    /// The test network that lasts.
    Calibration,
    /// Another, by the name that its nodes state.
    Other(String),
}

impl FilecoinNetwork {
    /// What may stand first in an address of it. Tools write those of test networks both ways.
    #[must_use]
    pub fn prefixes(&self) -> &'static [char] {
        match self {
            FilecoinNetwork::Mainnet => &['f'],
            FilecoinNetwork::Calibration | FilecoinNetwork::Other(_) => &['t', 'f'],
        }
    }
}

/// A Filecoin chain: its nodes, and which network they are of. Its coin is FIL.
#[derive(Clone, Debug)]
pub struct FilecoinConfig {
    /// Its nodes, in order of preference; none where nothing is asked of them.
    pub endpoints: Vec<SecretUrl>,
    /// The nodes' token, where they want one.
    pub token: Option<SecretSource>,
    /// The network.
    pub network: FilecoinNetwork,
}

impl FilecoinConfig {
    pub(super) fn read(section: Section<'_>) -> Option<FilecoinConfig> {
        let coin = section.required("coin", "write coin = \"FIL\"", |text| match text {
            COIN => Ok(()),
            _ => Err(Fault::new("is not Filecoin's coin", "write coin = \"FIL\"")),
        });
        let endpoints = read_endpoints(&section, ENDPOINT);
        let file = section.path_of("token_file");
        let given = section.secret("token", "token_file");
        if file.is_some() && given.is_some() {
            let fault = Fault::new("token is set too", "remove one of them");
            section.fault("token_file", fault);
        }
        let token = given.map(SecretSource::Given);
        let network = section.or("network", "mainnet", network);
        section.finish();
        coin?;
        Some(FilecoinConfig {
            endpoints: endpoints?,
            token: token.or(file.map(SecretSource::File)),
            network: network?,
        })
    }
}

fn network(text: &str) -> Result<FilecoinNetwork, Fault> {
    let plain = is_name(&text.replace('-', "_"));
    match text {
        "mainnet" => Ok(FilecoinNetwork::Mainnet),
        "calibration" => Ok(FilecoinNetwork::Calibration),
        other if plain => Ok(FilecoinNetwork::Other(other.to_owned())),
        other => Err(Fault::new(
            format!("{:?} is no network's name", excerpt(other)),
            "write mainnet, calibration, or the name that its nodes state",
        )),
    }
}
