//! What another payer left behind, commands to a wallet, and what a person does after a restore.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use std::sync::Arc;

use paydirt_chain::{Address, Call, TxId};
use paydirt_ledger::memory::MemoryJournal;
use paydirt_ledger::{
    Journal, Ledger, LeftoverRow, MemberId, PaymentState, RequestKind, Resolution,
};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::{Found, PayoutError, ReconcileOptions};
use paydirt_schedule::{Clock, Timestamp};
use scene::{ETHER, Scene, WEI};

/// What the original leaves when it dies between debit and record.
fn pending_row(scene: &Scene, units: i64) -> (MemberId, LeftoverRow) {
    let member = scene.member(units);
    let row = LeftoverRow {
        text: format!("{member}:{units}"),
        member: member.clone(),
        amount: Amount::from_units(units, Coin::ETH),
        at: Timestamp::from_ms(scene.clock.now().as_ms()),
        transaction: None,
        nonce: None,
    };
    scene.ledger.add_leftover(row.clone()).unwrap();
    (member, row)
}

/// The original's payment, as its node would have sent it.
fn original_pays(scene: &Scene, member: &MemberId, units: i64) -> TxId {
    let to = Address::canonical(member.as_str());
    let value = u128::try_from(units).unwrap() * WEI;
    let nonce = scene.net.nonce(&scene.wallet);
    scene
        .net
        .inject(
            &scene.wallet,
            nonce,
            Call {
                to,
                value,
                data: Vec::new(),
            },
        )
        .unwrap()
}

async fn refuses(scene: &Scene) {
    let error = scene.run().await.unwrap_err().to_string();
    assert!(error.contains("payouts resolve"), "{error}");
}

#[tokio::test]
async fn a_row_whose_payment_is_on_chain_is_recorded_as_paid() {
    let scene = Scene::new();
    let (member, _) = pending_row(&scene, 700);
    let id = original_pays(&scene, &member, 700);
    scene.net.mine(4);
    refuses(&scene).await;
    let dry = scene.engine().resolve(true).await.unwrap();
    assert!(matches!(&dry.rows[0].found, Found::Paid { transaction, .. } if *transaction == id));
    assert_eq!(dry.rows[0].done, None);
    assert_eq!(scene.books(&member), (0, 700, 0), "a dry run moves nothing");
    let report = scene.engine().resolve(false).await.unwrap();
    assert_eq!(report.rows[0].done, Some(Resolution::Paid(id)));
    assert_eq!(scene.books(&member), (0, 0, 700));
    scene.run().await.unwrap();
}

#[tokio::test]
async fn a_row_whose_payment_is_in_a_mempool_ends_as_what_is_mined() {
    for mined_first in [true, false] {
        let scene = Scene::new();
        let (member, _) = pending_row(&scene, 700);
        original_pays(&scene, &member, 700);
        if !mined_first {
            // Nobody mines it before our self-transfer offers more.
            scene.net.set_base_fee(60 * WEI);
        }
        scene.clock.stop_mining(true);
        let dry = scene.engine().resolve(true).await.unwrap();
        assert_eq!(dry.rows[0].found, Found::MayBePending);
        assert_eq!(scene.books(&member), (0, 700, 0));
        scene.clock.stop_mining(false);
        let report = scene.engine().resolve(false).await.unwrap();
        let received = scene.received(&member);
        match report.rows[0].done.clone().unwrap() {
            Resolution::Paid(_) => {
                assert_eq!(received, 700 * WEI);
                assert_eq!(scene.books(&member), (0, 0, 700));
            }
            Resolution::CreditBack => {
                assert_eq!(received, 0);
                assert_eq!(scene.books(&member), (700, 0, 0));
            }
        }
        scene.net.mine(50);
        assert_eq!(
            scene.received(&member),
            received,
            "nothing comes up afterwards"
        );
    }
}

#[tokio::test]
async fn a_row_that_was_never_sent_is_credited_back_after_its_nonce_is_used_up() {
    let scene = Scene::new();
    let (member, _) = pending_row(&scene, 700);
    let report = scene.engine().resolve(false).await.unwrap();
    assert_eq!(report.rows[0].found, Found::NotFound);
    assert_eq!(report.rows[0].done, Some(Resolution::CreditBack));
    assert_eq!(scene.books(&member), (700, 0, 0));
    assert_eq!(
        scene.net.nonce(&scene.wallet),
        1,
        "the next nonce was used up first"
    );
}

#[tokio::test]
async fn a_reverted_payment_of_the_original_is_credited_back() {
    let scene = Scene::new();
    let rejecting = scene.net.payee(paydirt_devnet::Payee::Rejects {
        reason: "no".into(),
    });
    let member = scene.member_at(&rejecting, 700);
    let row = LeftoverRow {
        text: format!("{member}:700"),
        member: member.clone(),
        amount: Amount::from_units(700, Coin::ETH),
        at: scene.clock.now(),
        transaction: None,
        nonce: None,
    };
    scene.ledger.add_leftover(row).unwrap();
    original_pays(&scene, &member, 700);
    scene.net.mine(4);
    let report = scene.engine().resolve(false).await.unwrap();
    assert!(
        matches!(report.rows[0].found, Found::Failed { .. }),
        "{report:?}"
    );
    assert_eq!(scene.books(&member), (700, 0, 0));
    assert_eq!(
        scene.net.nonce(&scene.wallet),
        1,
        "no nonce had to be used up"
    );
}

