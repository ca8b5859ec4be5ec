//! What nodes answer, reduced to what is used. Unknown fields and transaction types are ignored:
//! other people's transactions must not stop our reading of a block.
//!
//! alloy's own types do not fit: its receipt makes a missing price 0, where we ask for it, and its
//! blocks need the bloom, the roots and more that we have no use for and other chains may leave
//! out.

use alloy::primitives::{Address, B256, U64, U128, U256};
use paydirt_chain::BlockRef;
use serde::Deserialize;

use crate::address::hash_text;

/// A block without its transactions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    pub(crate) number: U64,
    pub(crate) hash: B256,
    pub(crate) timestamp: U64,
    pub(crate) base_fee_per_gas: Option<U128>,
}

impl Header {
    pub(crate) fn number(&self) -> u64 {
        self.number.to()
    }

    pub(crate) fn block_ref(&self) -> BlockRef {
        BlockRef {
            number: self.number(),
            hash: hash_text(self.hash),
        }
    }
}

/// A block of which only the hash matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Hashed {
    pub(crate) hash: B256,
}

/// A block with its transactions in full.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullBlock {
    pub(crate) number: U64,
    pub(crate) hash: B256,
    pub(crate) parent_hash: B256,
    pub(crate) timestamp: U64,
    pub(crate) transactions: Vec<Transaction>,
}

impl FullBlock {
    pub(crate) fn block_ref(&self) -> BlockRef {
        BlockRef {
            number: self.number.to(),
            hash: hash_text(self.hash),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub(crate) hash: B256,
    pub(crate) from: Address,
    pub(crate) to: Option<Address>,
    pub(crate) nonce: U64,
    pub(crate) value: U256,
    pub(crate) gas: U64,
    pub(crate) gas_price: Option<U256>,
    /// Text: decoded only for our own.
    #[serde(default)]
    pub(crate) input: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawReceipt {
    pub(crate) transaction_hash: B256,
    pub(crate) block_hash: Option<B256>,
    pub(crate) block_number: Option<U64>,
    /// Missing before Byzantium.
    pub(crate) status: Option<U64>,
    pub(crate) gas_used: U64,
    /// Missing in clients from before London.
    pub(crate) effective_gas_price: Option<U128>,
    /// What a rollup takes for its parent chain, on top of gas.
    pub(crate) l1_fee: Option<U128>,
}
