//! Payments, from the plan to the end.

use paydirt_chain::AttemptKind;

use super::super::fixtures::{
    at, ends, found, inclusion, leg, not_paid, plan, verdicts, withdrawal,
};
use super::{Desk, JournalBench, assert_error};
use crate::{
    Change, JournalError, LegId, LegSource, LegState, LegVerdict, NewPayment, Payment, PaymentId,
    PaymentState, PoolId, Purpose,
};

pub async fn a_payment_goes_through_all_of_its_states(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10), leg(2, 20)]);
    desk.write(&[Change::Plan(new.clone())]).await.unwrap();
    let planned = desk.payment(new.id).await;
    assert_eq!(
        (planned.state, &planned.legs),
        (PaymentState::Planned, &new.legs)
    );
    assert_eq!((planned.nonce, planned.planned_at), (None, at(1)));
    assert_eq!(desk.snapshot().await.open, [planned]);
    desk.write(&[Change::Held(new.id)]).await.unwrap();
    assert_eq!(desk.payment(new.id).await.state, PaymentState::Held);
    let first = desk.attempt(new.id, 5, AttemptKind::Pay, 1);
    let may_be_sent = desk.save(std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(may_be_sent[0].raw(), first.signed.raw.as_deref());
    let saved = desk.payment(new.id).await;
    assert_eq!((saved.state, saved.nonce), (PaymentState::Saved, Some(5)));
    assert_eq!(saved.floor_block, Some(17));
    let at_block = inclusion(&saved, 30);
    let included = Change::Included {
        payment: new.id,
        inclusion: at_block.clone(),
    };
    desk.write(&[included]).await.unwrap();
    let seen = desk.payment(new.id).await;
    assert_eq!(
        (seen.state, seen.included),
        (PaymentState::Included, Some(at_block))
    );
    desk.write(&[final_of(&saved, &LegVerdict::Paid)])
        .await
        .unwrap();
    let done = desk.payment(new.id).await;
    assert_eq!((done.state, done.fee), (PaymentState::Final, Some(147_000)));
    assert!(
        done.legs
            .iter()
            .all(|l| l.verdict == Some(LegVerdict::Paid))
    );
    assert!(done.legs.iter().all(|l| l.state == LegState::Live));
    let legs = ends(&done, LegState::Settled);
    desk.write(&[Change::Closed {
        payment: new.id,
        legs,
    }])
    .await
    .unwrap();
    let closed = desk.payment(new.id).await;
    assert_eq!(closed.state, PaymentState::Closed);
    assert!(closed.legs.iter().all(|l| l.state == LegState::Settled));
    assert!(desk.snapshot().await.open.is_empty());
    assert_eq!(
        desk.events(new.id).await,
        ["planned", "held", "saved", "included", "final", "closed"]
    );
}

fn final_of(payment: &Payment, verdict: &LegVerdict) -> Change {
    let by = Box::new(found(payment, 30));
    Change::Final {
        payment: payment.id,
        by,
        legs: verdicts(payment, verdict),
    }
}

/// A payment in each state, made the usual way.
async fn one_in_each_state(desk: &Desk<'_>) -> Vec<Payment> {
    let mut ids = Vec::new();
    for (n, state) in (1..).zip([
        PaymentState::Planned,
        PaymentState::Held,
        PaymentState::Releasing,
        PaymentState::Saved,
        PaymentState::Included,
        PaymentState::Final,
        PaymentState::Closed,
    ]) {
        let new = plan(vec![leg(n, 10)]);
        desk.write(&[Change::Plan(new.clone())]).await.unwrap();
        if state >= PaymentState::Held {
            desk.write(&[Change::Held(new.id)]).await.unwrap();
        }
        if state == PaymentState::Releasing {
            let reason = "not enough".into();
            desk.write(&[Change::Releasing {
                payment: new.id,
                reason,
            }])
            .await
            .unwrap();
        }
        if state >= PaymentState::Saved {
            let nonce = desk.snapshot().await.wallet.next_nonce.unwrap();
            desk.save(&[desk.attempt(new.id, nonce, AttemptKind::Pay, 1)])
                .await
                .unwrap();
        }
        let payment = desk.payment(new.id).await;
        let mut changes = Vec::new();
        if state >= PaymentState::Included {
            let inclusion = inclusion(&payment, 30);
            changes.push(Change::Included {
                payment: new.id,
                inclusion,
            });
        }
        if state >= PaymentState::Final {
            changes.push(final_of(&payment, &LegVerdict::Paid));
        }
        if state == PaymentState::Closed {
            let legs = ends(&payment, LegState::Settled);
            changes.push(Change::Closed {
                payment: new.id,
                legs,
            });
        }
        desk.write(&changes).await.unwrap();
        ids.push(new.id);
    }
    let mut payments = Vec::new();
    for id in ids {
        payments.push(desk.payment(id).await);
    }
    payments
}

