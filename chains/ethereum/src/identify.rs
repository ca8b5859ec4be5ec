//! Which chain is a node on?

use std::collections::HashMap;
use std::sync::Arc;

use alloy::primitives::U64;
use paydirt_chain::{ChainError, Endpoints, Identity};
use serde_json::json;

use crate::address::hash_text;
use crate::answers::Hashed;
use crate::rpc::{Call, Node, need};

impl Node {
    /// Chain id and genesis block.
    pub(crate) async fn identity(&self) -> Result<Identity, String> {
        let mut replies = self
            .batch(&[
                Call::new("eth_chainId", json!([])),
                Call::new("eth_getBlockByNumber", json!(["0x0", false])),
            ])
            .await
            .into_iter();
        let mut next = || replies.next().unwrap_or(Ok(None));
        let chain_id: U64 = need("eth_chainId", next())?;
        let genesis: Hashed = need("the genesis block", next())?;
        Ok(Identity {
            network: chain_id.to::<u64>().to_string(),
            genesis: hash_text(genesis.hash),
        })
    }
}

/// Identifies every endpoint, against what is expected and against the configured chain id.
pub(crate) async fn identify(
    endpoints: &Endpoints<Node>,
    expected: Option<&Identity>,
    chain_id: Option<u64>,
) -> Result<Identity, ChainError> {
    let configured = chain_id.map(|id| id.to_string());
    if let (Some(expected), Some(configured)) = (expected, &configured)
        && expected.network != *configured
    {
        return Err(ChainError::WrongChain {
            endpoint: "chain_id in the configuration".to_owned(),
            expected: expected.clone(),
            found: Identity {
                network: configured.clone(),
                genesis: expected.genesis.clone(),
            },
        });
    }
    let answers: HashMap<String, Result<Identity, String>> = endpoints
        .each(|node| Box::pin(node.identity()))
        .await
        .into_iter()
        .map(|(name, answer)| (name.to_owned(), answer))
        .collect();
    let derived = match (expected, configured) {
        (None, Some(network)) => Some(with_network(network, &answers)),
        _ => None,
    };
    let answers = Arc::new(answers);
    endpoints
        .identify(expected.or(derived.as_ref()), |node| {
            let answer = answers.get(node.name()).cloned();
            Box::pin(async move { answer.unwrap_or_else(|| Err("no answer".to_owned())) })
        })
        .await
}

/// The identity that the configured chain id stands for, as far as the endpoints tell.
fn with_network(network: String, answers: &HashMap<String, Result<Identity, String>>) -> Identity {
    let told = answers
        .values()
        .flatten()
        .find(|identity| identity.network == network);
    told.cloned().unwrap_or(Identity {
        network,
        genesis: "unknown".to_owned(),
    })
}
