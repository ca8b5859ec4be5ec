//! A whole run on the devnet: who is paid, who is not and why, and what is left behind.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use paydirt_devnet::Payee;
use paydirt_ledger::{Journal, MemberId};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::plan::Why;
use scene::{ETHER, Scene, WEI};

#[tokio::test]
async fn everyone_above_the_threshold_is_paid_in_one_run() {
    let scene = Scene::new();
    let rich: Vec<MemberId> = (1..=40).map(|n| scene.member(ETHER * n)).collect();
    let poor = scene.member(ETHER / 2);
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.settled, 40);
    assert_eq!(report.in_flight, 0);
    for (n, member) in (1..).zip(&rich) {
        assert_eq!(scene.books(member), (0, 0, ETHER * n));
        assert_eq!(
            scene.received(member),
            u128::try_from(ETHER * n).unwrap() * WEI
        );
    }
    assert_eq!(
        scene.books(&poor),
        (ETHER / 2, 0, 0),
        "not above the threshold"
    );
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_run_with_nobody_due_leaves_nothing_behind() {
    let scene = Scene::new();
    scene.member(1);
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.planned, 0);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_second_run_pays_only_what_came_since() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    scene.run().await.unwrap();
    scene
        .ledger
        .credit(&member, Amount::from_units(3 * ETHER, Coin::ETH))
        .unwrap();
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, 4 * ETHER));
    scene.assert_at_rest();
}

#[tokio::test]
async fn payees_that_fail_are_quarantined_and_the_others_are_paid() {
    let scene = Scene::new();
    let good = scene.member(ETHER);
    let rejecting = scene.net.payee(Payee::Rejects {
        reason: "no thanks".into(),
    });
    let rejecting = scene.member_at(&rejecting, 2 * ETHER);
    let invalid = MemberId::new("0x123");
    scene
        .ledger
        .set_balance(&invalid, Amount::from_units(ETHER, Coin::ETH));
    scene.ledger.spoil_balance(&MemberId::new("0xbad"), "12.5");
    let report = scene.run().await.unwrap();
    assert_eq!(scene.books(&good), (0, 0, ETHER));
    assert_eq!(scene.books(&rejecting), (2 * ETHER, 0, 0));
    assert_eq!(report.skipped.len(), 2);
    assert_eq!(report.unreadable.len(), 1);
    let snapshot = scene
        .journal
        .snapshot(&scene.wallet_id().await)
        .await
        .unwrap();
    assert_eq!(snapshot.quarantine.len(), 2);
    let report = scene.run().await.unwrap();
    assert!(
        report
            .skipped
            .iter()
            .all(|s| matches!(s.why, Why::Quarantined(_)))
    );
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_payee_that_reverts_only_when_mined_is_released_and_quarantined() {
    let scene = Scene::new();
    let turning = scene.net.payee(Payee::Contract { gas: 100 });
    let member = scene.member_at(&turning, 2 * ETHER);
    let other = scene.member(ETHER);
    let net = scene.net.clone();
    scene.clock.stop_mining(true);
    let clock = scene.clock.clone();
    scene.each_wait(move |_| {
        net.set_payee(
            &turning,
            Payee::Rejects {
                reason: "changed".into(),
            },
        )
        .unwrap();
        clock.stop_mining(false);
    });
    let report = scene.run().await.unwrap();
    assert_eq!((report.tally.settled, report.tally.released), (1, 1));
    assert_eq!(scene.books(&member), (2 * ETHER, 0, 0));
    assert_eq!(scene.books(&other), (0, 0, ETHER));
    let snapshot = scene
        .journal
        .snapshot(&scene.wallet_id().await)
        .await
        .unwrap();
    assert_eq!(snapshot.quarantine.len(), 1);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_wallet_short_by_one_wei_pays_the_first_and_says_what_is_missing() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.member(ETHER);
    let fee = scene.policy.fee_cap * 21_000;
    let each = u128::try_from(ETHER).unwrap() * WEI + fee;
    let exact = Scene::with(Default::default(), 2 * each);
    exact.member(ETHER);
    exact.member(ETHER);
    assert_eq!(exact.run().await.unwrap().tally.settled, 2);
    let short = Scene::with(Default::default(), 2 * each - 1);
    short.member(ETHER);
    short.member(ETHER);
    let report = short.run().await.unwrap();
    assert_eq!(report.tally.settled, 1);
    assert_eq!(report.missing, 1);
    short.assert_at_rest();
}

#[tokio::test]
async fn a_fee_that_does_not_fit_plans_nothing() {
    let funds = u128::try_from(ETHER).unwrap() * WEI;
    let scene = Scene::with(Default::default(), funds);
    let member = scene.member(ETHER);
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.planned, 0);
    assert_eq!(report.missing, scene.policy.fee_cap * 21_000);
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
}

#[tokio::test]
async fn more_payees_than_may_be_in_flight_are_paid_in_waves() {
    let mut scene = Scene::new();
    scene.policy.max_in_flight = 7;
    for _ in 0..30 {
        scene.member(ETHER);
    }
    let net = scene.net.clone();
    scene.each_wait(move |_| assert!(net.mempool().len() <= 7));
    let report = scene.run().await.unwrap();
    assert_eq!(report.tally.settled, 30);
    scene.assert_at_rest();
}

#[tokio::test]
async fn a_fee_market_above_the_cap_waits_unsigned() {
    let mut scene = Scene::new();
    scene.policy.fee_cap = 5 * WEI;
    let member = scene.member(ETHER);
    let report = scene.run_for(60_000).await.unwrap();
    assert_eq!(report.in_flight, 1);
    assert_eq!(scene.books(&member), (0, ETHER, 0));
    assert!(scene.net.seen().is_empty(), "nothing was signed or sent");
    scene.net.set_base_fee(WEI);
    scene.run().await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    scene.assert_at_rest();
}
