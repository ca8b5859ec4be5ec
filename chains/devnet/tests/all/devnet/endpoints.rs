//! Endpoints that fail, lag, lie and forget.

use paydirt_chain::{
    Chain, ChainError, Finality, Identity, Rejection, SigningMode, Trust, Verdict,
};
use paydirt_devnet::{Call, DevChain, Devnet, Fault, Lie, Orphans, Rules};

use super::hand::{send, signed, start, unsigned};

fn rules(endpoints: usize) -> Rules {
    Rules {
        endpoints,
        ..Rules::default()
    }
}

#[tokio::test]
async fn each_fault_of_a_submission_takes_the_effect_it_says() {
    use Fault::{CutAfter, Duplicated, FalseAcceptance, FalseRejection, Late, LostReply, Refused};
    // Whether the caller learns that it was taken, and whether it is pending then and later.
    let table = [
        (Refused, false, false, false),
        (LostReply, false, true, true),
        (CutAfter(0), false, false, false),
        (CutAfter(1), false, true, true),
        (Late, false, false, true),
        (Duplicated, true, true, true),
        (FalseRejection(Rejection::PoolFull), false, true, true),
        (FalseAcceptance, true, false, false),
    ];
    for (fault, told, pending, later) in table {
        let (net, chain, wallet) = start(rules(1)).await;
        net.endpoint(0).script(fault, Call::Submit, 1);
        let (_, verdict) = send(&chain, &unsigned(&wallet, 0, &net.stranger(), 5)).await;
        assert_eq!(verdict.is_taken(), told, "{fault:?} says {verdict:?}");
        assert_eq!(net.mempool().len() == 1, pending, "{fault:?}");
        net.endpoint(0).release();
        assert_eq!(
            net.mempool().len() == 1,
            later,
            "{fault:?} after the release"
        );
        net.mine(1);
        net.endpoint(0).release();
        assert_eq!(net.transactions().len() == 1, later, "{fault:?} in the end");
    }
}

#[tokio::test]
async fn a_hanging_submission_takes_effect_and_is_answered_on_release() {
    let (net, chain, wallet) = start(rules(1)).await;
    net.endpoint(0).script(Fault::Hangs, Call::Submit, 1);
    let transfer = unsigned(&wallet, 0, &net.stranger(), 5);
    let ((_, verdict), ()) = tokio::join!(send(&chain, &transfer), async {
        assert!(net.mempool().is_empty());
        net.endpoint(0).release();
    });
    assert_eq!(verdict, Verdict::Accepted);
    assert_eq!(net.mempool().len(), 1);
}

#[tokio::test]
async fn a_script_strikes_its_call_only_and_so_often_only() {
    let (net, chain, wallet) = start(rules(2)).await;
    net.endpoint(0).script(Fault::Refused, Call::Quote, 1);
    chain.quote().await.expect("the second endpoint answers");
    assert_eq!(net.endpoint(1).take_calls(), [Call::Identify, Call::Quote]);
    chain.identify(None).await.expect("both answer");
    net.endpoint(0).take_calls();
    chain.quote().await.expect("no more faults");
    assert_eq!(net.endpoint(0).take_calls(), [Call::Quote]);
    let read = chain
        .account(&wallet, None, Trust::Any)
        .await
        .expect("answers");
    assert_eq!(read.nonce, 0);
}

#[tokio::test]
async fn an_endpoint_that_is_down_or_lags_gives_no_verdict_but_readings_go_on() {
    let (net, chain, wallet) = start(rules(2)).await;
    let (id, _) = send(&chain, &unsigned(&wallet, 0, &net.stranger(), 5)).await;
    net.mine(4);
    net.endpoint(1).lag(4);
    let ids = [id];
    let verdict = chain.receipts(&ids, Trust::All).await;
    assert!(
        matches!(verdict, Err(ChainError::Disagree { .. })),
        "{verdict:?}"
    );
    let tip = chain.tip(Finality::Signalled).await.expect("both answer");
    assert_eq!((tip.head, tip.settled), (0, None));
    net.endpoint(1).lag(0).down();
    let verdict = chain.receipts(&ids, Trust::All).await;
    assert!(
        matches!(verdict, Err(ChainError::NoVerdict { .. })),
        "{verdict:?}"
    );
    assert!(
        chain
            .receipts(&ids, Trust::Any)
            .await
            .expect("the first answers")[0]
            .is_some()
    );
    net.endpoint(1).up();
    let verdict = chain.receipts(&ids, Trust::All).await;
    assert!(
        matches!(verdict, Err(ChainError::NoVerdict { .. })),
        "not identified: {verdict:?}"
    );
    chain.identify(None).await.expect("both answer");
    assert!(chain.receipts(&ids, Trust::All).await.expect("both agree")[0].is_some());
}

