//! Runs with journal and ledger in the books, in the same database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't build its input has failed"
)]

mod asked;
mod owed;
mod postgres;
#[path = "../scene/mod.rs"]
mod scene;
mod sqlite;

use owed::Owed;
use paydirt_faults::{Act, Point, Script};
use paydirt_ledger::{LegId, RequestKind, Severity};
use paydirt_payouts::ReconcileOptions;
use scene::{ETHER, Scene};

async fn everyone_is_paid(url: &str) {
    let owed = Owed::new(url, &[ETHER, 2 * ETHER, 3 * ETHER + 1]).await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!((report.tally.settled, report.in_flight), (3, 0));
    owed.assert_paid("one run").await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!(report.tally.planned, 0, "nobody is due any more");
}

/// Two withdrawals of one member go in one leg, beside what is left of its balance; one that the
/// chain refuses fails and stays set aside, and nobody waits for it.
async fn withdrawals_are_paid(url: &str) {
    let owed = Owed::asked(url, &AMOUNTS).await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    let tally = (report.tally.settled, report.tally.released);
    assert_eq!((tally, report.in_flight), ((3, 1), 0));
    owed.assert_paid("one run").await;
    assert_eq!(
        (Owed::are(url, "paid").await, Owed::are(url, "failed").await),
        (2, 1)
    );
    let legs = "SELECT COUNT(DISTINCT leg) FROM withdrawal WHERE state = 'paid'";
    assert_eq!(asked::number(url, legs).await, 1);
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!(report.tally.planned, 0, "a person decides what follows");
    beside_a_payment_from_outside(&owed, url).await;
}

/// What a person recorded for a withdrawal, of no payment of ours, is no leg that the journal
/// lacks.
async fn beside_a_payment_from_outside(owed: &Owed, url: &str) {
    let zeros = match url.starts_with("postgres") {
        true => r"'\x00000000000000000000000000000001'",
        false => "x'00000000000000000000000000000001'",
    };
    let leg = format!(
        "INSERT INTO ledger_leg (pool, leg, payment, wallet, member, address, amount, bucket, \
         state, move, place, moved_at, posting, tx, block, fee) SELECT pool, '{}', NULL, \
         'outside:0xabc', member, address, 5, 'frozen', 'settled', 1, 0, moved_at, posting, \
         '0xout', 3, {zeros} FROM ledger_leg WHERE state = 'settled' LIMIT 1 RETURNING move",
        LegId::new()
    );
    assert_eq!(asked::number(url, &leg).await, 1);
    let engine = owed.engine(url).await;
    let check = engine.check().await.unwrap();
    let failed = check
        .findings
        .iter()
        .find(|it| it.severity == Severity::Fail);
    assert!(failed.is_none(), "{failed:?}");
    let options = ReconcileOptions {
        reason: "a test".into(),
        ..ReconcileOptions::default()
    };
    let done = engine.reconcile(&options).await.unwrap();
    assert_eq!((done.reapplied, done.orphans), (vec![], vec![]));
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!((report.tally.planned, report.in_flight), (0, 0));
}

/// Given back before anything was saved, it is planned again.
async fn a_paused_wallet_gives_withdrawals_back(url: &str) {
    let owed = Owed::asked(url, &[ETHER, 2 * ETHER]).await;
    let mut engine = owed.engine(url).await;
    // One that is never unmined leaves no room for the others to be signed.
    engine.policy.max_in_flight = 1;
    // The driven clock goes on while the database works, and no block is made.
    engine.policy.head_age_max_ms = 86_400_000;
    let clock = owed.scene.clock.clone();
    owed.scene.no_hook();
    clock.stop_mining(true);
    let report = engine.run(&scene_for(20_000)).await.unwrap();
    assert_eq!(report.in_flight, 3);
    let pause = engine.request(RequestKind::Pause, "test", "a look", 0);
    pause.await.unwrap();
    engine.run(&scene_for(20_000)).await.unwrap();
    let [processing, approved] = [Owed::are(url, "processing"), Owed::are(url, "approved")];
    let (processing, approved) = (processing.await, approved.await);
    assert!(
        approved > 0 && processing + approved == 3,
        "{processing} {approved}"
    );
    let resume = engine.request(RequestKind::Resume, "test", "done", 0);
    resume.await.unwrap();
    engine.policy.max_in_flight = 16;
    owed.turn();
    engine.run(&Scene::once()).await.unwrap();
    owed.assert_paid("paused and resumed").await;
}

/// With `PAYDIRT_LONG`, at each point of a run; else at some of them.
async fn whoever_crashed_the_next_finishes(urls: impl AsyncFn() -> (String, Kept)) {
    let (url, _kept) = urls().await;
    let owed = Owed::asked(&url, &AMOUNTS).await;
    let points = owed.run_until(&url, Script::quiet()).await;
    owed.assert_paid("undisturbed").await;
    let step = match std::env::var_os("PAYDIRT_LONG") {
        Some(_) => 1,
        None => 4,
    };
    assert!(points.len() > 60, "{points:?}");
    for point in points.iter().step_by(step) {
        let (url, _kept) = urls().await;
        let owed = Owed::asked(&url, &AMOUNTS).await;
        owed.run_until(&url, Script::at(point.clone(), Act::Crash))
            .await;
        let report = owed.engine(&url).await.run(&Scene::once()).await;
        assert_eq!(report.unwrap().in_flight, 0, "{point}");
        owed.assert_paid(&point.to_string()).await;
        assert_eq!(Owed::are(&url, "paid").await, 2, "{point}");
        assert_eq!(Owed::are(&url, "processing").await, 0, "{point}");
    }
}

/// What the journal knows as planned and the ledger as held, may have been sent by a part of the
/// journal that is lost: its withdrawals are left to a person.
async fn reconcile_leaves_withdrawals_to_a_person(url: &str) {
    let owed = Owed::asked(url, &[ETHER, 2 * ETHER]).await;
    let held = Point::new("ledger.hold:after", 1);
    owed.run_until(url, Script::at(held, Act::Crash)).await;
    assert_eq!(Owed::are(url, "processing").await, 3);
    owed.scene.no_hook();
    owed.scene.clock.stop_mining(false);
    let options = ReconcileOptions {
        reason: "a test".into(),
        ..ReconcileOptions::default()
    };
    let done = owed.engine(url).await.reconcile(&options).await.unwrap();
    assert_eq!(done.orphans.len(), 3);
    assert_eq!(Owed::are(url, "failed").await, 3);
    let why = "SELECT COUNT(*) FROM withdrawal WHERE reason = 'not on the chain'";
    assert_eq!(asked::number(url, why).await, 3);
    let mut session = owed.books.look().await.unwrap();
    let verified = session.verify_ledger(&owed.scene.pool(), &mut |_| ()).await;
    assert_eq!(verified.unwrap().difference, None);
    session.end().await.unwrap();
}

fn scene_for(ms: u64) -> paydirt_payouts::RunOptions {
    paydirt_payouts::RunOptions {
        deadline_ms: Some(ms),
        ..Scene::once()
    }
}

const AMOUNTS: [i64; 3] = [ETHER, 2 * ETHER, 3 * ETHER];

/// What books live on, until they are no longer needed.
type Kept = Box<dyn std::any::Any>;
