//! What is earned vests to the last unit.

use paydirt_books::Balance;
use paydirt_schedule::Day;
use paydirt_settlement::Due;

use crate::scene::{Kind, Scene, day, linear, order, told, units};

const STEPS: u32 = 5;

/// What an order earned on a day: how much at once, and T, which vests.
struct Earned {
    on: &'static str,
    at_once: i64,
    total: i64,
}

impl Earned {
    /// floor(T * k / n), k days after.
    fn released(&self, by: Day) -> i64 {
        let done = i64::from(by.days_since(day(self.on))).clamp(0, i64::from(STEPS));
        self.total * done / i64::from(STEPS)
    }
}

/// Incomes of 14.4 and 1.000000007 by 20 TiB. A1 has 10 TiB at a fee of 0.2: 7.2 - 1.44 = 5.76, and
/// 0.500000003 - 0.1 = 0.400000003. A2 has 5 TiB: 3.6, and 0.250000002, as its remainder is larger.
/// A quarter of each is free at once.
const A1: [Earned; 2] = [
    Earned {
        on: "2026-11-01",
        at_once: 1_440_000_000,
        total: 4_320_000_000,
    },
    Earned {
        on: "2026-11-02",
        at_once: 100_000_000,
        total: 300_000_003,
    },
];
const A2: [Earned; 2] = [
    Earned {
        on: "2026-11-01",
        at_once: 900_000_000,
        total: 2_700_000_000,
    },
    Earned {
        on: "2026-11-02",
        at_once: 62_500_000,
        total: 187_500_002,
    },
];

fn expected(earned: &[Earned], by: Day) -> Balance {
    let earned = earned.iter().filter(|it| day(it.on) <= by);
    earned.fold(Balance::default(), |sum, it| Balance {
        available: sum.available + it.at_once + it.released(by),
        vesting: sum.vesting + it.total - it.released(by),
        ..sum
    })
}

async fn each_line_vests_exactly_over_its_life(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    let orders = [
        order("A1", "u1", "10 TiB", "0.2"),
        order("A2", "u2", "5 TiB", "0"),
    ];
    scene.orders(&orders).await;
    let mut on = day("2026-11-01");
    for amount in [Some("14.4"), Some("1.000000007")]
        .into_iter()
        .chain([None; 7])
    {
        let name = on.to_string();
        if let Some(amount) = amount {
            scene.power(&name, "20 TiB").await;
            scene.income(&name, amount).await;
        }
        scene.set(on.next().unwrap(), 15);
        let done = told(&scene.settle().await);
        let settled = done.contains(&format!("{name} settled"));
        assert_eq!(settled, amount.is_some(), "{done:?}");
        for (member, earned) in [("u1", &A1), ("u2", &A2)] {
            assert_eq!(scene.balance(member).await, expected(earned, on), "{name}");
        }
        on = on.next().unwrap();
    }
    let last = scene.balance("u1").await;
    assert_eq!((last.available, last.vesting), (units("6.160000003"), 0));
    assert!(
        !told(&scene.settle().await)
            .iter()
            .any(|it| it.contains("released"))
    );
    scene.verify_ledger().await;
    assert_eq!(scene.verify().await.lines, 4);
}

/// Releases wait for no income, and the next one makes up what a day that is settled after them has
/// missed.
async fn a_day_settled_after_releases_vests_up_to_date(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = Some(linear("0.25", STEPS));
    scene.terms.streams[0].due = Due::WhenRecorded;
    let orders = [
        order("A1", "u1", "10 TiB", "0.2"),
        order("A2", "u2", "5 TiB", "0"),
    ];
    scene.orders(&orders).await;
    for on in ["2026-11-01", "2026-11-02"] {
        scene.power(on, "20 TiB").await;
    }
    scene.set(day("2026-11-02"), 15);
    scene.income("2026-11-01", "14.4").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    scene.set(day("2026-11-05"), 15);
    // 4.32 / 5 + 2.7 / 5 a day.
    let released = [
        "2026-11-02 released 1.404 FIL",
        "2026-11-03 released 1.404 FIL",
        "2026-11-04 released 1.404 FIL",
    ];
    assert_eq!(told(&scene.settle().await), released);
    for (member, earned) in [("u1", &A1), ("u2", &A2)] {
        let of_first = expected(&earned[..1], day("2026-11-04"));
        assert_eq!(scene.balance(member).await, of_first);
    }
    scene.income("2026-11-02", "1.000000007").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-02 settled"]);
    for name in ["2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08"] {
        let on = day(name);
        scene.set(on.next().unwrap(), 15);
        let done = told(&scene.settle().await);
        assert_eq!(done.len(), usize::from(name != "2026-11-08"), "{done:?}");
        for (member, earned) in [("u1", &A1), ("u2", &A2)] {
            assert_eq!(scene.balance(member).await, expected(earned, on), "{name}");
        }
        scene.verify_ledger().await;
    }
    let last = scene.balance("u1").await;
    assert_eq!((last.available, last.vesting), (units("6.160000003"), 0));
    assert_eq!(scene.verify().await.lines, 4);
}

on_both!(
    each_line_vests_exactly_over_its_life,
    a_day_settled_after_releases_vests_up_to_date,
);