#[tokio::test]
async fn an_endpoint_that_forked_off_disagrees_about_blocks() {
    let (net, chain, _) = start(rules(2)).await;
    net.mine(3);
    net.endpoint(1).freeze();
    net.reorg(1, Orphans::Drop).expect("not final");
    assert!(chain.blocks(&[2]).await.expect("below the fork")[0].is_some());
    let verdict = chain.blocks(&[2, 3]).await;
    assert!(
        matches!(verdict, Err(ChainError::Disagree { .. })),
        "{verdict:?}"
    );
    let finality = Finality::Depth {
        confirmations: 1,
        release_confirmations: 2,
    };
    assert!(matches!(
        chain.tip(finality).await,
        Err(ChainError::Disagree { .. })
    ));
    net.endpoint(1).thaw();
    let tip = chain.tip(finality).await.expect("agree again");
    assert_eq!(tip.settled, Some(net.head()));
    assert_eq!(tip.releasable.map(|b| b.number), Some(2));
}

#[tokio::test]
async fn each_lie_is_told_until_the_endpoint_is_honest() {
    let (net, chain, wallet) = start(rules(2)).await;
    let (id, _) = send(&chain, &unsigned(&wallet, 0, &net.stranger(), 5)).await;
    net.mine(3);
    let liar = net.endpoint(0);
    let at = chain.blocks(&[1]).await.expect("agree")[0]
        .clone()
        .expect("mined");
    let disagree = |error: Option<ChainError>, lie: &Lie| {
        assert!(
            matches!(error, Some(ChainError::Disagree { .. })),
            "{lie:?}: {error:?}"
        );
    };
    for lie in [
        Lie::Nonce {
            address: wallet.clone(),
            nonce: 7,
        },
        Lie::Balance {
            address: wallet.clone(),
            balance: 7,
        },
    ] {
        liar.lie(lie.clone());
        disagree(
            chain.account(&wallet, Some(&at), Trust::All).await.err(),
            &lie,
        );
        liar.honest();
    }
    for lie in [
        Lie::Receipt {
            id: id.clone(),
            receipt: None,
        },
        Lie::BlockHash {
            number: 1,
            hash: "0xother".into(),
        },
    ] {
        liar.lie(lie.clone());
        disagree(
            chain
                .receipts(std::slice::from_ref(&id), Trust::All)
                .await
                .err(),
            &lie,
        );
        liar.honest();
    }
    liar.lie(Lie::Finalised(None));
    assert_eq!(
        chain
            .tip(Finality::Signalled)
            .await
            .expect("answers")
            .settled,
        None
    );
    liar.honest();
    let other = Identity {
        network: "5".into(),
        ..net.identity()
    };
    liar.lie(Lie::Identity(other.clone()));
    let error = chain.identify(Some(&net.identity())).await;
    assert!(matches!(error, Err(ChainError::WrongChain { found, .. }) if found == other));
    liar.honest();
    chain
        .identify(Some(&net.identity()))
        .await
        .expect("honest again");
    chain
        .account(&wallet, Some(&at), Trust::All)
        .await
        .expect("honest again");
    assert!(
        chain
            .receipts(&[id], Trust::All)
            .await
            .expect("honest again")[0]
            .is_some()
    );
}

