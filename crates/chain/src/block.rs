//! Blocks, the head and finality.

use std::fmt;

/// A block, named by number and hash. Two blocks of one number differ after a reorganisation.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct BlockRef {
    /// Height (Ethereum: block number; Filecoin: epoch).
    pub number: u64,
    /// Hash in the chain's canonical text (Filecoin: the tipset key).
    pub hash: String,
}

impl fmt::Display for BlockRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.hash)
    }
}

/// When a block counts as final. Decided at first contact with a wallet and journalled: it does
/// not change by what a node says later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// The chain has a finality signal (Ethereum's `finalized` tag, Filecoin's F3).
    Signalled,
    /// It has none: a block is final with this many confirmations, its own block being the first.
    Depth {
        /// Confirmations until a payment counts as made.
        confirmations: u64,
        /// Confirmations until money may be given back; well above `confirmations`.
        release_confirmations: u64,
    },
}

impl fmt::Display for Finality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signalled => f.write_str("as the chain signals it"),
            Self::Depth {
                confirmations,
                release_confirmations,
            } => write!(
                f,
                "after {confirmations} confirmations, and {release_confirmations} before money is \
                 given back"
            ),
        }
    }
}

/// Where the chain stands, as all verdict endpoints agree: the lowest head among them, and blocks
/// whose hash each of them confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Number of the lowest head among the verdict endpoints.
    pub head: u64,
    /// Time of that head, unix seconds.
    pub head_time_s: u64,
    /// Newest block that is final for settling. `None`: none is yet.
    pub settled: Option<BlockRef>,
    /// Newest block that is final for giving money back; never above `settled`.
    pub releasable: Option<BlockRef>,
}
