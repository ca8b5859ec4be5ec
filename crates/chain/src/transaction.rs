//! From what is to be sent to the bytes that may be sent: [`Unsigned`] → [`Signed`] → [`Saved`].
//!
//! Only bytes that a journal has saved can be submitted; [`Chain::submit`](crate::Chain::submit)
//! takes nothing else. Bytes that were saved count as sent, whoever sends them, whenever.

use std::fmt;

use crate::{Address, Fee};

/// A transaction's id in the chain's canonical text (`0x…` hash, Filecoin CID).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct TxId(String);

impl TxId {
    /// Takes canonical text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a signed version of a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// Pays the legs.
    Pay,
    /// Pays nobody: nothing to ourselves, so that the nonce is used up.
    Cancel,
}

/// What a transaction does, apart from nonce and fee. Equal calls of one wallet at one nonce are
/// the same payment, whatever their id or signature.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Call {
    /// Who is called.
    pub to: Address,
    /// Base units sent along.
    pub value: u128,
    /// Call data; empty for a plain transfer.
    pub data: Vec<u8>,
}

/// All fields of a transaction before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unsigned {
    /// Our wallet.
    pub from: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Recipient, value and data.
    pub call: Call,
    /// Most gas that it may use.
    pub gas_limit: u64,
    /// What it offers per gas.
    pub fee: Fee,
}

impl Unsigned {
    /// Most base units that can leave the wallet: value and the whole gas limit at the cap.
    /// `None` when that does not fit 128 bits.
    pub fn worst_cost(&self) -> Option<u128> {
        self.fee
            .cap
            .checked_mul(u128::from(self.gas_limit))?
            .checked_add(self.call.value)
    }
}

/// A signed transaction that no journal knows yet. It cannot be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub unsigned: Unsigned,
    /// The bytes to send; `None` where the node signs and sends by itself.
    pub raw: Option<Vec<u8>>,
    /// Its id, derived from our own bytes; `None` where there are none.
    pub id: Option<TxId>,
}

/// A transaction that a journal has durably saved, so that it may be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved(Signed);

impl Saved {
    /// For journals only: states that these bytes are durable (just written, or read back).
    ///
    /// Called anywhere else it opens the window in which a sent payment can be forgotten; a test
    /// of the source tree holds the list of callers.
    pub fn by_journal(signed: Signed) -> Self {
        Self(signed)
    }

    /// What was signed.
    pub fn unsigned(&self) -> &Unsigned {
        &self.0.unsigned
    }

    /// The bytes to send; `None` where the node signs and sends by itself.
    pub fn raw(&self) -> Option<&[u8]> {
        self.0.raw.as_deref()
    }

    /// The transaction's id, where it is known before it is sent.
    pub fn id(&self) -> Option<&TxId> {
        self.0.id.as_ref()
    }
}

/// Who signs, and therefore what must be durable before signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningMode {
    /// We sign in memory; an attempt is saved with its bytes.
    Local,
    /// Another process signs without sending: all fields are saved before it is asked, the bytes
    /// after.
    Remote,
    /// The node signs and sends in one call: all fields are saved before, there are no bytes, and
    /// one payment is in flight at a time.
    NodeSends,
}
