//! Which chain is this? Asked of every endpoint before anything is read from it.

use std::fmt;

/// Chain id (or network name) and genesis block: what must never change for a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Ethereum: the decimal chain id. Filecoin: the network name.
    pub network: String,
    /// Hash of the genesis block, in the chain's canonical text.
    pub genesis: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {} with genesis {}", self.network, self.genesis)
    }
}

/// What one endpoint says about itself; for `check` and for the decision to use it.
#[derive(Clone, Debug)]
pub struct EndpointReport {
    /// The endpoint's name: its URL without credentials.
    pub name: String,
    /// Its identity, or why it did not answer.
    pub identity: Result<Identity, String>,
    /// Its head: number and time in unix seconds.
    pub head: Option<(u64, u64)>,
    /// Whether it says that it is still synchronising.
    pub syncing: bool,
    /// Number of peers; `None` where the node cannot tell.
    pub peers: Option<u64>,
    /// The node's own name and version, where it tells.
    pub client: Option<String>,
}
