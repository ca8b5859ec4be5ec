//! A day's figures follow from the books, and are computed again when they change.

use paydirt_books::{
    Account, CreditTo, DailyStatistic, DayPower, Entry, MemberNumber, NewPosting, PowerBasis,
    StreamNumber,
};
use paydirt_money::{BaseUnits, PoolPower};
use paydirt_schedule::Day;

use super::home;
use crate::scene::{AT_ONCE, BY, Scene, Terms, midnight, nov, released};

const VESTS: Terms = Terms {
    to: CreditTo::Available,
    vesting: Some((250_000, 5)),
};

async fn compute(scene: &Scene, stream: StreamNumber, on: Day) -> Option<DailyStatistic> {
    let mut session = scene.books.begin().await.unwrap();
    let now = midnight(on.next().unwrap());
    let pool = scene.pool.number;
    let computed = session
        .compute_statistics(pool, stream, on, now)
        .await
        .unwrap();
    session.commit().await.unwrap();
    computed
}

/// Moves what a member has, as a payment does.
async fn pay(scene: &Scene, member: MemberNumber, on: Day, entries: [(Account, i64); 2]) -> i64 {
    let posting = NewPosting {
        kind: "move",
        stream: None,
        day: on,
        at: midnight(on),
        by: BY.into(),
        cause: "a payment".into(),
    };
    let entries = entries.map(|(account, amount)| Entry::of_member(account, member, amount));
    let (mut session, mut locked) = scene.begin().await;
    let number = session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
    number.get()
}

#[tokio::test]
async fn a_days_figures_follow_from_the_books() {
    let scene = Scene::new(home().await).await;
    let [main, race] = [
        scene.stream("mainnet").await,
        scene.stream("spacerace").await,
    ];
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let [of_a, of_b] = [scene.order("A1", a, 1).await, scene.order("B1", b, 2).await];
    let power = DayPower {
        day: nov(2),
        basis: PowerBasis::QualityAdjusted,
        power: PoolPower::from_bytes(7 << 40).unwrap(),
        source: "entry".into(),
        by: BY.into(),
    };
    let mut session = scene.books.begin().await.unwrap();
    session
        .set_power(scene.pool.number, &power, midnight(nov(3)))
        .await
        .unwrap();
    session.commit().await.unwrap();
    scene
        .settle(
            main,
            nov(1),
            VESTS,
            &[(of_a, a, 1000, 100), (of_b, b, 500, 0)],
        )
        .await;
    scene
        .settle(race, nov(1), AT_ONCE, &[(of_b, b, 77, 7)])
        .await;
    scene
        .settle(
            main,
            nov(2),
            VESTS,
            &[(of_a, a, 2000, 200), (of_b, b, 1000, 0)],
        )
        .await;
    let vested = scene.release(main, nov(2), CreditTo::Available).await;
    assert_eq!(vested, released(675, 1, 5) + released(375, 1, 5));
    pay(
        &scene,
        a,
        nov(2),
        [(Account::Available, -300), (Account::InFlight, 300)],
    )
    .await;
    let paid = pay(
        &scene,
        a,
        nov(2),
        [(Account::InFlight, -120), (Account::Paid, 120)],
    )
    .await;
    let mut raw = scene.raw().await;
    let fee = match scene.home.url().starts_with("sqlite") {
        true => "x'00000000000000000000000000000309'",
        false => "'\\x00000000000000000000000000000309'",
    };
    raw.execute(&format!(
        "INSERT INTO ledger_leg (pool, leg, payment, wallet, member, address, amount, bucket, \
         state, move, place, moved_at, posting, tx, block, fee) VALUES ({}, 'leg', 'payment', \
         'wallet', {a}, 'f1', 120, 'available', 'settled', 1, 0, 0, {paid}, '0x1', 1, {fee})",
        scene.pool.number
    ))
    .await
    .unwrap();

    let first = compute(&scene, main, nov(1)).await.unwrap();
    let second = compute(&scene, main, nov(2)).await.unwrap();
    let of_race = compute(&scene, race, nov(1)).await.unwrap();
    assert_eq!(compute(&scene, race, nov(2)).await, None);
    assert_eq!(
        (first.income, first.net, first.fees, first.retained),
        (2500, 1400, 100, 1000)
    );
    assert_eq!((second.income, second.net, second.fees), (4000, 2800, 200));
    assert_eq!((second.deductions, second.members), (0, 2));
    let sold = (10_u128 << 60) / 1_000_000;
    assert_eq!(
        (first.sold_power, first.raw_power, first.pool_power),
        (sold, None, None)
    );
    assert_eq!(second.adjusted_power, PoolPower::from_bytes(7 << 40).ok());
    let per_tib = i64::try_from((4000_u128 << 40) * 1_000_000 / (10 << 60)).unwrap();
    assert_eq!(
        (second.per_pool_tib, second.per_sold_tib),
        (None, Some(per_tib))
    );
    assert_eq!((first.vested, second.vested), (0, vested));
    assert_eq!((first.paid, first.total_paid, first.in_flight), (0, 0, 0));
    assert_eq!(
        (second.paid, second.total_paid, second.in_flight),
        (120, 120, 180)
    );
    assert_eq!(second.network_fees, BaseUnits::new(0x309));
    assert_eq!(first.network_fees, BaseUnits::new(0));
    // All of the pool's streams, its own settlement included; what was paid is not owed any more.
    assert_eq!((first.owed, of_race.owed), (1400 + 70, 1400 + 70));
    assert_eq!(second.owed, 1400 + 70 + 2800 - 120);
    assert_eq!((second.total_income, second.total_net), (6500, 4200));
    assert_eq!((of_race.total_income, of_race.total_net), (1077, 70));
    assert_eq!((second.mean_7, second.deviation_ppm), (None, None));

    let mut session = scene.look().await;
    let kept = session
        .daily_statistics(scene.pool.number, nov(1), nov(2))
        .await
        .unwrap();
    assert_eq!(kept, [first, of_race, second.clone()]);
    let kept = session
        .daily_statistics(scene.pool.number, nov(2), nov(30))
        .await
        .unwrap();
    assert_eq!(kept, [second]);
}

