//! What a node answered to a submission. None of it is evidence for or against a payment.

use std::fmt;

/// A node's answer to one submitted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some endpoint took it.
    Accepted,
    /// Some endpoint has it already: as good as accepted.
    AlreadyKnown,
    /// Every endpoint that answered refused it, for this reason. It may be mined all the same.
    Rejected(Rejection, String),
    /// Nobody answered, or nobody in words that we know. It may have been taken.
    Unknown(String),
}

impl Verdict {
    /// Whether a node has the transaction.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Accepted | Self::AlreadyKnown)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonceTooLow => "nonce too low",
            Self::NonceGap => "nonce gap",
            Self::Underpriced => "underpriced",
            Self::FeeTooLow => "fee too low",
            Self::InsufficientFunds => "insufficient funds",
            Self::PoolFull => "pool full",
            Self::Invalid => "invalid",
        })
    }
}

/// Why a node refused a transaction, in words common to all clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The nonce is mined already, by this or by another transaction: look, don't conclude.
    NonceTooLow,
    /// The nonce leaves a gap that the node does not keep.
    NonceGap,
    /// Replaces another one of the same nonce at too low a fee.
    Underpriced,
    /// The fee is below what the node or the block takes.
    FeeTooLow,
    /// The wallet cannot pay for it, in that node's view.
    InsufficientFunds,
    /// The node's pool is full (of ours, or in all).
    PoolFull,
    /// The node will never take these bytes: signature, size, gas limit, chain id.
    Invalid,
}
