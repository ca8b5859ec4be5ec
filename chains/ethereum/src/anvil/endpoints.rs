//! Wrong chains, silent endpoints, endpoints that disagree.

use std::sync::Arc;

use paydirt_chain::{Chain as _, ChainError, Finality, Trust};
use paydirt_testkit::{Anvil, AnvilOptions, RpcFault, RpcProxy};
use serde_json::json;

use super::*;
use crate::FeePolicy;

#[tokio::test]
async fn an_endpoint_with_another_chain_id_than_configured_is_not_used() {
    let anvil = node().await;
    let mut config = config(&[anvil.url()]);
    config.chain_id = Some(61);
    let chain = Ethereum::new(config).unwrap();
    let error = chain.identify(None).await.unwrap_err();
    let ChainError::WrongChain {
        expected, found, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (expected.network.as_str(), found.network.as_str()),
        ("61", "31337")
    );
    assert!(
        error
            .to_string()
            .contains("nothing was read from it or sent"),
        "{error}"
    );
    assert!(matches!(
        chain.quote().await,
        Err(ChainError::Unreachable { .. })
    ));
}

#[tokio::test]
async fn one_of_two_endpoints_on_another_chain_is_refused() {
    let first = node().await;
    let options = AnvilOptions {
        chain_id: Some(61),
        ..AnvilOptions::default()
    };
    let second = Anvil::start(options).await.unwrap();
    let chain = Ethereum::new(config(&[first.url(), second.url()])).unwrap();
    let error = chain.identify(None).await.unwrap_err();
    let ChainError::WrongChain { endpoint, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(endpoint, second.url());
}

#[tokio::test]
async fn the_journals_chain_and_the_configured_one_must_be_the_same() {
    let anvil = node().await;
    let found = identified(config(&[anvil.url()]))
        .await
        .identify(None)
        .await
        .unwrap();
    let mut other = config(&[anvil.url()]);
    other.chain_id = Some(1);
    let error = Ethereum::new(other)
        .unwrap()
        .identify(Some(&found))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("chain_id in the configuration"),
        "{error}"
    );
    let mut same = config(&[anvil.url()]);
    same.chain_id = Some(31_337);
    assert_eq!(
        Ethereum::new(same).unwrap().identify(Some(&found)).await,
        Ok(found)
    );
}

#[tokio::test]
async fn readings_fail_over_while_verdicts_wait_for_the_missing_endpoint() {
    let anvil = node().await;
    let mut proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    proxy.down().await;
    let chain = Ethereum::new(config(&[proxy.url(), anvil.url()])).unwrap();
    chain.identify(None).await.unwrap();
    let wallet = dev_address(0);
    let account = chain.account(&wallet, None, Trust::Any).await.unwrap();
    assert_eq!(account.nonce, 0);
    let error = chain.tip(Finality::Signalled).await.unwrap_err();
    let ChainError::NoVerdict { endpoint, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(endpoint, proxy.url());
    proxy.up().await.unwrap();
    assert!(
        chain.tip(Finality::Signalled).await.is_err(),
        "not before it is identified again"
    );
    chain.identify(None).await.unwrap();
    chain.tip(Finality::Signalled).await.unwrap();
}

#[tokio::test]
async fn a_quorum_of_one_needs_no_second_endpoint() {
    let anvil = node().await;
    let mut config = config(&[anvil.url(), "http://127.0.0.1:1".to_owned()]);
    config.quorum = Some(1);
    let chain = identified(config).await;
    chain.tip(Finality::Signalled).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_node_is_told_with_its_name_and_without_its_password() {
    let chain = Ethereum::new(config(&["http://me:hunter2@127.0.0.1:1/hunter2".into()])).unwrap();
    let error = chain.identify(None).await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:1/…"), "{error}");
    assert!(error.contains("nothing was concluded or moved"), "{error}");
    let reports = format!("{:?} {chain:?}", chain.reports().await);
    assert!(
        !format!("{error} {reports}").contains("hunter2"),
        "{error} {reports}"
    );
}

#[tokio::test]
async fn a_node_that_never_answers_is_given_up_in_time() {
    let anvil = node().await;
    let mut config = config(&[anvil.url()]);
    config.timeout_ms = 200;
    anvil.pause().unwrap();
    let error = Ethereum::new(config)
        .unwrap()
        .identify(None)
        .await
        .unwrap_err()
        .to_string();
    anvil.resume().unwrap();
    assert!(error.contains("timed out"), "{error}");
}

#[tokio::test]
async fn endpoints_that_disagree_give_no_verdict() {
    let anvil = node().await;
    mine(&anvil, 10).await;
    let liar = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[anvil.url(), liar.url()])).await;
    let honest = chain.tip(Finality::Signalled).await.unwrap();
    let other = format!("0x{}", "ab".repeat(32));
    let lie = Arc::new(move |block| with_field(block, "hash", &other));
    liar.always("eth_getBlockByNumber", RpcFault::Rewrite(lie));
    let error = chain.tip(Finality::Signalled).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagree { .. }), "{error}");
    assert!(matches!(
        chain.blocks(&[3]).await,
        Err(ChainError::Disagree { .. })
    ));
    // The liar comes second, so that a reading does not see it.
    let read = chain
        .account(&dev_address(0), None, Trust::Any)
        .await
        .unwrap();
    assert_eq!(read.block.number, 10);
    liar.heal();
    assert_eq!(chain.tip(Finality::Signalled).await, Ok(honest));
}

