//! Unvested parts that go with an order to another member, and those that don't.

use crate::importing::{ROWS, add_members, import, settle, transfer_with};
use crate::scene::{Kind, Scene, day, linear};

/// Days on which something vests.
const STEPS: u32 = 5;

async fn scene(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    add_members(&scene, &["member", "u1", "u2", "u3", "u4"]).await;
    import(&scene, &ROWS).await;
    settle(&mut scene).await;
    scene
}

async fn vesting(scene: &Scene, member: &str) -> i64 {
    scene.balance(member).await.vesting
}

/// Until all is released that is vesting of the first two days.
async fn to_the_end(scene: &mut Scene) {
    for n in 2..9 {
        scene.set(day("2026-11-01").checked_add_days(n).unwrap(), 15);
        scene.settle().await;
    }
    scene.verify_ledger().await;
}

async fn unvested_parts_go_with_an_order_if_asked(kind: Kind) {
    let mut scene = scene(kind).await;
    let before = scene.balance("u1").await;
    assert!(before.vesting > 0);
    let too_late = transfer_with(&scene, "A1", "u3", "2026-11-03", true).await;
    let error = too_late.unwrap_err().to_string();
    assert!(
        error.contains("settle the days before 2026-11-03 first"),
        "{error}"
    );
    let moved = transfer_with(&scene, "A1", "u3", "2026-11-02", true).await;
    assert_eq!(moved.unwrap().vesting.units(), before.vesting);
    assert_eq!(vesting(&scene, "u1").await, 0);
    assert_eq!(vesting(&scene, "u3").await, before.vesting);
    scene.verify_ledger().await;
    to_the_end(&mut scene).await;
    let after = scene.balance("u3").await;
    assert_eq!((after.vesting, after.available), (0, before.vesting));
    assert_eq!(scene.balance("u1").await.available, before.available);
}

async fn what_an_earlier_owner_kept_does_not_go_with_a_later_transfer(kind: Kind) {
    let mut scene = scene(kind).await;
    let kept = scene.balance("u1").await;
    transfer_with(&scene, "A1", "u3", "2026-11-02", false)
        .await
        .unwrap();
    scene.set(day("2026-11-03"), 15);
    scene.income("2026-11-02", "237.098").await;
    scene.power("2026-11-02", "118.950 PB").await;
    scene.settle().await;
    let earned = vesting(&scene, "u3").await;
    assert!(earned > 0);
    let left = vesting(&scene, "u1").await;
    let moved = transfer_with(&scene, "A1", "u4", "2026-11-03", true).await;
    assert_eq!(moved.unwrap().vesting.units(), earned);
    assert_eq!(vesting(&scene, "u1").await, left);
    assert_eq!(vesting(&scene, "u3").await, 0);
    assert_eq!(vesting(&scene, "u4").await, earned);
    scene.verify_ledger().await;
    to_the_end(&mut scene).await;
    let all = kept.available + kept.vesting;
    let end = scene.balance("u1").await;
    assert_eq!((end.available, end.vesting), (all, 0));
    let end = scene.balance("u4").await;
    assert_eq!((end.available, end.vesting), (earned, 0));
}

async fn streams_that_an_earlier_version_earns_of_are_settled_first(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    let mut bonus = crate::scene::stream("bonus");
    bonus.vesting = Some(linear("0", STEPS));
    scene.terms.streams.push(bonus);
    add_members(&scene, &["member", "u1", "u3"]).await;
    import(&scene, &["A1,u1,900 TB,0.10,2026-11-01,"]).await;
    let header = "order,member,power,fee_rate,start,streams,valid_from";
    let later = "A1,u1,900 TB,0.10,2026-11-01,mainnet,2026-11-02";
    let changed = crate::importing::try_import(&scene, header, &[later]).await;
    assert_eq!(changed.unwrap().changed, 1);
    settle_first_of(&mut scene).await;
    // What counts from the second day on earns nothing of bonus; the first day's is to come.
    let refused = transfer_with(&scene, "A1", "u3", "2026-11-02", true).await;
    let error = refused.unwrap_err().to_string();
    assert!(
        error.contains("stream bonus is settled only up to"),
        "{error}"
    );
    scene
        .record("bonus", day("2026-11-01"), 1_000_000_000_000)
        .await;
    scene.settle().await;
    let all = vesting(&scene, "u1").await;
    let moved = transfer_with(&scene, "A1", "u3", "2026-11-02", true).await;
    assert_eq!(moved.unwrap().vesting.units(), all);
    to_the_end(&mut scene).await;
    assert_eq!(scene.balance("u3").await.available, all);
}