pub async fn every_change_in_a_wrong_state_is_refused_and_changes_nothing(bench: &JournalBench) {
    let desk = bench.desk().await;
    let before = one_in_each_state(&desk).await;
    let all = desk.all().await;
    for payment in &before {
        let (id, state) = (payment.id, payment.state);
        let reason = || "because".to_owned();
        let allowed: [(Change, &[PaymentState]); 8] = [
            (Change::Held(id), &[PaymentState::Planned]),
            (
                Change::Dropped {
                    payment: id,
                    reason: reason(),
                },
                &[PaymentState::Planned],
            ),
            (
                Change::Releasing {
                    payment: id,
                    reason: reason(),
                },
                &[PaymentState::Held],
            ),
            (Change::ReleasedUnsaved(id), &[PaymentState::Releasing]),
            (
                Change::Included {
                    payment: id,
                    inclusion: inclusion(payment, 31),
                },
                &[PaymentState::Saved, PaymentState::Included],
            ),
            (Change::Reorged(id), &[PaymentState::Included]),
            (
                Change::Closed {
                    payment: id,
                    legs: ends(payment, LegState::Settled),
                },
                &[PaymentState::Final],
            ),
            (
                Change::Plan(NewPayment {
                    legs: vec![leg(99, 1)],
                    ..plan_of(payment)
                }),
                &[],
            ),
        ];
        for (change, states) in allowed {
            if !states.contains(&state) {
                let result = desk.write(std::slice::from_ref(&change)).await;
                match result {
                    Err(JournalError::Conflict { payment, .. }) => assert_eq!(payment, id),
                    other => panic!("{change:?} of {state:?}: {other:?}"),
                }
            }
        }
        if !matches!(state, PaymentState::Saved | PaymentState::Included) {
            let by = Box::new(super::super::fixtures::foreign(5, 30));
            let legs = verdicts(payment, &not_paid("x"));
            let result = desk
                .write(&[Change::Final {
                    payment: id,
                    by,
                    legs,
                }])
                .await;
            assert_error!(result, JournalError::Conflict { .. });
        }
        if !matches!(
            state,
            PaymentState::Held | PaymentState::Saved | PaymentState::Included
        ) {
            let nonce = desk.snapshot().await.wallet.next_nonce.unwrap();
            let attempt = desk.attempt(id, nonce, AttemptKind::Pay, 3);
            assert_error!(desk.save(&[attempt]).await, JournalError::Conflict { .. });
        }
    }
    let unknown = desk.write(&[Change::Held(PaymentId::new())]).await;
    assert_error!(unknown, JournalError::Conflict { .. });
    assert_eq!(desk.all().await, all);
}

fn plan_of(payment: &Payment) -> NewPayment {
    NewPayment {
        id: payment.id,
        purpose: payment.purpose,
        legs: payment.legs.clone(),
    }
}

