//! Several nodes of one chain: fail over for readings, agreement for verdicts.

#![expect(clippy::expect_used, reason = "helpers of tests, called by tests")]

use std::sync::Mutex;

use futures::future::BoxFuture;
use paydirt_chain::{ChainError, Endpoints, Identity};

/// A node that answers what it is told to, and counts how often it is asked.
#[derive(Debug)]
struct Node {
    answer: Mutex<Result<u64, String>>,
    asked: Mutex<usize>,
}

impl Node {
    fn ask(&self) -> BoxFuture<'_, Result<u64, String>> {
        *self.asked.lock().expect("no panic") += 1;
        let answer = self.answer.lock().expect("no panic").clone();
        Box::pin(async move { answer })
    }

    fn long(&self) -> BoxFuture<'_, Result<String, String>> {
        let count = *self.asked.lock().expect("no panic");
        Box::pin(async move { Ok(format!("{}{count}", "ж".repeat(10_000))) })
    }

    fn who(&self) -> BoxFuture<'_, Result<Identity, String>> {
        let answer = self.ask();
        Box::pin(async move { answer.await.map(identity) })
    }
}

fn identity(network: u64) -> Identity {
    Identity {
        network: network.to_string(),
        genesis: "0xgenesis".into(),
    }
}

fn gone() -> Result<u64, String> {
    Err("gone".into())
}

/// Three endpoints, `a` to `c`, on network 1.
fn three(quorum: Option<usize>) -> Endpoints<Node> {
    let node = |name: &str| {
        let node = Node {
            answer: Mutex::new(Ok(1)),
            asked: Mutex::new(0),
        };
        (name.to_owned(), node)
    };
    Endpoints::new(["a", "b", "c"].map(node), quorum)
}

/// Sets what the nodes answer from now on, and forgets how often they were asked.
async fn set(endpoints: &Endpoints<Node>, answers: [Result<u64, String>; 3]) {
    let answers = Mutex::new(Vec::from(answers).into_iter());
    let change = |node: &Node| {
        let next = answers.lock().expect("no panic").next().expect("three");
        *node.answer.lock().expect("no panic") = next;
        *node.asked.lock().expect("no panic") = 0;
    };
    endpoints
        .each(|node| {
            change(node);
            Box::pin(async { Ok(()) })
        })
        .await;
}

async fn asked(endpoints: &Endpoints<Node>) -> Vec<usize> {
    let counts = endpoints
        .each(|node| Box::pin(async { Ok(*node.asked.lock().expect("no panic")) }))
        .await;
    counts.into_iter().flat_map(|(_, count)| count).collect()
}

async fn identified(quorum: Option<usize>) -> Endpoints<Node> {
    let endpoints = three(quorum);
    endpoints
        .identify(None, Node::who)
        .await
        .expect("all are on network 1");
    endpoints
}

#[tokio::test]
async fn a_reading_fails_over_to_the_next_and_skips_who_failed_until_identified_again() {
    let endpoints = identified(None).await;
    set(&endpoints, [gone(), Ok(5), Ok(6)]).await;
    assert_eq!(endpoints.first(Node::ask).await, Ok(5));
    assert_eq!(asked(&endpoints).await, [1, 1, 0]);
    set(&endpoints, [Ok(1), Ok(1), Ok(1)]).await;
    assert_eq!(endpoints.first(Node::ask).await, Ok(1));
    assert_eq!(
        asked(&endpoints).await,
        [0, 1, 0],
        "the first is not trusted yet"
    );
    endpoints
        .identify(None, Node::who)
        .await
        .expect("all answer");
    set(&endpoints, [Ok(7), Ok(8), Ok(9)]).await;
    assert_eq!(endpoints.first(Node::ask).await, Ok(7));
}

