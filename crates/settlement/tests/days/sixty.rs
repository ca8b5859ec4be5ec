//! Sixty days of a pool in Berlin, with everything that days can do to it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use paydirt_books::Books;
use paydirt_money::{Amount, BaseUnits, Coin};
use paydirt_schedule::{CronSpec, Day, DaySchedule, ZoneHistory, parse_zone};
use paydirt_settlement::{Outcome, Run, Settled, Span, StreamTerms, What, catch_up};

use crate::importing::{add_members, transfer_with, try_import};
use crate::scene::{BY, Kind, Scene, day, linear, stream};

/// Clocks are set back on 2026-10-25, and ahead on 2027-03-28.
const FIRST: &str = "2026-09-20";
const DAYS: i32 = 60;
/// Nobody settles on these days of the sixty.
const MISSED: std::ops::Range<i32> = 20..27;
/// Another fee counts from this day on, recorded at the end of the missed week.
const OTHER_FEE: i32 = 22;
/// Another member has the order from this day on.
const TRANSFER: i32 = 40;

fn nth(n: i32) -> Day {
    day(FIRST).checked_add_days(n).unwrap()
}

/// Base units, with less than a ledger unit every other day.
fn income(n: i32) -> u128 {
    let n = u128::try_from(n).unwrap();
    (237_098_000_000 + n * 7_919) * 1_000_000_000 + (n % 2) * 600_000_000
}

async fn scene(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind).await;
    let zones = ZoneHistory::new(parse_zone("Europe/Berlin").unwrap(), []).unwrap();
    scene.terms.schedule = DaySchedule::new(CronSpec::parse("15 0 * * *").unwrap(), zones);
    scene.terms.first_day = day(FIRST);
    scene.terms.streams[0].vesting = Some(linear("0.25", 30));
    scene.terms.streams.push(stream("bonus"));
    scene.set(day(FIRST), 0);
    add_members(&scene, &["member", "u1", "u2", "u3"]).await;
    let rows = [
        "A1,u1,900 TB,0.1,2026-09-20",
        "A2,u2,138.85 TB,0.2,2026-09-20",
        "A3,u2,77.7 TiB,0.15,2026-09-20",
        "A4,u3,1 B,0,2026-09-20",
    ];
    let header = "order,member,power,fee_rate,start";
    assert_eq!(import(&scene, header, &rows).await, (4, 0));
    scene
}

/// How many orders of a file are new, and how many of them change.
async fn import(scene: &Scene, header: &str, rows: &[&str]) -> (u64, u64) {
    let done = try_import(scene, header, rows).await.unwrap();
    (done.new, done.changed)
}

/// Two who settle at once: what either did.
async fn race(scene: &Scene, other: &Books) -> Vec<Settled> {
    let run = Run {
        now: scene.now,
        by: BY,
        dry_run: false,
    };
    let streams: Vec<&StreamTerms> = scene.terms.streams.iter().collect();
    let go_on = |_: paydirt_settlement::Progress<'_>| ControlFlow::Continue(());
    let (mut quiet, mut also_quiet) = (go_on, go_on);
    let one = catch_up(
        &scene.books,
        &scene.terms,
        &streams,
        Span::Due,
        &run,
        &mut quiet,
    );
    let two = catch_up(
        other,
        &scene.terms,
        &streams,
        Span::Due,
        &run,
        &mut also_quiet,
    );
    let (one, two) = tokio::join!(one, two);
    let mut done = one.unwrap();
    done.extend(two.unwrap());
    done
}

async fn sixty_days(kind: Kind) {
    let mut scene = scene(kind).await;
    let other = scene.another().await;
    let mut settled: BTreeMap<(String, Day), Amount> = BTreeMap::new();
    for n in 0..DAYS {
        scene.set(nth(n + 1), 14);
        scene.power(&nth(n).to_string(), "118.950 PB").await;
        scene.record("mainnet", nth(n), income(n)).await;
        scene.record("bonus", nth(n), 3_000_000_000).await;
        if n == TRANSFER {
            let moved = transfer_with(&scene, "A1", "u3", &nth(n).to_string(), false).await;
            assert_eq!(moved.unwrap().before.member.as_str(), "u1");
        }
        if MISSED.contains(&n) {
            continue;
        }
        if n == MISSED.end {
            let header = "order,member,power,fee_rate,start,valid_from";
            let row = format!("A2,u2,138.85 TB,0.5,{FIRST},{}", nth(OTHER_FEE));
            assert_eq!(import(&scene, header, &[&row]).await, (0, 1));
        }
        // A minute before its time nothing is due.
        if !MISSED.contains(&(n - 1)) {
            assert!(scene.settle().await.is_empty(), "{}", nth(n));
        }
        scene.set(nth(n + 1), 15);
        for done in race(&scene, &other).await {
            if let What::Settlement(Outcome::Settled(summary)) = done.what {
                let parts = [summary.net, summary.fee, summary.retained];
                assert_eq!(Amount::sum(parts, Coin::FIL).unwrap(), summary.income);
                let twice = settled.insert((done.stream, done.day), summary.income);
                assert_eq!(twice, None, "settled twice");
            }
        }
    }
    assert_eq!(settled.len(), usize::try_from(DAYS).unwrap() * 2);
    let shared: i64 = settled.values().map(|amount| amount.units()).sum();
    let came_in: u128 = (0..DAYS).map(|n| income(n) + 3_000_000_000).sum();
    let (expected, left) = Amount::from_base_units(BaseUnits::new(came_in), Coin::FIL).unwrap();
    assert_eq!((shared, left.get()), (expected.units(), 0));
    check_members(&scene).await;
    let checked = scene.verify().await;
    assert_eq!((checked.settlements, checked.lines), (120, 480));
    scene.verify_ledger().await;
}

/// What the days must have given to whom.
async fn check_members(scene: &Scene) {
    let (one, three) = (scene.balance("u1").await, scene.balance("u3").await);
    assert!(one.available > 0 && one.vesting > 0, "{one:?}");
    // The order earned for its new member twenty days, and its old one keeps what was vesting.
    assert!(three.vesting > one.vesting, "{three:?} {one:?}");
    let pool = scene.pool().await;
    let mut session = scene.books.look().await.unwrap();
    let settlements = session
        .settlements(pool.number, nth(0), nth(DAYS))
        .await
        .unwrap();
    let fee_of = |n: i32| {
        let of_day = settlements
            .iter()
            .filter(|s| s.day == nth(n) && s.computed.income > 1_000_000);
        of_day.map(|s| s.computed.fee).sum::<i64>()
    };
    assert!(fee_of(OTHER_FEE) > fee_of(OTHER_FEE - 1));
    // Days tile through the change of the clocks.
    let long = settlements
        .iter()
        .find(|s| s.day == day("2026-10-25"))
        .unwrap();
    let hours = long.computed.ends_at.ms_since(long.computed.begins_at) / 3_600_000;
    assert_eq!(hours, 25);
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread")]
    async fn sixty_days_sum_up_through_everything() {
        super::sixty_days(super::Kind::Sqlite).await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread")]
    async fn sixty_days_sum_up_through_everything() {
        super::sixty_days(super::Kind::Postgres).await;
    }
}
