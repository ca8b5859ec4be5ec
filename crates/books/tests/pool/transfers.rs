//! What a stream collected becomes available at once, and each member's figures are kept.

use paydirt_books::{BooksError, Collected, CreditTo, TransferLine};

use super::home;
use crate::scene::{AT_ONCE, BY, Scene, Terms, midnight, nov};

const COLLECTS: Terms = Terms {
    to: CreditTo::Stream,
    ..AT_ONCE
};

async fn lines_of_all(scene: &Scene) -> Vec<Vec<(String, i64, i64, i64)>> {
    let mut session = scene.look().await;
    let mut all = Vec::new();
    for transfer in session.transfers(scene.pool.number, 10).await.unwrap() {
        let mut lines = Vec::new();
        let each = |line: TransferLine| {
            let (before, after) = (line.available_before, line.available_after);
            lines.push((line.code.to_string(), line.amount, before, after));
            Ok::<(), BooksError>(())
        };
        session
            .for_each_transfer_line(transfer.number, each)
            .await
            .unwrap();
        all.push(lines);
    }
    all
}

#[tokio::test]
async fn a_transfer_moves_all_that_a_stream_collected_and_nothing_else() {
    let scene = Scene::new(home().await).await;
    let [race, main] = [
        scene.stream("spacerace").await,
        scene.stream("mainnet").await,
    ];
    let [a, b, c] = scene.members(&["a", "b", "c"]).await[..] else {
        panic!()
    };
    let [of_a, of_b] = [scene.order("A1", a, 1).await, scene.order("B1", b, 2).await];
    let of_c = scene.order("C1", c, 3).await;
    scene
        .settle(
            main,
            nov(1),
            AT_ONCE,
            &[(of_a, a, 110, 10), (of_c, c, 50, 0)],
        )
        .await;
    scene
        .settle(
            race,
            nov(1),
            COLLECTS,
            &[(of_a, a, 20, 2), (of_b, b, 33, 3)],
        )
        .await;
    scene
        .settle(race, nov(2), COLLECTS, &[(of_a, a, 2, 0), (of_b, b, 0, 0)])
        .await;
    let before = scene.balance(a).await;
    assert_eq!((before.available, before.to_transfer), (100, 20));

    let (mut session, mut locked) = scene.begin().await;
    let mut told = Vec::new();
    let sums = session
        .for_each_collected(scene.pool.number, race, |line| {
            told.push((line.code.to_string(), line.amount, line.available_before));
            Ok::<(), BooksError>(())
        })
        .await
        .unwrap();
    let expected = Collected {
        amount: 50,
        members: 2,
    };
    assert_eq!(sums, expected);
    assert_eq!(told, [("a".into(), 20, 100), ("b".into(), 30, 0)]);
    let now = midnight(nov(3));
    let done = session
        .transfer(&mut locked, race, nov(2), BY, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((done.amount, done.members), (50, 2));
    let again = session
        .transfer(&mut locked, race, nov(2), BY, now)
        .await
        .unwrap();
    assert_eq!(again, None);
    session.commit().await.unwrap();

    let (a, b, c) = (
        scene.balance(a).await,
        scene.balance(b).await,
        scene.balance(c).await,
    );
    assert_eq!([a.available, b.available, c.available], [120, 30, 50]);
    assert_eq!([a.to_transfer, b.to_transfer, c.to_transfer], [0; 3]);
    let lines = [("a".to_owned(), 20, 100, 120), ("b".to_owned(), 30, 0, 30)];
    assert_eq!(lines_of_all(&scene).await, [lines.to_vec()]);
    let sums = scene
        .raw()
        .await
        .texts(
            "SELECT account || ' ' || stream || ' ' || amount FROM account_day \
             WHERE account IN ('available', 'to_transfer') AND day = \
             (SELECT MAX(day) FROM posting) ORDER BY account",
        )
        .await;
    assert_eq!(
        sums,
        [
            "available 0 50".to_owned(),
            format!("to_transfer {race} -48")
        ]
    );
}

#[tokio::test]
async fn a_transfer_that_is_not_committed_leaves_nothing() {
    let scene = Scene::new(home().await).await;
    let race = scene.stream("spacerace").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(race, nov(1), COLLECTS, &[(of_a, a, 20, 2)])
        .await;
    let (mut session, mut locked) = scene.begin().await;
    session
        .transfer(&mut locked, race, nov(2), BY, midnight(nov(3)))
        .await
        .unwrap()
        .unwrap();
    session.end().await.unwrap();
    let after = scene.balance(a).await;
    assert_eq!((after.available, after.to_transfer), (0, 18));
    assert_eq!(lines_of_all(&scene).await, Vec::<Vec<_>>::new());
}

#[tokio::test]
async fn lines_of_a_transfer_are_never_changed() {
    let scene = Scene::new(home().await).await;
    let race = scene.stream("spacerace").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(race, nov(1), COLLECTS, &[(of_a, a, 20, 2)])
        .await;
    let (mut session, mut locked) = scene.begin().await;
    session
        .transfer(&mut locked, race, nov(2), BY, midnight(nov(3)))
        .await
        .unwrap()
        .unwrap();
    session.commit().await.unwrap();
    let mut raw = scene.raw().await;
    for sql in [
        "UPDATE transfer_line SET amount = 1, available_after = available_before + 1",
        "DELETE FROM transfer_line",
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
    ] {
        let error = raw.execute(sql).await.expect_err(sql).to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}
