//! What comes off a day's income, days on which that is more than came in, and what is carried on.

use paydirt_books::{Account, ItemKind};
use paydirt_settlement::Losses;

use crate::scene::{Kind, Scene, day, order, told, units};

/// Base units of a thousandth of a ledger unit of FIL.
const THOUSANDTH: u128 = 1_000_000;

/// Base units of an amount in whole ledger units, and of so many thousandths of one.
fn base(amount: &str, thousandths: u128) -> u128 {
    u128::try_from(units(amount)).unwrap() * 1_000 * THOUSANDTH + thousandths * THOUSANDTH
}

/// A1 has half of the power, at a fee of 0.1.
async fn scene(kind: Kind, losses: Losses) -> Scene {
    let mut scene = Scene::new(kind).await;
    scene.terms.losses = losses;
    scene.orders(&[order("A1", "u1", "10 TiB", "0.1")]).await;
    scene
}

/// Settles a day with this income and this deduction, both in base units.
async fn settle(scene: &mut Scene, on: &str, income: u128, deducted: u128) {
    scene.set(day(on).next().unwrap(), 15);
    scene.power(on, "20 TiB").await;
    scene.record("mainnet", day(on), income).await;
    if deducted > 0 {
        scene.deduction(on, deducted).await;
    }
    assert_eq!(told(&scene.settle().await), [format!("{on} settled")]);
    scene.verify_ledger().await;
    scene.verify().await;
}

/// What a day must have posted, signed as in the books: what came in and what was lost are below 0.
struct Posted {
    income: i64,
    deductions: i64,
    losses: i64,
    fees: i64,
    retained: i64,
    available: i64,
}

async fn is_posted(scene: &Scene, on: &str, expected: &Posted) {
    let sum: i64 = [
        expected.income,
        expected.deductions,
        expected.losses,
        expected.fees,
        expected.retained,
        expected.available,
    ]
    .iter()
    .sum();
    assert_eq!(sum, 0, "the figures of {on} don't balance");
    for (account, amount) in [
        (Account::Income, expected.income),
        (Account::Deductions, expected.deductions),
        (Account::Losses, expected.losses),
        (Account::Fees, expected.fees),
        (Account::Retained, expected.retained),
        (Account::Available, expected.available),
    ] {
        assert_eq!(scene.posted(account, on).await, amount, "{account} of {on}");
    }
}

/// 10 - 2 = 8: A1 has 4, its fee is 0.4, and 4 are retained.
async fn deductions_come_off_before_the_split(kind: Kind) {
    let mut scene = scene(kind, Losses::Book).await;
    settle(&mut scene, "2026-11-01", base("10", 0), base("2", 0)).await;
    let expected = Posted {
        income: -units("10"),
        deductions: units("2"),
        losses: 0,
        fees: units("0.4"),
        retained: units("4"),
        available: units("3.6"),
    };
    is_posted(&scene, "2026-11-01", &expected).await;
    assert_eq!(scene.balance("u1").await.available, units("3.6"));
    let computed = scene.computed("mainnet", "2026-11-01").await;
    assert_eq!(computed.items.get(), base("10", 0));
    assert_eq!(computed.deductions.get(), base("2", 0));
    assert_eq!((computed.income, computed.loss.get()), (units("8"), 0));
}

/// 1 - 3.000000000500 is a loss of 2.000000000500, in whole units 2. The next day's 5 are shared as
/// if nothing had been: A1 has 2.5, its fee is 0.25.
async fn a_day_below_zero_settles_nothing_and_books_the_loss(kind: Kind) {
    let mut scene = scene(kind, Losses::Book).await;
    settle(&mut scene, "2026-11-01", base("1", 0), base("3", 500)).await;
    let expected = Posted {
        income: -units("1"),
        deductions: units("3"),
        losses: -units("2"),
        fees: 0,
        retained: 0,
        available: 0,
    };
    is_posted(&scene, "2026-11-01", &expected).await;
    let computed = scene.computed("mainnet", "2026-11-01").await;
    assert_eq!(computed.income, 0);
    assert_eq!(computed.loss.get(), base("2", 500));
    assert_eq!(
        (computed.loss_out.get(), computed.carried_out.get()),
        (0, 0)
    );
    assert_eq!(scene.verify().await.lines, 1);
    settle(&mut scene, "2026-11-02", base("5", 0), 0).await;
    let expected = Posted {
        income: -units("5"),
        deductions: 0,
        losses: 0,
        fees: units("0.25"),
        retained: units("2.5"),
        available: units("2.25"),
    };
    is_posted(&scene, "2026-11-02", &expected).await;
    assert_eq!(scene.balance("u1").await.available, units("2.25"));
}

