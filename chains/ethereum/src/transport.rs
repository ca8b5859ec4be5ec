//! What carries alloy's JSON-RPC: HTTP, with limits to time and size.
//!
//! alloy's own `Http` reads answers of any size, its client takes one to another request as the
//! answer to a single call, and a field too many makes it refuse a batch; this is stricter with
//! the first two, and more lenient with the third, as providers differ there.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{
    ErrorPayload, Id, RequestPacket, Response, ResponsePacket, ResponsePayload,
};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut, TransportResult};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use tower_service::Service;

use crate::{EndpointUrl, EthereumError};

/// No honest answer is larger; geth itself stops at 25 MB a batch.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// HTTP to one node. Sends each request once.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    client: Client,
    endpoint: EndpointUrl,
}

impl HttpTransport {
    pub(crate) fn new(endpoint: EndpointUrl, timeout_ms: u64) -> Result<Self, EthereumError> {
        // reqwest panics without a provider; a second installation is refused and harmless.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_millis(timeout_ms))
            .connect_timeout(Duration::from_millis(timeout_ms.min(CONNECT_TIMEOUT_MS)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| EthereumError::Client(error.to_string()))?;
        Ok(Self { client, endpoint })
    }

    async fn exchange(self, request: RequestPacket) -> TransportResult<ResponsePacket> {
        let post = self.client.post(self.endpoint.url().clone());
        let mut response = post.json(&request).send().await.map_err(described)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(described)? {
            if bytes.len().saturating_add(chunk.len()) > MAX_ANSWER_BYTES {
                let reason = "its answer is larger than 128 MiB";
                return Err(TransportErrorKind::custom_str(reason));
            }
            bytes.extend_from_slice(&chunk);
        }
        matched(&request, parse(response.status(), &bytes)?)
    }
}

impl Service<RequestPacket> for HttpTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}

/// JSON-RPC, whatever the status: nodes put errors of their own into failed requests too.
fn parse(status: StatusCode, bytes: &[u8]) -> TransportResult<ResponsePacket> {
    let parsed = match bytes.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(bytes)
            .map(|all: Vec<Lenient>| all.into_iter().map(|one| one.0).collect())
            .map(ResponsePacket::Batch),
        _ => serde_json::from_slice(bytes).map(|one: Lenient| ResponsePacket::Single(one.0)),
    };
    parsed.map_err(|error| match status.is_success() {
        true => TransportError::deser_err(error, ""),
        false => TransportErrorKind::http_error(status.as_u16(), String::new()),
    })
}

/// alloy's response, also where a node writes `"error": null` beside a result, `"result": null`
/// beside an error, or no result for null. alloy refuses these, and the whole batch with them.
#[derive(Deserialize)]
#[serde(try_from = "Written")]
struct Lenient(Response);

#[derive(Deserialize)]
struct Written {
    id: Option<Id>,
    result: Option<Box<RawValue>>,
    error: Option<ErrorPayload>,
}

impl TryFrom<Written> for Lenient {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let payload = match (written.error, written.result, &written.id) {
            (Some(error), _, _) => ResponsePayload::Failure(error),
            (None, Some(result), _) => ResponsePayload::Success(result),
            (None, None, Some(_)) => ResponsePayload::Success(RawValue::NULL.to_owned()),
            (None, None, None) => return Err("neither id, result nor error"),
        };
        let id = written.id.unwrap_or(Id::None);
        Ok(Self(Response { id, payload }))
    }
}

/// The answer, if it is one to this request.
fn matched(request: &RequestPacket, answer: ResponsePacket) -> TransportResult<ResponsePacket> {
    let first = request.requests().first();
    let first = first.map_or(Id::None, |call| call.id().clone());
    let mine = |response: &Response| response.id == first;
    let answer = match (request, answer) {
        (RequestPacket::Single(_), ResponsePacket::Batch(answers)) => {
            answers.into_iter().find(mine).map(ResponsePacket::Single)
        }
        // A node that could not read the id answers null, and an error.
        (RequestPacket::Single(_), ResponsePacket::Single(answer)) => {
            (answer.is_error() || mine(&answer)).then_some(ResponsePacket::Single(answer))
        }
        (RequestPacket::Batch(_), ResponsePacket::Single(_)) => None,
        (RequestPacket::Batch(_), answers) => Some(answers),
    };
    answer.ok_or(TransportErrorKind::missing_batch_response(first))
}

