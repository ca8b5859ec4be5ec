use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::error::Error;
use crate::gate::Gate;
use crate::http::Client;
use crate::listener::{Listener, Rules, lock};

/// What happens to a call. In a batch, faults of the connection hit the whole batch, faults of an
/// answer only the calls that match.
#[derive(Clone)]
#[non_exhaustive]
pub enum RpcFault {
    /// The connection closes; the node sees nothing.
    Refuse,
    /// The node does it; then the connection closes without an answer.
    LoseReply,
    /// An HTTP status without a body; the node sees nothing.
    Status(u16),
    /// The node sees it late.
    Delay(Duration),
    /// The node does it at once, the answer comes late.
    DelayReply(Duration),
    /// The node sees it when the gate opens.
    Hold(Gate),
    /// The node does it at once, the answer comes when the gate opens.
    HoldReply(Gate),
    /// The node gets the request twice; the second answer counts.
    Twice,
    /// A JSON-RPC error; the node sees nothing.
    Error(i64, String),
    /// A JSON-RPC error although the node did it.
    ErrorAfter(i64, String),
    /// This `result`; the node sees nothing.
    Answer(Value),
    /// This `result`, although the node did it and may have said otherwise.
    AnswerAfter(Value),
    /// The node's `result`, changed.
    Rewrite(Arc<dyn Fn(Value) -> Value + Send + Sync>),
}

/// Stands before a JSON-RPC node: counts calls, and breaks those it is told to.
///
/// A rule names a method, or `*` for any. The oldest rule that matches and is not used up applies;
/// one rule a call.
pub struct RpcProxy {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    state: Mutex<State>,
}

struct State {
    target: String,
    rules: Rules<RpcFault>,
    http_requests: usize,
    calls: Vec<(String, Value)>,
}

impl RpcProxy {
    /// Listens on a free port and forwards to `target`, as `http://127.0.0.1:8545`.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start(target: &str) -> Result<Self, Error> {
        let state = State {
            target: target.to_owned(),
            rules: Rules::new(),
            http_requests: 0,
            calls: Vec::new(),
        };
        let shared = Arc::new(Shared {
            client: Client::new(),
            state: Mutex::new(state),
        });
        let ours = Arc::clone(&shared);
        let listener = Listener::start(move |stream| serve(stream, Arc::clone(&ours))).await?;
        Ok(Self { listener, shared })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Forwards to another node from now on.
    pub fn set_target(&self, target: &str) {
        lock(&self.shared.state).target = target.to_owned();
    }

    /// Breaks the next call of `method`.
    pub fn once(&self, method: &str, fault: RpcFault) {
        self.times(method, 1, fault);
    }

    /// Breaks the next `times` calls of `method`.
    pub fn times(&self, method: &str, times: u32, fault: RpcFault) {
        lock(&self.shared.state)
            .rules
            .add(method, fault, Some(times));
    }

    /// Breaks every call of `method` until [`RpcProxy::heal`].
    pub fn always(&self, method: &str, fault: RpcFault) {
        lock(&self.shared.state).rules.add(method, fault, None);
    }

    /// Forgets all rules. What stands at a gate still waits there.
    pub fn heal(&self) {
        lock(&self.shared.state).rules.clear();
    }

    /// Refuses connections, and closes those that are open.
    pub async fn down(&mut self) {
        self.listener.down().await;
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// The port was taken meanwhile.
    pub async fn up(&mut self) -> Result<(), Error> {
        self.listener.up().await
    }

    /// HTTP requests received; a batch is one.
    pub fn http_requests(&self) -> usize {
        lock(&self.shared.state).http_requests
    }

    /// Calls of `method` received, inside batches too; `*` counts all.
    pub fn calls(&self, method: &str) -> usize {
        let state = lock(&self.shared.state);
        state
            .calls
            .iter()
            .filter(|(name, _)| method == "*" || name == method)
            .count()
    }

    /// Every call received, with its parameters, in order.
    pub fn log(&self) -> Vec<(String, Value)> {
        lock(&self.shared.state).calls.clone()
    }

    /// Starts counting from zero.
    pub fn reset_counts(&self) {
        let mut state = lock(&self.shared.state);
        state.http_requests = 0;
        state.calls.clear();
    }
}

/// The connection is closed instead of an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
struct Closed;

struct Call {
    request: Value,
    fault: Option<RpcFault>,
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            let body = request
                .into_body()
                .collect()
                .await
                .map_err(|_| Closed)?
                .to_bytes();
            shared.answer(body).await
        }
    });
    // An error here is a connection closed, by the client or by a rule.
    let _closed = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

