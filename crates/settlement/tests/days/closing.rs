//! Months are closed, and what comes after goes to open days.

use paydirt_books::ItemKind;
use paydirt_settlement::{Due, SettlementError, close_month};

use crate::correcting::{earn, scene, settle_to};
use crate::scene::{BY, Kind, Scene, stream, units};

async fn close(scene: &Scene, month: &str) -> Result<(), SettlementError> {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let month = month.parse().unwrap();
    let whom = (BY, scene.now);
    close_month(
        &mut session,
        &mut locked,
        &scene.terms,
        month,
        "audited",
        whom,
    )
    .await?;
    session.commit().await.unwrap();
    Ok(())
}

/// November is settled and closed; it is December.
async fn closed_november(kind: Kind) -> Scene {
    let mut scene = scene(kind, None).await;
    for n in 1..=30 {
        scene.power(&format!("2026-11-{n:02}"), "100 TiB").await;
    }
    scene.terms.streams.push(paydirt_settlement::StreamTerms {
        due: Due::WhenRecorded,
        ..stream("bonus")
    });
    for n in 1..=30 {
        earn(&mut scene, &format!("2026-11-{n:02}"), "1").await;
    }
    settle_to(&mut scene, "2026-12-01").await;
    close(&scene, "2026-11").await.unwrap();
    scene
}

/// What nobody can post any more would stop its stream for good.
async fn what_a_closed_month_earned_late_is_shared_on_an_open_day(kind: Kind) {
    let mut scene = closed_november(kind).await;
    let unit = 1_000_000_000_000_000_000;
    let on = "2026-11-20";
    let refused = scene
        .entry("bonus", ItemKind::Income, on, 100 * unit, false)
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("closed"), "{refused}");
    scene
        .entry("bonus", ItemKind::Income, on, 100 * unit, true)
        .await
        .unwrap();
    for n in 1..=2 {
        scene.power(&format!("2026-12-{n:02}"), "100 TiB").await;
    }
    earn(&mut scene, "2026-12-01", "1").await;
    settle_to(&mut scene, "2026-12-02").await;
    let bonus = scene.computed("bonus", "2026-12-01").await;
    assert_eq!(bonus.income, units("100"));
    scene.verify_ledger().await;
    scene.verify().await;
}

on_both!(what_a_closed_month_earned_late_is_shared_on_an_open_day);