pub async fn a_write_is_all_or_nothing(bench: &JournalBench) {
    let desk = bench.desk().await;
    let (one, two) = (plan(vec![leg(1, 10)]), plan(vec![leg(2, 10)]));
    let before = desk.all().await;
    let result = desk
        .write(&[
            Change::Plan(one.clone()),
            Change::Held(one.id),
            Change::Paused {
                reason: "so".into(),
            },
            Change::Plan(two.clone()),
            Change::Reorged(two.id),
        ])
        .await;
    assert_error!(result, JournalError::Conflict { .. });
    assert_eq!(desk.all().await, before);
    desk.held(&one).await;
    desk.held(&two).await;
    let before = desk.all().await;
    let wrong = [
        desk.attempt(one.id, 5, AttemptKind::Pay, 1),
        desk.attempt(two.id, 7, AttemptKind::Pay, 1),
    ];
    assert_error!(desk.save(&wrong).await, JournalError::Conflict { .. });
    assert_eq!(desk.all().await, before);
}

pub async fn a_plan_pays_legs_of_one_pool_or_fills_a_nonce(bench: &JournalBench) {
    let desk = bench.desk().await;
    let before = desk.all().await;
    let elsewhere = crate::Leg {
        pool: PoolId::new("other"),
        ..leg(2, 10)
    };
    let with = |purpose, legs| NewPayment {
        id: PaymentId::new(),
        purpose,
        legs,
    };
    for wrong in [
        with(Purpose::Pay, Vec::new()),
        with(Purpose::Fill, vec![leg(1, 10)]),
        with(Purpose::Foreign, Vec::new()),
        plan(vec![leg(1, 10), elsewhere]),
        plan(vec![leg(1, 0)]),
        plan(vec![leg(1, -5)]),
        plan(vec![crate::Leg {
            state: LegState::Settled,
            ..leg(1, 10)
        }]),
        plan(vec![crate::Leg {
            source: LegSource::Withdrawals(Vec::new()),
            ..leg(1, 10)
        }]),
    ] {
        let result = desk.write(&[Change::Plan(wrong.clone())]).await;
        assert!(
            matches!(result, Err(JournalError::Conflict { .. })),
            "{wrong:?}: {result:?}"
        );
    }
    assert_eq!(desk.all().await, before);
    let fill = with(Purpose::Fill, Vec::new());
    desk.write(&[Change::Plan(fill.clone())]).await.unwrap();
    assert_eq!(desk.payment(fill.id).await.state, PaymentState::Held);
}

pub async fn ids_are_never_used_twice(bench: &JournalBench) {
    let desk = bench.desk().await;
    let first = plan(vec![leg(1, 10)]);
    desk.saved(&first).await;
    let before = desk.all().await;
    let same_leg = crate::Leg {
        id: first.legs[0].id,
        ..leg(2, 10)
    };
    let twice = LegId::new();
    let twins = [
        crate::Leg {
            id: twice,
            ..leg(3, 1)
        },
        crate::Leg {
            id: twice,
            ..leg(4, 1)
        },
    ];
    for wrong in [
        NewPayment {
            id: first.id,
            ..plan(vec![leg(2, 10)])
        },
        plan(vec![same_leg]),
        plan(twins.to_vec()),
    ] {
        let result = desk.write(&[Change::Plan(wrong)]).await;
        assert_error!(result, JournalError::Conflict { .. });
    }
    let known = desk.payment(first.id).await.attempts[0].id;
    let mut again = desk.attempt(first.id, 5, AttemptKind::Pay, 2);
    again.id = known;
    assert_error!(desk.save(&[again]).await, JournalError::Conflict { .. });
    assert_eq!(desk.all().await, before);
}

pub async fn a_member_and_a_withdrawal_have_one_live_leg(bench: &JournalBench) {
    let desk = bench.desk().await;
    let first = plan(vec![leg(1, 10), withdrawal(1, 5, &["w1", "w2"])]);
    desk.write(&[Change::Plan(first)]).await.unwrap();
    let before = desk.all().await;
    for second in [
        plan(vec![leg(1, 20)]),
        plan(vec![withdrawal(1, 5, &["w3", "w2"])]),
        plan(vec![withdrawal(2, 5, &["w1"])]),
        plan(vec![leg(3, 1), leg(3, 1)]),
        plan(vec![withdrawal(4, 1, &["w5", "w5"])]),
    ] {
        let result = desk.write(&[Change::Plan(second.clone())]).await;
        assert!(
            matches!(result, Err(JournalError::Live { .. })),
            "{second:?}: {result:?}"
        );
    }
    assert_eq!(desk.all().await, before);
    let elsewhere = crate::Leg {
        pool: PoolId::new("other"),
        ..leg(1, 10)
    };
    desk.write(&[Change::Plan(plan(vec![elsewhere]))])
        .await
        .unwrap();
    desk.write(&[Change::Plan(plan(vec![withdrawal(1, 5, &["w3"])]))])
        .await
        .unwrap();
}

