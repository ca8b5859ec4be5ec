//! What members had before these books is theirs in them, and vests on to the last unit.

use paydirt_books::{
    BooksError, CreditTo, MemberNumber, NewOpening, OpeningBalance, OpeningPart, OpeningTotals,
    StreamNumber,
};
use paydirt_money::Coefficient;

use super::home;
use crate::scene::{BY, Scene, Terms, day, midnight, nov, released};

const NOTHING: OpeningBalance = OpeningBalance {
    member: MemberNumber::new(0),
    available: 0,
    frozen: 0,
    paid: 0,
    receivable: 0,
    to_transfer: Vec::new(),
};

fn part(member: MemberNumber, stream: StreamNumber, on: &str, total: i64) -> OpeningPart {
    OpeningPart {
        member,
        stream,
        day: day(on),
        total,
        steps: 5,
        done: 2,
    }
}

fn opening<'a>(
    balances: &'a [OpeningBalance],
    parts: &'a [OpeningPart],
    controls: &'a OpeningTotals,
) -> NewOpening<'a> {
    NewOpening {
        file: "old.csv",
        digest: [7; 32],
        balances,
        parts,
        controls,
        at: midnight(nov(1)),
        by: BY,
    }
}

async fn try_open(scene: &Scene, new: &NewOpening<'_>) -> Result<OpeningTotals, BooksError> {
    let (mut session, mut locked) = scene.begin().await;
    let totals = session
        .post_opening(&mut locked, new, &mut |_, _| ())
        .await?;
    session.commit().await.unwrap();
    Ok(totals)
}

fn vesting(total: i64) -> OpeningTotals {
    OpeningTotals {
        vesting: total,
        ..OpeningTotals::default()
    }
}

#[tokio::test]
async fn what_members_had_is_theirs_in_each_bucket() {
    let scene = Scene::new(home().await).await;
    let race = scene.stream("spacerace").await;
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let balances = [
        OpeningBalance {
            member: a,
            available: 10,
            frozen: 20,
            paid: 1000,
            to_transfer: vec![(race, 7)],
            ..NOTHING
        },
        OpeningBalance {
            member: b,
            receivable: 5,
            ..NOTHING
        },
    ];
    let controls = OpeningTotals {
        available: 10,
        frozen: 20,
        vesting: 0,
        paid: 1000,
        receivable: 5,
        to_transfer: [(race, 7)].into(),
    };
    let totals = try_open(&scene, &opening(&balances, &[], &controls))
        .await
        .unwrap();
    assert_eq!(totals, controls);
    let (a, b) = (scene.balance(a).await, scene.balance(b).await);
    assert_eq!(
        [a.available, a.frozen, a.paid, a.to_transfer],
        [10, 20, 1000, 7]
    );
    assert_eq!([a.vesting, a.in_flight, a.receivable], [0; 3]);
    assert_eq!([b.available, b.receivable], [0, 5]);
    let mut session = scene.look().await;
    let there = session.opening(scene.pool.number).await.unwrap().unwrap();
    assert_eq!((there.file.as_str(), there.digest), ("old.csv", [7; 32]));
    let equity = "SELECT day || ' ' || amount FROM account_day WHERE account = 'opening_equity'";
    let before = day("2026-10-31").days_since_epoch();
    assert_eq!(
        scene.raw().await.texts(equity).await,
        [format!("{before} -1032")]
    );
}

/// What the steps from `from` on to the one `to` release, of all of these.
fn steps(totals: &[(i64, u32)], from: u32, to: u32) -> i64 {
    let of = |(total, done): &(i64, u32)| {
        released(*total, (done + to).min(5), 5) - released(*total, (done + from).min(5), 5)
    };
    totals.iter().map(of).sum()
}

#[tokio::test]
async fn what_was_vesting_goes_on_to_its_last_unit() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let of_a = scene.order("A1", a, 1).await;
    let begun = |member, total| part(member, main, "2026-10-29", total);
    let parts = [
        begun(a, 1_000_003),
        // Two on one day are not one of their sum: each is floored by itself.
        begun(a, 8),
        begun(a, 8),
        begun(b, 4),
        OpeningPart {
            done: 0,
            ..part(b, main, "2026-10-31", 9)
        },
        // As far as another of an earlier day.
        OpeningPart {
            done: 4,
            ..part(b, main, "2026-10-20", 99)
        },
        // All of it is released.
        OpeningPart {
            done: 5,
            ..part(b, main, "2026-10-19", 77)
        },
    ];
    let (of_a_before, of_b_before) = ([(1_000_003, 2), (8, 2), (8, 2)], [(4, 2), (9, 0), (99, 4)]);
    let controls = vesting(steps(&of_a_before, 0, 5) + steps(&of_b_before, 0, 5));
    assert_eq!(controls.vesting, 600_002 + 5 + 5 + 3 + 9 + 20);
    try_open(&scene, &opening(&[], &parts, &controls))
        .await
        .unwrap();
    let terms = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 5)),
    };
    scene.settle(main, nov(1), terms, &[(of_a, a, 13, 0)]).await;
    for on in 1..=6_u32 {
        scene.release(main, nov(on), CreditTo::Available).await;
        let (has_a, has_b) = (scene.balance(a).await, scene.balance(b).await);
        let own = released(13, (on - 1).min(5), 5);
        assert_eq!(
            has_a.available,
            steps(&of_a_before, 0, on) + own,
            "day {on}"
        );
        assert_eq!(
            has_a.vesting,
            steps(&of_a_before, on, 5) + 13 - own,
            "day {on}"
        );
        assert_eq!(has_b.available, steps(&of_b_before, 0, on), "day {on}");
        assert_eq!(has_b.vesting, steps(&of_b_before, on, 5), "day {on}");
    }
    let mut session = scene.look().await;
    assert_eq!(session.open_vestings(main).await.unwrap(), []);
}