#[tokio::test]
async fn a_day_is_held_against_the_mean_of_seven_before() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    // Not every day: settled days count.
    for on in [1, 2, 3, 4, 5, 6, 8, 9, 20] {
        let gross = i64::from(on) * 1000;
        scene
            .settle(main, nov(on), AT_ONCE, &[(of_a, a, gross, 0)])
            .await;
    }
    let mut session = scene.books.begin().await.unwrap();
    let pool = scene.pool.number;
    let due = session.days_without_statistics(main).await.unwrap();
    assert_eq!(due, [1, 2, 3, 4, 5, 6, 8, 9, 20].map(nov));
    session
        .restate_statistics(pool, main, nov(8), midnight(nov(21)))
        .await
        .unwrap();
    session.commit().await.unwrap();
    let mut session = scene.look().await;
    let due = session.days_without_statistics(main).await.unwrap();
    assert_eq!(due, [1, 2, 3, 4, 5, 6].map(nov));
    let kept = session
        .daily_statistics(pool, nov(1), nov(30))
        .await
        .unwrap();
    let told: Vec<_> = kept
        .iter()
        .map(|it| (it.day, it.mean_7, it.deviation_ppm))
        .collect();
    // Each income is 1000 more than its gross: (2 + 3 + … + 7 + 9) thousand before the ninth, …
    let ppm = |income: i64, sum: i64| Some((income * 7 - sum) * 1_000_000 / sum);
    assert_eq!(
        told,
        [
            (nov(8), None, None),
            (nov(9), Some(36_000 / 7), ppm(10_000, 36_000)),
            (nov(20), Some(44_000 / 7), ppm(21_000, 44_000)),
        ]
    );
}

#[tokio::test]
async fn figures_are_computed_again_in_place() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(main, nov(1), AT_ONCE, &[(of_a, a, 1000, 0)])
        .await;
    let before = compute(&scene, main, nov(1)).await.unwrap();
    pay(
        &scene,
        a,
        nov(1),
        [(Account::Available, -10), (Account::Paid, 10)],
    )
    .await;
    let after = compute(&scene, main, nov(1)).await.unwrap();
    assert_eq!((before.paid, before.owed), (0, 1000));
    assert_eq!((after.paid, after.owed), (10, 990));
    let mut session = scene.look().await;
    let kept = session
        .daily_statistics(scene.pool.number, nov(1), nov(1))
        .await
        .unwrap();
    assert_eq!(kept, [after]);
}
