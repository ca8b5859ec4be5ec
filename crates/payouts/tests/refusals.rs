//! What the check before a run refuses: the message, and that nothing moved.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use std::sync::Arc;

use paydirt_chain::{Call as ChainCall, Identity};
use paydirt_devnet::{DevChain, Lie, Rules};
use paydirt_payouts::PayoutError;
use scene::{ETHER, Scene};

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
    let scene = Scene::with_endpoints(3);
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
    let later = scene.member(ETHER);
    let error = scene.run().await.unwrap_err().to_string();
    assert!(
        error.contains("network 61") && error.contains("1337"),
        "{error}"
    );
    assert_eq!(scene.books(&later), (ETHER, 0, 0));
    assert!(
        scene.engine().preview(None).await.is_err(),
        "nor is it planned on"
    );
    let mut engine = scene.engine();
    engine.network = Some("1337".into());
    let error = engine.run(&Scene::once()).await.unwrap_err().to_string();
    assert!(error.contains("network 1337"), "{error}");
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
        adopt: true,
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
async fn a_key_that_is_changed_while_payments_are_in_flight_is_refused() {
    let mut scene = Scene::new();
    let member = scene.member(ETHER);
    scene.clock.stop_mining(true);
    assert_eq!(scene.run_for(20_000).await.unwrap().in_flight, 1);
    let first = std::mem::replace(
        &mut scene.wallet,
        scene.net.wallet(scene::plenty()).unwrap(),
    );
    scene.member(2 * ETHER);
    let error = scene.run().await.unwrap_err().to_string();
    assert!(
        error.contains("still in flight from") && error.contains(first.as_str()),
        "{error}"
    );
    scene.wallet = first;
    scene.clock.stop_mining(false);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
}

#[tokio::test]
async fn a_ledger_that_never_met_a_journal_is_not_reconciled_by_mistake() {
    let mut scene = Scene::new();
    scene.member(ETHER);
    let old = scene.ledger.snapshot();
    scene.run().await.unwrap();
    let right = std::mem::replace(
        &mut scene.ledger,
        Arc::new(paydirt_ledger::memory::MemoryLedger::strict(
            paydirt_money::Coin::ETH,
        )),
    );
    let reason = "restored".to_owned();
    let mistaken = paydirt_payouts::ReconcileOptions {
        reason,
        ..Default::default()
    };
    let error = scene
        .engine()
        .reconcile(&mistaken)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("URL and prefix"), "{error}");
    assert!(scene.ledger.members().is_empty(), "nothing was written");
    scene.ledger = right;
    scene.ledger.restore(&old);
    let dry = paydirt_payouts::ReconcileOptions {
        dry_run: true,
        adopt: true,
        ..mistaken
    };
    let preview = scene.engine().reconcile(&dry).await.unwrap();
    assert_eq!(
        preview.reapplied.len(),
        1,
        "a dry run says what would be done"
    );
    assert_eq!(scene.ledger.last_move(), None, "and does nothing");
}
