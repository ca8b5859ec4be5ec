//! Income that is late becomes part of a day that will be settled, or is refused.

use paydirt_books::{ItemKind, NewItem};
use paydirt_money::BaseUnits;
use paydirt_settlement::{Due, SettlementError, StreamTerms, income};

use crate::scene::{BY, Kind, Scene, day, order, told, units};

const FIRST: &str = "2026-11-01";
const SECOND: &str = "2026-11-02";
/// A coin in base units.
const FIL: u128 = 1_000_000_000_000_000_000;

async fn scene(kind: Kind, change: impl FnOnce(&mut StreamTerms)) -> Scene {
    let mut scene = Scene::new(kind).await;
    change(&mut scene.terms.streams[0]);
    scene.orders(&[order("A1", "u1", "10 TiB", "0")]).await;
    for on in [FIRST, SECOND, "2026-11-03"] {
        scene.power(on, "20 TiB").await;
    }
    scene
}

fn refusal<T: std::fmt::Debug>(result: Result<T, SettlementError>) -> String {
    result.unwrap_err().to_string()
}

async fn late(scene: &Scene, on: &str) -> Result<income::Recorded, SettlementError> {
    let name = scene.terms.streams[0].name.clone();
    scene.entry(&name, ItemKind::Income, on, FIL, true).await
}

async fn late_income_needs_a_day_that_will_be_settled(kind: Kind) {
    let mut scene = scene(kind, |stream| stream.until = Some(day(FIRST))).await;
    scene.income(FIRST, "2").await;
    scene.set(day(SECOND), 15);
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    let error = refusal(
        scene
            .entry("mainnet", ItemKind::Income, FIRST, FIL, true)
            .await,
    );
    assert!(error.contains("so are all days after it"), "{error}");
    scene.verify_ledger().await;
}

async fn late_income_of_a_stream_without_days_of_its_own_makes_one(kind: Kind) {
    let mut scene = scene(kind, |stream| stream.due = Due::WhenRecorded).await;
    scene.income(FIRST, "2").await;
    scene.set(day(SECOND), 15);
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    let recorded = income::Entry {
        kind: ItemKind::Income,
        day: day(FIRST),
        amount: BaseUnits::new(FIL),
        source: "late".into(),
        note: None,
        beside_observed: false,
        late: true,
    };
    let mut session = scene.books.begin().await.unwrap();
    let stream = &scene.terms.streams[0];
    let done = income::record(&mut session, &scene.terms, stream, &recorded, BY, scene.now).await;
    assert_eq!(done.unwrap().day, day(SECOND));
    session.commit().await.unwrap();
    scene.set(day("2026-11-03"), 15);
    assert_eq!(told(&scene.settle().await), ["2026-11-02 settled"]);
    assert_eq!(scene.balance("u1").await.available, units("1.5"));
    assert!(scene.settle().await.is_empty());
    scene.verify_ledger().await;
    scene.verify().await;
}

async fn late_income_of_a_daily_stream_does_not_stand_for_that_days_own(kind: Kind) {
    let mut scene = scene(kind, |_| ()).await;
    scene.income(FIRST, "2").await;
    scene.set(day(SECOND), 15);
    scene.settle().await;
    let error = refusal(late(&scene, FIRST).await);
    assert!(error.contains("has an entry named"), "{error}");
    scene.set(day("2026-11-03"), 15);
    let waits = told(&scene.settle().await);
    assert!(waits[0].contains("2026-11-02 waits"), "{waits:?}");
    scene.income(SECOND, "2").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-02 settled"]);
}

/// Records what came in from somebody unknown.
async fn unclassified(scene: &Scene, on: &str) -> i64 {
    let pool = scene.pool().await;
    let mut session = scene.books.begin().await.unwrap();
    let item = NewItem {
        stream: None,
        day: day(on),
        earned_on: day(on),
        kind: ItemKind::Unclassified,
        source: "chain:test".into(),
        amount: BaseUnits::new(FIL),
        evidence: None,
        note: None,
        by: BY.into(),
    };
    let added = session.add_item(pool.number, &item, scene.now).await;
    session.commit().await.unwrap();
    added.unwrap().unwrap().get()
}

async fn what_is_classified_late_is_settled_with_the_next_day(kind: Kind) {
    let mut scene = scene(kind, |stream| stream.due = Due::WhenRecorded).await;
    let (item, before) = (
        unclassified(&scene, FIRST).await,
        unclassified(&scene, "2026-10-31").await,
    );
    scene.income(FIRST, "2").await;
    scene.set(day(SECOND), 15);
    scene.settle().await;
    let classified = |item| {
        let (terms, books, now) = (&scene.terms, &scene.books, scene.now);
        async move {
            let mut session = books.begin().await.unwrap();
            let stream = Some(&terms.streams[0]);
            let done =
                income::classify(&mut session, terms, item, ItemKind::Income, stream, BY, now);
            let done = done.await?;
            session.commit().await.unwrap();
            Ok::<_, SettlementError>(done)
        }
    };
    assert_eq!(classified(item).await.unwrap().item.day, day(SECOND));
    // Before the stream's first day nothing is shared.
    let error = refusal(classified(before).await);
    assert!(error.contains("is no day of stream"), "{error}");
    scene.set(day("2026-11-03"), 15);
    assert_eq!(told(&scene.settle().await), ["2026-11-02 settled"]);
    assert_eq!(scene.balance("u1").await.available, units("1.5"));
    scene.verify_ledger().await;
}

async fn a_deduction_alone_makes_a_day_of_a_stream_without_days_of_its_own(kind: Kind) {
    let mut scene = scene(kind, |stream| stream.due = Due::WhenRecorded).await;
    let deducted = scene.entry("mainnet", ItemKind::Deduction, FIRST, FIL, false);
    deducted.await.unwrap();
    scene.set(day("2026-11-03"), 15);
    scene.income(SECOND, "2").await;
    let settled = ["2026-11-01 settled", "2026-11-02 settled"];
    assert_eq!(told(&scene.settle().await), settled);
    assert_eq!(scene.balance("u1").await.available, units("1"));
    scene.verify_ledger().await;
}

on_both!(
    a_deduction_alone_makes_a_day_of_a_stream_without_days_of_its_own,
    late_income_needs_a_day_that_will_be_settled,
    late_income_of_a_stream_without_days_of_its_own_makes_one,
    late_income_of_a_daily_stream_does_not_stand_for_that_days_own,
    what_is_classified_late_is_settled_with_the_next_day,
);
