//! A node that holds the key.

use alloy::primitives::hex;
use paydirt_chain::Address;
use serde_json::{Value, json};

use crate::address;
use crate::rpc::{Call, Node, RpcError, need};

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
