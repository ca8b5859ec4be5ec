//! What a correction changes of other days: what is carried, and their figures.

use paydirt_books::{Account, StatisticsView};
use paydirt_money::BaseUnits;
use paydirt_settlement::Overrides;

use crate::correcting::{FIRST, SECOND, correct, earn, income, scene, settle_to};
use crate::scene::{Kind, Scene, day, units};

/// Of base units: what is less than a ledger unit.
async fn what_is_carried_out_otherwise_joins_the_next_unsettled_day(kind: Kind) {
    const UNIT: u128 = 1_000_000_000;
    let mut scene = scene(kind, None).await;
    scene.set(day("2026-11-03"), 0);
    scene
        .record("mainnet", day(FIRST), 100 * UNIT + 600_000_000)
        .await;
    scene
        .record("mainnet", day(SECOND), 100 * UNIT + 700_000_000)
        .await;
    settle_to(&mut scene, "2026-11-03").await;
    let second = scene.computed("mainnet", SECOND).await;
    assert_eq!(
        (second.income, second.carried_out.get()),
        (101, 300_000_000)
    );
    // 0.6 less is carried out of the first day, whose follower is settled: 0.3 are missing.
    let less = Overrides {
        income: Some(BaseUnits::new(100 * UNIT)),
        ..Overrides::default()
    };
    let correction = correct(&scene, FIRST, &less).await;
    assert!(correction.members.is_empty() && correction.orders.is_empty());
    scene
        .record("mainnet", day("2026-11-03"), 50 * UNIT + 100_000_000)
        .await;
    settle_to(&mut scene, "2026-11-04").await;
    let third = scene.computed("mainnet", "2026-11-03").await;
    assert_eq!(
        (third.carried_in.get(), third.loss_in.get()),
        (0, 300_000_000)
    );
    assert_eq!((third.income, third.carried_out.get()), (49, 800_000_000));
    // The last settled day itself: 0.5 more join the next.
    let more = Overrides {
        income: Some(BaseUnits::new(50 * UNIT + 200_000_000)),
        ..Overrides::default()
    };
    correct(&scene, "2026-11-03", &more).await;
    scene
        .record("mainnet", day("2026-11-04"), 10 * UNIT + 200_000_000)
        .await;
    settle_to(&mut scene, "2026-11-05").await;
    let fourth = scene.computed("mainnet", "2026-11-04").await;
    assert_eq!(
        (fourth.carried_in.get(), fourth.loss_in.get()),
        (900_000_000, 0)
    );
    assert_eq!((fourth.income, fourth.carried_out.get()), (11, 100_000_000));
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn a_loss_that_was_carried_and_was_none_comes_back_to_the_next_day(kind: Kind) {
    let mut scene = scene(kind, None).await;
    scene.terms.losses = paydirt_settlement::Losses::Carry;
    earn(&mut scene, FIRST, "10").await;
    scene.deduction(FIRST, 15_000_000_000_000_000_000).await;
    earn(&mut scene, SECOND, "20").await;
    settle_to(&mut scene, "2026-11-03").await;
    assert_eq!(scene.computed("mainnet", SECOND).await.income, units("15"));
    correct(&scene, FIRST, &income("15")).await;
    earn(&mut scene, "2026-11-03", "20").await;
    settle_to(&mut scene, "2026-11-04").await;
    let third = scene.computed("mainnet", "2026-11-03").await;
    assert_eq!(third.income, units("25"));
    let mut losses = 0;
    let mut came_in = 0;
    for on in [FIRST, SECOND, "2026-11-03"] {
        losses += scene.posted(Account::Losses, on).await;
        came_in += scene.posted(Account::Income, on).await;
    }
    assert_eq!((losses, came_in), (0, -units("55")));
    scene.verify_ledger().await;
    scene.verify().await;
}

/// As booked, a day stays; restated it is what it should have been.
async fn figures_of_days_stand_as_booked_and_restated(kind: Kind) {
    let mut scene = scene(kind, None).await;
    for on in [FIRST, SECOND, "2026-11-03"] {
        earn(&mut scene, on, "100").await;
    }
    settle_to(&mut scene, SECOND).await;
    let first = figures(&scene, StatisticsView::AsBooked).await;
    assert_eq!(first, [(units("100"), units("17"), units("100"))]);
    correct(&scene, FIRST, &income("40")).await;
    settle_to(&mut scene, "2026-11-04").await;
    let booked = figures(&scene, StatisticsView::AsBooked).await;
    let hundred = units("100");
    let expected = [
        (hundred, units("17"), hundred),
        // It was posted on the second day.
        (hundred, units("17"), units("140")),
        (hundred, units("17"), units("240")),
    ];
    assert_eq!(booked, expected);
    let restated = figures(&scene, StatisticsView::Restated).await;
    let expected = [
        (units("40"), units("6.8"), units("40")),
        (hundred, units("17"), units("140")),
        (hundred, units("17"), units("240")),
    ];
    assert_eq!(restated, expected);
}

async fn figures(scene: &Scene, view: StatisticsView) -> Vec<(i64, i64, i64)> {
    let pool = scene.pool().await;
    let mut session = scene.books.look().await.unwrap();
    let rows = session
        .daily_statistics_as(pool.number, day(FIRST), day("2026-12-01"), view)
        .await
        .unwrap();
    let figures = |row: &paydirt_books::DailyStatistic| (row.income, row.net, row.total_income);
    rows.iter().map(figures).collect()
}

on_both!(
    what_is_carried_out_otherwise_joins_the_next_unsettled_day,
    a_loss_that_was_carried_and_was_none_comes_back_to_the_next_day,
    figures_of_days_stand_as_booked_and_restated,
);