#[tokio::test]
async fn a_lock_alone_is_removed() {
    let scene = Scene::new();
    scene.ledger.set_lock(Some("0xabc:700"));
    let dry = scene.engine().resolve(true).await.unwrap();
    assert_eq!(dry.locks[0].1, "0xabc:700");
    assert_eq!(scene.ledger.lock_value().as_deref(), Some("0xabc:700"));
    let done = scene.engine().resolve(false).await.unwrap();
    assert!(done.locks[0].2);
    assert_eq!(scene.ledger.lock_value(), None);
}

#[tokio::test]
async fn all_kinds_of_leftovers_together_end_right_and_the_pool_is_paid() {
    let scene = Scene::new();
    let waiting = scene.member(3 * ETHER);
    let (paid, _) = pending_row(&scene, 700);
    original_pays(&scene, &paid, 700);
    scene.net.mine(4);
    let (unsent, _) = pending_row(&scene, 900);
    scene.ledger.set_lock(Some(&format!("{unsent}:900")));
    refuses(&scene).await;
    let report = scene.engine().resolve(false).await.unwrap();
    assert_eq!(report.rows.len(), 2);
    assert!(report.locks[0].2);
    assert_eq!(scene.books(&paid), (0, 0, 700));
    assert_eq!(scene.books(&unsent), (900, 0, 0));
    scene.run().await.unwrap();
    assert_eq!(scene.books(&waiting), (0, 0, 3 * ETHER));
}

#[tokio::test]
async fn an_original_that_is_still_at_work_is_not_resolved() {
    let scene = Scene::new();
    let (member, _) = pending_row(&scene, 700);
    scene.ledger.set_lock(Some("0xabc:1"));
    let ledger = scene.ledger.clone();
    scene.each_wait(move |_| ledger.set_lock(Some("0xabc:2")));
    let error = scene.engine().resolve(false).await.unwrap_err().to_string();
    assert!(error.contains("still at work"), "{error}");
    assert_eq!(scene.books(&member), (0, 700, 0));
}

