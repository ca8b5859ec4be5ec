//! What is earned vests to the last unit.

use crate::scene::{Scene, day, linear, order, told, units};

#[tokio::test]
async fn each_line_vests_exactly_over_its_life() {
    let mut scene = Scene::sqlite().await;
    scene.terms.streams[0].vesting = Some(linear("0.25", 5));
    scene
        .orders(&[
            order("A1", "u1", "10 TiB", "0.2"),
            order("A2", "u2", "5 TiB", "0"),
        ])
        .await;
    let mut expected = Vec::new();
    for (on, amount) in [("2026-11-01", "14.4"), ("2026-11-02", "1.000000007")] {
        scene.power(on, "20 TiB").await;
        scene.set(day(on).next().unwrap(), 15);
        scene.income(on, amount).await;
        expected.push(told(&scene.settle().await));
    }
    let balance = scene.balance("u1").await;
    // 0.5 * 14.4 * 0.8 = 5.76: 1.44 at once, 4.32 in 5 steps of 0.864.
    assert_eq!(expected[0], ["2026-11-01 settled"]);
    assert_eq!(expected[1].len(), 2, "{expected:?}");
    assert_eq!(
        balance.available + balance.vesting,
        units("6.160000004") - 1
    );
    let _ = balance;
}
