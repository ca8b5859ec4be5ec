//! Which chain is it, who answers, and what is an address?

use super::Bench;
use super::hand::Hand;
use crate::{Chain, ChainError, Identity, Saved, Trust, Verdict};

/// An endpoint with another genesis than expected is not used.
pub async fn a_wrong_genesis_is_refused<B: Bench>(bench: &B) {
    refuses(bench, |real| Identity {
        genesis: format!("{}0", real.genesis),
        ..real
    })
    .await;
}

/// An endpoint with another chain id or network name than expected is not used.
pub async fn a_wrong_network_is_refused<B: Bench>(bench: &B) {
    refuses(bench, |real| Identity {
        network: format!("{}0", real.network),
        ..real
    })
    .await;
}

async fn refuses<B: Bench>(bench: &B, change: impl FnOnce(Identity) -> Identity + Send) {
    let chain = bench.client().await;
    let real = chain.identify(None).await.expect("answers");
    let wrong = change(real.clone());
    match chain.identify(Some(&wrong)).await {
        Err(ChainError::WrongChain {
            expected, found, ..
        }) => {
            assert_eq!((expected, found), (wrong, real.clone()));
        }
        other => panic!("expected WrongChain, got {other:?}"),
    }
    let read = chain.quote().await;
    assert!(
        matches!(read, Err(ChainError::Unreachable { .. })),
        "still used: {read:?}"
    );
    assert_eq!(
        chain.identify(Some(&real)).await,
        Ok(real),
        "the right one is used again"
    );
    chain.quote().await.expect("used again");
}

/// Before `identify` nothing is read, decided or sent.
pub async fn nothing_is_concluded_before_the_chain_is_identified<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let (saved, id) = hand.sign(&hand.pay(0, 7).await).await;
    let new: B::C = bench.client().await;
    let quote = new.quote().await;
    assert!(
        matches!(quote, Err(ChainError::Unreachable { .. })),
        "{quote:?}"
    );
    let tip = new.tip(bench.finality()).await;
    assert!(matches!(tip, Err(ChainError::NoVerdict { .. })), "{tip:?}");
    let receipts = new.receipts(&[id], Trust::All).await;
    assert!(
        matches!(receipts, Err(ChainError::NoVerdict { .. })),
        "{receipts:?}"
    );
    let seen = new.nonce_seen(&hand.wallet).await;
    assert!(
        matches!(seen, Err(ChainError::Unreachable { .. })),
        "{seen:?}"
    );
    let saved: [Saved; 1] = [saved];
    let verdicts = new.submit(&saved).await;
    assert!(
        matches!(verdicts.as_slice(), [Verdict::Unknown(_)]),
        "{verdicts:?}"
    );
    bench.mine(1).await;
    assert_eq!(hand.received().await, 0, "nothing was sent");
}

/// Reports need no identification, and agree with it.
pub async fn every_endpoint_reports<B: Bench>(bench: &B) {
    bench.mine(1).await;
    let chain = bench.client().await;
    let reports = chain.reports().await;
    assert!(!reports.is_empty());
    let identity = chain.identify(None).await.expect("answers");
    let tip = chain.tip(bench.finality()).await.expect("a verdict");
    for report in reports {
        assert_eq!(report.identity.as_ref(), Ok(&identity), "{report:?}");
        assert_eq!(report.head, Some((tip.head, tip.head_time_s)), "{report:?}");
        assert!(!report.syncing, "{report:?}");
    }
}

/// Good addresses become canonical text, which parses to itself; anything else is refused.
pub async fn addresses_are_strict_and_normalised<B: Bench>(bench: &B) {
    let chain = bench.client().await;
    let spellings = bench.spellings();
    assert!(!spellings.good.is_empty() && !spellings.bad.is_empty());
    for (text, canonical) in &spellings.good {
        let address = chain.parse_address(text).expect("a good address");
        assert_eq!(address.as_str(), canonical, "{text:?}");
        let again = chain.parse_address(canonical);
        assert_eq!(again, Ok(address), "canonical text is a fixed point");
        for broken in [
            format!(" {text}"),
            format!("{text} "),
            format!("{text}\n"),
            format!("{text}0"),
            text.chars().skip(1).collect(),
            text.chars().take(text.len() - 1).collect(),
        ] {
            refuses_address(&chain, &broken);
        }
    }
    for text in spellings
        .bad
        .iter()
        .map(String::as_str)
        .chain(["", "0x", "latest", "0"])
    {
        refuses_address(&chain, text);
    }
}

fn refuses_address(chain: &impl Chain, text: &str) {
    match chain.parse_address(text) {
        Err(error) => {
            assert_eq!(error.text, text);
            assert!(!error.reason.is_empty());
        }
        Ok(address) => panic!("{text:?} was taken as {address}"),
    }
}
