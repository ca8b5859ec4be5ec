//! Everything that can go wrong between a saved payment and its finality.
#![allow(clippy::unwrap_used, reason = "a test that can't build its input has failed")]

mod scene;

use std::sync::Arc;

use paydirt_chain::{Call as ChainCall, Identity, Rejection};
use paydirt_devnet::{Call, DevChain, Fault, Lie, Orphans, Rules};
use paydirt_ledger::PaymentState;
use paydirt_payouts::PayoutError;
use scene::{ETHER, Scene, WEI};

fn plenty() -> u128 {
    1_000 * WEI * u128::try_from(ETHER).unwrap()
}

fn nothing_moved(scene: &Scene, member: &paydirt_ledger::MemberId) {
    assert_eq!(scene.books(member), (ETHER, 0, 0));
    assert!(scene.net.seen().is_empty(), "nothing was sent");
    assert_eq!(scene.ledger.lock_value(), None);
}

#[tokio::test]
async fn an_unreachable_node_moves_nothing() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    scene.net.endpoint(0).down();
    let error = scene.run().await.unwrap_err();
    assert!(
        error.to_string().contains("no endpoint answered"),
        "{error}"
    );
    nothing_moved(&scene, &member);
}

#[tokio::test]
async fn one_of_several_nodes_on_another_chain_moves_nothing() {
    let scene = Scene::with(
        Rules {
            endpoints: 3,
            ..Rules::default()
        },
        plenty(),
    );
    let member = scene.member(ETHER);
    let other = Identity {
        network: "61".into(),
        genesis: "0xd4e5".into(),
    };
    scene.net.endpoint(2).lie(Lie::Identity(other));
    let error = scene.run().await.unwrap_err().to_string();
    assert!(
        error.contains("61") && error.contains("nothing was read from it or sent"),
        "{error}"
    );
    nothing_moved(&scene, &member);
}

#[tokio::test]
async fn another_chain_than_at_first_contact_is_refused() {
    let mut scene = Scene::new();
    scene.member(ETHER);
    scene.run().await.unwrap();
    let other = paydirt_devnet::Devnet::new(Rules {
        network: "61".into(),
        ..Rules::default()
    });
    scene.chain = Arc::new(DevChain::new(&other));
    let mut engine = scene.engine();
    engine.network = Some("1337".into());
    let error = engine.run(&Scene::once()).await.unwrap_err().to_string();
    assert!(error.contains("not on network 1337"), "{error}");
}

#[tokio::test]
async fn a_node_that_is_behind_moves_nothing() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    scene.clock.stop_mining(true);
    let late = paydirt_schedule::Clock::now(&*scene.clock).saturating_add_ms(3_600_000);
    paydirt_schedule::Clock::sleep_until(&*scene.clock, late).await;
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("s old"), "{error}");
    nothing_moved(&scene, &member);
}

