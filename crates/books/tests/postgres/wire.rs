//! A ledger whose server, or the wire to it, breaks in the middle of a move.

use std::sync::Arc;

use paydirt_books::{Books, PaidBy, PostgresOptions};
use paydirt_ledger::conformance::LedgerBench as _;
use paydirt_ledger::conformance::fixtures::{at, leg, member, opening, pool, shannon};
use paydirt_ledger::{
    HoldOutcome, HoldState, JournalId, Ledger, LedgerError, Leg, MoveContext, PaymentId, WalletId,
};
use paydirt_money::Coin;
use paydirt_schedule::{ZoneHistory, parse_zone};
use paydirt_testkit::{PostgresFault, PostgresProxy};

use super::ledger::Bench;

const COMMIT: &str = "COMMIT\0";

/// The bench's ledger over another way.
async fn by_way_of(url: &str) -> Arc<dyn Ledger> {
    let hasty = PostgresOptions {
        connect_timeout_ms: 1_000,
        ..PostgresOptions::default()
    };
    let books = Books::connect_with(url, &hasty).await.unwrap();
    let days = ZoneHistory::new(parse_zone("UTC").unwrap(), []).unwrap();
    Arc::new(
        books
            .ledger(&pool(), Coin::ETH, days, PaidBy::Threshold)
            .await
            .unwrap(),
    )
}

fn context(journal: JournalId) -> MoveContext {
    let opening = opening(0);
    MoveContext {
        journal,
        wallet: WalletId::of(&opening.identity, &opening.address),
        token: 1,
        known: None,
        id: PaymentId::new().0,
        at: at(0),
    }
}

fn each_alone(legs: &[Leg]) -> Vec<(PaymentId, Vec<Leg>)> {
    let alone = |leg: &Leg| (PaymentId(leg.id.0), vec![leg.clone()]);
    legs.iter().map(alone).collect()
}

#[tokio::test]
async fn a_move_whose_answer_is_lost_is_made_once() {
    let bench = Bench::new().await;
    let proxy = PostgresProxy::start(&bench.home.0).await.unwrap();
    let ledger = by_way_of(&proxy.url()).await;
    let journal = JournalId::new();
    ledger.attach(journal).await.unwrap();
    bench.set_balance(&member(1), shannon(100)).await;
    for (fault, before) in [
        (PostgresFault::CutAfter, HoldState::Held),
        (PostgresFault::CutBefore, HoldState::Absent),
    ] {
        let legs = [leg(1, 30)];
        proxy.once(COMMIT, fault);
        let lost = ledger.hold(&context(journal), &each_alone(&legs)).await;
        assert!(matches!(lost, Err(LedgerError::Unavailable(_))), "{lost:?}");
        let states = ledger.look(journal, None, &[legs[0].id]).await.unwrap();
        assert_eq!(states, [before]);
        let again = ledger.hold(&context(journal), &each_alone(&legs)).await;
        assert_eq!(again.unwrap().outcomes, [HoldOutcome::Held]);
    }
    let balance = bench.balance(&member(1)).await;
    assert_eq!((balance.available, balance.in_flight), (40, 60));
}

#[tokio::test]
async fn a_thousand_legs_take_no_more_round_trips_than_ten() {
    let bench = Bench::new().await;
    let proxy = PostgresProxy::start(&bench.home.0).await.unwrap();
    let ledger = by_way_of(&proxy.url()).await;
    let journal = JournalId::new();
    ledger.attach(journal).await.unwrap();
    let mut trips = Vec::new();
    // The first time, statements are prepared.
    for count in [10, 10, 1_000] {
        let legs: Vec<Leg> = (1..=count).map(|n| leg(n, 1)).collect();
        for leg in &legs {
            bench.set_balance(&leg.member, shannon(5)).await;
        }
        proxy.take_round_trips();
        let held = ledger.hold(&context(journal), &each_alone(&legs)).await;
        let held = held.unwrap().outcomes;
        assert!(held.iter().all(|outcome| *outcome == HoldOutcome::Held));
        drop(ledger.release(&context(journal), &legs).await.unwrap());
        trips.push(proxy.take_round_trips());
    }
    assert!(trips[2] <= trips[1], "{trips:?}");
    assert!(trips[2] < 60, "{trips:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_moves_leaves_each_whole_or_undone() {
    let mut bench = Bench::new().await;
    let ledger = by_way_of(&bench.home.url()).await;
    let journal = JournalId::new();
    ledger.attach(journal).await.unwrap();
    for n in 1..=20 {
        bench.set_balance(&member(n), shannon(1_000_000)).await;
    }
    for _ in 0..3 {
        let mover = tokio::spawn({
            let ledger = Arc::clone(&ledger);
            async move {
                let mut done = Vec::new();
                loop {
                    let legs: Vec<Leg> = (1..=20).map(|n| leg(n, 1)).collect();
                    let payments = [(PaymentId::new(), legs.clone())];
                    match ledger.hold(&context(journal), &payments).await {
                        Ok(_) => done.push(legs),
                        Err(error) => return (done, legs, error),
                    }
                }
            }
        });
        let before = ledger.held().await.unwrap().len();
        while ledger.held().await.unwrap().len() < before + 60 {}
        bench.home.0.kill9();
        let (done, last, error) = mover.await.unwrap();
        assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
        bench.home.0.restart().await.unwrap();
        for legs in done.iter().chain([&last]) {
            let ids: Vec<_> = legs.iter().map(|leg| leg.id).collect();
            let states = ledger.look(journal, None, &ids).await.unwrap();
            assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
            let known = *legs == last || states[0] == HoldState::Held;
            assert!(known, "what was acknowledged is there");
        }
        let balance = bench.balance(&member(1)).await;
        assert_eq!(balance.available + balance.in_flight, 1_000_000);
        let held = ledger.held().await.unwrap().len();
        assert_eq!(balance.in_flight * 20, i64::try_from(held).unwrap());
    }
}
