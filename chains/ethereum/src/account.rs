//! Balance and nonce of our wallet, at one block or as high as any endpoint has seen.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U64, U256};
use paydirt_chain::{Account, BlockRef};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::head::{block, block_by_number};
use crate::rpc::{Call, Node, Reply, RpcError, need};

/// The pool's transactions of one sender, by nonce.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct PoolContent {
    pending: BTreeMap<String, IgnoredAny>,
    queued: BTreeMap<String, IgnoredAny>,
}

impl Node {
    /// Balance and nonce at `at`, or at the node's head.
    pub(crate) async fn account(
        &self,
        address: Address,
        at: Option<&BlockRef>,
    ) -> Result<Account, String> {
        let at = match at {
            Some(block) => block.clone(),
            None => self.head().await?.block_ref(),
        };
        let by_hash = json!({"blockHash": at.hash, "requireCanonical": true});
        let mut calls = state_calls(address, &by_hash);
        calls.push(block_by_number(at.number));
        let mut replies = self.batch(&calls).await;
        let canonical = replies.pop().unwrap_or(Ok(None));
        check_canonical(&at, canonical)?;
        if replies.iter().any(lacks_eip_1898) {
            return self.account_by_number(address, at).await;
        }
        account_of(at, replies)
    }

    /// For nodes that take no block hash: by number, with the hash checked again afterwards.
    async fn account_by_number(&self, address: Address, at: BlockRef) -> Result<Account, String> {
        let number = json!(format!("{:#x}", at.number));
        let replies = self.batch(&state_calls(address, &number)).await;
        let again = self.call(block_by_number(at.number)).await;
        check_canonical(&at, again)?;
        account_of(at, replies)
    }

    /// One above the highest nonce that this node knows of (mined, pending, and queued where it
    /// has `txpool_contentFrom`), and the number of those mined.
    pub(crate) async fn nonce_seen(&self, address: Address) -> Result<(u64, u64), String> {
        let count = |tag: &str| Call::new("eth_getTransactionCount", json!([address, tag]));
        let mut replies = self
            .batch(&[count("latest"), count("pending")])
            .await
            .into_iter();
        let mut next = || replies.next().unwrap_or(Ok(None));
        let mined: u64 = need::<U64>("eth_getTransactionCount", next())?.to();
        let pending: u64 = need::<U64>("eth_getTransactionCount", next())?.to();
        let pool = self
            .call(Call::new("txpool_contentFrom", json!([address])))
            .await;
        let in_pool = match pool {
            Err(RpcError::Reply { .. }) => 0,
            reply => above_highest(need("txpool_contentFrom", reply)?)?,
        };
        Ok((mined.max(pending).max(in_pool), mined))
    }
}

fn state_calls(address: Address, block: &Value) -> Vec<Call> {
    vec![
        Call::new("eth_getBalance", json!([address, block])),
        Call::new("eth_getTransactionCount", json!([address, block])),
    ]
}

fn account_of(at: BlockRef, replies: Vec<Reply>) -> Result<Account, String> {
    let mut replies = replies.into_iter();
    let mut next = || replies.next().unwrap_or(Ok(None));
    let balance: U256 = need("eth_getBalance", next())?;
    let nonce: U64 = need("eth_getTransactionCount", next())?;
    let balance = balance
        .try_into()
        .map_err(|_| format!("a balance of {balance} wei is absurd"))?;
    Ok(Account {
        block: at,
        balance,
        nonce: nonce.to(),
    })
}

fn check_canonical(at: &BlockRef, reply: Reply) -> Result<(), String> {
    match block(at.number, reply)? {
        Some(found) if found == *at => Ok(()),
        Some(found) => Err(format!(
            "block {at} is not on its chain any more: it has {found}"
        )),
        None => Err(format!("block {at} is above its head")),
    }
}

/// Clients from before EIP-1898 read the object as a malformed block number (-32602).
fn lacks_eip_1898(reply: &Reply) -> bool {
    matches!(reply, Err(RpcError::Reply { code: -32602, .. }))
}

fn above_highest(content: PoolContent) -> Result<u64, String> {
    let nonces = content.pending.keys().chain(content.queued.keys());
    let mut above = 0;
    for text in nonces {
        let nonce: u64 = text
            .parse()
            .map_err(|_| format!("txpool_contentFrom names a nonce {text:?}"))?;
        above = above.max(nonce.saturating_add(1));
    }
    Ok(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_nonce_of_a_pool_counts_queued_ones_too() {
        let read = |text: &str| above_highest(serde_json::from_str(text).unwrap());
        assert_eq!(
            read(r#"{"pending":{"3":{},"4":{}},"queued":{"17":{"x":1}}}"#),
            Ok(18)
        );
        assert_eq!(read(r#"{"pending":{"9":{},"10":{}}}"#), Ok(11));
        assert_eq!(read("{}"), Ok(0));
        assert!(read(r#"{"queued":{"many":{}}}"#).is_err());
    }
}
