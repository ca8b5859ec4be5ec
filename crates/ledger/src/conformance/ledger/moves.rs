//! Moves: each once, all or nothing.

use super::super::fixtures::{leg, member, shannon};
use super::{Figures, LedgerBench, Payer, is_gone};
use crate::{HoldOutcome, HoldState, PaymentId, ReleaseOutcome, SettleOutcome, VoidOutcome};

pub async fn a_hold_moves_a_balance_in_flight(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    assert_eq!(payer.state(&legs[0]).await, HoldState::Absent);
    assert_eq!(payer.hold(&legs).await.unwrap(), [HoldOutcome::Held]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(40, 60, 0));
    assert_eq!(payer.state(&legs[0]).await, HoldState::Held);
}

pub async fn a_hold_is_all_or_nothing_per_payment(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=2 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = vec![leg(1, 60), leg(2, 101), leg(3, 1)];
    let payments = [(PaymentId::new(), legs.clone())];
    let outcomes = payer.hold_payments(&payments).await.unwrap();
    assert!(
        matches!(&outcomes[0], HoldOutcome::Refused { leg, .. } if *leg == legs[1].id),
        "{outcomes:?}"
    );
    assert_eq!(payer.look(&legs).await, [HoldState::Absent; 3]);
    for n in 1..=2 {
        assert_eq!(bench.figures(&member(n)).await, Figures::new(100, 0, 0));
    }
    assert_eq!(payer.known, None, "nothing was moved");
}

pub async fn one_payment_that_cannot_be_held_does_not_stop_the_others(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in [1, 3] {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = [leg(1, 60), leg(2, 1), leg(3, 100)];
    let outcomes = payer.hold(&legs).await.unwrap();
    assert_eq!(
        (&outcomes[0], &outcomes[2]),
        (&HoldOutcome::Held, &HoldOutcome::Held)
    );
    assert!(
        matches!(outcomes[1], HoldOutcome::Refused { .. }),
        "{outcomes:?}"
    );
    let states = payer.look(&legs).await;
    assert_eq!(
        states,
        [HoldState::Held, HoldState::Absent, HoldState::Held]
    );
    assert_eq!(bench.figures(&member(3)).await, Figures::new(0, 100, 0));
}

pub async fn a_hold_needs_the_planned_amount_at_least(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(59)).await;
    let low = if bench.can_be_negative() { -1 } else { 0 };
    bench.set_balance(&member(2), shannon(low)).await;
    let short = [leg(1, 60), leg(2, 1)];
    for outcome in payer.hold(&short).await.unwrap() {
        let HoldOutcome::Refused { reason, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert!(!reason.is_empty());
    }
    bench.set_balance(&member(1), shannon(60)).await;
    assert_eq!(payer.hold(&short[..1]).await.unwrap(), [HoldOutcome::Held]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(0, 60, 0));
    assert_eq!(bench.figures(&member(2)).await, Figures::new(low, 0, 0));
}

pub async fn the_same_hold_again_moves_nothing(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(200)).await;
    let legs = [leg(1, 60)];
    payer.hold(&legs).await.unwrap();
    let last = payer.known;
    assert_eq!(payer.hold(&legs).await.unwrap(), [HoldOutcome::Held]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(140, 60, 0));
    assert_eq!(payer.known, last, "a call with nothing to do is no move");
    let other = [crate::Leg {
        amount: shannon(61),
        ..legs[0].clone()
    }];
    let outcome = payer.hold(&other).await.unwrap();
    assert!(
        matches!(outcome[0], HoldOutcome::Refused { .. }),
        "{outcome:?}"
    );
    assert_eq!(bench.figures(&member(1)).await, Figures::new(140, 60, 0));
}

pub async fn a_settled_leg_is_paid_once(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    payer.hold(&legs).await.unwrap();
    assert_eq!(payer.settle(&legs).await.unwrap(), [SettleOutcome::Settled]);
    let last = payer.known;
    assert_eq!(payer.settle(&legs).await.unwrap(), [SettleOutcome::Already]);
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(40, 0, 60));
    assert_eq!(payer.state(&legs[0]).await, HoldState::Settled);
}

pub async fn a_released_leg_is_payable_again_once(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    payer.hold(&legs).await.unwrap();
    bench.set_balance(&member(1), shannon(45)).await;
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Released]
    );
    let last = payer.known;
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Already]
    );
    assert_eq!(payer.void(&legs).await.unwrap(), [VoidOutcome::Already]);
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(105, 0, 0));
    assert!(is_gone(payer.state(&legs[0]).await));
}

pub async fn a_voided_leg_is_given_back_once(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60), leg(2, 5)];
    payer.hold(&legs[..1]).await.unwrap();
    let outcomes = payer.void(&legs).await.unwrap();
    assert_eq!(outcomes, [VoidOutcome::GivenBack, VoidOutcome::Voided]);
    let last = payer.known;
    assert_eq!(payer.void(&legs).await.unwrap(), [VoidOutcome::Already; 2]);
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Already; 2]
    );
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    assert!(payer.look(&legs).await.into_iter().all(is_gone));
}

