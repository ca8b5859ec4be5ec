//! Settled days are corrected: by figures worked out by hand.

use paydirt_books::{Account, Entry, NewPosting};
use paydirt_ledger::MemberId;
use paydirt_money::{BaseUnits, Coin, FeeRate, PoolPower, Power};
use paydirt_settlement::{
    Correction, Credit, DayOf, OrderOverride, Overrides, SettlementError, plan_correction,
    post_correction,
};

use crate::scene::{BY, Kind, Scene, day, linear, order, units};

pub(crate) const FIRST: &str = "2026-11-01";
pub(crate) const SECOND: &str = "2026-11-02";

pub(crate) async fn try_correct(
    scene: &Scene,
    on: &str,
    overrides: &Overrides,
    post: bool,
) -> Result<Correction, SettlementError> {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let pool = locked.pool.number;
    let stream = &scene.terms.streams[0];
    let of = DayOf {
        pool: &scene.terms,
        stream,
        number: session.streams(pool).await.unwrap()[&stream.name],
        day: day(on),
        now: scene.now,
        by: BY,
    };
    let planned = plan_correction(&mut session, &locked, &of, overrides).await?;
    if post {
        let correction = planned.clone();
        post_correction(&mut session, &mut locked, &of, correction, "a mistake").await?;
        session.commit().await.unwrap();
    } else {
        session.end().await.unwrap();
    }
    Ok(planned)
}

pub(crate) async fn correct(scene: &Scene, on: &str, overrides: &Overrides) -> Correction {
    let planned = try_correct(scene, on, overrides, false).await.unwrap();
    let posted = try_correct(scene, on, overrides, true).await.unwrap();
    let told = |it: &Correction| format!("{:?} {:?} {:?}", it.orders, it.members, it.accounts);
    assert_eq!(told(&planned), told(&posted));
    scene.verify_ledger().await;
    scene.verify().await;
    posted
}

pub(crate) fn income(amount: &str) -> Overrides {
    let amount = BaseUnits::parse_coin(amount, Coin::FIL).unwrap();
    Overrides {
        income: Some(amount),
        ..Overrides::default()
    }
}

pub(crate) fn of_order(id: &str, change: impl FnOnce(&mut OrderOverride)) -> Overrides {
    let mut of = OrderOverride {
        order: id.into(),
        ..OrderOverride::default()
    };
    change(&mut of);
    Overrides {
        orders: vec![of],
        ..Overrides::default()
    }
}

/// What was available is paid.
pub(crate) async fn withdraw_all(scene: &Scene, code: &str) -> i64 {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let member = session.member(&MemberId::new(code)).await.unwrap().number;
    let has = session.balance(locked.pool.number, member).await.unwrap();
    if has.available > 0 {
        let posting = NewPosting {
            kind: "paid",
            stream: None,
            day: scene.terms.zones().day_of(scene.now).unwrap(),
            at: scene.now,
            by: BY.into(),
            cause: "withdrawn".into(),
        };
        let entries = [
            Entry::of_member(Account::Available, member, -has.available),
            Entry::of_member(Account::Paid, member, has.available),
        ];
        session.post(&mut locked, &posting, &entries).await.unwrap();
    }
    session.commit().await.unwrap();
    has.available
}

/// Two members with a tenth of the pool each, one at a fee of 0.1, the other of 0.2.
pub(crate) async fn scene(kind: Kind, vesting: Option<(&str, u32)>) -> Scene {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].vesting = vesting.map(|(rate, days)| linear(rate, days));
    let orders = [
        order("A1", "u1", "10 TiB", "0.1"),
        order("A2", "u2", "10 TiB", "0.2"),
    ];
    scene.orders(&orders).await;
    for n in 1..=12 {
        scene.power(&format!("2026-11-{n:02}"), "100 TiB").await;
    }
    scene
}

/// Income of a day that has begun.
pub(crate) async fn earn(scene: &mut Scene, on: &str, amount: &str) {
    scene.set(day(on), 600);
    scene.income(on, amount).await;
}

pub(crate) async fn settle_to(scene: &mut Scene, on: &str) {
    scene.set(day(on), 15);
    scene.settle().await;
}

