//! Answers that no honest node gives, from a server that says what it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::*;

type Answer = fn(&Value) -> (u16, Vec<u8>);

/// A node whose server answers so; and the requests that it got.
fn node(answer: Answer) -> (Node, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://me:hunter2@{}/hunter2",
        listener.local_addr().unwrap()
    );
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&stream);
            let (status, body) = answer(&request);
            seen.lock().unwrap().push(request);
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            // The client closes where it has read enough.
            let _closed = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    let endpoint = EndpointUrl::parse(&url, 1).unwrap();
    let node = Node::new("a".into(), endpoint, 60_000, 1000).unwrap();
    (node, requests)
}

fn request(stream: &TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        let lower = line.to_lowercase();
        if let Some(text) = lower.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn calls(count: usize) -> Vec<Call> {
    (0..count)
        .map(|place| Call::new("x", json!([place])))
        .collect()
}

/// Each call's own parameter as its result.
fn echo(call: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": call["id"], "result": call["params"][0]})
}

fn text(reply: &Reply) -> &str {
    reply.as_ref().unwrap().as_ref().unwrap().get()
}

#[tokio::test]
async fn answers_are_matched_by_id_and_each_call_has_a_reply() {
    let (node, _) = node(|request| {
        let failed = json!({"id": request[0]["id"], "error": {"code": -32000, "message": "a\nb"}});
        let foreign = json!({"id": 99, "result": "0x9"});
        let nothing = json!({"id": request[3]["id"], "result": null});
        let answers = json!([echo(&request[2]), failed, foreign, nothing]);
        (200, answers.to_string().into_bytes())
    });
    let replies = node.batch(&calls(4)).await;
    let message = "a b".to_owned();
    let code = -32000;
    assert_eq!(
        replies[0].as_ref().unwrap_err(),
        &RpcError::Reply { code, message }
    );
    let missing = replies[1].as_ref().unwrap_err().to_string();
    assert_eq!(missing, "its answer has no reply to this call");
    assert_eq!(text(&replies[2]), "2");
    assert!(matches!(replies[3], Ok(None)));
}

#[tokio::test]
async fn one_object_for_a_batch_makes_batches_smaller_for_good() {
    let (node, requests) = node(|request| {
        let answer = match request.as_array() {
            None => echo(request),
            Some(calls) if calls.len() > 10 => json!({"id": null, "error": {"code": -32600}}),
            Some(calls) => calls.iter().map(echo).collect(),
        };
        (200, answer.to_string().into_bytes())
    });
    for _ in 0..2 {
        let replies = node.batch(&calls(21)).await;
        let texts: Vec<_> = replies.iter().map(text).collect();
        let expected: Vec<_> = (0..21).map(|place| place.to_string()).collect();
        assert_eq!(texts, expected);
    }
    let requests = requests.lock().unwrap();
    let sizes: Vec<_> = requests
        .iter()
        .map(|request| request.as_array().map_or(1, Vec::len))
        .collect();
    assert_eq!(sizes, [21, 10, 10, 1, 10, 10, 1]);
}

#[tokio::test]
async fn after_a_failure_the_rest_is_not_sent_and_nothing_is_sent_again() {
    let (node, requests) = node(|_| (503, b"hunter2".to_vec()));
    node.batch_size.store(2, Ordering::Relaxed);
    let replies = node.batch(&calls(3)).await;
    let words: Vec<_> = replies
        .iter()
        .map(|reply| reply.as_ref().unwrap_err().to_string())
        .collect();
    let unsent = "not sent, because before: HTTP status 503";
    assert_eq!(words, ["HTTP status 503", "HTTP status 503", unsent]);
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let (node, _) = node(|_| (200, vec![b' '; 129 * 1024 * 1024]));
    let error = node.call(calls(1).remove(0)).await.unwrap_err();
    assert_eq!(error.to_string(), "its answer is larger than 128 MiB");
}
