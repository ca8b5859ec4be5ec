//! What the operator moved is kept exactly, and posted in whole ledger units.

use paydirt_books::{BooksError, MovementKind, NewMovement};
use paydirt_money::BaseUnits;

use super::home;
use crate::scene::{BY, Scene, midnight, nov};

fn movement(kind: MovementKind, tx: &str, amount: u128) -> NewMovement {
    NewMovement {
        kind,
        tx: tx.into(),
        day: nov(2),
        amount: BaseUnits::new(amount),
        note: Some("by hand".into()),
        by: BY.into(),
    }
}

async fn try_add(scene: &Scene, new: &NewMovement) -> Result<bool, BooksError> {
    let (mut session, mut locked) = scene.begin().await;
    let added = session
        .add_movement(&mut locked, new, midnight(nov(3)))
        .await?;
    session.commit().await.unwrap();
    Ok(added.posting.is_some())
}

#[tokio::test]
async fn deposits_and_draws_are_posted_in_whole_units_and_kept_exactly() {
    let scene = Scene::new(home().await).await;
    let given = [
        (movement(MovementKind::Deposit, "0x1", 5_000_000_007), true),
        (movement(MovementKind::Draw, "0x2", 2_999_999_999), true),
        (movement(MovementKind::Deposit, "0x3", 999_999_999), false),
        (
            movement(MovementKind::Internal, "0x4", 7_000_000_000),
            false,
        ),
    ];
    for (new, posted) in &given {
        assert_eq!(try_add(&scene, new).await.unwrap(), *posted, "{}", new.tx);
    }
    let mut session = scene.look().await;
    let kept = session
        .movements(scene.pool.number, nov(1), nov(2))
        .await
        .unwrap();
    let kept: Vec<NewMovement> = kept.into_iter().map(|it| it.movement).collect();
    assert_eq!(kept, given.map(|(new, _)| new));
    let none = session
        .movements(scene.pool.number, nov(3), nov(9))
        .await
        .unwrap();
    assert!(none.is_empty());
    let sums = "SELECT account || ' ' || amount FROM account_day ORDER BY account";
    let sums = scene.raw().await.texts(sums).await;
    assert_eq!(sums, ["deposits 5", "draws -2", "wallet -3"]);
}

#[tokio::test]
async fn a_transaction_is_booked_once() {
    let scene = Scene::new(home().await).await;
    try_add(
        &scene,
        &movement(MovementKind::Deposit, "0x1", 1_500_000_000),
    )
    .await
    .unwrap();
    let again = movement(MovementKind::Draw, "0x1", 1);
    let error = try_add(&scene, &again).await.unwrap_err().to_string();
    assert!(error.contains("0x1"), "{error}");
    assert!(error.contains("deposit of 0.0000000015"), "{error}");
    assert!(error.contains("nothing was written"), "{error}");
    let mut session = scene.look().await;
    let kept = session
        .movements(scene.pool.number, nov(1), nov(9))
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn nothing_and_a_nameless_transaction_are_no_movement() {
    let scene = Scene::new(home().await).await;
    for new in [
        movement(MovementKind::Deposit, "0x1", 0),
        movement(MovementKind::Draw, "", 1),
    ] {
        let error = try_add(&scene, &new).await.unwrap_err();
        assert!(matches!(error, BooksError::Refused { .. }), "{error}");
    }
    let beyond = movement(MovementKind::Deposit, "0x1", u128::MAX);
    let error = try_add(&scene, &beyond).await.unwrap_err();
    assert!(matches!(error, BooksError::Money(_)), "{error}");
    let rows = scene
        .raw()
        .await
        .texts("SELECT CAST(COUNT(*) AS TEXT) FROM posting")
        .await;
    assert_eq!(rows, ["0"]);
}
