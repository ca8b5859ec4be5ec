//! Everything that can go wrong between a saved payment and its finality.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use paydirt_chain::Rejection;
use paydirt_devnet::{Call, Fault, Lie, Orphans, Rules};
use paydirt_ledger::PaymentState;
use scene::{ETHER, Scene, WEI};

#[tokio::test]
async fn replies_that_are_lost_late_doubled_or_false_pay_once() {
    let faults = [
        Fault::Refused,
        Fault::LostReply,
        Fault::CutAfter(1),
        Fault::Late,
        Fault::Duplicated,
        Fault::FalseRejection(Rejection::Invalid),
        Fault::FalseRejection(Rejection::InsufficientFunds),
        Fault::FalseRejection(Rejection::NonceTooLow),
        Fault::FalseRejection(Rejection::PoolFull),
        Fault::FalseAcceptance,
    ];
    for fault in faults {
        for times in [1, 3] {
            let scene = Scene::new();
            for _ in 0..3 {
                scene.member(ETHER);
            }
            scene.net.endpoint(0).script(fault, Call::Submit, times);
            let net = scene.net.clone();
            scene.each_wait(move |tick| {
                if tick == 9 {
                    net.endpoint(0).release();
                }
            });
            let report = scene.run().await.unwrap();
            assert_eq!(report.tally.settled, 3, "{fault:?}");
            scene.assert_at_rest();
        }
    }
}

#[tokio::test]
async fn what_a_mempool_drops_is_sent_again() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let net = scene.net.clone();
    scene.clock.stop_mining(true);
    let clock = scene.clock.clone();
    scene.each_wait(move |tick| {
        if let (1, Some((id, _))) = (tick, net.mempool().first()) {
            net.drop_from_mempool(id);
        }
        if tick == 2 {
            clock.stop_mining(false);
        }
    });
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_payment_stuck_below_the_base_fee_is_replaced_and_mined_once() {
    let scene = Scene::new();
    let members = [scene.member(ETHER), scene.member(2 * ETHER)];
    scene.before_the_first_block(|net| net.set_base_fee(60 * WEI));
    scene.run().await.unwrap();
    for (n, member) in (1..).zip(&members) {
        assert_eq!(scene.books(member), (0, 0, n * ETHER));
    }
    let attempts = scene
        .journal
        .all_payments()
        .iter()
        .map(|p| p.attempts.len())
        .max();
    assert!(attempts > Some(1), "it was replaced");
    scene.assert_at_rest();
}

