//! A day waits until everything is there, and is settled once.

use paydirt_books::ItemKind;
use paydirt_settlement::{DayOf, Run, complete_statistics, settle};

use crate::scene::{BY, Kind, Scene, day, order, told, units};

#[tokio::test]
async fn the_operators_note_comes_out_to_the_last_unit() {
    let scene = Scene::sqlite().await.at("2026-11-02", 15);
    scene.orders(&[order("A1", "u1", "900 TB", "0")]).await;
    scene.income("2026-11-01", "237.098").await;
    scene.power("2026-11-01", "118.950 PB").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    assert_eq!(scene.balance("u1").await.available, units("1.793931904"));
    assert_eq!(scene.verify().await.lines, 1);
}

#[tokio::test]
async fn a_day_without_income_or_power_waits_and_says_why() {
    let mut scene = Scene::sqlite().await.at("2026-11-02", 14);
    scene.orders(&[order("A1", "u1", "900 TB", "0")]).await;
    assert!(scene.settle().await.is_empty());
    scene.set("2026-11-02".parse().unwrap(), 15);
    let waits = told(&scene.settle().await);
    assert!(waits[0].contains("no final income yet"), "{waits:?}");
    scene
        .entry("mainnet", ItemKind::Income, "2026-11-01", 0, false)
        .await
        .unwrap();
    let waits = told(&scene.settle().await);
    assert!(waits[0].contains("raw power"), "{waits:?}");
    scene.power("2026-11-01", "1 PB").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    assert_eq!(scene.balance("u1").await.available, 0);
}

async fn a_day_whose_settler_died_before_its_figures_gets_them(kind: Kind) {
    let scene = Scene::new(kind).await.at("2026-11-02", 15);
    scene.orders(&[order("A1", "u1", "900 TB", "0")]).await;
    scene.income("2026-11-01", "237.098").await;
    scene.power("2026-11-01", "118.950 PB").await;
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let pool = locked.pool.number;
    let number = session.open_stream(pool, "mainnet").await.unwrap();
    let of = DayOf {
        pool: &scene.terms,
        stream: &scene.terms.streams[0],
        number,
        day: day("2026-11-01"),
        now: scene.now,
        by: BY,
    };
    settle(&mut session, &mut locked, &of).await.unwrap();
    session.commit().await.unwrap();
    let run = Run {
        now: scene.now,
        by: BY,
        dry_run: false,
    };
    for _ in 0..2 {
        complete_statistics(&scene.books, &scene.terms, &run)
            .await
            .unwrap();
        let mut session = scene.books.look().await.unwrap();
        let days = session
            .daily_statistics(pool, of.day, of.day)
            .await
            .unwrap();
        assert_eq!(days.len(), 1);
        assert_eq!(days[0].net, units("1.793931904"));
    }
}

on_both!(a_day_whose_settler_died_before_its_figures_gets_them);
