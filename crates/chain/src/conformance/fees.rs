//! Fees: what they are bounded by, and what nodes take.

use super::Bench;
use super::hand::Hand;
use crate::{Chain, Fee, FeeKind, FeeQuote, Rejection, Verdict};

fn market(quote: &FeeQuote) -> u128 {
    match quote.kind {
        FeeKind::Dynamic => quote.base_fee + quote.tip,
        FeeKind::Legacy => quote.tip.max(quote.base_fee),
    }
}

fn assert_sound(fee: &Fee, cap: u128) {
    assert!(
        fee.cap <= cap && fee.tip <= fee.cap,
        "{fee:?} with cap {cap}"
    );
    assert!(
        fee.kind == FeeKind::Dynamic || fee.tip == fee.cap,
        "{fee:?}"
    );
}

/// A first fee pays the market now, never more than the cap, or isn't given.
pub async fn a_first_fee_is_within_the_cap_or_refused<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let quote = hand.quote().await;
    let market = market(&quote);
    assert!(market > 0, "{quote:?}");
    for cap in [market, market + 1, market * 2, market * 50, u128::MAX] {
        let fee = hand
            .chain
            .first_fee(&quote, cap)
            .expect("the market is not above the cap");
        assert_sound(&fee, cap);
        assert!(fee.cap >= market, "{fee:?} is below the market {quote:?}");
        assert_eq!(fee.kind, quote.kind);
    }
    for cap in [0, market - 1] {
        assert_eq!(
            hand.chain.first_fee(&quote, cap),
            None,
            "cap {cap} is below {market}"
        );
    }
}

/// Each bump is one that nodes take, up to the cap and never above it.
pub async fn a_bumped_fee_is_higher_and_refused_beyond_the_cap<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let quote = hand.quote().await;
    let cap = market(&quote) * 8;
    let mut fee = hand
        .chain
        .first_fee(&quote, cap)
        .expect("eight times the market");
    let mut bumps = 0;
    while let Some(next) = hand.chain.bumped_fee(&fee, &quote, cap) {
        assert_sound(&next, cap);
        assert_eq!(next.kind, fee.kind);
        // Each client's rule is +10 % or less; each of the protocol's bumps is at least +12.5 %.
        for (new, old) in [(next.cap, fee.cap), (next.tip, fee.tip)] {
            assert!(new > old && new * 8 >= old * 9, "{fee:?} -> {next:?}");
        }
        fee = next;
        bumps += 1;
        assert!(bumps < 100, "it must end at the cap");
    }
    assert!(bumps > 0);
    let dearer = FeeQuote {
        base_fee: quote.base_fee * 100,
        tip: quote.tip * 100,
        ..quote
    };
    assert_eq!(
        hand.chain.bumped_fee(&fee, &dearer, cap),
        None,
        "the market is above the cap"
    );
    let first = hand.chain.first_fee(&quote, cap).expect("as before");
    let raised = hand
        .chain
        .bumped_fee(&first, &dearer, cap * 100)
        .expect("the cap rose too");
    assert!(
        raised.cap >= market(&dearer),
        "{raised:?} is below the market {dearer:?}"
    );
}

/// A replacement that is hardly dearer is refused as underpriced, not as anything else.
pub async fn an_underpriced_replacement_is_refused_as_such<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let first = hand.pay(0, 5).await;
    let id = hand.send(&first).await;
    let rise = u128::from(bench.wants_a_bump());
    let mut hardly = first.clone();
    hardly.call.value += 1;
    hardly.fee.cap += rise;
    hardly.fee.tip += rise;
    let (saved, other) = hand.sign(&hardly).await;
    let verdict = hand.submit(&saved).await;
    assert!(
        matches!(verdict, Verdict::Rejected(Rejection::Underpriced, _)),
        "{verdict:?}"
    );
    bench.mine(2).await;
    hand.mined(&id).await;
    assert_eq!(hand.receipt(&other).await, None);
}

/// A fee that no block takes is refused in words that we know, or waits.
pub async fn a_fee_below_the_market_is_not_mined<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let mut cheap = hand.pay(0, 5).await;
    cheap.fee.cap = 1;
    cheap.fee.tip = if cheap.fee.kind == FeeKind::Legacy {
        1
    } else {
        0
    };
    let (saved, id) = hand.sign(&cheap).await;
    let verdict = hand.submit(&saved).await;
    let known = match &verdict {
        Verdict::Rejected(rejection, _) => {
            matches!(rejection, Rejection::FeeTooLow | Rejection::Underpriced)
        }
        other => other.is_taken(),
    };
    assert!(known, "{verdict:?}");
    bench.mine(2).await;
    assert_eq!((hand.receipt(&id).await, hand.received().await), (None, 0));
}
