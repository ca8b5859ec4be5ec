//! Payments that fail, and endpoints that do.

use super::Bench;
use super::hand::{Hand, only_leg};
use crate::{Chain, ChainError, Fault, LegOutcome, Probe, Rejection, Transfer, Trust, Verdict};

/// More than the wallet has is refused at submission, or mined as our own failure.
pub async fn an_overdraft_pays_nobody<B: Bench>(bench: &B) {
    let rich = Hand::new(bench).await;
    let gas = rich.pay(0, 1).await.gas_limit;
    let fees = rich.first_fee().await.cap * u128::from(gas);
    let hand = Hand::with_funds(bench, fees * 4 + 1_000).await;
    let mut overdraft = hand.pay(0, 1).await;
    overdraft.call.value = fees * 4 + 1_001;
    let (saved, id) = hand.sign(&overdraft).await;
    let verdict = hand.submit(&saved).await;
    let known =
        verdict.is_taken() || matches!(verdict, Verdict::Rejected(Rejection::InsufficientFunds, _));
    assert!(known, "{verdict:?}");
    bench.mine(2).await;
    assert_eq!(hand.received().await, 0);
    if let Some(receipt) = hand.receipt(&id).await {
        let outcome = only_leg(&receipt.outcome);
        assert!(
            matches!(
                outcome,
                LegOutcome::Failed {
                    fault: Fault::Ours,
                    ..
                }
            ),
            "{outcome:?}"
        );
        return;
    }
    assert_eq!(hand.account(&hand.wallet).await.nonce, 0);
    let modest = hand.send(&hand.pay(0, 1_000).await).await;
    bench.mine(2).await;
    hand.mined(&modest).await;
    assert_eq!(hand.received().await, 1_000, "the nonce was still free");
}

/// A simulation finds it without money; if it is sent all the same, the payee is to blame.
pub async fn a_payee_that_rejects_is_probed_and_fails_on_its_own_account<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let Some(rejecting) = bench.rejecting_payee().await else {
        println!("not tested: this bench has no payee that rejects");
        return;
    };
    let leg = |to: &crate::Address| Transfer {
        to: to.clone(),
        value: 5,
    };
    let legs = [leg(&hand.payee), leg(&rejecting), leg(&hand.payee)];
    let probes = hand
        .chain
        .probe(&hand.wallet, &legs)
        .await
        .expect("a reading");
    let [
        Probe::Fits { gas_limit },
        Probe::PayeeFails { reason },
        Probe::Fits { .. },
    ] = &probes[..]
    else {
        panic!("the second of three fails: {probes:?}");
    };
    assert!(*gas_limit >= 1 && !reason.is_empty(), "{probes:?}");
    let id = hand.send(&hand.pay_to(&rejecting, 0, 5).await).await;
    bench.mine(2).await;
    let receipt = hand.mined(&id).await;
    let outcome = only_leg(&receipt.outcome);
    assert!(
        matches!(
            outcome,
            LegOutcome::Failed {
                fault: Fault::Payee,
                ..
            }
        ),
        "{outcome:?}"
    );
    let wallet = hand.account(&hand.wallet).await;
    assert_eq!(wallet.nonce, 1, "the nonce is used up");
    assert_eq!(
        super::hand::FUNDS - wallet.balance,
        receipt.fee,
        "only the fee was paid"
    );
    assert_eq!(hand.account(&rejecting).await.balance, 0);
}

/// One endpoint that does not answer is enough to have no verdict, until it is back and
/// identified again.
pub async fn a_verdict_waits_for_an_endpoint_that_fails<B: Bench>(bench: &B) {
    let hand = Hand::new(bench).await;
    let id = hand.send(&hand.pay(0, 5).await).await;
    bench.mine(2).await;
    let receipt = hand.mined(&id).await;
    if !bench.silence(true).await {
        println!("not tested: this bench can't silence an endpoint");
        return;
    }
    let ids = [id.clone()];
    let refuses = async |when: &str| {
        let receipts = hand.chain.receipts(&ids, Trust::All).await.map(|_| ());
        let tip = hand.chain.tip(bench.finality()).await.map(|_| ());
        let block = hand.chain.blocks(&[receipt.block.number]).await.map(|_| ());
        let sent = hand
            .chain
            .sent_by(&hand.wallet, 0..=1, Trust::All)
            .await
            .map(|_| ());
        let account = hand
            .chain
            .account(&hand.wallet, Some(&receipt.block), Trust::All)
            .await;
        for answer in [receipts, tip, block, sent, account.map(|_| ())] {
            assert!(
                matches!(answer, Err(ChainError::NoVerdict { .. })),
                "{when}: {answer:?}"
            );
        }
    };
    refuses("silent").await;
    bench.silence(false).await;
    refuses("not identified again").await;
    hand.chain.identify(None).await.expect("all answer again");
    assert_eq!(hand.mined(&id).await, receipt);
}
