//! One node: JSON-RPC calls in batches, answers matched by id.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{EndpointUrl, EthereumError};

/// No honest answer is larger; geth itself stops at 25 MB a batch.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;
/// What is kept of a node's words.
const MAX_MESSAGE_CHARS: usize = 300;
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// A node, over HTTP.
pub(crate) struct Node {
    name: String,
    endpoint: EndpointUrl,
    client: reqwest::Client,
    /// Most calls in one request; shrinks when the node refuses batches of that size.
    batch_size: AtomicUsize,
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) params: Value,
}

impl Call {
    pub(crate) fn new(method: &'static str, params: Value) -> Self {
        Self { method, params }
    }
}

/// The result as text (`None`: null), or why there is none.
pub(crate) type Reply = Result<Option<Box<RawValue>>, RpcError>;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RpcError {
    /// No answer, or none that is JSON-RPC. The node may have done what was asked.
    Transport(String),
    /// The node's own error.
    Reply { code: i64, message: String },
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(reason) => f.write_str(reason),
            Self::Reply { code, message } => write!(f, "{message} ({code})"),
        }
    }
}

enum Failure {
    /// The node does not take a batch of this size, or none at all.
    BatchRefused(String),
    Transport(String),
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

/// The result of a call, `None` where it is null.
pub(crate) fn read<T: DeserializeOwned>(what: &str, reply: Reply) -> Result<Option<T>, String> {
    match reply {
        Err(error) => Err(format!("{what}: {error}")),
        Ok(None) => Ok(None),
        Ok(Some(raw)) => serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|error| format!("{what} answered what can't be read: {error}")),
    }
}

/// The result of a call that is never null.
pub(crate) fn need<T: DeserializeOwned>(what: &str, reply: Reply) -> Result<T, String> {
    read(what, reply)?.ok_or_else(|| format!("{what} answered null"))
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    result: Option<Box<RawValue>>,
    error: Option<ErrorObject>,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

enum Answers {
    One(Answer),
    Many(Vec<Answer>),
}

fn request((call, id): (&Call, u64)) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": call.method, "params": call.params})
}

fn parse(bytes: &[u8]) -> Result<Answers, String> {
    let parsed = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(bytes).map(Answers::Many),
        _ => serde_json::from_slice(bytes).map(Answers::One),
    };
    parsed.map_err(|error| error.to_string())
}

/// Puts answers into the order of their calls.
fn matched(calls: usize, answers: Answers) -> Result<Vec<Reply>, Failure> {
    let answers = match answers {
        // A node that could not read the id answers null.
        Answers::One(answer) if calls == 1 && answer.error.is_some() => {
            vec![Answer {
                id: Value::from(1),
                ..answer
            }]
        }
        Answers::One(answer) if calls == 1 => vec![answer],
        // One error for the whole batch.
        Answers::One(answer) => {
            let reason = answer
                .error
                .map(|error| shown(&error.message))
                .unwrap_or_default();
            return Err(Failure::BatchRefused(reason));
        }
        Answers::Many(answers) => answers,
    };
    let missing = || {
        Err(RpcError::Transport(
            "its answer has no reply to this call".to_owned(),
        ))
    };
    let mut replies: Vec<Reply> = std::iter::repeat_with(missing).take(calls).collect();
    for answer in answers {
        let place = answer
            .id
            .as_u64()
            .and_then(|id| usize::try_from(id).ok()?.checked_sub(1));
        if let Some(reply) = place.and_then(|place| replies.get_mut(place)) {
            *reply = match answer.error {
                Some(error) => Err(RpcError::Reply {
                    code: error.code,
                    message: shown(&error.message),
                }),
                None => Ok(answer.result),
            };
        }
    }
    Ok(replies)
}

/// geth: "batch too large", "response too large"; Erigon: "batch limit 100 exceeded"; Besu: "Number
/// of requests exceeds max batch size"; Nethermind: "Batch size limit exceeded".
fn batch_refusal(error: &RpcError) -> Option<String> {
    let RpcError::Reply { message, .. } = error else {
        return None;
    };
    let words = message.to_lowercase();
    let refused = words.contains("batch") || words.contains("response too large");
    refused.then(|| message.clone())
}

fn not_json(status: StatusCode, reason: &str, calls: usize) -> Failure {
    let text = match status.is_success() {
        true => format!("its answer is not JSON-RPC: {reason}"),
        false => format!("HTTP status {status}"),
    };
    let says_size = matches!(status.as_u16(), 400 | 405 | 413 | 415 | 422);
    if calls > 1 && says_size {
        Failure::BatchRefused(text)
    } else {
        Failure::Transport(text)
    }
}

/// 100 is Erigon's default limit; below that a node probably takes no batches.
fn smaller(size: usize) -> usize {
    match size {
        101.. => 100,
        11..=100 => 10,
        _ => 1,
    }
}

/// A node's words, on one line and not too many.
fn shown(message: &str) -> String {
    let plain = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_MESSAGE_CHARS).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(calls: usize, body: &str) -> Vec<Reply> {
        match parse(body.as_bytes()).map(|answers| matched(calls, answers)) {
            Ok(Ok(replies)) => replies,
            _ => panic!("{body} gives no replies"),
        }
    }

    #[test]
    fn answers_are_matched_by_id_and_each_call_has_a_reply() {
        let body = r#"[{"id":3,"result":"0x3"},{"id":1,"error":{"code":-32000,"message":"a\nb"}},
            {"id":9,"result":"0x9"},{"id":4,"result":null}]"#;
        let replies = replies(4, body);
        let message = "a b".to_owned();
        assert_eq!(
            replies[0].as_ref().unwrap_err(),
            &RpcError::Reply {
                code: -32000,
                message
            }
        );
        assert!(matches!(replies[1], Err(RpcError::Transport(_))));
        assert_eq!(
            replies[2].as_ref().unwrap().as_ref().unwrap().get(),
            r#""0x3""#
        );
        assert!(matches!(replies[3], Ok(None)));
    }

    #[test]
    fn one_error_for_a_batch_is_a_refusal_of_the_batch() {
        let body = r#"{"id":null,"error":{"code":-32600,"message":"batch limit 100 exceeded"}}"#;
        let refused = parse(body.as_bytes()).map(|answers| matched(2, answers));
        assert!(matches!(refused, Ok(Err(Failure::BatchRefused(_)))));
        assert!(matches!(
            replies(1, body)[0],
            Err(RpcError::Reply { code: -32600, .. })
        ));
    }

    #[test]
    fn an_http_error_about_size_makes_batches_smaller_and_others_do_not() {
        for (status, calls, refused) in [
            (413, 2, true),
            (400, 2, true),
            (413, 1, false),
            (401, 2, false),
            (503, 2, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = not_json(status, "", calls);
            assert_eq!(
                matches!(failure, Failure::BatchRefused(_)),
                refused,
                "{status} {calls}"
            );
        }
        assert_eq!(
            [1000, 101, 100, 11, 10, 2].map(smaller),
            [100, 100, 10, 10, 1, 1]
        );
    }
}
