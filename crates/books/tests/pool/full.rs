//! Books with something of every kind in them.

use paydirt_books::{
    Account, CreditTo, Entry, MemberNumber, MovementKind, NewMovement, NewOpening, NewPosting,
    OpeningBalance, OpeningPart, OpeningTotals, StreamNumber,
};
use paydirt_money::BaseUnits;

use crate::scene::{AT_ONCE, BY, Scene, Terms, day, midnight, nov};

const COLLECTS: Terms = Terms {
    to: CreditTo::Stream,
    ..AT_ONCE
};
const VESTS: Terms = Terms {
    to: CreditTo::Available,
    vesting: Some((250_000, 5)),
};

struct Cast {
    main: StreamNumber,
    race: StreamNumber,
    b: MemberNumber,
}

/// An opening, days of two streams, releases, a transfer, a deposit, and something frozen.
pub(crate) async fn full(scene: &Scene) {
    let [main, race] = [
        scene.stream("mainnet").await,
        scene.stream("spacerace").await,
    ];
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let [of_a, of_b] = [scene.order("A1", a, 1).await, scene.order("B1", b, 2).await];
    open(scene, &Cast { main, race, b }).await;
    deposit(scene).await;
    for on in 1..=4_u32 {
        let gross = i64::from(on) * 1_000_003;
        let lines = [(of_a, a, gross, gross / 10), (of_b, b, 7, 0)];
        scene.settle(main, nov(on), VESTS, &lines).await;
        if on < 3 {
            scene
                .settle(
                    race,
                    nov(on),
                    COLLECTS,
                    &[(of_a, a, 0, 0), (of_b, b, 90, 9)],
                )
                .await;
        }
        scene.release(main, nov(on), CreditTo::Available).await;
    }
    let (mut session, mut locked) = scene.begin().await;
    session
        .transfer(&mut locked, race, nov(2), BY, midnight(nov(3)))
        .await
        .unwrap();
    session.commit().await.unwrap();
    scene
        .settle(race, nov(3), COLLECTS, &[(of_a, a, 11, 1)])
        .await;
    freeze(scene, a, 1000).await;
}

async fn open(scene: &Scene, cast: &Cast) {
    let balances = [OpeningBalance {
        member: cast.b,
        available: 100,
        frozen: 5,
        paid: 70,
        receivable: 3,
        to_transfer: vec![(cast.race, 40)],
    }];
    let part = OpeningPart {
        member: cast.b,
        stream: cast.main,
        day: day("2026-10-29"),
        total: 1001,
        steps: 5,
        done: 2,
    };
    let controls = OpeningTotals {
        available: 100,
        frozen: 5,
        vesting: 601,
        paid: 70,
        receivable: 3,
        to_transfer: [(cast.race, 40)].into(),
    };
    let new = NewOpening {
        file: "old.csv",
        digest: [7; 32],
        balances: &balances,
        parts: &[part],
        controls: &controls,
        at: midnight(nov(1)),
        by: BY,
    };
    let (mut session, mut locked) = scene.begin().await;
    session
        .post_opening(&mut locked, &new, &mut |_, _| ())
        .await
        .unwrap();
    session.commit().await.unwrap();
}

async fn deposit(scene: &Scene) {
    let new = NewMovement {
        kind: MovementKind::Deposit,
        tx: "0x1".into(),
        day: nov(1),
        amount: BaseUnits::new(5_000_000_007),
        note: None,
        by: BY.into(),
    };
    let (mut session, mut locked) = scene.begin().await;
    session
        .add_movement(&mut locked, &new, midnight(nov(2)))
        .await
        .unwrap();
    session.commit().await.unwrap();
}

async fn freeze(scene: &Scene, member: MemberNumber, amount: i64) {
    let posting = NewPosting {
        kind: "hold",
        stream: None,
        day: nov(4),
        at: midnight(nov(5)),
        by: BY.into(),
        cause: "asked for".into(),
    };
    let entries = [
        Entry::of_member(Account::Available, member, -amount),
        Entry::of_member(Account::Frozen, member, amount),
    ];
    let (mut session, mut locked) = scene.begin().await;
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
}