/// A payment that is sent and that nobody mines.
async fn stuck(scene: &Scene) -> MemberId {
    let member = scene.member(ETHER);
    scene.clock.stop_mining(true);
    let report = scene.run_for(20_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    member
}

#[tokio::test]
async fn a_cancel_that_is_mined_gives_the_money_back() {
    let scene = Scene::new();
    let member = stuck(&scene).await;
    let payment = scene.journal.all_payments()[0].id;
    let cancel = || RequestKind::Cancel { payment };
    let answer = scene
        .engine()
        .request(cancel(), "ann", "wrong rate", 1_000)
        .await
        .unwrap();
    assert!(answer.unwrap().done);
    assert_eq!(
        scene.books(&member),
        (0, ETHER, 0),
        "not given back before it is mined"
    );
    scene.clock.stop_mining(false);
    scene.net.mine(5);
    let options = paydirt_payouts::RunOptions {
        pools: Some(Default::default()),
        ..Scene::once()
    };
    let report = scene.engine().run(&options).await.unwrap();
    assert_eq!(report.tally.released, 1);
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
    assert_eq!(scene.received(&member), 0);
    let answer = scene
        .engine()
        .request(cancel(), "ann", "again", 1_000)
        .await
        .unwrap();
    assert!(!answer.unwrap().done, "it is over");
}

#[tokio::test]
async fn a_cancel_that_comes_too_late_changes_nothing() {
    let scene = Scene::new();
    let member = stuck(&scene).await;
    let sent = scene.net.mempool()[0].0.clone();
    scene.net.include(&[sent]).unwrap();
    let payment = scene.journal.all_payments()[0].id;
    let kind = RequestKind::Cancel { payment };
    scene
        .engine()
        .request(kind, "ann", "too late", 1_000)
        .await
        .unwrap();
    scene.clock.stop_mining(false);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_paused_wallet_follows_and_plans_nothing() {
    let scene = Scene::new();
    let member = stuck(&scene).await;
    let later = scene.member(2 * ETHER);
    scene
        .engine()
        .request(RequestKind::Pause, "ann", "audit", 1_000)
        .await
        .unwrap();
    scene.clock.stop_mining(false);
    let report = scene.run().await.unwrap();
    assert_eq!(report.held_up.as_deref(), Some("audit (ann)"));
    assert_eq!(
        scene.books(&member),
        (0, 0, ETHER),
        "what was saved is followed"
    );
    assert_eq!(scene.books(&later), (2 * ETHER, 0, 0));
    scene
        .engine()
        .request(RequestKind::Resume, "bob", "done", 1_000)
        .await
        .unwrap();
    scene.run().await.unwrap();
    assert_eq!(scene.books(&later), (0, 0, 2 * ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_wallet_can_be_paused_while_every_node_is_down() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.run().await.unwrap();
    scene.net.endpoint(0).down();
    let ask = |kind| async {
        scene
            .engine()
            .request(kind, "ann", "the node is ill", 1_000)
            .await
            .unwrap()
            .unwrap()
    };
    assert!(ask(RequestKind::Pause).await.done);
    let payment = scene.journal.all_payments()[0].id;
    assert!(!ask(RequestKind::Cancel { payment }).await.done);
    scene.net.endpoint(0).up();
    scene.member(ETHER);
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.planned, 0);
    assert!(report.held_up.unwrap().contains("ill"));
}

#[tokio::test]
async fn a_running_owner_carries_out_what_a_command_asks() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.clock.stop_mining(true);
    let (engine, journal) = (scene.engine_named("owner"), scene.journal.clone());
    let options = paydirt_payouts::RunOptions {
        deadline_ms: Some(120_000),
        ..Scene::once()
    };
    let command = async {
        while journal
            .all_payments()
            .iter()
            .all(|p| p.state != PaymentState::Saved)
        {
            tokio::task::yield_now().await;
        }
        let asking = scene.engine_named("command");
        asking
            .request(RequestKind::Pause, "ann", "audit", 60_000)
            .await
    };
    let (run, answer) = tokio::join!(engine.run(&options), command);
    assert_eq!(run.unwrap().in_flight, 1);
    assert!(answer.unwrap().unwrap().done);
}

#[tokio::test]
async fn an_address_comes_out_of_quarantine_by_a_command_only() {
    let scene = Scene::new();
    let address = scene.net.payee(paydirt_devnet::Payee::Rejects {
        reason: "no".into(),
    });
    let member = scene.member_at(&address, ETHER);
    scene.run().await.unwrap();
    scene
        .net
        .set_payee(&address, paydirt_devnet::Payee::Plain)
        .unwrap();
    assert_eq!(scene.run().await.unwrap().tally.planned, 0);
    let kind = RequestKind::LiftQuarantine {
        pool: scene.pool(),
        member: member.clone(),
    };
    scene
        .engine()
        .request(kind, "ann", "they fixed it", 1_000)
        .await
        .unwrap();
    assert_eq!(scene.run().await.unwrap().tally.settled, 1);
    assert_eq!(scene.books(&member), (0, 0, ETHER));
}

#[tokio::test]
async fn the_breaker_pauses_after_runs_that_fail_in_a_row() {
    let scene = Scene::new();
    for run in 1..=3 {
        let payee = scene
            .net
            .payee(paydirt_devnet::Payee::Contract { gas: 100 });
        scene.member_at(&payee, ETHER);
        let net = scene.net.clone();
        let clock = scene.clock.clone();
        clock.stop_mining(true);
        scene.each_wait(move |_| {
            let reason = "changed".into();
            net.set_payee(&payee, paydirt_devnet::Payee::Rejects { reason })
                .unwrap();
            clock.stop_mining(false);
        });
        assert_eq!(scene.run().await.unwrap().tally.released, 1, "run {run}");
        scene.no_hook();
    }
    scene.member(ETHER);
    let report = scene.run().await.unwrap();
    assert!(report.held_up.unwrap().contains("3 runs in a row"));
}

#[tokio::test]
async fn a_lost_journal_is_put_together_from_the_ledger_and_the_chain() {
    for sent in [true, false] {
        let mut scene = Scene::new();
        let member = if sent {
            stuck(&scene).await
        } else {
            scene.net.set_base_fee(1_000 * WEI);
            let member = scene.member(ETHER);
            scene.run_for(20_000).await.unwrap();
            scene.net.set_base_fee(WEI);
            member
        };
        assert_eq!(scene.books(&member), (0, ETHER, 0));
        scene.journal = Arc::new(MemoryJournal::new(scene.clock.clone()));
        let error = scene.run().await.unwrap_err();
        assert!(matches!(error, PayoutError::Ledger(_)), "{error}");
        assert!(error.to_string().contains("reconcile"), "{error}");
        scene.clock.stop_mining(false);
        let reason = "disk died".to_owned();
        let options = ReconcileOptions {
            reason,
            adopt: true,
            dry_run: false,
        };
        let done = scene.engine().reconcile(&options).await.unwrap();
        assert_eq!(done.orphans.len(), 1);
        let paid = scene.received(&member) > 0;
        let books = if paid { (0, 0, ETHER) } else { (ETHER, 0, 0) };
        assert_eq!(
            scene.books(&member),
            books,
            "sent: {sent}, {:?}",
            done.orphans
        );
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member), (0, 0, ETHER));
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI
        );
        assert!(scene.ledger.held().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn every_change_of_state_has_its_line_of_history() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.run().await.unwrap();
    let payment = scene.journal.all_payments()[0].id;
    let wallet = scene.wallet_id().await;
    let history = scene
        .journal
        .history(&wallet, Some(payment), 100)
        .await
        .unwrap();
    let events: Vec<&str> = history.iter().map(|h| h.event.as_str()).collect();
    assert_eq!(
        events,
        [
            "planned", "held", "saved", "sent", "included", "final", "closed"
        ]
    );
}
