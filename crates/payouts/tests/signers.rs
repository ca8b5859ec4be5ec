//! Keys that a node holds: fields are saved before it is asked, and what was mined decides.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use std::sync::Arc;

use paydirt_chain::SigningMode;
use paydirt_devnet::{Call, DevChain, Fault};
use paydirt_ledger::PaymentState;
use scene::{ETHER, Scene, WEI};

fn scene_with(mode: SigningMode) -> Scene {
    let mut scene = Scene::new();
    scene.chain = Arc::new(DevChain::new(&scene.net).signing(mode));
    scene
}

#[tokio::test]
async fn a_node_that_signs_pays_everyone_once() {
    let scene = scene_with(SigningMode::Remote);
    for n in 1..=5 {
        scene.member(n * ETHER);
    }
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.settled, 5);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_signer_that_does_not_answer_is_asked_again_for_the_same_fields() {
    let scene = scene_with(SigningMode::Remote);
    let member = scene.member(ETHER);
    scene
        .net
        .endpoint(0)
        .script(Fault::LostReply, Call::Sign, 2);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    let payments = scene.journal.all_payments();
    assert_eq!(payments.len(), 1);
    assert_eq!(
        payments[0].attempts.len(),
        1,
        "one attempt, signed in the end"
    );
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_node_that_sends_by_itself_has_one_payment_in_flight_and_pays_once() {
    let scene = scene_with(SigningMode::NodeSends);
    for n in 1..=3 {
        scene.member(n * ETHER);
    }
    let journal = scene.journal.clone();
    scene.each_wait(move |_| {
        let payments = journal.all_payments();
        let sent = payments
            .iter()
            .filter(|p| p.state == PaymentState::Saved)
            .count();
        assert!(sent <= 1, "one in flight");
    });
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.settled, 3);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_lost_reply_of_a_node_that_sends_pays_once() {
    for fault in [
        Fault::LostReply,
        Fault::Refused,
        Fault::Late,
        Fault::Duplicated,
    ] {
        let scene = scene_with(SigningMode::NodeSends);
        let member = scene.member(ETHER);
        scene.net.endpoint(0).script(fault, Call::Submit, 2);
        let net = scene.net.clone();
        scene.each_wait(move |tick| {
            if tick == 12 {
                net.endpoint(0).release();
            }
        });
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member), (0, 0, ETHER), "{fault:?}");
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI,
            "{fault:?}"
        );
        scene.assert_at_rest();
    }
}
