//! Many at once.

use std::sync::Arc;

use crate::scene::{Ask, Kind, Scene, ask, fil};

on_both!(
    of_200_requests_for_the_whole_balance_exactly_one_succeeds,
    of_200_requests_under_one_key_all_give_the_same_withdrawal,
    of_addresses_that_are_added_at_once_one_is_the_first,
);

const AT_ONCE: usize = 200;

async fn of_200_requests_for_the_whole_balance_exactly_one_succeeds(kind: Kind) {
    let scene = Arc::new(Scene::new(kind).await);
    let member = scene.member("u1", "7").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let scene = scene.clone();
        tasks.spawn(async move {
            scene
                .request(&ask("u1", "7"))
                .await
                .map_err(|e| e.to_string())
        });
    }
    let done = tasks.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, AT_ONCE - 1));
    for error in refused {
        let error = error.unwrap_err();
        assert!(error.contains("0 FIL is available"), "{error}");
    }
    assert_eq!(scene.has(member).await, (fil("0"), fil("7")));
    scene.verify().await;
}

async fn of_200_requests_under_one_key_all_give_the_same_withdrawal(kind: Kind) {
    let scene = Arc::new(Scene::new(kind).await);
    let member = scene.member("u1", "7").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let scene = scene.clone();
        tasks.spawn(async move {
            let asked = Ask {
                key: Some("once"),
                ..ask("u1", "3")
            };
            scene.request(&asked).await.unwrap().withdrawal().clone()
        });
    }
    let done = tasks.join_all().await;
    assert!(done.iter().all(|it| *it == done[0]));
    assert_eq!(scene.has(member).await, (fil("4"), fil("3")));
}

/// Only a member's first address can be used without a cool-down.
async fn of_addresses_that_are_added_at_once_one_is_the_first(kind: Kind) {
    let scene = Arc::new(Scene::new(kind).await);
    let member = scene.stranger("u1").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let scene = scene.clone();
        tasks.spawn(async move { scene.address(member, &format!("0x{n}"), 24).await });
    }
    tasks.join_all().await;
    let mut session = scene.books.look().await.unwrap();
    let pool = scene.pool(&mut session).await.number;
    let book = session.addresses_of(pool, [member]).await.unwrap();
    let book = &book[&member];
    let at_once = book.iter().filter(|it| it.usable_from <= scene.now);
    assert_eq!((book.len(), at_once.count()), (20, 1));
}