#[tokio::test]
async fn the_next_release_is_that_of_the_pools_first_day_and_no_order_counts() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let parts = [part(a, main, "2026-10-29", 1000)];
    try_open(&scene, &opening(&[], &parts, &vesting(600)))
        .await
        .unwrap();
    let mut session = scene.look().await;
    let last = session.last_release(main).await.unwrap();
    assert_eq!(last, Some(day("2026-10-31")));
    let open = session.open_vestings(main).await.unwrap();
    assert_eq!(open[0].steps_by(nov(1)), 3);
    for on in ["2026-10-29", "2026-11-01", "2027-01-01"] {
        let (pool, on) = (scene.pool.number, day(on));
        let counting = session
            .counting(pool, "mainnet", on, Coefficient::ONE)
            .await
            .unwrap();
        assert!(counting.orders().is_empty(), "{on}");
    }
    let listed = session
        .orders_after(scene.pool.number, None, None, 10)
        .await
        .unwrap();
    assert_eq!(listed, []);
}

#[tokio::test]
async fn control_totals_that_differ_are_all_named_and_nothing_is_written() {
    let scene = Scene::new(home().await).await;
    let race = scene.stream("spacerace").await;
    let a = scene.members(&["a"]).await[0];
    let balances = [OpeningBalance {
        member: a,
        available: 10,
        paid: 3,
        to_transfer: vec![(race, 7)],
        ..NOTHING
    }];
    let parts = [part(a, race, "2026-10-29", 1000)];
    let controls = OpeningTotals {
        available: 11,
        paid: 3,
        vesting: 1000,
        ..OpeningTotals::default()
    };
    let error = try_open(&scene, &opening(&balances, &parts, &controls))
        .await
        .unwrap_err();
    let error = error.to_string();
    for part in [
        "available: the rows sum to 0.00000001 FIL, the control total is 0.000000011 FIL",
        "vesting: the rows sum to 0.0000006 FIL, the control total is 0.000001 FIL",
        "to_transfer of spacerace: the rows sum to 0.000000007 FIL, the control total is 0 FIL",
        "nothing was written",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("paid:"), "{error}");
    let counts = "SELECT CAST((SELECT COUNT(*) FROM posting) + (SELECT COUNT(*) FROM pool_order) \
                  + (SELECT COUNT(*) FROM release) AS TEXT)";
    assert_eq!(scene.raw().await.texts(counts).await, ["0"]);
}

#[tokio::test]
async fn rows_that_can_not_be_are_all_named() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let negative = OpeningBalance {
        member: a,
        available: -1,
        ..NOTHING
    };
    let balances = [negative.clone(), negative];
    let good = part(a, main, "2026-10-29", 10);
    let parts = [
        OpeningPart {
            day: nov(1),
            ..good
        },
        OpeningPart { total: 0, ..good },
        OpeningPart {
            steps: 0,
            done: 0,
            ..good
        },
        OpeningPart {
            steps: 3661,
            ..good
        },
        OpeningPart { done: 6, ..good },
        OpeningPart {
            stream: StreamNumber::new(99),
            ..good
        },
    ];
    let none = OpeningTotals::default();
    let error = try_open(&scene, &opening(&balances, &parts, &none))
        .await
        .unwrap_err()
        .to_string();
    for part in [
        "has two rows",
        "an amount below 0",
        "the pool's own days begin with 2026-11-01",
        "of 0 or less",
        "0 of 0 steps",
        "2 of 3661 steps",
        "6 of 5 steps",
        "a stream of another pool",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_pool_is_opened_once_and_not_behind_a_release() {
    let scene = Scene::new(home().await).await;
    let [main, race] = [
        scene.stream("mainnet").await,
        scene.stream("spacerace").await,
    ];
    let a = scene.members(&["a"]).await[0];
    scene.release(race, nov(4), CreditTo::Available).await;
    let late = [part(a, race, "2026-10-29", 10)];
    let error = try_open(&scene, &opening(&[], &late, &vesting(6)))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("spacerace has released up to 2026-11-04"),
        "{error}"
    );
    let parts = [part(a, main, "2026-10-29", 10)];
    try_open(&scene, &opening(&[], &parts, &vesting(6)))
        .await
        .unwrap();
    let again = try_open(&scene, &opening(&[], &[], &vesting(0)))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        again.contains("was opened with \"old.csv\" by test"),
        "{again}"
    );
    assert_eq!(scene.balance(a).await.vesting, 6);
}

#[tokio::test]
async fn a_chunk_of_versions_may_end_in_the_middle_of_an_opening() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let codes: Vec<String> = (0..40).map(|n| format!("m{n:02}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let members = scene.members(&codes).await;
    let mut raw = scene.raw().await;
    let shift = "UPDATE counter SET last = 16370 WHERE name = 'order_version'";
    raw.execute(shift).await.unwrap();
    let dated = |member: &MemberNumber| part(*member, main, "2026-10-29", member.get() * 7);
    let parts: Vec<OpeningPart> = members.iter().map(dated).collect();
    let total = parts.iter().map(OpeningPart::unvested).sum();
    try_open(&scene, &opening(&[], &parts, &vesting(total)))
        .await
        .unwrap();
    for on in 1..=3 {
        scene.release(main, nov(on), CreditTo::Available).await;
    }
    for part in parts {
        let has = scene.balance(part.member).await;
        assert_eq!((has.available, has.vesting), (part.unvested(), 0));
    }
    let firsts = raw
        .texts("SELECT CAST(first AS TEXT) FROM vesting_chunk ORDER BY first")
        .await;
    assert_eq!(firsts, ["16371", "16384"]);
}
