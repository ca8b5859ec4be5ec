//! What became of a transaction that was mined.

use crate::{BlockRef, Call, TxId};

/// On whose account a mined payment failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The payee's: it reverted, or ran out of its gas. The address is quarantined.
    Payee,
    /// Ours: overdraft, a batch out of gas or reverted whole. The wallet is paused.
    Ours,
}

/// What one leg of a mined payment came to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegOutcome {
    /// The payee received the whole amount.
    Paid,
    /// The payee received nothing.
    Failed {
        /// On whose account.
        fault: Fault,
        /// What the chain says.
        reason: String,
    },
}

/// What a mined transaction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxOutcome {
    /// All of its legs the same.
    Whole(LegOutcome),
    /// Each leg by itself, in the order of the payment's legs.
    PerLeg(Vec<LegOutcome>),
}

/// The receipt of a mined transaction, from one very block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub id: TxId,
    /// The block that executed it.
    pub block: BlockRef,
    /// What it came to.
    pub outcome: TxOutcome,
    /// Network fee really paid, base units.
    pub fee: u128,
}

/// A transaction of a wallet, found by looking through blocks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sighting {
    /// Its id.
    pub id: TxId,
    /// Its nonce.
    pub nonce: u64,
    /// Recipient, value and data. A contract creation has an empty recipient.
    pub call: Call,
    /// The block that holds it.
    pub block: BlockRef,
}
