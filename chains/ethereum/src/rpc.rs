//! One node over HTTP: calls in batches of a size that it takes.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::json_rpc::{Failure, batch_refusal, matched, not_json, parse, request, smaller};
use crate::{EndpointUrl, EthereumError};

pub(crate) use crate::json_rpc::{Call, Reply, RpcError, need, read};

/// No honest answer is larger; geth itself stops at 25 MB a batch.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// A node, over HTTP.
pub(crate) struct Node {
    name: String,
    endpoint: EndpointUrl,
    client: reqwest::Client,
    /// Most calls in one request; shrinks when the node refuses batches of that size.
    batch_size: AtomicUsize,
}

impl Node {
    pub(crate) fn new(
        name: String,
        endpoint: EndpointUrl,
        timeout_ms: u64,
        batch_size: usize,
    ) -> Result<Self, EthereumError> {
        // reqwest panics without a provider; a second installation is refused and harmless.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(timeout_ms))
            .connect_timeout(Duration::from_millis(timeout_ms.min(CONNECT_TIMEOUT_MS)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| EthereumError::Client(error.to_string()))?;
        Ok(Self {
            name,
            endpoint,
            client,
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
                Err(Failure::BatchRefused(_)) if size > 1 => {
                    self.batch_size.store(smaller(size), Ordering::Relaxed);
                }
                Err(Failure::BatchRefused(reason) | Failure::Transport(reason)) => {
                    replies.extend(
                        chunk
                            .iter()
                            .map(|_| Err(RpcError::Transport(reason.clone()))),
                    );
                    let unsent = format!("not sent, because before: {reason}");
                    replies.extend(
                        later
                            .iter()
                            .map(|_| Err(RpcError::Transport(unsent.clone()))),
                    );
                    rest = &[];
                }
            }
        }
        replies
    }

    /// One HTTP request.
    async fn exchange(&self, calls: &[Call]) -> Result<Vec<Reply>, Failure> {
        let mut requests: Vec<Value> = calls.iter().zip(1_u64..).map(request).collect();
        let body = match requests.pop() {
            Some(single) if requests.is_empty() => single,
            last => Value::Array(requests.into_iter().chain(last).collect()),
        };
        let (status, bytes) = self
            .post(body.to_string())
            .await
            .map_err(Failure::Transport)?;
        let answers = parse(&bytes).map_err(|reason| not_json(status, &reason, calls.len()))?;
        let replies = matched(calls.len(), answers)?;
        match replies
            .iter()
            .find_map(|reply| batch_refusal(reply.as_ref().err()?))
        {
            Some(reason) if calls.len() > 1 => Err(Failure::BatchRefused(reason)),
            _ => Ok(replies),
        }
    }

    async fn post(&self, body: String) -> Result<(StatusCode, Vec<u8>), String> {
        let request = self
            .client
            .post(self.endpoint.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let mut response = request.send().await.map_err(described)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(described)? {
            if bytes.len().saturating_add(chunk.len()) > MAX_ANSWER_BYTES {
                return Err("its answer is larger than 128 MiB".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((response.status(), bytes))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.name)
    }
}

/// Without the URL, which may hold a password, and with the causes, which say what happened.
fn described(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