impl Shared {
    async fn answer(&self, body: Bytes) -> Result<Response<Full<Bytes>>, Closed> {
        let Ok(request) = serde_json::from_slice::<Value>(&body) else {
            lock(&self.state).http_requests += 1;
            return Ok(response(StatusCode::BAD_REQUEST, Bytes::new()));
        };
        let is_batch = request.is_array();
        let (target, calls) = self.record(request);
        if let Some(status) = before(&calls).await? {
            return Ok(response(status, Bytes::new()));
        }
        let (status, replies) = match self.forward(&target, &calls, is_batch).await? {
            Forwarded::Json(status, replies) => (status, replies),
            Forwarded::Other(answer) => return Ok(answer),
        };
        after(&calls).await?;
        let mut answers: Vec<_> = calls.iter().map(|call| call.answer(&replies)).collect();
        let answer = if is_batch {
            Value::from(answers)
        } else {
            answers.remove(0)
        };
        Ok(response(status, answer.to_string().into()))
    }

    fn record(&self, request: Value) -> (String, Vec<Call>) {
        let requests = match request {
            Value::Array(requests) => requests,
            single => vec![single],
        };
        let mut state = lock(&self.state);
        state.http_requests += 1;
        let mut calls = Vec::with_capacity(requests.len());
        for request in requests {
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let fault = state
                .rules
                .take(|matches| matches == "*" || matches == method);
            state.calls.push((method, request["params"].clone()));
            calls.push(Call { request, fault });
        }
        (state.target.clone(), calls)
    }

    async fn forward(
        &self,
        target: &str,
        calls: &[Call],
        is_batch: bool,
    ) -> Result<Forwarded, Closed> {
        let passed: Vec<_> = calls
            .iter()
            .filter(|call| call.reaches_the_node())
            .collect();
        let requests: Vec<_> = passed.iter().map(|call| call.request.clone()).collect();
        let body = match requests.as_slice() {
            [] => return Ok(Forwarded::Json(StatusCode::OK, Vec::new())),
            [single] if !is_batch => single.to_string(),
            several => json!(several).to_string(),
        };
        let body = Bytes::from(body);
        if calls
            .iter()
            .any(|call| matches!(call.fault, Some(RpcFault::Twice)))
        {
            self.client
                .post(target, body.clone())
                .await
                .map_err(|_| Closed)?;
        }
        let (status, body) = self.client.post(target, body).await.map_err(|_| Closed)?;
        Ok(match serde_json::from_slice(&body) {
            Ok(Value::Array(replies)) => Forwarded::Json(status, replies),
            // One object for a whole batch is the node's refusal of the batch.
            Ok(single) if !is_batch => Forwarded::Json(status, vec![single]),
            _ => Forwarded::Other(response(status, body)),
        })
    }
}

enum Forwarded {
    Json(StatusCode, Vec<Value>),
    Other(Response<Full<Bytes>>),
}

impl Call {
    fn reaches_the_node(&self) -> bool {
        !matches!(self.fault, Some(RpcFault::Error(..) | RpcFault::Answer(_)))
    }

    fn answer(&self, replies: &[Value]) -> Value {
        let id = &self.request["id"];
        let mut answer = json!({"jsonrpc": "2.0", "id": id});
        match &self.fault {
            Some(RpcFault::Error(code, message) | RpcFault::ErrorAfter(code, message)) => {
                answer["error"] = json!({"code": code, "message": message});
            }
            Some(RpcFault::Answer(result) | RpcFault::AnswerAfter(result)) => {
                answer["result"] = result.clone();
            }
            fault => {
                let reply = replies.iter().find(|reply| reply["id"] == *id);
                answer = reply.cloned().unwrap_or(Value::Null);
                if let (Some(RpcFault::Rewrite(change)), Some(result)) =
                    (fault, answer.get_mut("result"))
                {
                    *result = change(result.take());
                }
            }
        }
        answer
    }
}

async fn before(calls: &[Call]) -> Result<Option<StatusCode>, Closed> {
    for fault in calls.iter().filter_map(|call| call.fault.as_ref()) {
        match fault {
            RpcFault::Refuse => return Err(Closed),
            RpcFault::Status(code) => {
                let status = StatusCode::from_u16(*code);
                return Ok(Some(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)));
            }
            RpcFault::Delay(time) => tokio::time::sleep(*time).await,
            RpcFault::Hold(gate) => gate.pass().await,
            _ => {}
        }
    }
    Ok(None)
}

async fn after(calls: &[Call]) -> Result<(), Closed> {
    for fault in calls.iter().filter_map(|call| call.fault.as_ref()) {
        match fault {
            RpcFault::LoseReply => return Err(Closed),
            RpcFault::DelayReply(time) => tokio::time::sleep(*time).await,
            RpcFault::HoldReply(gate) => gate.pass().await,
            _ => {}
        }
    }
    Ok(())
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
