//! Books are computed again, and come out the same.

use paydirt_books::{Account, CreditTo, Entry, Looked, NewPosting, Verified};

use super::home;
use crate::full::full;
use crate::home::Raw;
use crate::scene::{AT_ONCE, BY, Scene, Terms, midnight, nov};

const VESTS: Terms = Terms {
    to: CreditTo::Available,
    vesting: Some((250_000, 5)),
};

async fn verified(scene: &Scene) -> Verified {
    let mut session = scene.look().await;
    let mut told = 0;
    let verified = session
        .verify_ledger(&scene.pool.id, &mut |verifying| {
            assert!(verifying.postings >= told && verifying.postings <= verifying.of);
            told = verifying.postings;
        })
        .await
        .unwrap();
    assert_eq!(told, verified.looked.postings);
    verified
}

pub(crate) async fn first_difference(scene: &Scene) -> String {
    let difference = verified(scene).await.difference;
    difference.map_or_else(|| "none".into(), |difference| difference.to_string())
}

#[tokio::test]
async fn books_of_every_kind_are_right_and_all_of_them_are_looked_at() {
    let scene = Scene::new(home().await).await;
    assert_eq!(verified(&scene).await.looked, Looked::default());
    full(&scene).await;
    let verified = verified(&scene).await;
    assert_eq!(verified.difference, None);
    let looked = verified.looked;
    // Two of the opening; a deposit; seven days; four releases; a transfer; a hold; what b owed is
    // recovered from its first day.
    assert_eq!(looked.postings, 2 + 1 + 7 + 4 + 1 + 1 + 1);
    assert_eq!((looked.settlements, looked.lines), (8, 1 + 8 + 4 + 1));
    assert_eq!(
        (looked.releases, looked.transfers, looked.transfer_lines),
        (4, 1, 1)
    );
    assert_eq!(
        (looked.movements, looked.balances, looked.collected),
        (1, 2, 2)
    );
    assert!(looked.entries > 30 && looked.sums > 20, "{looked:?}");
}

#[tokio::test]
async fn what_is_settled_late_vests_from_the_next_release_on() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(main, nov(1), VESTS, &[(of_a, a, 1_000_003, 0)])
        .await;
    scene.release(main, nov(2), CreditTo::Available).await;
    scene.release(main, nov(3), CreditTo::Available).await;
    // Its steps of two days are released together.
    scene
        .settle(main, nov(2), VESTS, &[(of_a, a, 999_999, 0)])
        .await;
    assert_eq!(first_difference(&scene).await, "none");
    scene.release(main, nov(4), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    // Where it goes may change on the way.
    for on in 5..=7 {
        scene.release(main, nov(on), CreditTo::Stream).await;
        assert_eq!(first_difference(&scene).await, "none");
    }
    let has = scene.balance(a).await;
    assert_eq!(has.vesting, 0);
    assert_eq!(has.available + has.to_transfer, 1_000_003 + 999_999);
}

#[tokio::test]
async fn releases_of_nothing_are_no_difference() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    let slow = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 180)),
    };
    scene.settle(main, nov(1), slow, &[(of_a, a, 1, 0)]).await;
    for on in 2..=5 {
        assert_eq!(scene.release(main, nov(on), CreditTo::Available).await, 0);
    }
    scene.settle(main, nov(2), slow, &[(of_a, a, 100, 0)]).await;
    assert_eq!(first_difference(&scene).await, "none");
    assert_eq!(scene.release(main, nov(6), CreditTo::Available).await, 2);
    assert_eq!(first_difference(&scene).await, "none");
}

#[tokio::test]
async fn parts_that_went_over_to_another_member_are_its_own_from_that_day_on() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let of_a = scene.order("A1", a, 1).await;
    scene.order("B1", b, 1).await;
    let all = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 5)),
    };
    scene.settle(main, nov(1), all, &[(of_a, a, 1002, 0)]).await;
    scene.release(main, nov(2), CreditTo::Available).await;
    scene.release(main, nov(3), CreditTo::Available).await;
    let mut raw = scene.raw().await;
    let holder = format!(
        "INSERT INTO vesting_holder (version, from_day, member) VALUES ({of_a}, {}, {b})",
        nov(4).days_since_epoch()
    );
    raw.execute(&holder).await.unwrap();
    let posting = NewPosting {
        kind: "order_transfer",
        stream: Some(main),
        day: nov(3),
        at: midnight(nov(4)),
        by: BY.into(),
        cause: "with what is vesting".into(),
    };
    let entries = [
        Entry::of_member(Account::Vesting, a, -602),
        Entry::of_member(Account::Vesting, b, 602),
    ];
    let (mut session, mut locked) = scene.begin().await;
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
    // The member of the daily release is not changed yet: that is said.
    let found = first_difference(&scene).await;
    assert!(
        found.contains("the member of the daily release of version 1"),
        "{found}"
    );
    scene.release(main, nov(4), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    scene.release(main, nov(5), CreditTo::Available).await;
    scene.release(main, nov(6), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    let (a, b) = (scene.balance(a).await, scene.balance(b).await);
    assert_eq!(
        (a.available, a.vesting, b.available, b.vesting),
        (400, 0, 602, 0)
    );
}

#[tokio::test]
async fn all_at_once_needs_nothing_that_vests() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(main, nov(1), AT_ONCE, &[(of_a, a, 10, 1)])
        .await;
    assert_eq!(first_difference(&scene).await, "none");
    let mut raw = Raw::lawless(&scene.home).await;
    raw.execute(
        "INSERT INTO vesting (settlement, stream, day, steps, total) VALUES (1, 1, 20758, 5, 9)",
    )
    .await
    .unwrap();
    let found = first_difference(&scene).await;
    assert!(
        found.contains("which was free at once: expected 0, found 1"),
        "{found}"
    );
}
