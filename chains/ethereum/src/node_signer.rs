//! A node that holds the key.

use std::sync::Arc;

use alloy::primitives::hex;
use paydirt_chain::{Address, ChainError, Endpoints, Signed, Unsigned};
use serde_json::{Value, json};

use crate::rpc::{Call, Node, RpcError, need};
use crate::{address, sign};

/// What each identified endpoint lists in `eth_accounts`.
pub(crate) async fn accounts(
    endpoints: &Endpoints<Node>,
) -> Result<Vec<(String, Vec<Address>)>, ChainError> {
    let answers = endpoints
        .all_identified("eth_accounts", |node| Box::pin(node.accounts()))
        .await?;
    Ok(answers
        .into_iter()
        .map(|(name, accounts)| (name.to_owned(), accounts))
        .collect())
}

/// Has the first node that lists the sender sign, and nobody else asked; takes its bytes only if
/// they are what was asked.
pub(crate) async fn sign(
    endpoints: &Endpoints<Node>,
    unsigned: &Unsigned,
    chain_id: u64,
) -> Result<Signed, ChainError> {
    let listed = accounts(endpoints).await?;
    let Some((holder, _)) = listed
        .into_iter()
        .find(|(_, all)| all.contains(&unsigned.from))
    else {
        let from = &unsigned.from;
        return Err(ChainError::Signing(format!(
            "no identified endpoint lists {from} in eth_accounts; \
             unlock it in the node, or use a keystore"
        )));
    };
    let request = Arc::new(sign::request(unsigned, chain_id));
    let answers = endpoints
        .all_identified("eth_signTransaction", move |node| {
            let request = (node.name() == holder).then(|| Arc::clone(&request));
            Box::pin(async move {
                match request {
                    Some(request) => node.sign(&request).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await?;
    match answers.into_iter().find_map(|(_, answer)| answer) {
        Some(Ok(raw)) => sign::remotely(unsigned, chain_id, &raw).map_err(ChainError::Signing),
        Some(Err(refusal)) => Err(ChainError::Signing(format!("the node refused: {refusal}"))),
        None => Err(ChainError::Signing(
            "the node that holds the key went away".to_owned(),
        )),
    }
}

impl Node {
    /// The addresses that it can sign for; none where it lacks the method.
    pub(crate) async fn accounts(&self) -> Result<Vec<Address>, String> {
        match self.call(Call::new("eth_accounts", json!([]))).await {
            Err(RpcError::Reply { .. }) => Ok(Vec::new()),
            reply => {
                let accounts: Vec<alloy::primitives::Address> = need("eth_accounts", reply)?;
                Ok(accounts.into_iter().map(address::canonical).collect())
            }
        }
    }

    /// Bytes signed by the node, or its refusal. geth answers `{raw, tx}`, anvil the bytes.
    pub(crate) async fn sign(&self, request: &Value) -> Result<Result<Vec<u8>, String>, String> {
        let reply = self
            .call(Call::new("eth_signTransaction", json!([request])))
            .await;
        if let Err(error @ RpcError::Reply { .. }) = &reply {
            return Ok(Err(error.to_string()));
        }
        let answer: Value = need("eth_signTransaction", reply)?;
        let raw = answer
            .get("raw")
            .unwrap_or(&answer)
            .as_str()
            .unwrap_or_default();
        Ok(hex::decode(raw).map_err(|_| "its answer has no bytes".to_owned()))
    }
}
