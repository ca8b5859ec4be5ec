//! A day waits until everything is there, and is settled once.

use paydirt_books::ItemKind;

use crate::scene::{Scene, order, told, units};

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
