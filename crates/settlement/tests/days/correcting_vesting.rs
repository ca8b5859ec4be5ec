//! Settled days that vest are corrected: by figures worked out by hand.

use paydirt_ledger::MemberId;
use paydirt_money::FeeRate;
use paydirt_settlement::{DayOf, plan_correction, post_correction};

use crate::correcting::{
    FIRST, SECOND, correct, earn, income, of_order, scene, settle_to, try_correct,
};
use crate::importing::{add_members, transfer_with};
use crate::scene::{BY, Kind, Scene, day, units};

/// 100 FIL: u1 nets 9: 2.25 at once, 6.75 over 3 days: 2.25 each.
async fn what_vests_goes_on_from_where_the_correction_found_it(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    earn(&mut scene, FIRST, "100").await;
    earn(&mut scene, SECOND, "0").await;
    earn(&mut scene, "2026-11-03", "0").await;
    settle_to(&mut scene, "2026-11-03").await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("4.5"), units("4.5")));
    // 200 FIL: 18: 4.5 at once, 4.5 a day.
    correct(&scene, FIRST, &income("200")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("9"), units("9")));
    // 120 FIL: 10.8: what is unvested goes first, and 1.8 are left for two days.
    correct(&scene, FIRST, &income("120")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("9"), units("1.8")));
    settle_to(&mut scene, "2026-11-04").await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("9.9"), units("0.9")));
    // 90 FIL: 8.1: nothing is left to vest, and what was given beyond is taken back.
    correct(&scene, FIRST, &income("90")).await;
    // As views tell it: what was released by which line, what counts, and what was booked.
    let of_u1 = |more: &str| format!("member = 'u1' AND {more}");
    for (view, column, which, sum) in [
        (
            "vesting_by_day",
            "amount",
            of_u1("released_on = '2026-11-02'"),
            "2.25",
        ),
        (
            "vesting_by_day",
            "amount",
            of_u1("released_on = '2026-11-03'"),
            "0.9",
        ),
        (
            "vesting_by_day",
            "amount",
            of_u1("earned_on = '2026-11-01'"),
            "3.15",
        ),
        (
            "earning",
            "net",
            of_u1("newest AND day = '2026-11-01'"),
            "8.1",
        ),
        (
            "earning",
            "net",
            of_u1("revision = 0 AND day = '2026-11-01'"),
            "9",
        ),
        (
            "settlement_by_day",
            "net",
            "newest AND day = '2026-11-01'".into(),
            "15.3",
        ),
        ("settlement_by_day", "net", "revision = 1".into(), "34"),
    ] {
        let found = scene.sum(view, column, &which).await;
        assert_eq!(found, units(sum), "{view} {which}");
    }
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("8.1"), 0));
    earn(&mut scene, "2026-11-04", "0").await;
    settle_to(&mut scene, "2026-11-05").await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("8.1"), 0));
    scene.verify_ledger().await;
    scene.verify().await;
}

/// A third on each of three dates; one has passed.
async fn what_vests_on_dates_goes_on_on_those_that_are_left(kind: Kind) {
    let mut scene = scene(kind, Some(("0", 3))).await;
    let dates = ["2026-11-03", "2026-11-05", "2026-11-06"].map(day);
    if let Some(vesting) = &mut scene.terms.streams[0].vesting {
        (vesting.linear_days, vesting.dates) = (None, dates.into());
    }
    earn(&mut scene, FIRST, "100").await;
    for (on, next) in [
        (SECOND, "2026-11-03"),
        ("2026-11-03", "2026-11-04"),
        ("2026-11-04", "2026-11-05"),
    ] {
        earn(&mut scene, on, "0").await;
        settle_to(&mut scene, next).await;
    }
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("3"), units("6")));
    // 60 FIL: 5.4, of which 3 are given.
    correct(&scene, FIRST, &income("60")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("3"), units("2.4")));
    for (on, next, available) in [
        ("2026-11-05", "2026-11-06", "4.2"),
        ("2026-11-06", "2026-11-07", "5.4"),
    ] {
        earn(&mut scene, on, "0").await;
        settle_to(&mut scene, next).await;
        assert_eq!(scene.balance("u1").await.available, units(available));
    }
    scene.verify_ledger().await;
    scene.verify().await;
}