/// The first day of the first stream; the other waits.
async fn settle_first_of(scene: &mut Scene) {
    scene.set(day("2026-11-02"), 15);
    scene.income("2026-11-01", "237.098").await;
    scene.power("2026-11-01", "118.950 PB").await;
    assert_eq!(scene.settle().await.len(), 2);
}

async fn a_stream_that_an_order_never_earned_of_keeps_quiet(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    let mut bonus = crate::scene::stream("bonus");
    bonus.vesting = Some(linear("0", STEPS));
    scene.terms.streams.push(bonus);
    add_members(&scene, &["member", "u1", "u2", "u3"]).await;
    let header = "order,member,power,fee_rate,start,streams";
    let rows = [
        "A1,u1,900 TB,0.10,2026-11-01,mainnet",
        "A2,u2,138.85 TB,0.2,2026-11-01,",
    ];
    let added = crate::importing::try_import(&scene, header, &rows).await;
    assert_eq!(added.unwrap().new, 2);
    for n in [1, 2] {
        let on = day("2026-10-31").checked_add_days(n).unwrap();
        scene.set(on.next().unwrap(), 15);
        let name = on.to_string();
        scene.income(&name, "237.098").await;
        scene.record("bonus", on, 1_000_000_000_000).await;
        scene.power(&name, "118.950 PB").await;
        scene.settle().await;
    }
    transfer_with(&scene, "A1", "u3", "2026-11-03", true)
        .await
        .unwrap();
    scene.verify_ledger().await;
    to_the_end(&mut scene).await;
}

async fn a_stream_that_has_ended_keeps_no_order(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    let mut bonus = crate::scene::stream("bonus");
    bonus.vesting = Some(linear("0", STEPS));
    bonus.until = Some(day("2026-11-01"));
    scene.terms.streams.push(bonus);
    add_members(&scene, &["member", "u1", "u3"]).await;
    import(&scene, &["A1,u1,900 TB,0.10,2026-11-01,"]).await;
    scene
        .record("bonus", day("2026-11-01"), 1_000_000_000_000)
        .await;
    for n in [1, 2] {
        let on = day("2026-10-31").checked_add_days(n).unwrap();
        scene.set(on.next().unwrap(), 15);
        scene.income(&on.to_string(), "237.098").await;
        scene.power(&on.to_string(), "118.950 PB").await;
        scene.settle().await;
    }
    let all = vesting(&scene, "u1").await;
    let moved = transfer_with(&scene, "A1", "u3", "2026-11-03", true).await;
    assert_eq!(moved.unwrap().vesting.units(), all);
    to_the_end(&mut scene).await;
    assert_eq!(scene.balance("u3").await.available, all);
}

async fn a_day_before_a_transfer_does_not_begin_to_vest_for_nobody(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    scene.terms.streams.push(crate::scene::stream("bonus"));
    add_members(&scene, &["member", "u1", "u3"]).await;
    import(&scene, &["A1,u1,900 TB,0.10,2026-11-01,"]).await;
    settle_first_of(&mut scene).await;
    // Of bonus, which doesn't vest, the first day is still to come.
    transfer_with(&scene, "A1", "u3", "2026-11-02", true)
        .await
        .unwrap();
    scene
        .record("bonus", day("2026-11-01"), 1_000_000_000_000)
        .await;
    scene.terms.streams[1].vesting = Some(linear("0", STEPS));
    let refused = scene.try_settle(paydirt_settlement::Span::Due).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("given to another member"), "{error}");
    scene.terms.streams[1].vesting = None;
    scene.settle().await;
    assert!(scene.balance("u1").await.available > 0);
    scene.verify_ledger().await;
}

on_both!(
    a_stream_that_has_ended_keeps_no_order,
    a_day_before_a_transfer_does_not_begin_to_vest_for_nobody,
    unvested_parts_go_with_an_order_if_asked,
    what_an_earlier_owner_kept_does_not_go_with_a_later_transfer,
    streams_that_an_earlier_version_earns_of_are_settled_first,
    a_stream_that_an_order_never_earned_of_keeps_quiet,
);
