//! The text of JSON-RPC 2.0: requests, and answers matched by id.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What is kept of a node's words.
const MAX_MESSAGE_CHARS: usize = 300;

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

pub(crate) enum Failure {
    /// The node does not take a batch of this size, or none at all.
    BatchRefused(String),
    Transport(String),
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
pub(crate) struct Answer {
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

pub(crate) enum Answers {
    One(Answer),
    Many(Vec<Answer>),
}

pub(crate) fn request((call, id): (&Call, u64)) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": call.method, "params": call.params})
}

pub(crate) fn parse(bytes: &[u8]) -> Result<Answers, String> {
    let parsed = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(bytes).map(Answers::Many),
        _ => serde_json::from_slice(bytes).map(Answers::One),
    };
    parsed.map_err(|error| error.to_string())
}

/// Puts answers into the order of their calls.
pub(crate) fn matched(calls: usize, answers: Answers) -> Result<Vec<Reply>, Failure> {
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
pub(crate) fn batch_refusal(error: &RpcError) -> Option<String> {
    let RpcError::Reply { message, .. } = error else {
        return None;
    };
    let words = message.to_lowercase();
    let refused = words.contains("batch") || words.contains("response too large");
    refused.then(|| message.clone())
}

pub(crate) fn not_json(status: StatusCode, reason: &str, calls: usize) -> Failure {
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
pub(crate) fn smaller(size: usize) -> usize {
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
