//! From saved bytes to a receipt.

use super::Bench;
use super::hand::{Hand, only_leg};
use crate::{AttemptKind, Chain, LegOutcome, Rejection, Trust, Verdict};

/// The payee has the value, the wallet lost value and fee, and the receipt says so.
pub async fn a_mined_transfer_has_a_receipt_with_its_block_and_fee<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let before = hand.account(&hand.wallet).await.balance;
    let transfer = hand.pay(0, 1_234).await;
    let id = hand.send(&transfer).await;
    bench.mine(2).await;
    let receipt = hand.mined(&id).await;
    assert_eq!(receipt.id, id);
    assert_eq!(only_leg(&receipt.outcome), LegOutcome::Paid);
    let blocks = hand.chain.blocks(&[receipt.block.number]).await;
    assert_eq!(blocks, Ok(vec![Some(receipt.block)]));
    let after = hand.account(&hand.wallet).await;
    assert_eq!((hand.received().await, after.nonce), (1_234, 1));
    assert_eq!(
        before - after.balance,
        1_234 + receipt.fee,
        "to the base unit"
    );
    assert!(receipt.fee > 0);
    let worst = transfer.worst_cost().expect("fits");
    assert!(
        receipt.fee + 1_234 <= worst,
        "{} paid, at most {worst} promised",
        receipt.fee
    );
}

/// No receipt is made up for what is unsigned, pending or replaced.
pub async fn receipts_of_unknown_and_pending_ids_are_none<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let (_, unsent) = hand.sign(&hand.pay(5, 1).await).await;
    let pending = hand.send(&hand.pay(0, 1).await).await;
    let ids = [unsent.clone(), pending.clone()];
    assert_eq!(
        hand.chain.receipts(&ids, Trust::All).await,
        Ok(vec![None, None])
    );
    bench.mine(2).await;
    let ids = [unsent.clone(), pending, unsent];
    let receipts = hand
        .chain
        .receipts(&ids, Trust::All)
        .await
        .expect("a verdict");
    let found: Vec<_> = receipts.iter().map(Option::is_some).collect();
    assert_eq!(found, [false, true, false], "in the order of the ids");
    assert_eq!(hand.chain.receipts(&[], Trust::All).await, Ok(vec![]));
}

/// Sending again is harmless, pending or mined.
pub async fn sending_the_same_bytes_again_is_already_known_or_accepted<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let (saved, id) = hand.sign(&hand.pay(0, 5).await).await;
    assert!(hand.submit(&saved).await.is_taken());
    for _ in 0..2 {
        let again = hand.submit(&saved).await;
        assert!(again.is_taken(), "{again:?}");
    }
    bench.mine(2).await;
    let late = hand.submit(&saved).await;
    let harmless = late.is_taken() || matches!(late, Verdict::Rejected(Rejection::NonceTooLow, _));
    assert!(harmless, "{late:?}");
    bench.mine(2).await;
    hand.mined(&id).await;
    assert_eq!(
        (
            hand.received().await,
            hand.account(&hand.wallet).await.nonce
        ),
        (5, 1)
    );
    assert!(hand.chain.submit(&[]).await.is_empty());
}

/// Whichever version is mined, it is one, and the other never is.
pub async fn a_replacement_by_bumped_fee_is_taken_and_only_one_is_mined<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let first = hand.pay(0, 5).await;
    let id = hand.send(&first).await;
    let (replacement, other) = hand.attempt(AttemptKind::Pay, &first).await;
    let verdict = hand.submit(&replacement).await;
    assert!(verdict.is_taken(), "{verdict:?}");
    bench.mine(3).await;
    let receipts = [hand.receipt(&id).await, hand.receipt(&other).await];
    assert_eq!(receipts.iter().flatten().count(), 1, "{receipts:?}");
    assert!(
        receipts[1].is_some(),
        "the better one is mined: {receipts:?}"
    );
    assert_eq!(
        (
            hand.received().await,
            hand.account(&hand.wallet).await.nonce
        ),
        (5, 1)
    );
}

/// A mined cancel pays nobody, and the payment can't be mined any more.
pub async fn a_cancel_uses_up_the_nonce<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let payment = hand.pay(0, 5).await;
    let (saved, paying) = hand.sign(&payment).await;
    assert!(hand.submit(&saved).await.is_taken());
    let (cancel, cancelling) = hand.attempt(AttemptKind::Cancel, &payment).await;
    let verdict = hand.submit(&cancel).await;
    assert!(verdict.is_taken(), "{verdict:?}");
    bench.mine(2).await;
    let receipt = hand.mined(&cancelling).await;
    assert_eq!(only_leg(&receipt.outcome), LegOutcome::Paid);
    assert_eq!(hand.receipt(&paying).await, None);
    let late = hand.submit(&saved).await;
    assert!(
        matches!(late, Verdict::Rejected(Rejection::NonceTooLow, _)),
        "{late:?}"
    );
    bench.mine(2).await;
    let account = hand.account(&hand.wallet).await;
    assert_eq!((hand.received().await, account.nonce), (0, 1));
    assert_eq!(
        super::hand::FUNDS - account.balance,
        receipt.fee,
        "only its fee was paid"
    );
}

/// Verdicts stand where the caller put their transactions, whatever order they are sent in.
pub async fn a_batch_is_answered_in_the_callers_order<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let used = hand.pay(0, 1).await;
    hand.send(&used).await;
    bench.mine(1).await;
    let mut stale = hand.pay(0, 2).await;
    stale.fee = hand.bumped(&used.fee).await;
    let mut batch = Vec::new();
    for transfer in [
        hand.pay(3, 4).await,
        stale,
        hand.pay(1, 8).await,
        hand.pay(2, 16).await,
    ] {
        batch.push(hand.sign(&transfer).await.0);
    }
    let verdicts = hand.chain.submit(&batch).await;
    let taken: Vec<_> = verdicts.iter().map(Verdict::is_taken).collect();
    assert_eq!(taken, [true, false, true, true], "{verdicts:?}");
    assert!(
        matches!(verdicts[1], Verdict::Rejected(Rejection::NonceTooLow, _)),
        "{verdicts:?}"
    );
    bench.mine(2).await;
    assert_eq!(
        (
            hand.received().await,
            hand.account(&hand.wallet).await.nonce
        ),
        (29, 4)
    );
}

/// What comes too early is kept, or refused in a word that we know; it is never mined early.
pub async fn a_nonce_gap_waits_or_is_refused_as_such<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let (early, id) = hand.sign(&hand.pay(1, 5).await).await;
    let verdict = hand.submit(&early).await;
    let known = verdict.is_taken() || matches!(verdict, Verdict::Rejected(Rejection::NonceGap, _));
    assert!(known, "{verdict:?}");
    bench.mine(2).await;
    assert_eq!(hand.receipt(&id).await, None);
    hand.send(&hand.pay(0, 7).await).await;
    let again = hand.submit(&early).await;
    assert!(again.is_taken(), "{again:?}");
    bench.mine(2).await;
    hand.mined(&id).await;
    assert_eq!(hand.received().await, 12);
}
