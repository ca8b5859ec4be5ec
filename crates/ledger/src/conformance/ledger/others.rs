//! Other programs on the same ledger: their lock, their rows, their repairs of ours.

use paydirt_chain::TxId;

use super::super::fixtures::{leg, member, shannon};
use super::{Figures, LedgerBench, Payer, is_gone};
use crate::{HoldOutcome, HoldState, LedgerError, ReleaseOutcome, Resolution, SettleOutcome};

pub async fn a_hold_needs_our_lock(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    for value in [Some("0xabc:5"), None] {
        if !bench.set_lock(value).await {
            return;
        }
        let refused = payer.hold(&[leg(1, 10)]).await;
        assert!(
            matches!(refused, Err(LedgerError::Locked { .. })),
            "{refused:?}"
        );
        assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    }
    payer.ledger.lock(&payer.context()).await.unwrap();
    payer.ledger.lock(&payer.context()).await.unwrap();
    assert_eq!(
        payer.hold(&[leg(1, 10)]).await.unwrap(),
        [HoldOutcome::Held]
    );
}

pub async fn a_foreign_lock_stays_until_removed_by_its_value(bench: &dyn LedgerBench) {
    let payer = Payer::new(bench).await;
    if !bench.set_lock(Some("0xabc:5")).await {
        return;
    }
    let context = payer.context();
    match payer.ledger.lock(&context).await {
        Err(LedgerError::Locked { holder }) => assert_eq!(holder, "0xabc:5"),
        other => panic!("{other:?}"),
    }
    assert!(!payer.ledger.unlock(&context).await.unwrap());
    assert_eq!(
        payer.ledger.leftovers().await.unwrap().lock.as_deref(),
        Some("0xabc:5")
    );
    assert!(!payer.ledger.remove_lock(&context, "0xabc:6").await.unwrap());
    assert!(payer.ledger.remove_lock(&context, "0xabc:5").await.unwrap());
    assert!(!payer.ledger.remove_lock(&context, "0xabc:5").await.unwrap());
    assert!(payer.ledger.leftovers().await.unwrap().is_empty());
    payer.ledger.lock(&context).await.unwrap();
    assert_eq!(
        payer.ledger.leftovers().await.unwrap().lock,
        None,
        "ours is no leftover"
    );
}

pub async fn the_lock_goes_when_nothing_is_in_flight(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    if !bench.set_lock(None).await {
        return;
    }
    payer.ledger.lock(&payer.context()).await.unwrap();
    let legs = [leg(1, 10)];
    payer.hold(&legs).await.unwrap();
    assert!(!payer.ledger.unlock(&payer.context()).await.unwrap());
    payer.settle(&legs).await.unwrap();
    assert!(payer.ledger.unlock(&payer.context()).await.unwrap());
    assert!(payer.ledger.unlock(&payer.context()).await.unwrap());
    let refused = payer.hold(&[leg(1, 10)]).await;
    assert!(
        matches!(refused, Err(LedgerError::Locked { .. })),
        "{refused:?}"
    );
}

pub async fn a_hold_that_was_rolled_back_is_seen(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=2 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = [leg(1, 10), leg(2, 20)];
    payer.hold(&legs).await.unwrap();
    if !bench.roll_back(&member(1)).await {
        return;
    }
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    assert_eq!(
        payer.look(&legs).await,
        [HoldState::RolledBack, HoldState::Held]
    );
    assert!(
        !payer.ledger.unlock(&payer.context()).await.unwrap(),
        "it is to be ended yet"
    );
    let again = payer.hold(&legs[..1]).await.unwrap();
    assert!(matches!(again[0], HoldOutcome::Refused { .. }), "{again:?}");
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
}

pub async fn settling_a_hold_that_was_rolled_back_takes_the_balance(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=2 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = [leg(1, 60), leg(2, 60)];
    payer.hold(&legs).await.unwrap();
    if !bench.roll_back(&member(1)).await {
        return;
    }
    bench.roll_back(&member(2)).await;
    bench.set_balance(&member(2), shannon(10)).await;
    let outcomes = payer.settle(&legs).await.unwrap();
    let without = |debited, receivable| SettleOutcome::WithoutHold {
        debited: shannon(debited),
        receivable: shannon(receivable),
    };
    assert_eq!(outcomes, [without(60, 0), without(10, 50)]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(40, 0, 60));
    assert_eq!(bench.figures(&member(2)).await, Figures::new(0, 0, 60));
    assert_eq!(payer.look(&legs).await, [HoldState::Settled; 2]);
    assert!(payer.ledger.leftovers().await.unwrap().rows.is_empty());
    assert!(payer.ledger.held().await.unwrap().is_empty());
}

pub async fn releasing_a_hold_that_was_rolled_back_moves_nothing(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    payer.hold(&legs).await.unwrap();
    if !bench.roll_back(&member(1)).await {
        return;
    }
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::NothingHeld]
    );
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    assert!(is_gone(payer.state(&legs[0]).await));
    assert!(payer.ledger.held().await.unwrap().is_empty());
    assert!(payer.ledger.unlock(&payer.context()).await.unwrap());
}

pub async fn leftovers_are_told_and_resolved_once(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=3 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let Some(first) = bench.add_leftover(&member(1), shannon(30)).await else {
        return;
    };
    let second = bench.add_leftover(&member(2), shannon(40)).await.unwrap();
    assert_eq!(bench.figures(&member(1)).await, Figures::new(70, 30, 0));
    payer.hold(&[leg(3, 50)]).await.unwrap();
    let mut rows = payer.ledger.leftovers().await.unwrap().rows;
    rows.sort_by_key(|row| row.member.clone());
    assert_eq!(
        rows,
        [first.clone(), second.clone()],
        "ours are not among them"
    );
    let (ledger, context) = (payer.ledger.clone(), payer.context());
    let paid = Resolution::Paid(TxId::new(format!("0x{:064x}", 5)));
    assert!(ledger.resolve(&context, &first, &paid).await.unwrap());
    assert!(!ledger.resolve(&context, &first, &paid).await.unwrap());
    assert!(
        ledger
            .resolve(&context, &second, &Resolution::CreditBack)
            .await
            .unwrap()
    );
    assert!(
        !ledger
            .resolve(&context, &second, &Resolution::CreditBack)
            .await
            .unwrap()
    );
    assert_eq!(bench.figures(&member(1)).await, Figures::new(70, 0, 30));
    assert_eq!(bench.figures(&member(2)).await, Figures::new(100, 0, 0));
    assert_eq!(bench.figures(&member(3)).await, Figures::new(50, 50, 0));
    let recorded = ledger.recorded(5).await.unwrap();
    assert_eq!((recorded.len(), recorded[0].amount), (1, shannon(30)));
    assert!(ledger.leftovers().await.unwrap().rows.is_empty());
}

pub async fn an_unreadable_balance_refuses_its_hold_alone(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=2 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    if !bench.spoil_balance(&member(1), "1e3").await {
        return;
    }
    let legs = [leg(1, 10), leg(2, 10)];
    let outcomes = payer.hold(&legs).await.unwrap();
    assert!(
        matches!(outcomes[0], HoldOutcome::Refused { .. }),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1], HoldOutcome::Held);
    assert_eq!(
        payer.look(&legs).await,
        [HoldState::Absent, HoldState::Held]
    );
}