/// 100 FIL: 10 each; the fee of A1 was to be 0.05.
async fn a_wrong_fee_rate_is_corrected_by_the_figures_of_the_operators(kind: Kind) {
    let mut scene = scene(kind, None).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    assert_eq!(scene.balance("u1").await.available, units("9"));
    let rate = of_order("A1", |it| {
        it.fee_rate = Some(FeeRate::parse("0.05").unwrap())
    });
    let correction = correct(&scene, FIRST, &rate).await;
    let [change] = &correction.orders[..] else {
        panic!("{:?}", correction.orders)
    };
    let both =
        |(was, is): (paydirt_money::Amount, paydirt_money::Amount)| (was.units(), is.units());
    assert_eq!(both(change.gross), (units("10"), units("10")));
    assert_eq!(both(change.fee), (units("1"), units("0.5")));
    assert_eq!(both(change.net), (units("9"), units("9.5")));
    let [member] = &correction.members[..] else {
        panic!("{:?}", correction.members)
    };
    assert_eq!(member.available.units(), units("0.5"));
    assert_eq!(scene.balance("u1").await.available, units("9.5"));
    assert_eq!(scene.balance("u2").await.available, units("8"));
    let kept = scene.computed("mainnet", FIRST).await;
    assert_eq!((kept.net, kept.fee), (units("17.5"), units("2.5")));
    assert_eq!(kept.reason.as_deref(), Some("a mistake"));
    // It is of the day on which it was found, and of no day's orders.
    assert_eq!(scene.posted(Account::Fees, FIRST).await, units("3"));
    assert_eq!(scene.posted(Account::Fees, SECOND).await, -units("0.5"));
    earn(&mut scene, SECOND, "100").await;
    settle_to(&mut scene, "2026-11-03").await;
    assert_eq!(scene.balance("u1").await.available, units("18.5"));
    scene.verify().await;
}

async fn a_day_that_is_withdrawn_and_lowered_is_owed_and_recovered(kind: Kind) {
    let mut scene = scene(kind, None).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    assert_eq!(withdraw_all(&scene, "u1").await, units("9"));
    let correction = correct(&scene, FIRST, &income("40")).await;
    let [u1, u2] = &correction.members[..] else {
        panic!("{:?}", correction.members)
    };
    assert_eq!(
        (u1.available.units(), u1.receivable.units()),
        (0, units("5.4"))
    );
    assert_eq!(
        (u2.available.units(), u2.receivable.units()),
        (-units("4.8"), 0)
    );
    let owes = scene.balance("u1").await;
    assert_eq!((owes.available, owes.receivable), (0, units("5.4")));
    // The next days' credits go there first.
    earn(&mut scene, SECOND, "50").await;
    settle_to(&mut scene, "2026-11-03").await;
    let owes = scene.balance("u1").await;
    assert_eq!((owes.available, owes.receivable), (0, units("0.9")));
    earn(&mut scene, "2026-11-03", "50").await;
    settle_to(&mut scene, "2026-11-04").await;
    let clear = scene.balance("u1").await;
    assert_eq!((clear.available, clear.receivable), (units("3.6"), 0));
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn an_order_that_did_not_count_does_and_one_that_did_does_not(kind: Kind) {
    let mut scene = scene(kind, Some(("0.25", 3))).await;
    let late = [order("A3", "u3", "20 TiB", "0")];
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    scene.orders_from(&late, day(SECOND)).await;
    let overrides = Overrides {
        orders: vec![OrderOverride {
            order: "A3".into(),
            ..OrderOverride::default()
        }],
        without: vec!["A2".into()],
        ..Overrides::default()
    };
    let correction = correct(&scene, FIRST, &overrides).await;
    assert_eq!(correction.orders.len(), 2);
    let [u1, u2, u3] = [
        scene.balance("u1").await,
        scene.balance("u2").await,
        scene.balance("u3").await,
    ];
    assert_eq!((u1.available, u1.vesting), (units("2.25"), units("6.75")));
    assert_eq!((u2.available, u2.vesting), (0, 0));
    assert_eq!((u3.available, u3.vesting), (units("5"), units("15")));
    // Again: another member's, and of less power.
    let again = of_order("A3", |it| {
        it.member = Some(MemberId::new("u2"));
        it.power = Some(Power::parse("10 TiB").unwrap());
    });
    correct(&scene, FIRST, &again).await;
    let [u2, u3] = [scene.balance("u2").await, scene.balance("u3").await];
    assert_eq!((u2.available, u2.vesting), (units("2.5"), units("7.5")));
    assert_eq!((u3.available, u3.vesting), (0, 0));
    for (on, next) in [
        (SECOND, "2026-11-03"),
        ("2026-11-03", "2026-11-04"),
        ("2026-11-04", "2026-11-05"),
    ] {
        earn(&mut scene, on, "0").await;
        settle_to(&mut scene, next).await;
    }
    let u2 = scene.balance("u2").await;
    assert_eq!((u2.available, u2.vesting), (units("10"), 0));
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn a_stream_that_collects_gives_to_and_takes_from_what_it_collected(kind: Kind) {
    let mut scene = scene(kind, None).await;
    scene.terms.streams[0].credit = Credit::Transfer;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    correct(&scene, FIRST, &income("110")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.to_transfer, has.available), (units("9.9"), 0));
    {
        let mut session = scene.books.begin().await.unwrap();
        let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
        let stream = session.streams(locked.pool.number).await.unwrap()["mainnet"];
        let moved = session.transfer(&mut locked, stream, day(SECOND), BY, scene.now);
        moved.await.unwrap().unwrap();
        session.commit().await.unwrap();
    }
    earn(&mut scene, SECOND, "10").await;
    settle_to(&mut scene, "2026-11-03").await;
    let has = scene.balance("u1").await;
    assert_eq!(
        (has.to_transfer, has.available),
        (units("0.9"), units("9.9"))
    );
    correct(&scene, FIRST, &income("40")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.to_transfer, has.available), (0, units("4.5")));
    withdraw_all(&scene, "u1").await;
    correct(&scene, FIRST, &income("10")).await;
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.receivable), (0, units("2.7")));
    // What is collected is not taken before it is transferred.
    earn(&mut scene, "2026-11-03", "100").await;
    settle_to(&mut scene, "2026-11-04").await;
    let has = scene.balance("u1").await;
    assert_eq!(
        (has.to_transfer, has.receivable),
        (units("9"), units("2.7"))
    );
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let stream = session.streams(locked.pool.number).await.unwrap()["mainnet"];
    let moved = session.transfer(&mut locked, stream, day("2026-11-04"), BY, scene.now);
    moved.await.unwrap().unwrap();
    session.commit().await.unwrap();
    let has = scene.balance("u1").await;
    assert_eq!((has.available, has.receivable), (units("6.3"), 0));
    scene.verify_ledger().await;
}