/// 1 - 3.000000000500 leaves 2.000000000500 to make good, 0.5 less of it 1.500000000500, and 5 less
/// of that are 3.499999999500: 3.499999999 shared, and 500 thousandths carried. A1 has half of it,
/// 1.749999999(5), its fee is 0.174999999(9), its net 1.575, and 1.75 are retained.
async fn the_next_days_make_good_a_loss_that_is_carried(kind: Kind) {
    let mut scene = scene(kind, Losses::Carry).await;
    settle(&mut scene, "2026-11-01", base("1", 0), base("3", 500)).await;
    let mut expected = Posted {
        income: -units("1"),
        deductions: units("3"),
        losses: -units("2"),
        fees: 0,
        retained: 0,
        available: 0,
    };
    is_posted(&scene, "2026-11-01", &expected).await;
    let computed = scene.computed("mainnet", "2026-11-01").await;
    assert_eq!(computed.loss.get(), 0);
    assert_eq!(computed.loss_out.get(), base("2", 500));

    settle(&mut scene, "2026-11-02", base("0.5", 0), 0).await;
    expected = Posted {
        income: -units("0.5"),
        deductions: 0,
        losses: units("0.5"),
        ..expected
    };
    is_posted(&scene, "2026-11-02", &expected).await;
    let computed = scene.computed("mainnet", "2026-11-02").await;
    assert_eq!(computed.loss_in.get(), base("2", 500));
    assert_eq!(computed.loss_out.get(), base("1.5", 500));
    assert_eq!(scene.balance("u1").await.available, 0);

    settle(&mut scene, "2026-11-03", base("5", 0), 0).await;
    expected = Posted {
        income: -units("4.999999999"),
        deductions: 0,
        losses: units("1.5"),
        fees: units("0.174999999"),
        retained: units("1.75"),
        available: units("1.575"),
    };
    is_posted(&scene, "2026-11-03", &expected).await;
    let computed = scene.computed("mainnet", "2026-11-03").await;
    assert_eq!(computed.income, units("3.499999999"));
    assert_eq!(
        (computed.loss_out.get(), computed.carried_out.get()),
        (0, base("0", 500))
    );
    assert_eq!(scene.balance("u1").await.available, units("1.575"));
}

/// Thousandths of a unit: 700; 700 + 600 are a unit and 300; 300 + 0; 300 - 200 are 100; and 100 +
/// 100 - 250 is a loss of 50, of which no account hears.
async fn less_than_a_ledger_unit_is_carried_from_day_to_day(kind: Kind) {
    let mut scene = scene(kind, Losses::Book).await;
    let days = [
        ("2026-11-01", base("1", 700), 0, units("1"), 700),
        ("2026-11-02", base("1", 600), 0, units("1.000000001"), 300),
        ("2026-11-03", 0, 0, 0, 300),
        ("2026-11-04", 0, base("0", 200), 0, 100),
        ("2026-11-05", base("0", 100), base("0", 250), 0, 0),
    ];
    let mut carried = 0;
    for (on, income, deducted, shared, left) in days {
        settle(&mut scene, on, income, deducted).await;
        let computed = scene.computed("mainnet", on).await;
        assert_eq!(computed.carried_in.get(), carried, "{on}");
        assert_eq!(computed.income, shared, "{on}");
        carried = base("0", left);
        assert_eq!(computed.carried_out.get(), carried, "{on}");
        let lost = if on == "2026-11-05" { base("0", 50) } else { 0 };
        assert_eq!(computed.loss.get(), lost, "{on}");
        assert_eq!(scene.posted(Account::Income, on).await, -shared, "{on}");
        assert_eq!(scene.posted(Account::Losses, on).await, 0, "{on}");
    }
    // 0.5 - 0.05, and of 0.500000000(5) the same.
    assert_eq!(scene.balance("u1").await.available, units("0.9"));
    assert_eq!(scene.verify().await.settlements, 5);
}

/// A deduction alone says nothing about what came in.
async fn a_day_of_deductions_alone_waits(kind: Kind) {
    let scene = scene(kind, Losses::Book).await.at("2026-11-02", 15);
    scene.power("2026-11-01", "20 TiB").await;
    scene.deduction("2026-11-01", base("1", 0)).await;
    let waits = told(&scene.settle().await);
    assert!(waits[0].contains("no final income yet"), "{waits:?}");
    scene
        .entry("mainnet", ItemKind::Income, "2026-11-01", 0, false)
        .await
        .unwrap();
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    let computed = scene.computed("mainnet", "2026-11-01").await;
    assert_eq!(computed.loss.get(), base("1", 0));
    scene.verify_ledger().await;
    scene.verify().await;
}

on_both!(
    deductions_come_off_before_the_split,
    a_day_below_zero_settles_nothing_and_books_the_loss,
    the_next_days_make_good_a_loss_that_is_carried,
    less_than_a_ledger_unit_is_carried_from_day_to_day,
    a_day_of_deductions_alone_waits,
);
