//! Blocks, reorganisations, finality.

use super::Bench;
use super::hand::Hand;
use crate::{Chain, Finality, Tip};

/// Blocks are named by the caller's numbers, in the caller's order.
pub async fn blocks_above_the_head_are_none<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    bench.mine(3).await;
    let head = hand
        .chain
        .tip(bench.finality())
        .await
        .expect("a verdict")
        .head;
    let numbers = [head + 1, head, 0, head - 1, head + 1_000];
    let blocks = hand.chain.blocks(&numbers).await.expect("a verdict");
    let found: Vec<_> = blocks
        .iter()
        .map(|b| b.as_ref().map(|b| b.number))
        .collect();
    assert_eq!(found, [None, Some(head), Some(0), Some(head - 1), None]);
    let mut hashes: Vec<_> = blocks.iter().flatten().map(|b| &b.hash).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 3, "each block has a hash of its own");
    let identity = hand.chain.identify(None).await.expect("answers");
    let genesis = blocks.iter().flatten().find(|b| b.number == 0);
    assert_eq!(genesis.map(|b| &b.hash), Some(&identity.genesis));
    bench.mine(1).await;
    let again = hand.chain.blocks(&[head]).await.expect("a verdict");
    assert_eq!(again[0], blocks[1], "blocks below stay");
}

/// A scan that begins there misses nothing since that time.
pub async fn a_scan_begins_at_a_block_not_younger_than_the_time<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let mut heads = Vec::new();
    for _ in 0..5 {
        bench.mine(1).await;
        let tip = hand.chain.tip(bench.finality()).await.expect("a verdict");
        heads.push((tip.head, tip.head_time_s));
    }
    let before = async |time_s| hand.chain.block_before(time_s).await.expect("a verdict");
    for (number, time_s) in &heads {
        let found = before(*time_s).await;
        let exact = heads.iter().find(|(head, _)| *head == found);
        assert!(
            exact.is_none_or(|(_, found_s)| found_s <= time_s),
            "{found} for {time_s}"
        );
        assert!(
            before(time_s - 1).await < *number,
            "block {number} is younger"
        );
    }
    let (last, last_s) = heads[4];
    assert!(
        (1..=last).contains(&before(last_s).await),
        "not the whole chain for the last block"
    );
    assert!(before(u64::MAX).await <= last);
    assert_eq!(before(0).await, 0, "the chain is younger");
}

/// Settled is at most the head, releasable at most settled, both canonical; neither goes back,
/// and what is mined becomes final.
pub async fn finality_never_runs_ahead<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let finality = bench.finality();
    let mut last: Option<Tip> = None;
    for _ in 0..4 {
        bench.mine(1).await;
        let tip = hand.chain.tip(finality).await.expect("a verdict");
        let number = |block: &Option<crate::BlockRef>| block.as_ref().map(|b| b.number);
        assert!(number(&tip.settled) <= Some(tip.head), "{tip:?}");
        assert!(number(&tip.releasable) <= number(&tip.settled), "{tip:?}");
        if let Finality::Depth {
            confirmations,
            release_confirmations,
        } = finality
        {
            // The block that holds a payment is its first confirmation.
            let deep = |blocks: u64| (tip.head + 1).checked_sub(blocks);
            assert_eq!(number(&tip.settled), deep(confirmations), "{tip:?}");
            assert_eq!(
                number(&tip.releasable),
                deep(release_confirmations),
                "{tip:?}"
            );
        }
        for block in [&tip.settled, &tip.releasable].into_iter().flatten() {
            let canonical = hand.chain.blocks(&[block.number]).await;
            assert_eq!(canonical, Ok(vec![Some(block.clone())]));
        }
        if let Some(last) = last {
            assert_eq!(tip.head, last.head + 1);
            assert!(tip.head_time_s >= last.head_time_s);
            assert!(
                number(&tip.settled) >= number(&last.settled),
                "{last:?} -> {tip:?}"
            );
            assert!(
                number(&tip.releasable) >= number(&last.releasable),
                "{last:?} -> {tip:?}"
            );
        }
        last = Some(tip);
    }
    let id = hand.send(&hand.pay(0, 5).await).await;
    bench.mine(1).await;
    let block = hand.mined(&id).await.block;
    bench.finalise().await;
    let tip = hand.chain.tip(finality).await.expect("a verdict");
    for reached in [tip.settled, tip.releasable] {
        let reached = reached.map(|b| b.number);
        assert!(
            reached >= Some(block.number),
            "{reached:?} is below {}",
            block.number
        );
    }
    assert_eq!(hand.mined(&id).await.block, block, "final is final");
}

/// After a reorganisation the receipt is gone; the same bytes can be sent again, and the new
/// receipt names the new block.
pub async fn a_reorged_transaction_has_no_receipt_until_mined_again<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    bench.mine(1).await;
    let (saved, id) = hand.sign(&hand.pay(0, 5).await).await;
    assert!(hand.submit(&saved).await.is_taken());
    bench.mine(1).await;
    let old = hand.mined(&id).await.block;
    if !bench.reorg(1).await {
        println!("not tested: this bench can't reorganise its chain");
        return;
    }
    assert_eq!(hand.receipt(&id).await, None);
    let now = hand.chain.blocks(&[old.number]).await.expect("a verdict");
    assert_ne!(now, [Some(old.clone())], "the block was replaced");
    assert_eq!(
        (
            hand.received().await,
            hand.account(&hand.wallet).await.nonce
        ),
        (0, 0)
    );
    assert!(hand.submit(&saved).await.is_taken());
    bench.mine(2).await;
    let new = hand.mined(&id).await.block;
    assert_ne!(new.hash, old.hash);
    assert_eq!(hand.received().await, 5);
}
