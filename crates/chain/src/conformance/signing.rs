//! Composing and signing.

use super::Bench;
use super::hand::Hand;
use crate::{Chain, ChainError, SigningMode, Transfer, Unsigned};

/// The same input gives the same bytes and id; other input another id; nobody is told.
pub async fn signing_is_a_pure_function_and_sends_nothing<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    assert_ne!(
        hand.chain.signing_mode(),
        SigningMode::NodeSends,
        "the bench's client signs"
    );
    assert!(
        hand.chain
            .signers()
            .await
            .expect("answers")
            .contains(&hand.wallet)
    );
    let transfer = hand.pay(0, 7).await;
    let signed = hand.chain.sign(&transfer).await.expect("has the key");
    assert_eq!(signed.unsigned, transfer);
    assert!(signed.raw.is_some());
    assert_eq!(hand.chain.sign(&transfer).await, Ok(signed.clone()));
    let another: B::C = bench.client().await;
    another.identify(None).await.expect("answers");
    assert_eq!(another.sign(&transfer).await, Ok(signed.clone()));
    let mut ids = vec![signed.id];
    for other in [
        Unsigned {
            nonce: 1,
            ..transfer.clone()
        },
        Unsigned {
            gas_limit: transfer.gas_limit + 1,
            ..transfer.clone()
        },
        Unsigned {
            fee: hand.bumped(&transfer.fee).await,
            ..transfer.clone()
        },
        hand.pay(0, 8).await,
        hand.cancel(&transfer).await,
    ] {
        ids.push(hand.chain.sign(&other).await.expect("has the key").id);
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each has an id of its own");
    bench.mine(1).await;
    let account = hand.account(&hand.wallet).await;
    assert_eq!((account.nonce, hand.received().await), (0, 0));
}

/// Without the key nothing is signed.
pub async fn nobody_signs_for_an_address_without_a_key<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    assert!(
        !hand
            .chain
            .signers()
            .await
            .expect("answers")
            .contains(&hand.payee)
    );
    let foreign = Unsigned {
        from: hand.payee.clone(),
        ..hand.pay(0, 7).await
    };
    let refused = hand.chain.sign(&foreign).await;
    assert!(
        matches!(refused, Err(ChainError::Signing(_))),
        "{refused:?}"
    );
}

/// One leg to `max_legs` are one call; none or more are refused.
pub async fn only_as_many_legs_as_promised_are_composed<B: Bench>(bench: &B) {
    let chain = bench.client().await;
    let leg = Transfer {
        to: bench.stranger().await,
        value: 1,
    };
    let most = chain.max_legs();
    assert!(most >= 1);
    let call = chain.compose(std::slice::from_ref(&leg)).expect("one leg");
    assert_eq!(call.value, leg.value);
    chain
        .compose(&vec![leg.clone(); most])
        .expect("as many as promised");
    for legs in [Vec::new(), vec![leg; most + 1]] {
        let refused = chain.compose(&legs);
        assert!(
            matches!(refused, Err(ChainError::Unsupported { .. })),
            "{refused:?}"
        );
    }
}
