//! Submissions: batches, lost replies, duplicates, and nodes that take no batches.

use paydirt_chain::{Chain as _, Rejection, Trust, Verdict};
use paydirt_testkit::{RpcFault, RpcProxy};

use super::*;

async fn payments(chain: &Ethereum, count: u64) -> Vec<Saved> {
    let mut all = Vec::new();
    for nonce in 0..count {
        all.push(
            saved(
                chain,
                &transfer(nonce, &payee(nonce), 1 + u128::from(nonce)),
            )
            .await,
        );
    }
    all
}

#[tokio::test]
async fn a_thousand_transfers_and_their_receipts_take_four_requests() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let mut config = config(&[proxy.url()]);
    config.timeout_ms = 120_000;
    let chain = identified(config).await;
    let all = payments(&chain, 1_000).await;
    proxy.reset_counts();
    let verdicts = chain.submit(&all).await;
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Accepted));
    assert_eq!(
        (proxy.http_requests(), proxy.calls("eth_sendRawTransaction")),
        (2, 1_000)
    );
    mine(&anvil, 1).await;
    proxy.reset_counts();
    let ids: Vec<_> = all.iter().map(id).collect();
    let receipts = chain.receipts(&ids, Trust::All).await.unwrap();
    assert_eq!(proxy.http_requests(), 2);
    assert!(receipts.iter().all(|receipt| receipt.is_some()));
    assert_eq!(balance(&anvil, &payee(999)).await, 1_000);
    assert_eq!(
        chain.nonce_seen(&dev_address(0)).await.unwrap().mined,
        1_000
    );
}

#[tokio::test]
async fn lower_nonces_are_sent_first_whatever_the_order_given() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let mut all = payments(&chain, 5).await;
    all.reverse();
    proxy.reset_counts();
    chain.submit(&all).await;
    let sent: Vec<String> = proxy
        .log()
        .into_iter()
        .map(|(_, params)| params.to_string())
        .collect();
    let expected: Vec<String> = all
        .iter()
        .rev()
        .map(|saved| {
            json!([alloy::primitives::hex::encode_prefixed(
                saved.raw().unwrap()
            )])
        })
        .map(|params| params.to_string())
        .collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_lost_reply_is_unknown_and_the_same_bytes_again_are_known() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let payment = saved(&chain, &transfer(0, &payee(1), 5)).await;
    proxy.once("eth_sendRawTransaction", RpcFault::LoseReply);
    assert!(matches!(
        submit_one(&chain, &payment).await,
        Verdict::Unknown(_)
    ));
    assert_eq!(submit_one(&chain, &payment).await, Verdict::AlreadyKnown);
    mine(&anvil, 1).await;
    let mined = submit_one(&chain, &payment).await;
    assert!(
        matches!(mined, Verdict::Rejected(Rejection::NonceTooLow, _)),
        "{mined:?}"
    );
    assert_eq!(balance(&anvil, &payee(1)).await, 5);
}

#[tokio::test]
async fn an_error_reply_although_the_node_took_it_is_no_evidence() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let payment = saved(&chain, &transfer(0, &payee(1), 5)).await;
    let error = RpcFault::ErrorAfter(-32603, "internal error".into());
    proxy.once("eth_sendRawTransaction", error);
    assert!(matches!(
        submit_one(&chain, &payment).await,
        Verdict::Unknown(_)
    ));
    mine(&anvil, 1).await;
    assert!(chain.receipts(&[id(&payment)], Trust::All).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn each_item_of_a_batch_has_a_verdict_of_its_own() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let mut all = payments(&chain, 4).await;
    all.push(all[0].clone());
    all.push(saved(&chain, &transfer(4, &payee(1), u128::MAX / 2)).await);
    proxy.once(
        "eth_sendRawTransaction",
        RpcFault::Error(-32000, "txpool is full".into()),
    );
    let verdicts = chain.submit(&all).await;
    assert!(
        matches!(verdicts[0], Verdict::Rejected(Rejection::PoolFull, _)),
        "{verdicts:?}"
    );
    assert_eq!(
        verdicts[1..4],
        [Verdict::Accepted, Verdict::Accepted, Verdict::Accepted]
    );
    assert_eq!(verdicts[4], Verdict::Accepted);
    let broke = &verdicts[5];
    assert!(
        matches!(broke, Verdict::Rejected(Rejection::InsufficientFunds, _)),
        "{broke:?}"
    );
}

#[tokio::test]
async fn one_of_two_endpoints_that_takes_it_is_enough_and_both_are_asked() {
    let anvil = node().await;
    let (a, b) = (
        RpcProxy::start(&anvil.url()).await.unwrap(),
        RpcProxy::start(&anvil.url()).await.unwrap(),
    );
    let chain = identified(config(&[a.url(), b.url()])).await;
    let payment = saved(&chain, &transfer(0, &payee(1), 5)).await;
    a.once("eth_sendRawTransaction", RpcFault::Refuse);
    assert_eq!(submit_one(&chain, &payment).await, Verdict::Accepted);
    let calls = |proxy: &RpcProxy| proxy.calls("eth_sendRawTransaction");
    assert_eq!((calls(&a), calls(&b)), (1, 1));
}

#[tokio::test]
async fn a_node_that_takes_no_batches_is_asked_one_by_one() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let all = payments(&chain, 12).await;
    proxy.reset_counts();
    // A batch of 12, and then one of 10, are refused.
    proxy.times("eth_sendRawTransaction", 12 + 10, RpcFault::Status(413));
    let verdicts = chain.submit(&all).await;
    assert!(
        verdicts.iter().all(|verdict| *verdict == Verdict::Accepted),
        "{verdicts:?}"
    );
    assert_eq!(proxy.http_requests(), 2 + 12);
    mine(&anvil, 1).await;
    let ids: Vec<_> = all.iter().map(id).collect();
    let receipts = chain.receipts(&ids, Trust::Any).await.unwrap();
    assert!(receipts.iter().all(|receipt| receipt.is_some()));
}

#[tokio::test]
async fn a_batch_above_the_nodes_limit_is_split() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let all = payments(&chain, 150).await;
    proxy.reset_counts();
    let limit = RpcFault::Error(-32600, "batch limit 100 exceeded (can increase …)".into());
    proxy.once("eth_sendRawTransaction", limit);
    let verdicts = chain.submit(&all).await;
    assert!(verdicts.iter().all(Verdict::is_taken), "{verdicts:?}");
    assert_eq!(proxy.http_requests(), 3);
}