#[tokio::test]
async fn a_pending_transaction_is_seen_where_it_is_and_forgotten_where_it_was() {
    let (net, chain, wallet) = start(rules(2)).await;
    net.endpoint(1).gossip(false);
    let only_second = DevChain::through(&net, [1], None);
    only_second.identify(None).await.expect("answers");
    send(&only_second, &unsigned(&wallet, 0, &net.stranger(), 5)).await;
    net.mine(1);
    assert!(net.transactions().is_empty(), "nobody else heard of it");
    let seen = chain.nonce_seen(&wallet).await.expect("both answer");
    assert_eq!(
        (seen.mined, seen.next, seen.endpoint.as_str()),
        (0, 1, "devnet-1")
    );
    net.endpoint(1).forget_mempool();
    assert_eq!(
        chain.nonce_seen(&wallet).await.expect("both answer").next,
        0
    );
    net.endpoint(1).down();
    let error = chain.nonce_seen(&wallet).await;
    assert!(
        matches!(error, Err(ChainError::Unreachable { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_one_node_forgot_another_still_brings_before_the_miners() {
    let (net, chain, wallet) = start(rules(2)).await;
    let to = net.stranger();
    let (id, _) = send(&chain, &unsigned(&wallet, 0, &to, 5)).await;
    net.endpoint(0).restart();
    assert!(net.endpoint(0).mempool().is_empty());
    assert_eq!(net.endpoint(1).mempool(), [id]);
    net.mine(1);
    assert_eq!(net.balance(&to), 5);
    assert!(net.endpoint(1).mempool().is_empty());
}

#[tokio::test]
async fn a_node_that_signs_and_sends_sends_the_same_again() {
    let net = Devnet::new(rules(1));
    let wallet = net.wallet(1_000_000_000_000_000_000).expect("fits");
    let chain = DevChain::new(&net).signing(SigningMode::NodeSends);
    chain.identify(None).await.expect("answers");
    assert_eq!(chain.signers().await, Ok(vec![wallet.clone()]));
    let transfer = unsigned(&wallet, 0, &net.stranger(), 5);
    let signed = chain.sign(&transfer).await.expect("nothing is signed yet");
    assert_eq!((&signed.raw, &signed.id), (&None, &None));
    let saved = [paydirt_chain::Saved::by_journal(signed)];
    net.endpoint(0).script(Fault::LostReply, Call::Submit, 1);
    assert!(matches!(chain.submit(&saved).await[0], Verdict::Unknown(_)));
    chain.identify(None).await.expect("answers");
    assert_eq!(chain.submit(&saved).await, [Verdict::AlreadyKnown]);
    net.mine(1);
    let seen = chain
        .sent_by(&wallet, 0..=1, Trust::All)
        .await
        .expect("mined");
    assert_eq!(
        seen.iter().map(|s| &s.call).collect::<Vec<_>>(),
        [&transfer.call]
    );
}

#[tokio::test]
async fn a_remote_signer_that_does_not_answer_signs_nothing() {
    let net = Devnet::new(rules(1));
    let wallet = net.wallet(1).expect("fits");
    let local = DevChain::new(&net);
    let remote = DevChain::new(&net).signing(SigningMode::Remote);
    remote.identify(None).await.expect("answers");
    let transfer = unsigned(&wallet, 0, &net.stranger(), 0);
    net.endpoint(0).script(Fault::Refused, Call::Sign, 1);
    let refused = remote.sign(&transfer).await;
    assert!(
        matches!(refused, Err(ChainError::Signing(_))),
        "{refused:?}"
    );
    remote.identify(None).await.expect("answers");
    assert_eq!(remote.sign(&transfer).await, local.sign(&transfer).await);
}

#[tokio::test]
async fn a_batch_is_sent_lowest_nonce_first_and_answered_in_the_callers_order() {
    let (net, chain, wallet) = start(Rules {
        queue_limit: 0,
        ..rules(1)
    })
    .await;
    let to = net.stranger();
    let mut batch = Vec::new();
    for nonce in [2, 0, 1, 0] {
        batch.push(signed(&chain, &unsigned(&wallet, nonce, &to, 1)).await.0);
    }
    let verdicts = chain.submit(&batch).await;
    let taken = [
        Verdict::Accepted,
        Verdict::Accepted,
        Verdict::Accepted,
        Verdict::AlreadyKnown,
    ];
    assert_eq!(verdicts, taken);
}