#[tokio::test]
async fn receipts_that_differ_are_no_verdict() {
    let anvil = node().await;
    let liar = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[anvil.url(), liar.url()])).await;
    let payment = saved(&chain, &transfer(0, &payee(1), 5)).await;
    submit_one(&chain, &payment).await;
    mine(&anvil, 1).await;
    let ids = [id(&payment)];
    liar.always("eth_getTransactionReceipt", RpcFault::Answer(json!(null)));
    let error = chain.receipts(&ids, Trust::All).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagree { .. }), "{error}");
    let reverted = Arc::new(|receipt| with_field(receipt, "status", "0x0"));
    liar.heal();
    liar.always("eth_getTransactionReceipt", RpcFault::Rewrite(reverted));
    let error = chain.receipts(&ids, Trust::All).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagree { .. }), "{error}");
    liar.heal();
    assert!(chain.receipts(&ids, Trust::All).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn the_lowest_head_counts() {
    let anvil = node().await;
    mine(&anvil, 10).await;
    let behind = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[anvil.url(), behind.url()])).await;
    let old = anvil
        .rpc("eth_getBlockByNumber", json!(["0x7", false]))
        .await
        .unwrap();
    behind.once("eth_getBlockByNumber", RpcFault::Answer(old));
    let finality = Finality::Depth {
        confirmations: 3,
        release_confirmations: 6,
    };
    let tip = chain.tip(finality).await.unwrap();
    let number = |block: Option<paydirt_chain::BlockRef>| block.unwrap().number;
    assert_eq!(
        (tip.head, number(tip.settled), number(tip.releasable)),
        (7, 5, 2)
    );
}

#[tokio::test]
async fn a_node_without_finality_is_no_and_a_failing_node_is_neither() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    assert_eq!(chain.signals_finality().await, Ok(true));
    let unknown = RpcFault::Error(-32000, "finalized block not found".into());
    proxy.once("eth_getBlockByNumber", unknown);
    assert_eq!(chain.signals_finality().await, Ok(false));
    proxy.once("eth_getBlockByNumber", RpcFault::Answer(json!(null)));
    assert_eq!(chain.signals_finality().await, Ok(false));
    for fault in [
        RpcFault::Refuse,
        RpcFault::Status(503),
        RpcFault::Error(-32603, "busy".into()),
    ] {
        proxy.once("eth_getBlockByNumber", fault);
        assert!(chain.signals_finality().await.is_err());
        chain.identify(None).await.unwrap();
    }
}

