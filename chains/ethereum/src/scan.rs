//! Blocks with their transactions, and every transaction of one sender, seen itself.

use std::ops::RangeInclusive;

use alloy::primitives::{Address, B256, Bytes};
use paydirt_chain::{BlockRef, Call as ChainCall, Sighting, TxId};
use serde_json::json;

use crate::address::{canonical, hash_text};
use crate::answers::{FullBlock, Transaction};
use crate::rpc::{Call, Node, read};

/// A full block of Ethereum's main net is up to about 1 MB of JSON; geth answers at most 25 MB.
const BLOCKS_A_BATCH: usize = 16;

impl Node {
    /// The sender's transactions, oldest first. Fails as [`full_blocks`](Self::full_blocks).
    pub(crate) async fn sent_by(
        &self,
        sender: Address,
        blocks: RangeInclusive<u64>,
    ) -> Result<Vec<Sighting>, String> {
        let mut sightings = Vec::new();
        let each = |block: &FullBlock| {
            let sent = block.transactions.iter().filter(|t| t.from == sender);
            for transaction in sent {
                sightings.push(sighting(transaction, &block.block_ref())?);
            }
            Ok(())
        };
        self.full_blocks(blocks, None, each).await?;
        Ok(sightings)
    }

    /// Reads these blocks in order, after the block of hash `parent`, where that is given. Fails
    /// where a block is missing, or where blocks are not each other's parents (the chain changed
    /// meanwhile).
    pub(crate) async fn full_blocks(
        &self,
        blocks: RangeInclusive<u64>,
        mut parent: Option<B256>,
        mut each: impl FnMut(&FullBlock) -> Result<(), String> + Send,
    ) -> Result<(), String> {
        let numbers: Vec<u64> = blocks.collect();
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
                each(&block)?;
            }
        }
        Ok(())
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
