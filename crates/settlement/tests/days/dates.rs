//! What is earned vests on fixed dates, in equal parts.

use paydirt_books::Balance;
use paydirt_money::Portion;
use paydirt_schedule::Day;
use paydirt_settlement::VestingTerms;

use crate::scene::{Kind, Scene, day, order, told, units};

/// What an order earned on a day: how much at once, and the rest by date.
struct Earned {
    on: &'static str,
    at_once: &'static str,
    parts: &'static [(&'static str, &'static str)],
}

/// The dates are 2026-11-03, -05 and -10. A1 has half of the power, no fee, and a quarter at once:
/// - of 8.000000042 on the 1st 4.000000021: 1.000000005(25), and T = 3.000000016, of which
///   floor(T / 3) = 1.000000005, floor(2 T / 3) = 2.000000010 and T are released;
/// - of 4.000000006 on the 3rd, itself a date, 2.000000003: 0.500000000(75), and T = 1.500000003 in
///   two parts;
/// - of 2 on the 5th 1: 0.25, and all of 0.75 on the last date;
/// - of 2 on the 10th 1, at once: no date is left.
const A1: [Earned; 4] = [
    Earned {
        on: "2026-11-01",
        at_once: "1.000000005",
        parts: &[
            ("2026-11-03", "1.000000005"),
            ("2026-11-05", "1.000000005"),
            ("2026-11-10", "1.000000006"),
        ],
    },
    Earned {
        on: "2026-11-03",
        at_once: "0.5",
        parts: &[("2026-11-05", "0.750000001"), ("2026-11-10", "0.750000002")],
    },
    Earned {
        on: "2026-11-05",
        at_once: "0.25",
        parts: &[("2026-11-10", "0.75")],
    },
    Earned {
        on: "2026-11-10",
        at_once: "1",
        parts: &[],
    },
];

/// A2 has a quarter of the power, at a fee of 0.2:
/// - 2.000000010(5) less 0.400000002 are 1.600000008: 0.400000002, and T = 1.200000006;
/// - 1.000000001(5) less 0.2 are 0.800000001: 0.200000000(25), and T = 0.600000001;
/// - 0.5 less 0.1 are 0.4: 0.1, and T = 0.3; and 0.4 at once.
const A2: [Earned; 4] = [
    Earned {
        on: "2026-11-01",
        at_once: "0.400000002",
        parts: &[
            ("2026-11-03", "0.400000002"),
            ("2026-11-05", "0.400000002"),
            ("2026-11-10", "0.400000002"),
        ],
    },
    Earned {
        on: "2026-11-03",
        at_once: "0.2",
        parts: &[("2026-11-05", "0.3"), ("2026-11-10", "0.300000001")],
    },
    Earned {
        on: "2026-11-05",
        at_once: "0.1",
        parts: &[("2026-11-10", "0.3")],
    },
    Earned {
        on: "2026-11-10",
        at_once: "0.4",
        parts: &[],
    },
];

fn expected(earned: &[Earned], by: Day) -> Balance {
    let mut balance = Balance::default();
    for earned in earned.iter().filter(|it| day(it.on) <= by) {
        balance.available += units(earned.at_once);
        for (date, amount) in earned.parts {
            match day(date) <= by {
                true => balance.available += units(amount),
                false => balance.vesting += units(amount),
            }
        }
    }
    balance
}

fn terms(dates: &[&str]) -> VestingTerms {
    VestingTerms {
        immediate: Portion::parse("0.25").unwrap(),
        linear_days: None,
        dates: dates.iter().map(|date| day(date)).collect(),
    }
}

async fn each_line_vests_exactly_on_its_dates(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    // In any order, and one of them twice.
    let dates = ["2026-11-10", "2026-11-03", "2026-11-05", "2026-11-03"];
    scene.terms.streams[0].vesting = Some(terms(&dates));
    let orders = [
        order("A1", "u1", "10 TiB", "0"),
        order("A2", "u2", "5 TiB", "0.2"),
    ];
    scene.orders(&orders).await;
    let incomes = [
        ("2026-11-01", "8.000000042"),
        ("2026-11-03", "4.000000006"),
        ("2026-11-05", "2"),
        ("2026-11-10", "2"),
    ];
    let mut on = day("2026-11-01");
    while on <= day("2026-11-12") {
        let name = on.to_string();
        if name == "2026-11-06" {
            // What is earned keeps its dates.
            let dates = ["2026-11-03", "2026-11-05", "2026-11-07", "2026-11-10"];
            scene.terms.streams[0].vesting = Some(terms(&dates));
        }
        let income = incomes.iter().find(|(earned_on, _)| *earned_on == name);
        scene.set(on.next().unwrap(), 15);
        scene.power(&name, "20 TiB").await;
        scene
            .income(&name, income.map_or("0", |(_, amount)| amount))
            .await;
        let done = told(&scene.settle().await);
        assert_eq!(done[0], format!("{name} settled"));
        for (member, earned) in [("u1", &A1), ("u2", &A2)] {
            assert_eq!(scene.balance(member).await, expected(earned, on), "{name}");
        }
        scene.verify_ledger().await;
        on = on.next().unwrap();
    }
    // 4.000000021 + 2.000000003 + 1 + 1, and 1.600000008 + 0.800000001 + 0.4 + 0.4.
    let (one, two) = (scene.balance("u1").await, scene.balance("u2").await);
    assert_eq!((one.available, one.vesting), (units("8.000000024"), 0));
    assert_eq!((two.available, two.vesting), (units("3.200000009"), 0));
    assert_eq!(scene.verify().await.settlements, 12);
}

/// Nobody settles from the 2nd to the 12th: the dates that passed are released all the same.
async fn dates_that_were_missed_are_made_up_for(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let dates = ["2026-11-03", "2026-11-05", "2026-11-10"];
    scene.terms.streams[0].vesting = Some(terms(&dates));
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    scene.set(day("2026-11-02"), 15);
    scene.power("2026-11-01", "20 TiB").await;
    scene.income("2026-11-01", "8.000000042").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    scene.set(day("2026-11-12"), 15);
    let done = told(&scene.settle().await);
    assert!(done[0].starts_with("2026-11-02 waits"), "{done:?}");
    let released: Vec<&str> = done[1..]
        .iter()
        .map(String::as_str)
        .filter(|told| !told.ends_with("released 0 FIL"))
        .collect();
    let expected = [
        "2026-11-03 released 1.000000005 FIL",
        "2026-11-05 released 1.000000005 FIL",
        "2026-11-10 released 1.000000006 FIL",
    ];
    assert_eq!(released, expected);
    let balance = scene.balance("u1").await;
    assert_eq!(
        (balance.available, balance.vesting),
        (units("4.000000021"), 0)
    );
    scene.verify_ledger().await;
    scene.verify().await;
}

on_both!(
    each_line_vests_exactly_on_its_dates,
    dates_that_were_missed_are_made_up_for,
);
