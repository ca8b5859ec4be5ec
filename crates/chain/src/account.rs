//! What a chain says about our wallet, and about those whom we want to pay.

use crate::{Address, BlockRef};

/// Balance and nonce of an account, both at one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The block at which both were read.
    pub block: BlockRef,
    /// Balance in base units.
    pub balance: u128,
    /// Next nonce: the number of transactions mined so far.
    pub nonce: u64,
}

/// The highest nonce of an account that any endpoint knows about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceSeen {
    /// One above the highest nonce seen: mined, pending or queued, on any endpoint that answered.
    pub next: u64,
    /// One above the highest mined nonce on any endpoint that answered.
    pub mined: u64,
    /// The endpoint on which the highest was seen.
    pub endpoint: String,
}

/// One payee of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who receives it.
    pub to: Address,
    /// How much, in base units.
    pub value: u128,
}

/// What a simulation says of one transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It would succeed with this gas limit.
    Fits {
        /// Gas limit to sign with.
        gas_limit: u64,
    },
    /// It fails on the payee's own account (a contract that reverts, an address that the
    /// configuration refuses): quarantined, and the others go on.
    PayeeFails {
        /// Why, for the quarantine.
        reason: String,
    },
}
