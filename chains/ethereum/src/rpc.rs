//! One node: calls in batches of a size that it takes.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy::rpc::client::RpcClient;
use alloy::transports::TransportError;
use futures::future::join_all;
use serde_json::value::RawValue;

use crate::json_rpc::{is_of_one_call, names_batch, refuses_batch, reply, smaller};
use crate::transport::HttpTransport;
use crate::{EndpointUrl, EthereumError};

pub(crate) use crate::json_rpc::{Call, Reply, RpcError, need, read};

/// A node, over HTTP.
pub(crate) struct Node {
    name: String,
    endpoint: EndpointUrl,
    client: RpcClient,
    /// Most calls in one request; shrinks when the node refuses batches of that size.
    batch_size: AtomicUsize,
}

enum Failure {
    /// The node does not take a batch of this size, or none at all.
    BatchRefused,
    Connection(RpcError),
}

impl Node {
    pub(crate) fn new(
        name: String,
        endpoint: EndpointUrl,
        timeout_ms: u64,
        batch_size: usize,
    ) -> Result<Self, EthereumError> {
        let transport = HttpTransport::new(endpoint.clone(), timeout_ms)?;
        Ok(Self {
            name,
            endpoint,
            // "Local" sets how often a library polls; nothing is polled here.
            client: RpcClient::new(transport, false),
            batch_size: AtomicUsize::new(batch_size),
        })
    }

    /// The name that its endpoint has among the others.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name that its URL shows.
    pub(crate) fn endpoint_name(&self) -> &str {
        self.endpoint.name()
    }

    /// One call.
    pub(crate) async fn call(&self, call: Call) -> Reply {
        self.batch(&[call]).await.pop().unwrap_or(Ok(None))
    }

    /// A reply for each call, in order. After a failure of the connection the rest is not sent.
    pub(crate) async fn batch(&self, calls: &[Call]) -> Vec<Reply> {
        let mut replies: Vec<Reply> = Vec::with_capacity(calls.len());
        let mut rest = calls;
        while !rest.is_empty() {
            let size = self.batch_size.load(Ordering::Relaxed).clamp(1, rest.len());
            let (chunk, later) = rest.split_at(size);
            match self.exchange(chunk).await {
                Ok(answers) => {
                    replies.extend(answers);
                    rest = later;
                }
                Err(Failure::BatchRefused) => {
                    self.batch_size.store(smaller(size), Ordering::Relaxed);
                }
                Err(Failure::Connection(error)) => {
                    let unsent = RpcError::Transport(format!("not sent, because before: {error}"));
                    replies.extend(chunk.iter().map(|_| Err(error.clone())));
                    replies.extend(later.iter().map(|_| Err(unsent.clone())));
                    rest = &[];
                }
            }
        }
        replies
    }

    /// One HTTP request.
    async fn exchange(&self, calls: &[Call]) -> Result<Vec<Reply>, Failure> {
        let [call] = calls else {
            return self.exchange_batch(calls).await;
        };
        let result: Result<Box<RawValue>, _> = self.client.request(call.method, &call.params).await;
        match result {
            Err(error) if !is_of_one_call(&error) => Err(Failure::Connection(error.into())),
            result => Ok(vec![reply(result)]),
        }
    }

    async fn exchange_batch(&self, calls: &[Call]) -> Result<Vec<Reply>, Failure> {
        let failure = |error: TransportError| match refuses_batch(&error) {
            true => Failure::BatchRefused,
            false => Failure::Connection(error.into()),
        };
        let mut batch = self.client.new_batch();
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            let result = batch.add_call::<_, Box<RawValue>>(call.method, &call.params);
            results.push(result.map_err(failure)?);
        }
        batch.await.map_err(failure)?;
        let replies: Vec<Reply> = join_all(results).await.into_iter().map(reply).collect();
        match replies.iter().any(names_batch) {
            true => Err(Failure::BatchRefused),
            false => Ok(replies),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.name)
    }
}

#[cfg(test)]
mod tests;
