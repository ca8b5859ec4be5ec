//! What becomes of a transaction: reorganised, replaced, seen, and how the wallet's nonce shows it.

use paydirt_chain::{Chain as _, LegOutcome, Trust, TxOutcome, Verdict};
use paydirt_testkit::{RpcFault, RpcProxy};

use super::*;

#[tokio::test]
async fn a_reorganised_payment_has_no_receipt_and_is_mined_again_from_the_same_bytes() {
    let anvil = node().await;
    let chain = identified(config(&[anvil.url()])).await;
    let payment = saved(&chain, &transfer(0, &payee(1), 5)).await;
    submit_one(&chain, &payment).await;
    mine(&anvil, 1).await;
    let ids = [id(&payment)];
    let first = chain
        .receipts(&ids, Trust::All)
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    anvil.rpc("anvil_reorg", json!([1, []])).await.unwrap();
    assert_eq!(chain.receipts(&ids, Trust::All).await, Ok(vec![None]));
    let now = chain
        .blocks(&[first.block.number])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_ne!(now.hash, first.block.hash);
    let seen = chain
        .account(&dev_address(0), Some(&first.block), Trust::All)
        .await;
    assert!(seen.is_err(), "the old block is gone: {seen:?}");
    chain.identify(None).await.unwrap();
    let verdict = submit_one(&chain, &payment).await;
    assert!(verdict.is_taken(), "{verdict:?}");
    mine(&anvil, 1).await;
    let second = chain
        .receipts(&ids, Trust::All)
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(second.id, first.id);
    assert_ne!(second.block, first.block);
    assert_eq!(balance(&anvil, &payee(1)).await, 5);
}

#[tokio::test]
async fn a_replacement_is_taken_and_the_first_version_can_not_come_back() {
    let anvil = node().await;
    let chain = identified(config(&[anvil.url()])).await;
    let first = transfer(0, &payee(1), 5);
    let quote = chain.quote().await.unwrap();
    let bumped = chain.bumped_fee(&first.fee, &quote, 1_000 * GWEI).unwrap();
    let second = Unsigned {
        fee: bumped,
        ..first.clone()
    };
    let (first, second) = (saved(&chain, &first).await, saved(&chain, &second).await);
    assert_eq!(submit_one(&chain, &first).await, Verdict::Accepted);
    assert_eq!(submit_one(&chain, &second).await, Verdict::Accepted);
    let stale = submit_one(&chain, &first).await;
    assert!(!stale.is_taken(), "{stale:?}");
    mine(&anvil, 1).await;
    let receipts = chain
        .receipts(&[id(&first), id(&second)], Trust::All)
        .await
        .unwrap();
    assert_eq!(
        receipts.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(balance(&anvil, &payee(1)).await, 5);
}

#[tokio::test]
async fn a_foreign_transaction_at_our_nonce_is_seen() {
    let anvil = node().await;
    let chain = identified(config(&[anvil.url()])).await;
    mine(&anvil, 1).await;
    let foreign = json!({
        "from": dev_address(0), "to": payee(7), "value": "0x9", "input": "0xc0ffee",
        "gas": "0xea60", "nonce": "0x0",
    });
    anvil
        .rpc("eth_sendTransaction", json!([foreign]))
        .await
        .unwrap();
    // A contract creation, and another sender's transfer to us.
    let create = json!({"from": dev_address(0), "input": "0x00", "gas": "0xfffff", "nonce": "0x1"});
    anvil
        .rpc("eth_sendTransaction", json!([create]))
        .await
        .unwrap();
    let to_us = json!({"from": dev_address(1), "to": dev_address(0), "value": "0x1"});
    anvil
        .rpc("eth_sendTransaction", json!([to_us]))
        .await
        .unwrap();
    let seen = chain.nonce_seen(&dev_address(0)).await.unwrap();
    assert_eq!((seen.mined, seen.next, seen.endpoint), (0, 2, anvil.url()));
    mine(&anvil, 20).await;
    let sightings = chain
        .sent_by(&dev_address(0), 0..=20, Trust::All)
        .await
        .unwrap();
    let nonces: Vec<_> = sightings.iter().map(|sighting| sighting.nonce).collect();
    assert_eq!(nonces, [0, 1]);
    assert_eq!(sightings[0].call.to, payee(7));
    assert_eq!(
        (sightings[0].call.value, sightings[0].call.data.as_slice()),
        (9, &[0xc0, 0xff, 0xee][..])
    );
    assert_eq!(
        sightings[1].call.to.as_str(),
        "",
        "a creation has no recipient"
    );
    assert_eq!(sightings[0].block.number, 2);
    let block = chain.blocks(&[2]).await.unwrap().remove(0).unwrap();
    assert_eq!(sightings[0].block, block);
}

#[tokio::test]
async fn a_scan_of_which_a_block_is_missing_or_replaced_is_an_error() {
    let anvil = node().await;
    mine(&anvil, 3).await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let wallet = dev_address(0);
    let scan = || chain.sent_by(&wallet, 0..=3, Trust::Any);
    scan().await.unwrap();
    proxy.once("eth_getBlockByNumber", RpcFault::Answer(json!(null)));
    assert!(
        scan()
            .await
            .unwrap_err()
            .to_string()
            .contains("block 0 is missing")
    );
    chain.identify(None).await.unwrap();
    let other = format!("0x{}", "ab".repeat(32));
    let change = std::sync::Arc::new(move |block| with_field(block, "hash", &other));
    proxy.once("eth_getBlockByNumber", RpcFault::Rewrite(change));
    assert!(
        scan()
            .await
            .unwrap_err()
            .to_string()
            .contains("the chain changed at block 1")
    );
}

#[tokio::test]
async fn a_queued_nonce_counts_where_the_node_tells_it() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[anvil.url(), proxy.url()])).await;
    // anvil has no txpool_contentFrom; geth and Erigon answer so.
    let pool = json!({"pending": {}, "queued": {"41": {"nonce": "0x29"}}});
    proxy.once("txpool_contentFrom", RpcFault::Answer(pool));
    let seen = chain.nonce_seen(&dev_address(0)).await.unwrap();
    assert_eq!((seen.mined, seen.next, seen.endpoint), (0, 42, proxy.url()));
    proxy.once("eth_getTransactionCount", RpcFault::Refuse);
    let error = chain.nonce_seen(&dev_address(0)).await.unwrap_err();
    assert!(
        matches!(error, paydirt_chain::ChainError::Unreachable { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn every_kind_of_fee_is_mined_and_its_receipt_says_what_was_paid() {
    let anvil = node().await;
    let chain = identified(config(&[anvil.url()])).await;
    let dynamic = transfer(0, &payee(1), 5);
    let mut legacy = transfer(1, &payee(2), 6);
    legacy.fee = Fee {
        kind: FeeKind::Legacy,
        cap: 9 * GWEI,
        tip: 9 * GWEI,
    };
    let mut ids = Vec::new();
    for unsigned in [&dynamic, &legacy] {
        let payment = saved(&chain, unsigned).await;
        assert_eq!(submit_one(&chain, &payment).await, Verdict::Accepted);
        ids.push(id(&payment));
    }
    let before = balance(&anvil, &dev_address(0)).await;
    mine(&anvil, 1).await;
    let receipts = chain.receipts(&ids, Trust::All).await.unwrap();
    let mut fees = 0;
    for receipt in receipts.into_iter().flatten() {
        assert_eq!(receipt.outcome, TxOutcome::Whole(LegOutcome::Paid));
        fees += receipt.fee;
    }
    assert_eq!(
        before - balance(&anvil, &dev_address(0)).await,
        5 + 6 + fees
    );
}
