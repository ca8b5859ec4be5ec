//! A whole that is not known, and one that is less than what was sold.

use paydirt_earnings::Oversold;
use paydirt_money::PoolPower;
use paydirt_settlement::PowerFallback;

use crate::scene::{Kind, Scene, day, order, stream, told, units};

/// Millionths of a byte.
const TIB: u128 = (1 << 40) * 1_000_000;

/// A1 has 10 TiB; each day 1 comes in: of 20 TiB that is 0.5, of 40 TiB 0.25.
async fn the_last_power_before_counts_where_a_day_has_none(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.power_fallback = PowerFallback::Previous;
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    scene.set(day("2026-11-05"), 15);
    for on in ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"] {
        scene.income(on, "1").await;
    }
    // One that is known of a later day is none of this one.
    scene.power("2026-11-04", "40 TiB").await;
    let waits = told(&scene.settle().await);
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert!(waits[0].starts_with("2026-11-01 waits: the pool's raw power"));
    scene.power("2026-11-01", "20 TiB").await;
    let settled = [
        "2026-11-01 settled",
        "2026-11-02 settled",
        "2026-11-03 settled",
        "2026-11-04 settled",
    ];
    assert_eq!(told(&scene.settle().await), settled);
    for (on, power, of) in [
        ("2026-11-01", "20 TiB", "2026-11-01"),
        ("2026-11-02", "20 TiB", "2026-11-01"),
        ("2026-11-03", "20 TiB", "2026-11-01"),
        ("2026-11-04", "40 TiB", "2026-11-04"),
    ] {
        let power = PoolPower::parse(power).unwrap();
        let computed = scene.computed("mainnet", on).await;
        assert_eq!(computed.pool_power, Some((power, day(of))), "{on}");
    }
    assert_eq!(scene.balance("u1").await.available, units("1.75"));
    // What is said of a settled day later doesn't change it.
    scene.power("2026-11-02", "10 TiB").await;
    assert_eq!(scene.verify().await.settlements, 4);
    assert_eq!(scene.balance("u1").await.available, units("1.75"));
    scene.verify_ledger().await;
}

async fn without_a_fallback_a_day_without_power_waits(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    scene.set(day("2026-11-03"), 15);
    scene.power("2026-11-01", "20 TiB").await;
    scene.income("2026-11-01", "1").await;
    scene.income("2026-11-02", "1").await;
    let done = told(&scene.settle().await);
    assert_eq!(done[0], "2026-11-01 settled");
    assert!(done[1].starts_with("2026-11-02 waits: the pool's raw power"));
    assert_eq!(done.len(), 2, "{done:?}");
    assert_eq!(scene.balance("u1").await.available, units("0.5"));
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.settlements, 1);
}

/// A1 has 10 TiB and A2, which is in mainnet only, 20: 30 of 24 TiB in mainnet, and 10 in bonus. Of
/// bonus' 6 A1 has 10/24, 2.5, its fee is 0.25. Once the pool has 30 TiB, of mainnet's 10 A1 has
/// 3.333333333(3), its fee is 0.333333333(3); A2 has 6.666666666(7), and the unit that is missing.
async fn more_than_there_is_waits_for_its_stream_alone(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams.push(stream("bonus"));
    let orders = [
        order("A1", "u1", "10 TiB", "0.1"),
        order("A2", "u2", "20 TiB", "0").only_in("mainnet"),
    ];
    scene.orders(&orders).await;
    scene.set(day("2026-11-02"), 15);
    scene.power("2026-11-01", "24 TiB").await;
    scene.income("2026-11-01", "10").await;
    scene
        .record("bonus", day("2026-11-01"), 6_000_000_000_000_000_000)
        .await;
    let done = scene.settle().await;
    let streams: Vec<&str> = done.iter().map(|it| it.stream.as_str()).collect();
    assert_eq!(streams, ["mainnet", "bonus"]);
    let done = told(&done);
    let waits = "2026-11-01 waits: oversold: the orders weigh 30 TiB of a whole of 24 TiB";
    assert!(done[0].starts_with(waits), "{done:?}");
    assert_eq!(done[1], "2026-11-01 settled");
    assert_eq!(scene.balance("u1").await.available, units("2.25"));
    assert_eq!(scene.balance("u2").await.available, 0);
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.settlements, 1);
    scene.power("2026-11-01", "30 TiB").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    assert_eq!(scene.balance("u1").await.available, units("5.25"));
    assert_eq!(scene.balance("u2").await.available, units("6.666666667"));
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.settlements, 2);
}

/// The same 30 of 24 TiB, scaled: thirds of 10, and nothing is retained.
async fn more_than_there_is_shares_by_what_was_sold_if_asked(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.oversold = Oversold::Scale;
    let orders = [
        order("A1", "u1", "10 TiB", "0.1"),
        order("A2", "u2", "20 TiB", "0"),
    ];
    scene.orders(&orders).await;
    for (on, power) in [("2026-11-01", "24 TiB"), ("2026-11-02", "40 TiB")] {
        scene.set(day(on).next().unwrap(), 15);
        scene.power(on, power).await;
        scene.income(on, "10").await;
        assert_eq!(told(&scene.settle().await), [format!("{on} settled")]);
        scene.verify_ledger().await;
        scene.verify().await;
    }
    let scaled = scene.computed("mainnet", "2026-11-01").await;
    assert_eq!((scaled.sold, scaled.whole), (30 * TIB, 30 * TIB));
    let power = PoolPower::parse("24 TiB").unwrap();
    assert_eq!(scaled.pool_power, Some((power, day("2026-11-01"))));
    assert_eq!(scaled.net, units("9.666666667"));
    assert_eq!((scaled.fee, scaled.retained), (units("0.333333333"), 0));
    // Of 40 TiB: 2.5 less a fee of 0.25, 5, and 2.5 retained.
    let whole = scene.computed("mainnet", "2026-11-02").await;
    assert_eq!((whole.sold, whole.whole), (30 * TIB, 40 * TIB));
    assert_eq!((whole.net, whole.retained), (units("7.25"), units("2.5")));
    assert_eq!(scene.balance("u1").await.available, units("5.25"));
    assert_eq!(scene.balance("u2").await.available, units("11.666666667"));
}

on_both!(
    the_last_power_before_counts_where_a_day_has_none,
    without_a_fallback_a_day_without_power_waits,
    more_than_there_is_waits_for_its_stream_alone,
    more_than_there_is_shares_by_what_was_sold_if_asked,
);
