//! Balances, nonces, and what a wallet sent.

use super::Bench;
use super::hand::{FUNDS, Hand};
use crate::{Call, Chain, ChainError, Trust};

/// A verdict about an account names its block, and later blocks don't change it.
pub async fn an_account_is_read_as_it_was_at_the_block<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    bench.mine(1).await;
    let old = hand.account(&hand.wallet).await;
    assert_eq!((old.balance, old.nonce), (FUNDS, 0));
    let id = hand.send(&hand.pay(0, 5).await).await;
    bench.mine(1).await;
    let receipt = hand.mined(&id).await;
    bench.mine(1).await;
    let at = async |block| {
        hand.chain
            .account(&hand.wallet, Some(block), Trust::All)
            .await
    };
    assert_eq!(at(&old.block).await, Ok(old.clone()));
    let new = at(&receipt.block).await.expect("a verdict");
    assert_eq!(new.block, receipt.block);
    assert_eq!((new.balance, new.nonce), (FUNDS - 5 - receipt.fee, 1));
    let mut replaced = receipt.block.clone();
    replaced.hash = old.block.hash.clone();
    assert!(at(&replaced).await.is_err(), "no such block is canonical");
    // A node that knows no such block does not answer; it must be identified again.
    hand.chain.identify(None).await.expect("answers");
    let headless = hand.chain.account(&hand.wallet, None, Trust::All).await;
    assert!(headless.is_err(), "a verdict names its block: {headless:?}");
}

/// The next nonce counts what is pending.
pub async fn nonce_seen_counts_pending_ones<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let seen = async || {
        let seen = hand
            .chain
            .nonce_seen(&hand.wallet)
            .await
            .expect("all answer");
        let reports = hand.chain.reports().await;
        assert!(
            reports.iter().any(|report| report.name == seen.endpoint),
            "{seen:?}"
        );
        (seen.mined, seen.next)
    };
    assert_eq!(seen().await, (0, 0));
    hand.send(&hand.pay(0, 1).await).await;
    hand.send(&hand.pay(1, 1).await).await;
    assert_eq!(seen().await, (0, 2));
    bench.mine(2).await;
    assert_eq!(seen().await, (2, 2));
    hand.send(&hand.pay(2, 1).await).await;
    assert_eq!(seen().await, (2, 3));
}

/// Payments, cancels and calls with data are all seen, each in its block; others' are not.
pub async fn sent_by_sees_every_transaction_of_the_wallet<B: Bench>(bench: &B) {
    let other = Hand::new(bench).await;
    let hand = Hand::new(bench).await;
    let payment = hand.pay(0, 5).await;
    let cancelled = hand.pay(1, 6).await;
    let mut memo = hand.pay(2, 7).await;
    memo.call = Call {
        data: vec![1, 2, 3],
        ..memo.call
    };
    memo.gas_limit += 10_000;
    let mut ids = vec![hand.send(&payment).await];
    other.send(&other.pay_to(&hand.wallet, 0, 9).await).await;
    bench.mine(1).await;
    let cancel = hand.cancel(&cancelled).await;
    ids.push(hand.send(&cancel).await);
    ids.push(hand.send(&memo).await);
    bench.mine(2).await;

    let head = hand
        .chain
        .tip(bench.finality())
        .await
        .expect("a verdict")
        .head;
    let seen = hand
        .chain
        .sent_by(&hand.wallet, 0..=head, Trust::All)
        .await
        .expect("a verdict");
    let read = hand.chain.sent_by(&hand.wallet, 0..=head, Trust::Any).await;
    assert_eq!(
        read.as_ref(),
        Ok(&seen),
        "an honest chain's readings and verdicts are alike"
    );
    assert_eq!(seen.iter().map(|s| s.id.clone()).collect::<Vec<_>>(), ids);
    assert_eq!(seen.iter().map(|s| s.nonce).collect::<Vec<_>>(), [0, 1, 2]);
    let calls: Vec<_> = seen.iter().map(|s| &s.call).collect();
    assert_eq!(calls, [&payment.call, &cancel.call, &memo.call]);
    for sighting in &seen {
        assert_eq!(hand.mined(&sighting.id).await.block, sighting.block);
    }
    let first = seen[0].block.number;
    let alone = hand
        .chain
        .sent_by(&hand.wallet, first..=first, Trust::All)
        .await;
    assert_eq!(
        alone.expect("a verdict"),
        seen[..1],
        "only the range asked for"
    );
}

/// A look that could not see every block says so.
pub async fn a_range_with_a_missing_block_is_an_error<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    bench.mine(1).await;
    let head = hand
        .chain
        .tip(bench.finality())
        .await
        .expect("a verdict")
        .head;
    for trust in [Trust::Any, Trust::All] {
        let looked = hand
            .chain
            .sent_by(&hand.wallet, head..=head + 1, trust)
            .await;
        let error = looked.expect_err("the last block is not there yet");
        assert!(error.is_retryable(), "it will be there: {error:?}");
        assert!(!matches!(error, ChainError::WrongChain { .. }));
        hand.chain.identify(None).await.expect("answers");
    }
}
