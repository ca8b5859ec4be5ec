//! Calls, their results, and what a failure means.

use std::fmt;

use alloy::transports::{TransportError, TransportErrorKind, TransportResult};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

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

impl From<TransportError> for RpcError {
    fn from(error: TransportError) -> Self {
        Self::Transport(match error {
            TransportError::ErrorResp(error) => {
                return Self::Reply {
                    code: error.code,
                    message: shown(&error.message),
                };
            }
            TransportError::DeserError { err, .. } => {
                format!("its answer is not JSON-RPC: {err}")
            }
            TransportError::Transport(kind) => match kind.as_http_error() {
                Some(http) => format!("HTTP status {}", http.status),
                None if is_missing(&kind) => "its answer has no reply to this call".to_owned(),
                None => kind.to_string(),
            },
            other => other.to_string(),
        })
    }
}

/// Whether the node answered a request, without a reply to this call.
fn is_missing(kind: &TransportErrorKind) -> bool {
    matches!(kind, TransportErrorKind::MissingBatchResponse(_))
}

/// Whether this says something of one call only, not of the connection.
pub(crate) fn is_of_one_call(error: &TransportError) -> bool {
    error.is_error_resp() || error.as_transport_err().is_some_and(is_missing)
}

pub(crate) fn reply(result: TransportResult<Box<RawValue>>) -> Reply {
    let raw = result?;
    Ok((raw.get() != "null").then_some(raw))
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

/// Whether a failed batch may be taken in smaller ones: the node answered it with one object, or
/// with a status about its size.
pub(crate) fn refuses_batch(error: &TransportError) -> bool {
    let Some(kind) = error.as_transport_err() else {
        return false;
    };
    let says_size = |status| matches!(status, 400 | 405 | 413 | 415 | 422);
    is_missing(kind)
        || kind
            .as_http_error()
            .is_some_and(|http| says_size(http.status))
}

/// geth: "batch too large", "response too large"; Erigon: "batch limit 100 exceeded"; Besu: "Number
/// of requests exceeds max batch size"; Nethermind: "Batch size limit exceeded".
pub(crate) fn names_batch(reply: &Reply) -> bool {
    let Err(RpcError::Reply { message, .. }) = reply else {
        return false;
    };
    let words = message.to_lowercase();
    words.contains("batch") || words.contains("response too large")
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

    #[test]
    fn a_status_about_size_makes_batches_smaller_and_others_do_not() {
        for (status, refused) in [(413, true), (400, true), (401, false), (503, false)] {
            let error = TransportErrorKind::http_error(status, "hunter2".into());
            assert_eq!(refuses_batch(&error), refused, "{status}");
            assert_eq!(
                RpcError::from(error).to_string(),
                format!("HTTP status {status}")
            );
        }
        assert_eq!(
            [1000, 101, 100, 11, 10, 2].map(smaller),
            [100, 100, 10, 10, 1, 1]
        );
    }

    #[test]
    fn a_nodes_words_are_kept_on_one_line_and_short() {
        let message = format!("a\nb{}", "c".repeat(1000));
        let shown = shown(&message);
        assert!(shown.starts_with("a bc"));
        assert_eq!(shown.chars().count(), MAX_MESSAGE_CHARS);
    }
}