pub async fn a_late_hold_cannot_land_after_a_void(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    assert_eq!(payer.void(&legs).await.unwrap(), [VoidOutcome::Voided]);
    let late = payer.hold(&legs).await.unwrap();
    assert!(matches!(late[0], HoldOutcome::Refused { .. }), "{late:?}");
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
}

pub async fn a_leg_that_is_over_cannot_be_held_again(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    let legs = [leg(1, 10), leg(2, 10), leg(3, 10)];
    for n in 1..=4 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    payer.hold(&legs).await.unwrap();
    payer.settle(&legs[..1]).await.unwrap();
    payer.release(&legs[1..2]).await.unwrap();
    payer.void(&legs[2..]).await.unwrap();
    let last = payer.known;
    for over in &legs {
        let fresh = leg(4, 10);
        let payment = (PaymentId::new(), vec![fresh.clone(), over.clone()]);
        let outcome = payer.hold_payments(&[payment]).await.unwrap();
        assert!(
            matches!(&outcome[0], HoldOutcome::Refused { leg, .. } if *leg == over.id),
            "{outcome:?}"
        );
        assert_eq!(payer.state(&fresh).await, HoldState::Absent);
    }
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(4)).await, Figures::new(100, 0, 0));
}

pub async fn releasing_what_was_never_held_moves_no_money_and_bars_the_hold(
    bench: &dyn LedgerBench,
) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::NothingHeld]
    );
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    let late = payer.hold(&legs).await.unwrap();
    assert!(matches!(late[0], HoldOutcome::Refused { .. }), "{late:?}");
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Already]
    );
}

pub async fn settling_without_a_hold_debits_what_is_there(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    bench.set_balance(&member(2), shannon(45)).await;
    let low = if bench.can_be_negative() { -5 } else { 0 };
    bench.set_balance(&member(3), shannon(low)).await;
    let legs = [leg(1, 60), leg(2, 60), leg(3, 60)];
    let without = |debited, receivable| SettleOutcome::WithoutHold {
        debited: shannon(debited),
        receivable: shannon(receivable),
    };
    let outcomes = payer.settle(&legs).await.unwrap();
    assert_eq!(outcomes, [without(60, 0), without(45, 15), without(0, 60)]);
    let last = payer.known;
    assert_eq!(
        payer.settle(&legs).await.unwrap(),
        [const { SettleOutcome::Already }; 3]
    );
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(40, 0, 60));
    assert_eq!(bench.figures(&member(2)).await, Figures::new(0, 0, 60));
    assert_eq!(bench.figures(&member(3)).await, Figures::new(low, 0, 60));
}

pub async fn a_receivable_is_held_back_from_later_payments(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(45)).await;
    payer.settle(&[leg(1, 60)]).await.unwrap();
    bench.set_balance(&member(1), shannon(100)).await;
    let due = payer.ledger.payable(shannon(1)).await.unwrap().due;
    assert_eq!((due.len(), due[0].amount), (1, shannon(85)));
    let refused = payer.hold(&[leg(1, 86)]).await.unwrap();
    assert!(
        matches!(refused[0], HoldOutcome::Refused { .. }),
        "{refused:?}"
    );
    assert_eq!(
        payer.hold(&[leg(1, 85)]).await.unwrap(),
        [HoldOutcome::Held]
    );
}

pub async fn nothing_takes_back_what_is_settled(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 60)];
    payer.hold(&legs).await.unwrap();
    payer.settle(&legs).await.unwrap();
    let last = payer.known;
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::IsSettled]
    );
    assert_eq!(payer.void(&legs).await.unwrap(), [VoidOutcome::IsSettled]);
    assert_eq!(payer.known, last);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(40, 0, 60));
}

pub async fn a_thousand_legs_move_in_one_call(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    let legs: Vec<_> = (1..=1000).map(|n| leg(n, i64::from(n))).collect();
    for n in 1..=1000 {
        bench
            .set_balance(&member(n), shannon(i64::from(n) + 1))
            .await;
    }
    let held = payer.hold(&legs).await.unwrap();
    assert_eq!(held, vec![HoldOutcome::Held; 1000]);
    let seq = payer.known.unwrap().seq;
    assert_eq!(payer.look(&legs).await, vec![HoldState::Held; 1000]);
    assert_eq!(
        payer.settle(&legs[..500]).await.unwrap(),
        vec![SettleOutcome::Settled; 500]
    );
    assert_eq!(
        payer.release(&legs[500..]).await.unwrap(),
        vec![ReleaseOutcome::Released; 500]
    );
    assert_eq!(payer.known.unwrap().seq, seq + 2);
    assert_eq!(bench.figures(&member(500)).await, Figures::new(1, 0, 500));
    assert_eq!(bench.figures(&member(501)).await, Figures::new(502, 0, 0));
}
