//! Keys that a node holds.

use paydirt_chain::{Chain as _, ChainError, SigningMode, Trust, Verdict};
use paydirt_testkit::{RpcFault, RpcProxy};

use super::*;
use crate::NodeSigning;

async fn chain(urls: &[String], signing: NodeSigning) -> Ethereum {
    let mut config = config(urls);
    config.signer = Signer::Node(signing);
    identified(config).await
}

#[tokio::test]
async fn a_node_signs_what_it_is_asked_and_we_send_it() {
    let anvil = node().await;
    let chain = chain(&[anvil.url()], NodeSigning::SignTransaction).await;
    assert_eq!(chain.signing_mode(), SigningMode::Remote);
    assert!(chain.signers().await.unwrap().contains(&dev_address(0)));
    let local = identified(config(&[anvil.url()])).await;
    let unsigned = transfer(0, &payee(1), 5);
    let signed = chain.sign(&unsigned).await.unwrap();
    assert_eq!(signed, local.sign(&unsigned).await.unwrap());
    let payment = Saved::by_journal(signed);
    assert_eq!(submit_one(&chain, &payment).await, Verdict::Accepted);
    mine(&anvil, 1).await;
    assert!(chain.receipts(&[id(&payment)], Trust::All).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn bytes_of_a_node_that_are_not_what_was_asked_are_refused() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = chain(&[proxy.url()], NodeSigning::SignTransaction).await;
    let local = identified(config(&[anvil.url()])).await;
    let asked = transfer(0, &payee(1), 5);
    let other = local
        .sign(&transfer(0, &payee(2), 5))
        .await
        .unwrap()
        .raw
        .unwrap();
    let other = alloy::primitives::hex::encode_prefixed(other);
    for answer in [
        json!(other),
        json!({"raw": other, "tx": {}}),
        json!("0x"),
        json!(7),
    ] {
        proxy.once("eth_signTransaction", RpcFault::Answer(answer));
        let refused = chain.sign(&asked).await;
        assert!(
            matches!(refused, Err(ChainError::Signing(_))),
            "{refused:?}"
        );
    }
    let raw = local.sign(&asked).await.unwrap();
    let text = alloy::primitives::hex::encode_prefixed(raw.raw.clone().unwrap());
    proxy.once(
        "eth_signTransaction",
        RpcFault::Answer(json!({"raw": text, "tx": {}})),
    );
    assert_eq!(
        chain.sign(&asked).await,
        Ok(raw),
        "geth's form of the answer"
    );
}

#[tokio::test]
async fn a_node_without_the_key_signs_nothing_and_the_cure_is_told() {
    let anvil = node().await;
    let chain = chain(&[anvil.url()], NodeSigning::SignTransaction).await;
    let foreign = Unsigned {
        from: payee(9),
        ..transfer(0, &payee(1), 5)
    };
    let error = chain.sign(&foreign).await.unwrap_err().to_string();
    assert!(
        error.contains("nothing was signed") && error.contains("unlock it"),
        "{error}"
    );
}

#[tokio::test]
async fn only_the_node_that_holds_the_key_is_asked_to_sign() {
    let (anvil, other) = (node().await, node().await);
    let without = RpcProxy::start(&other.url()).await.unwrap();
    without.always("eth_accounts", RpcFault::Answer(json!([])));
    // Two nodes of one chain: the same genesis.
    let genesis = anvil
        .rpc("eth_getBlockByNumber", json!(["0x0", false]))
        .await
        .unwrap();
    let same = std::sync::Arc::new(move |_| genesis.clone());
    without.always("eth_getBlockByNumber", RpcFault::Rewrite(same));
    let chain = chain(&[without.url(), anvil.url()], NodeSigning::SignTransaction).await;
    chain.sign(&transfer(0, &payee(1), 5)).await.unwrap();
    assert_eq!(without.calls("eth_signTransaction"), 0);
}

#[tokio::test]
async fn a_node_that_signs_and_sends_gets_every_field_and_the_same_again_is_harmless() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = chain(&[proxy.url()], NodeSigning::SendTransaction).await;
    assert_eq!(chain.signing_mode(), SigningMode::NodeSends);
    for (nonce, kind) in [(0, FeeKind::Dynamic), (1, FeeKind::Legacy)] {
        let mut unsigned = transfer(nonce, &payee(nonce), 5);
        unsigned.fee.kind = kind;
        let signed = chain.sign(&unsigned).await.unwrap();
        assert_eq!((&signed.raw, &signed.id), (&None, &None));
        let payment = Saved::by_journal(signed);
        proxy.once("eth_sendTransaction", RpcFault::LoseReply);
        assert!(matches!(
            submit_one(&chain, &payment).await,
            Verdict::Unknown(_)
        ));
        let again = submit_one(&chain, &payment).await;
        assert_eq!(again, Verdict::AlreadyKnown);
        mine(&anvil, 1).await;
        assert!(
            !submit_one(&chain, &payment).await.is_taken(),
            "its nonce is used up"
        );
        assert_eq!(balance(&anvil, &payee(nonce)).await, 5);
        let sightings = chain
            .sent_by(&dev_address(0), 0..=nonce + 1, Trust::All)
            .await
            .unwrap();
        assert_eq!(sightings.last().unwrap().call, unsigned.call);
        assert_eq!(sightings.last().unwrap().nonce, nonce);
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_signed() {
    let anvil = node().await;
    let mut config = config(&[anvil.url()]);
    config.signer = Signer::Nobody;
    let chain = identified(config).await;
    assert!(chain.signers().await.unwrap().is_empty());
    let refused = chain.sign(&transfer(0, &payee(1), 5)).await;
    assert!(
        matches!(refused, Err(ChainError::Signing(_))),
        "{refused:?}"
    );
}