#[tokio::test]
async fn a_node_without_enough_peers_or_synchronising_moves_nothing() {
    let mut scene = Scene::new();
    let member = scene.member(ETHER);
    scene.policy.require_peers = 25;
    scene.net.endpoint(0).peers(Some(3));
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("3 peers, and 25 are required"), "{error}");
    scene.net.endpoint(0).peers(None);
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("can't tell its peers"), "{error}");
    scene.policy.allow_unknown_peers = true;
    scene.net.endpoint(0).lie(Lie::Syncing);
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("synchronising"), "{error}");
    nothing_moved(&scene, &member);
    scene.net.endpoint(0).honest();
    assert_eq!(scene.run().await.unwrap().tally.settled, 1);
}

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
    scene.clock.stop_mining(true);
    let (net, clock) = (scene.net.clone(), scene.clock.clone());
    scene.each_wait(move |tick| {
        if tick == 1 {
            net.set_base_fee(60 * WEI);
            clock.stop_mining(false);
        }
    });
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
    let (net, clock) = (scene.net.clone(), scene.clock.clone());
    clock.stop_mining(true);
    scene.each_wait(move |tick| {
        if tick == 1 {
            net.set_base_fee(500 * WEI);
            clock.stop_mining(false);
        }
    });
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
        let scene = Scene::with(rules, plenty());
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
    let (net, wallet) = (scene.net.clone(), scene.wallet.clone());
    scene.clock.stop_mining(true);
    let clock = scene.clock.clone();
    scene.each_wait(move |tick| {
        if tick == 1 {
            let call = ChainCall {
                to: stranger.clone(),
                value: 7,
                data: Vec::new(),
            };
            net.inject(&wallet, 0, call).unwrap();
            clock.stop_mining(false);
        }
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
    let (net, wallet) = (scene.net.clone(), scene.wallet.clone());
    scene.clock.stop_mining(true);
    let clock = scene.clock.clone();
    let to = paydirt_chain::Address::canonical(member.as_str());
    scene.each_wait(move |tick| {
        if tick == 1 {
            let value = u128::try_from(ETHER).unwrap() * WEI;
            let call = ChainCall {
                to: to.clone(),
                value,
                data: Vec::new(),
            };
            net.inject_unseen(&wallet, 0, call).unwrap();
            clock.stop_mining(false);
        }
    });
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_foreign_transaction_that_pays_our_payee_waits_for_a_person() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let (net, wallet) = (scene.net.clone(), scene.wallet.clone());
    scene.clock.stop_mining(true);
    let clock = scene.clock.clone();
    let to = paydirt_chain::Address::canonical(member.as_str());
    scene.each_wait(move |tick| {
        if tick == 1 {
            let call = ChainCall {
                to: to.clone(),
                value: 5,
                data: Vec::new(),
            };
            net.inject(&wallet, 0, call).unwrap();
            clock.stop_mining(false);
        }
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
    let scene = Scene::with(
        Rules {
            endpoints: 2,
            ..Rules::default()
        },
        plenty(),
    );
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
    let scene = Scene::with(
        Rules {
            endpoints: 2,
            ..Rules::default()
        },
        plenty(),
    );
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
async fn a_foreign_lock_stops_before_anything_moves() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    scene.ledger.set_lock(Some("0xabc:12345"));
    let error = scene.run().await.unwrap_err().to_string();
    assert!(
        error.contains("0xabc:12345") && error.contains("payouts resolve"),
        "{error}"
    );
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    assert_eq!(scene.ledger.lock_value().as_deref(), Some("0xabc:12345"));
}

#[tokio::test]
async fn a_ledger_restored_from_an_older_copy_is_refused_until_reconciled() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let old = scene.ledger.snapshot();
    scene.run().await.unwrap();
    scene.ledger.restore(&old);
    let error = scene.run().await.unwrap_err();
    assert!(matches!(error, PayoutError::Refused(_)), "{error}");
    assert!(error.to_string().contains("reconcile"), "{error}");
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    let options = paydirt_payouts::ReconcileOptions {
        reason: "restored".into(),
        ..Default::default()
    };
    let done = scene.engine().reconcile(&options).await.unwrap();
    assert_eq!(done.reapplied.len(), 1);
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.planned, 0);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_nonce_above_the_journals_stops_before_anything_moves() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.run().await.unwrap();
    let member = scene.member(ETHER);
    let to = scene.net.stranger();
    let call = ChainCall {
        to,
        value: 1,
        data: Vec::new(),
    };
    scene.net.inject(&scene.wallet, 1, call).unwrap();
    let error = scene.run().await.unwrap_err().to_string();
    assert!(
        error.contains("journal's next is 1") && error.contains("reconcile"),
        "{error}"
    );
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    scene.net.mine(5);
    let options = paydirt_payouts::ReconcileOptions {
        reason: "a colleague sent it".into(),
        ..Default::default()
    };
    let done = scene.engine().reconcile(&options).await.unwrap();
    assert_eq!(done.nonces, 1);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
}

#[tokio::test]
async fn a_pending_transaction_at_first_contact_stops_before_anything_moves() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let call = ChainCall {
        to: scene.net.stranger(),
        value: 1,
        data: Vec::new(),
    };
    scene.net.inject(&scene.wallet, 0, call).unwrap();
    scene.clock.stop_mining(true);
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("are pending"), "{error}");
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
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