pub async fn a_leg_that_is_over_frees_what_it_paid(bench: &JournalBench) {
    let desk = bench.desk().await;
    let first = plan(vec![leg(1, 10), withdrawal(1, 5, &["w1"])]);
    desk.write(&[Change::Plan(first.clone())]).await.unwrap();
    let again = plan(vec![leg(1, 12), withdrawal(1, 5, &["w1"])]);
    let reason = "short".to_owned();
    desk.write(&[
        Change::Dropped {
            payment: first.id,
            reason,
        },
        Change::Plan(again.clone()),
    ])
    .await
    .unwrap();
    desk.write(&[Change::Held(again.id)]).await.unwrap();
    desk.save(&[desk.attempt(again.id, 5, AttemptKind::Pay, 1)])
        .await
        .unwrap();
    let payment = desk.payment(again.id).await;
    desk.write(&[final_of(&payment, &LegVerdict::Paid)])
        .await
        .unwrap();
    let third = plan(vec![leg(1, 1)]);
    let early = desk.write(&[Change::Plan(third.clone())]).await;
    assert_error!(early, JournalError::Live { .. });
    let legs = ends(&payment, LegState::Settled);
    desk.write(&[
        Change::Closed {
            payment: again.id,
            legs,
        },
        Change::Plan(third),
    ])
    .await
    .unwrap();
    let fourth = plan(vec![withdrawal(1, 5, &["w1"])]);
    desk.write(&[Change::Plan(fourth)]).await.unwrap();
}

pub async fn a_payment_of_another_wallet_is_not_touched(bench: &JournalBench) {
    let desk = bench.desk().await;
    let other = bench.wallet(1).await;
    other.first_nonce(9).await;
    let theirs = plan(vec![leg(1, 10)]);
    let held = other.held(&theirs).await;
    let reason = "no".to_owned();
    for change in [
        Change::Held(theirs.id),
        Change::Releasing {
            payment: theirs.id,
            reason,
        },
    ] {
        assert_error!(desk.write(&[change]).await, JournalError::Conflict { .. });
    }
    let attempt = desk.attempt(theirs.id, 5, AttemptKind::Pay, 1);
    assert_error!(desk.save(&[attempt]).await, JournalError::Conflict { .. });
    assert_eq!(other.payment(theirs.id).await, held);
    assert!(desk.snapshot().await.open.is_empty());
}

pub async fn a_dropped_plan_leaves_void_legs(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10), leg(2, 10)]);
    desk.write(&[Change::Plan(new.clone())]).await.unwrap();
    let reason = "the ledger refused".to_owned();
    desk.write(&[Change::Dropped {
        payment: new.id,
        reason,
    }])
    .await
    .unwrap();
    let dropped = desk.payment(new.id).await;
    assert_eq!(dropped.state, PaymentState::Closed);
    assert!(dropped.legs.iter().all(|leg| leg.state == LegState::Void));
}

pub async fn a_released_plan_was_never_saved(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    let reason = "the fee is too high".to_owned();
    desk.write(&[Change::Releasing {
        payment: new.id,
        reason,
    }])
    .await
    .unwrap();
    desk.write(&[Change::ReleasedUnsaved(new.id)])
        .await
        .unwrap();
    let released = desk.payment(new.id).await;
    assert_eq!(
        (released.state, released.nonce),
        (PaymentState::Closed, None)
    );
    assert_eq!(released.legs[0].state, LegState::Released);
    assert_eq!(desk.snapshot().await.wallet.next_nonce, Some(5));
    assert_eq!(
        desk.events(new.id).await,
        ["planned", "held", "releasing", "released"]
    );
}