#[tokio::test]
async fn reports_say_what_a_node_tells_and_leave_out_what_it_does_not() {
    let anvil = node().await;
    mine(&anvil, 3).await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = Ethereum::new(config(&[proxy.url(), "http://127.0.0.1:1".into()])).unwrap();
    let reports = chain.reports().await;
    assert_eq!(reports[0].identity.as_ref().unwrap().network, "31337");
    assert_eq!(reports[0].head.unwrap().0, 3);
    assert!(reports[0].client.as_deref().unwrap().starts_with("anvil/"));
    assert_eq!((reports[0].peers, reports[0].syncing), (None, false));
    assert!(reports[1].identity.is_err());
    proxy.once("net_peerCount", RpcFault::Answer(json!("0x19")));
    proxy.once(
        "eth_syncing",
        RpcFault::Answer(json!({"currentBlock": "0x1"})),
    );
    let report = chain.reports().await.remove(0);
    assert_eq!((report.peers, report.syncing), (Some(25), true));
}

#[tokio::test]
async fn a_node_without_block_hash_parameters_is_read_by_number_and_checked() {
    let anvil = node().await;
    mine(&anvil, 2).await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    let expected = chain
        .account(&dev_address(0), None, Trust::Any)
        .await
        .unwrap();
    let refused = || RpcFault::Error(-32602, "invalid argument 1: cannot unmarshal object".into());
    proxy.once("eth_getBalance", refused());
    proxy.once("eth_getTransactionCount", refused());
    let read = chain
        .account(&dev_address(0), Some(&expected.block), Trust::All)
        .await;
    assert_eq!(read, Ok(expected.clone()));
    let mut gone = expected.block;
    gone.hash = format!("0x{}", "00".repeat(32));
    assert!(
        chain
            .account(&dev_address(0), Some(&gone), Trust::All)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn fees_follow_the_policy_and_the_node() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    anvil
        .rpc("anvil_setNextBlockBaseFeePerGas", json!(["0x64"]))
        .await
        .unwrap();
    mine(&anvil, 1).await;
    let chain = identified(config(&[proxy.url()])).await;
    let quote = chain.quote().await.unwrap();
    assert_eq!((quote.kind, quote.tip), (FeeKind::Dynamic, GWEI));
    assert!(quote.base_fee <= 100, "an empty block lowers it: {quote:?}");
    let missing = || RpcFault::Error(-32601, "the method does not exist".into());
    proxy.once("eth_feeHistory", missing());
    proxy.once("eth_maxPriorityFeePerGas", missing());
    let blind = chain.quote().await.unwrap();
    assert_eq!(
        blind.base_fee, 113,
        "at most an eighth more than the last block's"
    );
    let no_base_fee = Arc::new(|mut block: Value| {
        block.as_object_mut().unwrap().remove("baseFeePerGas");
        block
    });
    proxy.once("eth_getBlockByNumber", RpcFault::Rewrite(no_base_fee));
    assert_eq!(chain.quote().await.unwrap().kind, FeeKind::Legacy);
    let mut fixed = config(&[proxy.url()]);
    fixed.fees = FeePolicy::Fixed {
        gas_price: 50 * GWEI,
    };
    let quote = identified(fixed).await.quote().await.unwrap();
    assert_eq!(
        (quote.kind, quote.base_fee, quote.tip),
        (FeeKind::Legacy, 0, 50 * GWEI)
    );
}

#[tokio::test]
async fn endpoints_that_differ_only_in_their_secret_have_names_of_their_own() {
    let anvil = node().await;
    let urls = [
        format!("{}/key-a", anvil.url()),
        format!("{}/key-b", anvil.url()),
    ];
    let chain = Ethereum::new(config(&urls)).unwrap();
    let names: Vec<_> = chain
        .reports()
        .await
        .into_iter()
        .map(|report| report.name)
        .collect();
    assert_eq!(
        names,
        [
            format!("{}/…", anvil.url()),
            format!("{}/… #2", anvil.url())
        ]
    );
}