#[tokio::test]
async fn a_reading_that_nobody_answers_names_each_endpoints_error() {
    let endpoints = identified(None).await;
    set(&endpoints, [gone(), Err("busy".into()), gone()]).await;
    let detail = "a: gone; b: busy; c: gone".into();
    assert_eq!(
        endpoints.first(Node::ask).await,
        Err(ChainError::Unreachable { detail })
    );
    let again = endpoints.first(Node::ask).await;
    assert!(matches!(again, Err(ChainError::Unreachable { .. })));
    assert_eq!(
        asked(&endpoints).await,
        [1, 1, 1],
        "nobody unidentified is asked"
    );
}

#[tokio::test]
async fn a_verdict_is_what_all_verdict_endpoints_say_alike() {
    let endpoints = identified(None).await;
    set(&endpoints, [Ok(4), Ok(4), Ok(4)]).await;
    assert_eq!(endpoints.agreed("the nonce", Node::ask).await, Ok(4));
    set(&endpoints, [Ok(4), Ok(4), Ok(5)]).await;
    let what = "the nonce".to_owned();
    let detail = "a says 4, c says 5".to_owned();
    let disagree = Err(ChainError::Disagree { what, detail });
    assert_eq!(endpoints.agreed("the nonce", Node::ask).await, disagree);
    set(&endpoints, [Ok(4), Ok(4), Ok(4)]).await;
    assert_eq!(
        endpoints.agreed("the nonce", Node::ask).await,
        Ok(4),
        "a wrong answer is an answer"
    );
}

#[tokio::test]
async fn one_that_does_not_answer_is_no_verdict_however_many_agree() {
    let endpoints = identified(None).await;
    set(&endpoints, [Ok(4), gone(), Ok(4)]).await;
    let missing = |detail: &str| {
        Err(ChainError::NoVerdict {
            what: "the nonce".into(),
            endpoint: "b".into(),
            detail: detail.into(),
        })
    };
    assert_eq!(
        endpoints.agreed("the nonce", Node::ask).await,
        missing("gone")
    );
    set(&endpoints, [Ok(4), Ok(4), Ok(4)]).await;
    let waiting = endpoints.agreed("the nonce", Node::ask).await;
    assert_eq!(waiting, missing("not identified yet"));
    assert_eq!(
        asked(&endpoints).await,
        [0, 0, 0],
        "half a verdict is none: nobody is asked"
    );
}

#[tokio::test]
async fn only_the_quorum_gives_verdicts() {
    for (quorum, counts) in [
        (Some(0), [1, 0, 0]),
        (Some(2), [1, 1, 0]),
        (Some(9), [1, 1, 1]),
        (None, [1, 1, 1]),
    ] {
        let endpoints = identified(quorum).await;
        set(&endpoints, [Ok(4), Ok(4), Ok(4)]).await;
        assert_eq!(endpoints.agreed("it", Node::ask).await, Ok(4));
        assert_eq!(asked(&endpoints).await, counts, "{quorum:?}");
    }
}

#[tokio::test]
async fn an_endpoint_on_another_chain_leaves_none_in_use() {
    let endpoints = identified(None).await;
    for answers in [[Ok(2), Ok(1), Ok(1)], [Ok(1), Ok(1), Ok(2)]] {
        set(&endpoints, answers.clone()).await;
        let refused = endpoints.identify(Some(&identity(1)), Node::who).await;
        let endpoint = if answers[0] == Ok(2) { "a" } else { "c" }.to_owned();
        let (expected, found) = (identity(1), identity(2));
        assert_eq!(
            refused,
            Err(ChainError::WrongChain {
                endpoint,
                expected,
                found
            })
        );
        let read = endpoints.first(Node::ask).await;
        assert!(
            matches!(read, Err(ChainError::Unreachable { .. })),
            "{read:?}"
        );
        let sent = endpoints.each_identified(Node::ask).await;
        assert!(sent.is_empty(), "{sent:?}");
    }
    set(&endpoints, [Ok(2), Ok(2), Ok(2)]).await;
    assert!(
        endpoints
            .identify(Some(&identity(1)), Node::who)
            .await
            .is_err()
    );
    assert_eq!(
        endpoints.identify(None, Node::who).await,
        Ok(identity(2)),
        "all say the same"
    );
}

