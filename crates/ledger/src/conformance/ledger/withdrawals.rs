//! What is asked for: withdrawals, in ledgers that know them.

use paydirt_money::Amount;

use super::super::fixtures::{leg, member, not_paid, shannon, withdrawal};
use super::{Figures, LedgerBench, Payer};
use crate::{HoldOutcome, HoldState, Leg, LegSource, Payable, SettleOutcome, VoidOutcome};

/// Of what is due without a balance: whatever has an id.
async fn asked_for(payer: &Payer) -> Vec<Payable> {
    let minimum = Amount::from_units(i64::MAX, payer.ledger.coin());
    payer.ledger.payable(minimum).await.unwrap().due
}

/// Approved withdrawals of a member of these amounts; `None` where the ledger knows none.
async fn approved(bench: &dyn LedgerBench, n: u32, amounts: &[i64]) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    for units in amounts {
        let id = bench
            .approve_withdrawal(&member(n), shannon(*units))
            .await?;
        ids.push(id);
    }
    Some(ids)
}

fn leg_of(n: u32, units: i64, ids: &[String]) -> Leg {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    withdrawal(n, units, &ids)
}

async fn refused(payer: &mut Payer, legs: &[Leg]) -> String {
    let outcome = payer.hold(legs).await.unwrap().remove(0);
    match outcome {
        HoldOutcome::Refused { reason, .. } => reason,
        HoldOutcome::Held => panic!("{legs:?} was held"),
    }
}

pub async fn approved_withdrawals_of_one_member_are_due_together(bench: &dyn LedgerBench) {
    let payer = Payer::new(bench).await;
    let Some(ids) = approved(bench, 1, &[30, 20]).await else {
        return;
    };
    let other = approved(bench, 2, &[7]).await.unwrap();
    let due = asked_for(&payer).await;
    let expected = [(1, 50, ids), (2, 7, other)].map(|(n, units, ids)| Payable {
        member: member(n),
        address: member(n).to_string(),
        amount: shannon(units),
        source: LegSource::Withdrawals(ids),
    });
    assert_eq!(due, expected);
}

pub async fn a_withdrawal_is_paid_once_from_what_was_set_aside(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let Some(ids) = approved(bench, 1, &[30, 20]).await else {
        return;
    };
    let both = leg_of(1, 50, &ids);
    let held = payer.hold(std::slice::from_ref(&both)).await.unwrap();
    assert_eq!(held, [HoldOutcome::Held]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 50, 0));
    assert_eq!(asked_for(&payer).await, []);
    let in_flight = payer.ledger.held().await.unwrap();
    assert_eq!(in_flight[0].source, both.source);
    refused(&mut payer, &[leg_of(1, 30, &ids[..1])]).await;
    let settled = payer.settle(std::slice::from_ref(&both)).await.unwrap();
    assert_eq!(settled, [SettleOutcome::Settled]);
    refused(&mut payer, &[leg_of(1, 20, &ids[1..])]).await;
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 50));
    assert_eq!(asked_for(&payer).await, []);
}

pub async fn one_withdrawal_in_flight_stops_no_other(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let Some(ids) = approved(bench, 1, &[30, 20]).await else {
        return;
    };
    let legs = [
        leg_of(1, 30, &ids[..1]),
        leg_of(1, 20, &ids[1..]),
        leg(1, 100),
    ];
    let held = payer.hold(&legs).await.unwrap();
    assert_eq!(held, vec![HoldOutcome::Held; 3]);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(0, 150, 0));
}

pub async fn withdrawals_are_held_as_they_were_asked_for_or_not_at_all(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let Some(ids) = approved(bench, 1, &[30, 20]).await else {
        return;
    };
    let others = approved(bench, 2, &[30]).await.unwrap();
    let unknown = ["99999".to_owned(), "w1".to_owned()];
    for (wrong, why) in [
        (leg_of(1, 30, &ids), "come to"),
        (leg_of(1, 49, &ids), "come to"),
        (leg_of(2, 30, &ids[..1]), "is"),
        (leg_of(1, 30, &others), "is"),
        (leg_of(1, 30, &unknown[..1]), "no withdrawal"),
        (leg_of(1, 30, &unknown[1..]), "no withdrawal"),
        (leg_of(1, 60, &[ids[0].clone(), ids[0].clone()]), "twice"),
    ] {
        let reason = refused(&mut payer, std::slice::from_ref(&wrong)).await;
        assert!(reason.contains(why), "{reason}");
    }
    let elsewhere = Leg {
        address: super::super::fixtures::address(9),
        ..leg_of(1, 30, &ids[..1])
    };
    refused(&mut payer, &[elsewhere]).await;
    let payment = crate::PaymentId::new();
    let twice = vec![leg_of(1, 30, &ids[..1]), leg_of(1, 30, &ids[..1])];
    let outcome = payer.hold_payments(&[(payment, twice)]).await.unwrap();
    assert!(
        matches!(outcome[0], HoldOutcome::Refused { .. }),
        "{outcome:?}"
    );
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
    assert_eq!(asked_for(&payer).await.len(), 2);
}

pub async fn what_was_never_saved_is_due_again_and_what_failed_is_not(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let Some(ids) = approved(bench, 1, &[30]).await else {
        return;
    };
    for _ in 0..2 {
        let first = leg_of(1, 30, &ids);
        payer.hold(std::slice::from_ref(&first)).await.unwrap();
        payer.release(&[first]).await.unwrap();
        let due = asked_for(&payer).await;
        assert_eq!(due[0].source, LegSource::Withdrawals(ids.clone()));
    }
    let late = leg_of(1, 30, &ids);
    payer.hold(std::slice::from_ref(&late)).await.unwrap();
    let voided = payer.void(std::slice::from_ref(&late)).await.unwrap();
    assert_eq!(voided, [VoidOutcome::GivenBack]);
    refused(&mut payer, &[late]).await;
    let failed = Leg {
        verdict: Some(not_paid("it reverted")),
        ..leg_of(1, 30, &ids)
    };
    payer.hold(std::slice::from_ref(&failed)).await.unwrap();
    payer.release(std::slice::from_ref(&failed)).await.unwrap();
    assert_eq!(asked_for(&payer).await, [], "a person decides");
    assert_eq!(payer.state(&failed).await, HoldState::Released);
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
}
