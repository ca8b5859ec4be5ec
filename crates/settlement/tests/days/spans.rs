//! Streams that have not every day of their pool: from one day to another, or those with income.

use paydirt_books::ItemKind;
use paydirt_settlement::Due;

use crate::scene::{Kind, Scene, day, linear, order, stream, told, units};

/// Base units of so many FIL.
const FIL: u128 = 1_000_000_000_000_000_000;

/// What A1 has of bonus by the end of a day of November: of 3 earned on the 2nd and on the 3rd 0.75
/// at once, and 0.75 on each of the next three days.
fn of_bonus(by: i64) -> i64 {
    let parts = |earned_on: i64| match by - earned_on {
        ..0 => 0,
        passed => 1 + passed.min(3),
    };
    units("0.75") * (parts(2) + parts(3))
}

/// A1 has half of the power: of mainnet's 2 a day 1, and of bonus' 6 a day, on two days, 3.
async fn a_stream_has_days_from_its_first_to_its_last(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let mut bonus = stream("bonus");
    bonus.from = Some(day("2026-11-02"));
    bonus.until = Some(day("2026-11-03"));
    bonus.vesting = Some(linear("0.25", 3));
    scene.terms.streams.push(bonus);
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    for n in 1..=8 {
        let on = format!("2026-11-0{n}");
        scene.set(day(&on).next().unwrap(), 15);
        scene.power(&on, "20 TiB").await;
        scene.income(&on, "2").await;
        let bonus = scene
            .entry("bonus", ItemKind::Income, &on, 6 * FIL, false)
            .await;
        let is_its_day = (2..=3).contains(&n);
        match bonus {
            Ok(_) => assert!(is_its_day, "{on}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!is_its_day, "{error}");
                assert!(error.contains("is no day of stream bonus"), "{error}");
            }
        }
        let done = scene.settle().await;
        let settled: Vec<&str> = done
            .iter()
            .filter(|it| told(std::slice::from_ref(*it))[0].ends_with("settled"))
            .map(|it| it.stream.as_str())
            .collect();
        let expected: &[&str] = if is_its_day {
            &["mainnet", "bonus"]
        } else {
            &["mainnet"]
        };
        assert_eq!(settled, expected, "{on}");
        // Released on the 3rd to the 6th: one more than its days, as what was earned lives longer.
        let released = done.len() - settled.len();
        assert_eq!(released, usize::from((3..=6).contains(&n)), "{on}");
        let balance = scene.balance("u1").await;
        assert_eq!(balance.available, n * units("1") + of_bonus(n), "{on}");
        scene.verify_ledger().await;
        scene.verify().await;
    }
    let last = scene.balance("u1").await;
    assert_eq!((last.available, last.vesting), (units("14"), 0));
    assert_eq!(scene.verify().await.settlements, 8 + 2);
}

/// A stream of days with income only; A1 has half of the power.
async fn of_recorded_days(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].due = Due::WhenRecorded;
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    scene
}

/// Of 3.0000000006 on the 2nd 3 are shared, of 5.0000000006 on the 5th with what was carried
/// 5.000000001, of which A1 has 2.500000000(5), and of 0 on the 9th nothing: 1.5 + 2.5.
async fn days_without_income_are_skipped(kind: Kind) {
    let mut scene = of_recorded_days(kind).await;
    scene.set(day("2026-11-04"), 15);
    assert!(scene.settle().await.is_empty());
    scene.set(day("2026-11-10"), 15);
    for (on, income) in [
        ("2026-11-09", 0),
        ("2026-11-02", 3 * FIL + 600_000_000),
        ("2026-11-05", 5 * FIL + 600_000_000),
    ] {
        scene.power(on, "20 TiB").await;
        scene.record("mainnet", day(on), income).await;
    }
    let settled = [
        "2026-11-02 settled",
        "2026-11-05 settled",
        "2026-11-09 settled",
    ];
    assert_eq!(told(&scene.settle().await), settled);
    assert_eq!(scene.balance("u1").await.available, units("4"));
    let after_gap = scene.computed("mainnet", "2026-11-05").await;
    assert_eq!(after_gap.carried_in.get(), 600_000_000);
    assert_eq!(after_gap.carried_out.get(), 200_000_000);
    assert_eq!(after_gap.income, units("5.000000001"));
    let instants = scene.terms.zones().instants(day("2026-11-05"));
    let is = (after_gap.begins_at, after_gap.ends_at);
    assert_eq!(is, (instants.start, instants.end));
    assert!(scene.settle().await.is_empty());
    scene.set(day("2026-11-12"), 15);
    assert!(scene.settle().await.is_empty());
    scene.power("2026-11-11", "20 TiB").await;
    scene.record("mainnet", day("2026-11-11"), 2 * FIL).await;
    assert_eq!(told(&scene.settle().await), ["2026-11-11 settled"]);
    assert_eq!(scene.balance("u1").await.available, units("5"));
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.settlements, 4);
}

/// A day that waits holds back those after it: of 2 and of 4, A1 has 1 and 2.
async fn a_recorded_day_that_waits_comes_first(kind: Kind) {
    let mut scene = of_recorded_days(kind).await;
    scene.set(day("2026-11-07"), 15);
    scene.record("mainnet", day("2026-11-03"), 2 * FIL).await;
    scene.record("mainnet", day("2026-11-06"), 4 * FIL).await;
    scene.power("2026-11-06", "20 TiB").await;
    let waits = told(&scene.settle().await);
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert!(waits[0].starts_with("2026-11-03 waits: the pool's raw power"));
    assert_eq!(scene.balance("u1").await.available, 0);
    scene.power("2026-11-03", "20 TiB").await;
    let settled = ["2026-11-03 settled", "2026-11-06 settled"];
    assert_eq!(told(&scene.settle().await), settled);
    assert_eq!(scene.balance("u1").await.available, units("3"));
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.settlements, 2);
}

on_both!(
    a_stream_has_days_from_its_first_to_its_last,
    days_without_income_are_skipped,
    a_recorded_day_that_waits_comes_first,
);