/// What was given stays whose it was; what is unvested is whose it is.
async fn a_line_whose_unvested_parts_were_given_away_is_corrected_for_both(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    add_members(&scene, &["member", "u9"]).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    let moved = transfer_with(&scene, "A1", "u9", SECOND, true).await;
    assert_eq!(moved.unwrap().vesting.units(), units("6.75"));
    correct(&scene, FIRST, &income("200")).await;
    let [u1, u9] = [scene.balance("u1").await, scene.balance("u9").await];
    assert_eq!((u1.available, u1.vesting), (units("4.5"), 0));
    assert_eq!((u9.available, u9.vesting), (0, units("13.5")));
    let rate = of_order("A1", |it| it.fee_rate = Some(FeeRate::parse("0").unwrap()));
    let error = try_correct(&scene, FIRST, &rate, true).await.unwrap_err();
    assert!(
        error.to_string().contains("given to another member"),
        "{error}"
    );
    // Below what was given at once: what is unvested goes first.
    correct(&scene, FIRST, &income("40")).await;
    let [u1, u9] = [scene.balance("u1").await, scene.balance("u9").await];
    assert_eq!((u1.available, u1.vesting, u9.vesting), (units("3.6"), 0, 0));
    for (on, next) in [(SECOND, "2026-11-03"), ("2026-11-03", "2026-11-04")] {
        earn(&mut scene, on, "0").await;
        settle_to(&mut scene, next).await;
    }
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn a_day_of_nothing_gets_something_that_vests_and_loses_it_again(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    for (on, next) in [
        (FIRST, SECOND),
        (SECOND, "2026-11-03"),
        ("2026-11-03", "2026-11-04"),
    ] {
        earn(&mut scene, on, "0").await;
        settle_to(&mut scene, next).await;
    }
    // Two days are released of which nothing was: 2.25 at once and 2.25 a day.
    correct(&scene, FIRST, &income("100")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("6.75"), units("2.25")));
    correct(&scene, FIRST, &income("0")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (0, 0));
    correct(&scene, FIRST, &income("100")).await;
    earn(&mut scene, "2026-11-04", "0").await;
    settle_to(&mut scene, "2026-11-05").await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.vesting), (units("9"), 0));
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn what_is_not_committed_leaves_nothing(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    let before = format!(
        "{:?}",
        [scene.balance("u1").await, scene.balance("u2").await]
    );
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let of = DayOf {
        pool: &scene.terms,
        stream: &scene.terms.streams[0],
        number: session.streams(locked.pool.number).await.unwrap()["mainnet"],
        day: day(FIRST),
        now: scene.now,
        by: BY,
    };
    let rate = of_order("A1", |it| it.fee_rate = Some(FeeRate::parse("0").unwrap()));
    let planned = plan_correction(&mut session, &locked, &of, &rate)
        .await
        .unwrap();
    let posted = post_correction(&mut session, &mut locked, &of, planned, "why");
    posted.await.unwrap();
    session.end().await.unwrap();
    let after = format!(
        "{:?}",
        [scene.balance("u1").await, scene.balance("u2").await]
    );
    assert_eq!(before, after);
    let mut session = scene.books.look().await.unwrap();
    let pool = session.pool(&scene.terms.id).await.unwrap().number;
    assert_eq!(
        session.versions_of_order(pool, "A1").await.unwrap().len(),
        1
    );
    drop(session);
    // And what was corrected is no version that counts, nor one that is listed.
    correct(&scene, FIRST, &rate).await;
    let mut session = scene.books.look().await.unwrap();
    let listed = session.orders_after(pool, None, None, 10).await.unwrap();
    assert_eq!(listed[0].holding.fee_rate, FeeRate::parse("0.1").unwrap());
    let of_member = session.versions_of_member(listed[0].holding.member).await;
    assert_eq!(of_member.unwrap().len(), 1);
    let versions = session.versions_of_order(pool, "A1").await.unwrap();
    assert_eq!(
        versions.last().unwrap().cause,
        paydirt_books::VersionCause::Correction
    );
}

/// What comes next is told by what counts: of a line that is lowered, and of one that was added.
async fn what_vests_next_is_told_as_corrected(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    earn(&mut scene, FIRST, "100").await;
    earn(&mut scene, SECOND, "0").await;
    settle_to(&mut scene, "2026-11-03").await;
    // 100 FIL: 9: 2.25 at once, and 2.25 a day.
    assert_eq!(next_vesting(&scene, "u1").await, units("2.25"));
    // 60 FIL: 5.4, of which 4.5 are given: 0.9 in two days.
    correct(&scene, FIRST, &income("60")).await;
    assert_eq!(next_vesting(&scene, "u1").await, units("0.45"));
    let member = of_order("A2", |it| it.member = Some(MemberId::new("u1")));
    correct(&scene, FIRST, &member).await;
    assert_eq!(next_vesting(&scene, "u2").await, 0);
    // 60 FIL at a fee of 0.2: 4.8, and 1.2 a day.
    assert_eq!(next_vesting(&scene, "u1").await, units("1.65"));
    let before = scene.balance("u1").await.available;
    earn(&mut scene, "2026-11-03", "0").await;
    settle_to(&mut scene, "2026-11-04").await;
    assert_eq!(scene.balance("u1").await.available - before, units("1.65"));
}

async fn next_vesting(scene: &Scene, code: &str) -> i64 {
    let pool = scene.pool().await.number;
    let mut session = scene.books.look().await.unwrap();
    let member = session.member(&MemberId::new(code)).await.unwrap().number;
    let next = session.next_vesting(pool, member).await.unwrap();
    next.map_or(0, |(_, units)| units)
}

on_both!(
    what_vests_next_is_told_as_corrected,
    what_vests_goes_on_from_where_the_correction_found_it,
    what_vests_on_dates_goes_on_on_those_that_are_left,
    a_line_whose_unvested_parts_were_given_away_is_corrected_for_both,
    a_day_of_nothing_gets_something_that_vests_and_loses_it_again,
    what_is_not_committed_leaves_nothing,
);