#[tokio::test]
async fn beyond_the_fee_cap_it_alerts_and_keeps_following() {
    let mut scene = Scene::new();
    scene.policy.fee_cap = 25 * WEI;
    let member = scene.member(ETHER);
    scene.before_the_first_block(|net| net.set_base_fee(500 * WEI));
    let report = scene.run_for(3_600_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    let alerts = scene.journal.all_history();
    assert!(
        alerts.iter().any(|h| h.detail.contains("above the cap")),
        "{alerts:?}"
    );
    scene.no_hook();
    scene.net.set_base_fee(WEI);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_reorganisation_after_inclusion_sends_again_and_pays_once() {
    for orphans in [Orphans::Return, Orphans::Drop] {
        let rules = Rules {
            finality_lag: Some(6),
            ..Rules::default()
        };
        let scene = Scene::with(rules, scene::plenty());
        let members = [scene.member(ETHER), scene.member(2 * ETHER)];
        let (net, journal) = (scene.net.clone(), scene.journal.clone());
        let mut done = false;
        scene.each_wait(move |_| {
            let seen = journal.all_payments();
            if !done && seen.iter().all(|p| p.state == PaymentState::Included) {
                done = !net.reorg(2, orphans).unwrap().is_empty();
            }
        });
        scene.run().await.unwrap();
        for (n, member) in (1..).zip(&members) {
            assert_eq!(scene.books(member), (0, 0, n * ETHER));
        }
        let history = scene.journal.all_history();
        assert!(
            history.iter().any(|h| h.event.contains("reorg")),
            "it was seen"
        );
        scene.assert_at_rest();
    }
}

#[tokio::test]
async fn a_foreign_transaction_at_our_nonce_releases_and_freezes() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let stranger = scene.net.stranger();
    let (wallet, call) = (scene.wallet.clone(), Scene::call(&stranger, 7));
    scene.before_the_first_block(move |net| {
        net.inject(&wallet, 0, call).unwrap();
    });
    let report = scene.run().await.unwrap();
    assert_eq!((report.tally.settled, report.tally.released), (0, 1));
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    scene.no_hook();
    let report = scene.run().await.unwrap();
    assert!(report.held_up.unwrap().contains("not ours"));
    assert_eq!(
        scene.books(&member),
        (ETHER, 0, 0),
        "nothing is planned while frozen"
    );
}

#[tokio::test]
async fn a_foreign_transaction_of_equal_content_is_ours() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let to = paydirt_chain::Address::canonical(member.as_str());
    let value = u128::try_from(ETHER).unwrap() * WEI;
    let (wallet, call) = (scene.wallet.clone(), Scene::call(&to, value));
    scene.before_the_first_block(move |net| {
        net.inject_unseen(&wallet, 0, call).unwrap();
    });
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_foreign_transaction_that_pays_our_payee_waits_for_a_person() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let to = paydirt_chain::Address::canonical(member.as_str());
    let (wallet, call) = (scene.wallet.clone(), Scene::call(&to, 5));
    scene.before_the_first_block(move |net| {
        net.inject(&wallet, 0, call).unwrap();
    });
    let report = scene.run_for(600_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    assert_eq!(scene.books(&member), (0, ETHER, 0), "still held");
    scene.no_hook();
    let kind = paydirt_ledger::RequestKind::Unfreeze;
    let answer = scene
        .engine()
        .request(kind, "ann", "it was a test", 1_000)
        .await
        .unwrap();
    assert!(answer.unwrap().done);
    scene.run_for(60_000).await.unwrap();
    assert_eq!(
        scene.ledger.paid(&member).units(),
        ETHER,
        "paid again after it was released"
    );
}

#[tokio::test]
async fn disagreeing_endpoints_settle_and_release_nothing() {
    let scene = Scene::with_endpoints(2);
    let member = scene.member(ETHER);
    let net = scene.net.clone();
    scene.each_wait(move |_| {
        if let Some(mined) = net.transactions().first() {
            net.endpoint(1).lie(Lie::Receipt {
                id: mined.id.clone(),
                receipt: None,
            });
        }
    });
    let report = scene.run_for(600_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    assert_eq!(scene.books(&member), (0, ETHER, 0));
    scene.no_hook();
    scene.net.endpoint(1).honest();
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn an_endpoint_that_fails_delays_verdicts_and_loses_nothing() {
    let scene = Scene::with_endpoints(2);
    let member = scene.member(ETHER);
    let net = scene.net.clone();
    scene.each_wait(move |tick| {
        if tick == 1 {
            net.endpoint(1).down();
        }
    });
    let report = scene.run_for(600_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    assert_eq!(
        scene.received(&member),
        u128::try_from(ETHER).unwrap() * WEI,
        "sent all the same"
    );
    scene.no_hook();
    scene.net.endpoint(1).up();
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_hold_rolled_back_by_the_original_before_the_first_send_is_cancelled() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    scene.net.set_base_fee(1_000 * WEI);
    let report = scene.run_for(30_000).await.unwrap();
    assert_eq!(report.in_flight, 1, "held, and not signed at this fee");
    scene.ledger.roll_back_pending(&member).unwrap();
    scene.net.set_base_fee(WEI);
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.released, 1, "{report:?}");
    assert_eq!(scene.received(&member), 0);
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.settled, 1);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_hold_rolled_back_after_the_send_is_settled_from_the_balance() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let (ledger, rolled) = (scene.ledger.clone(), member.clone());
    scene.each_wait(move |tick| {
        if tick == 1 {
            ledger.roll_back_pending(&rolled).unwrap();
        }
    });
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    let history = scene.journal.all_history();
    assert!(
        history
            .iter()
            .any(|h| h.detail.contains("its hold was missing")),
        "it alerted"
    );
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_balance_credited_while_held_stays() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let (ledger, credited) = (scene.ledger.clone(), member.clone());
    scene.each_wait(move |tick| {
        if tick == 1 {
            let more = paydirt_money::Amount::from_units(123, paydirt_money::Coin::ETH);
            ledger.credit(&credited, more).unwrap();
        }
    });
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (123, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn two_engines_at_once_pay_once() {
    let scene = Scene::new();
    for n in 1..=20 {
        scene.member(ETHER * n);
    }
    let (a, b) = (scene.engine_named("a"), scene.engine_named("b"));
    let options = Scene::once();
    let (first, second) = tokio::join!(a.run(&options), b.run(&options));
    assert!(first.is_ok() || second.is_ok());
    scene.run().await.unwrap();
    scene.assert_at_rest();
}