async fn late_items_become_part_of_the_day_that_they_were_earned_on(kind: Kind) {
    let mut scene = scene(kind, None).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    let nothing = Overrides {
        late_items: true,
        ..Overrides::default()
    };
    let error = try_correct(&scene, FIRST, &nothing, true)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("nothing came for 2026-11-01"),
        "{error}"
    );
    let refused = scene.entry("mainnet", paydirt_books::ItemKind::Income, FIRST, 1, false);
    let refused = refused.await.unwrap_err().to_string();
    assert!(refused.contains("settle correct"), "{refused}");
    let mut session = scene.books.begin().await.unwrap();
    let entry = paydirt_settlement::income::Entry {
        kind: paydirt_books::ItemKind::Income,
        day: day(FIRST),
        amount: BaseUnits::parse_coin("10", Coin::FIL).unwrap(),
        source: "forgotten".into(),
        note: None,
        beside_observed: false,
        late: true,
    };
    let stream = &scene.terms.streams[0];
    paydirt_settlement::income::record(&mut session, &scene.terms, stream, &entry, BY, scene.now)
        .await
        .unwrap();
    session.commit().await.unwrap();
    let correction = correct(&scene, FIRST, &nothing).await;
    assert_eq!(correction.overrides[0].is.as_deref(), Some("10 FIL"));
    assert_eq!(scene.balance("u1").await.available, units("9.9"));
    earn(&mut scene, SECOND, "100").await;
    settle_to(&mut scene, "2026-11-03").await;
    assert_eq!(scene.computed("mainnet", SECOND).await.income, units("100"));
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn what_can_not_be_corrected_is_refused_and_changes_nothing(kind: Kind) {
    let mut scene = scene(kind, None).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    let refusals = [
        (
            SECOND,
            income("1"),
            "2026-11-02 of stream mainnet is not settled",
        ),
        (FIRST, income("100"), "nothing to correct"),
        (FIRST, Overrides::default(), "nothing to correct"),
        (FIRST, of_order("A9", |_| ()), "A9"),
        (
            FIRST,
            of_order("A1", |_| ()),
            "counted so on 2026-11-01 already",
        ),
        (
            FIRST,
            of_order("A1", |it| it.member = Some(MemberId::new("nobody"))),
            "nobody",
        ),
        (
            FIRST,
            of_order("A1", |it| it.power = Some(Power::parse("100 TiB").unwrap())),
            "oversold",
        ),
        (
            FIRST,
            Overrides {
                without: vec!["A9".into()],
                ..Overrides::default()
            },
            "order A9 did not count",
        ),
        (
            FIRST,
            Overrides {
                without: vec!["A1".into()],
                ..of_order("A1", |_| ())
            },
            "named twice",
        ),
        (
            FIRST,
            Overrides {
                late_items: true,
                ..income("7")
            },
            "late items",
        ),
    ];
    for (on, overrides, wanted) in refusals {
        let error = try_correct(&scene, on, &overrides, true).await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{wanted}: {error}");
    }
    assert_eq!(scene.balance("u1").await.available, units("9"));
    scene.verify_ledger().await;
}

async fn the_pool_s_power_is_overridden(kind: Kind) {
    let mut scene = scene(kind, None).await;
    earn(&mut scene, FIRST, "100").await;
    settle_to(&mut scene, SECOND).await;
    let power = Overrides {
        pool_power: Some(PoolPower::parse("200 TiB").unwrap()),
        ..Overrides::default()
    };
    correct(&scene, FIRST, &power).await;
    assert_eq!(scene.balance("u1").await.available, units("4.5"));
    assert_eq!(scene.computed("mainnet", FIRST).await.retained, units("90"));
}

on_both!(
    a_wrong_fee_rate_is_corrected_by_the_figures_of_the_operators,
    a_day_that_is_withdrawn_and_lowered_is_owed_and_recovered,
    an_order_that_did_not_count_does_and_one_that_did_does_not,
    a_stream_that_collects_gives_to_and_takes_from_what_it_collected,
    late_items_become_part_of_the_day_that_they_were_earned_on,
    what_can_not_be_corrected_is_refused_and_changes_nothing,
    the_pool_s_power_is_overridden,
);