/// Without the URL, which may hold a password, and with the causes, which say what happened.
fn described(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    TransportErrorKind::custom_str(&text)
}

#[cfg(test)]
mod tests {
    use alloy::rpc::json_rpc::Request;

    use super::*;

    fn request(ids: &[u64]) -> RequestPacket {
        let call = |id: &u64| {
            Request::new("x", Id::Number(*id), [0; 0])
                .serialize()
                .unwrap()
        };
        match ids {
            [id] => call(id).into(),
            ids => ids.iter().map(call).collect(),
        }
    }

    fn answer(ids: &[u64], body: &str) -> TransportResult<ResponsePacket> {
        matched(&request(ids), parse(StatusCode::OK, body.as_bytes())?)
    }

    #[test]
    fn an_answer_to_another_call_is_not_taken() {
        assert!(answer(&[7], r#"{"id":7,"result":null}"#).is_ok());
        assert!(answer(&[7], r#"[{"id":6,"result":1},{"id":7,"result":null}]"#).is_ok());
        for body in [
            r#"{"id":6,"result":"0x1"}"#,
            r#"{"id":null,"result":"0x1"}"#,
            r#"{"result":"0x1"}"#,
            r#"[{"id":6,"result":"0x1"}]"#,
            "[]",
        ] {
            let error = answer(&[7], body).unwrap_err();
            let TransportError::Transport(TransportErrorKind::MissingBatchResponse(_)) = error
            else {
                panic!("{body}: {error}")
            };
        }
    }

    #[test]
    fn a_null_too_many_or_too_few_hides_neither_result_nor_error() {
        let is_error = |body: &str| answer(&[7], body).unwrap().is_error();
        assert!(!is_error(r#"{"id":7,"result":"0x1","error":null}"#));
        assert!(is_error(
            r#"{"id":7,"result":null,"error":{"code":-32000,"message":"x"}}"#
        ));
        assert!(is_error(
            r#"{"id":7,"result":"0x1","error":{"code":-32000,"message":"x"}}"#
        ));
        let ResponsePacket::Single(null) = answer(&[7], r#"{"jsonrpc":"2.0","id":7}"#).unwrap()
        else {
            panic!("no single answer")
        };
        let result: Option<u64> = null.try_success_as().unwrap().unwrap();
        assert_eq!(result, None);
        assert!(
            answer(&[7], r#"{"jsonrpc":"2.0"}"#)
                .unwrap_err()
                .is_deser_error()
        );
    }

    #[test]
    fn an_error_without_an_id_answers_a_single_call_and_refuses_a_batch() {
        let body = r#"{"id":null,"error":{"code":-32600,"message":"batch limit 100 exceeded"}}"#;
        assert!(answer(&[7], body).unwrap().is_error());
        assert!(answer(&[7, 8], body).is_err());
    }

    #[test]
    fn an_error_status_counts_only_where_the_body_says_nothing() {
        let error = r#"{"id":1,"error":{"code":-32005,"message":"limit exceeded"}}"#;
        let status = StatusCode::TOO_MANY_REQUESTS;
        assert!(parse(status, error.as_bytes()).unwrap().is_error());
        for body in ["", "<html>", r#"{"message":"slow down"}"#] {
            let error = parse(status, body.as_bytes()).unwrap_err();
            let http = error
                .as_transport_err()
                .and_then(|kind| kind.as_http_error());
            assert_eq!(http.unwrap().status, 429, "{body}");
        }
        assert!(
            parse(StatusCode::OK, b"<html>")
                .unwrap_err()
                .is_deser_error()
        );
    }
}
