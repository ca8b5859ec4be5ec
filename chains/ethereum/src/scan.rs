//! Every transaction of one sender in a range of blocks, seen itself.

use std::ops::RangeInclusive;

use alloy::primitives::{Address, Bytes};
use paydirt_chain::{BlockRef, Call as ChainCall, Sighting, TxId};
use serde_json::json;

use crate::address::{canonical, hash_text};
use crate::answers::{FullBlock, Transaction};
use crate::rpc::{Call, Node, read};

/// A full block of Ethereum's main net is up to about 1 MB of JSON; geth answers at most 25 MB.
const BLOCKS_A_BATCH: usize = 16;

impl Node {
    /// The sender's transactions, oldest first. Fails where a block is missing, or where blocks
    /// are not each other's parents (the chain changed meanwhile).
    pub(crate) async fn sent_by(
        &self,
        sender: Address,
        blocks: RangeInclusive<u64>,
    ) -> Result<Vec<Sighting>, String> {
        let numbers: Vec<u64> = blocks.collect();
        let mut sightings = Vec::new();
        let mut parent = None;
        for chunk in numbers.chunks(BLOCKS_A_BATCH) {
            let call = |number: &u64| {
                Call::new(
                    "eth_getBlockByNumber",
                    json!([format!("{number:#x}"), true]),
                )
            };
            let calls: Vec<_> = chunk.iter().map(call).collect();
            for (number, reply) in chunk.iter().zip(self.batch(&calls).await) {
                let block: FullBlock = read("eth_getBlockByNumber", reply)?
                    .ok_or_else(|| format!("block {number} is missing"))?;
                if block.number.to::<u64>() != *number {
                    return Err(format!(
                        "block {number} was asked, {} answered",
                        block.number
                    ));
                }
                if parent.is_some_and(|parent| parent != block.parent_hash) {
                    return Err(format!(
                        "the chain changed at block {number} while it was read"
                    ));
                }
                parent = Some(block.hash);
                let mined = BlockRef {
                    number: *number,
                    hash: hash_text(block.hash),
                };
                for transaction in block.transactions.iter().filter(|t| t.from == sender) {
                    sightings.push(sighting(transaction, &mined)?);
                }
            }
        }
        Ok(sightings)
    }
}

fn sighting(transaction: &Transaction, block: &BlockRef) -> Result<Sighting, String> {
    let id = hash_text(transaction.hash);
    let data: Bytes = match transaction.input.as_str() {
        "" => Bytes::new(),
        text => text
            .parse()
            .map_err(|_| format!("the input of {id} is not hexadecimal"))?,
    };
    let value = transaction
        .value
        .try_into()
        .map_err(|_| format!("the value of {id} is absurd"))?;
    let to = match transaction.to {
        Some(to) => canonical(to),
        None => paydirt_chain::Address::canonical(""),
    };
    Ok(Sighting {
        id: TxId::new(id),
        nonce: transaction.nonce.to(),
        call: ChainCall {
            to,
            value,
            data: data.to_vec(),
        },
        block: block.clone(),
    })
}