#[tokio::test]
async fn endpoints_that_are_silent_at_first_join_when_they_are_identified() {
    let endpoints = three(Some(1));
    set(&endpoints, [gone(), Ok(1), gone()]).await;
    assert_eq!(endpoints.identify(None, Node::who).await, Ok(identity(1)));
    assert_eq!(endpoints.first(Node::ask).await, Ok(1));
    let verdict = endpoints.agreed("it", Node::ask).await;
    assert!(matches!(verdict, Err(ChainError::NoVerdict { endpoint, .. }) if endpoint == "a"));
    let all = endpoints.all_identified("it", Node::ask).await;
    assert_eq!(all, Ok(vec![("b", 1)]), "others are unused");
    set(&endpoints, [Ok(1), Ok(1), Ok(1)]).await;
    endpoints
        .identify(Some(&identity(1)), Node::who)
        .await
        .expect("all answer");
    assert_eq!(endpoints.agreed("it", Node::ask).await, Ok(1));
    set(&endpoints, [gone(), gone(), gone()]).await;
    let silent = endpoints.identify(None, Node::who).await;
    assert!(
        matches!(silent, Err(ChainError::Unreachable { .. })),
        "{silent:?}"
    );
}

#[tokio::test]
async fn a_look_that_must_miss_none_fails_with_any_identified_one() {
    let endpoints = identified(Some(1)).await;
    set(&endpoints, [Ok(4), Ok(5), gone()]).await;
    let look = endpoints.all_identified("pending nonces", Node::ask).await;
    assert!(
        matches!(&look, Err(ChainError::NoVerdict { endpoint, .. }) if endpoint == "c"),
        "{look:?}"
    );
    let look = endpoints.all_identified("pending nonces", Node::ask).await;
    assert_eq!(
        look,
        Ok(vec![("a", 4), ("b", 5)]),
        "now it is unused, until identified"
    );
}

#[tokio::test]
async fn a_submission_reaches_every_identified_endpoint_and_keeps_each_answer() {
    let endpoints = identified(Some(1)).await;
    set(&endpoints, [gone(), Ok(5), Ok(6)]).await;
    let answers = endpoints.each_identified(Node::ask).await;
    assert_eq!(
        answers,
        [("a", gone()), ("b", Ok(5)), ("c", Ok(6))],
        "one error hides no success"
    );
    set(&endpoints, [Ok(4), Ok(5), Ok(6)]).await;
    let answers = endpoints.each_identified(Node::ask).await;
    assert_eq!(
        answers,
        [("b", Ok(5)), ("c", Ok(6))],
        "who failed must be identified first"
    );
}

#[tokio::test]
async fn without_endpoints_there_is_no_answer_and_no_verdict() {
    let none: Endpoints<Node> = Endpoints::new([], None);
    assert!(none.identify(None, Node::who).await.is_err());
    assert!(none.first(Node::ask).await.is_err());
    assert!(none.agreed("it", Node::ask).await.is_err());
    assert!(none.all_identified("it", Node::ask).await.is_err());
    assert!(none.each_identified(Node::ask).await.is_empty());
    let names: Vec<_> = none.names().collect();
    assert!(names.is_empty());
}

#[tokio::test]
async fn a_long_disagreement_is_told_in_short() {
    let endpoints = identified(None).await;
    set(&endpoints, [Ok(1), Ok(1), Ok(1)]).await;
    endpoints.first(Node::ask).await.expect("the first answers");
    let error = endpoints
        .agreed("texts", Node::long)
        .await
        .expect_err("the first was asked");
    assert!(error.to_string().len() < 3_000, "{error}");
}
