//! Many at once.

use std::sync::Arc;

use crate::scene::{Ask, Kind, Scene, ask, fil};

on_both!(
    of_200_requests_for_the_whole_balance_exactly_one_succeeds,
    of_200_requests_under_one_key_all_give_the_same_withdrawal,
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
