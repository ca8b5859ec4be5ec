//! What is final, and what the legs come to.

use paydirt_chain::AttemptKind;

use super::super::fixtures::{
    block, ends, foreign, found, inclusion, leg, not_paid, plan, verdicts,
};
use super::{JournalBench, assert_error};
use crate::{
    AttemptId, Change, FinalBy, JournalError, LegId, LegState, LegVerdict, Payment, PaymentState,
};

fn final_by(payment: &Payment, by: FinalBy, verdict: &LegVerdict) -> Change {
    Change::Final {
        payment: payment.id,
        by: Box::new(by),
        legs: verdicts(payment, verdict),
    }
}

pub async fn a_reorg_puts_an_included_payment_back(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10)])).await;
    let seen = |number| Change::Included {
        payment: payment.id,
        inclusion: inclusion(&payment, number),
    };
    desk.write(&[seen(30), seen(31), Change::Reorged(payment.id)])
        .await
        .unwrap();
    let back = desk.payment(payment.id).await;
    assert_eq!((back.state, back.included), (PaymentState::Saved, None));
    desk.write(&[seen(32)]).await.unwrap();
    let again = desk.payment(payment.id).await.included.unwrap();
    assert_eq!(again.block, block(32, 0));
    let events = desk.events(payment.id).await;
    assert_eq!(events[3..], ["included", "included", "reorged", "included"]);
}

pub async fn finality_gives_each_leg_its_verdict(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10), leg(2, 20)])).await;
    let by = || Box::new(found(&payment, 30));
    let mut legs = verdicts(&payment, &LegVerdict::Paid);
    let one = legs[..1].to_vec();
    let strange = vec![legs[0].clone(), (LegId::new(), LegVerdict::Paid)];
    let twice = vec![legs[0].clone(), legs[0].clone()];
    for wrong in [Vec::new(), one, strange, twice] {
        let change = Change::Final {
            payment: payment.id,
            by: by(),
            legs: wrong,
        };
        assert_error!(desk.write(&[change]).await, JournalError::Conflict { .. });
    }
    legs[1].1 = LegVerdict::Release {
        reason: "reverted".into(),
        quarantine: true,
        ours: false,
    };
    let change = Change::Final {
        payment: payment.id,
        by: by(),
        legs: legs.clone(),
    };
    desk.write(&[change]).await.unwrap();
    let done = desk.payment(payment.id).await;
    let kept: Vec<_> = done
        .legs
        .iter()
        .map(|l| (l.id, l.verdict.clone().unwrap()))
        .collect();
    assert_eq!((done.state, kept), (PaymentState::Final, legs));
    assert_eq!(desk.snapshot().await.open, [done]);
}

pub async fn only_a_paying_attempt_of_ours_pays(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10)])).await;
    let paid = final_by(&payment, foreign(5, 30), &LegVerdict::Paid);
    assert_error!(desk.write(&[paid]).await, JournalError::Conflict { .. });
    let cancel = desk.attempt(payment.id, 5, AttemptKind::Cancel, 2);
    desk.save(&[cancel]).await.unwrap();
    let payment = desk.payment(payment.id).await;
    let paid = final_by(&payment, found(&payment, 30), &LegVerdict::Paid);
    assert_error!(desk.write(&[paid]).await, JournalError::Conflict { .. });
    let not = final_by(&payment, found(&payment, 30), &not_paid("cancelled"));
    desk.write(&[not]).await.unwrap();
}

pub async fn finality_must_fit_the_attempts_and_the_nonce(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10)])).await;
    let with = |change: fn(&mut AttemptKind, &mut Option<AttemptId>)| {
        let mut by = found(&payment, 30);
        if let FinalBy::Ours { attempt, kind, .. } = &mut by {
            change(kind, attempt);
        }
        by
    };
    for (wrong, verdict) in [
        (with(|kind, _| *kind = AttemptKind::Cancel), not_paid("x")),
        (
            with(|_, attempt| *attempt = Some(AttemptId::new())),
            LegVerdict::Paid,
        ),
        (foreign(6, 30), not_paid("x")),
    ] {
        let change = final_by(&payment, wrong, &verdict);
        assert_error!(desk.write(&[change]).await, JournalError::Conflict { .. });
    }
    let mut other = found(&payment, 30);
    if let FinalBy::Ours { receipt, .. } = &mut other {
        receipt.id = paydirt_chain::TxId::new("0xother");
    }
    let change = final_by(&payment, other.clone(), &LegVerdict::Paid);
    assert_error!(desk.write(&[change]).await, JournalError::Conflict { .. });
    if let FinalBy::Ours { attempt, .. } = &mut other {
        *attempt = None;
    }
    desk.write(&[final_by(&payment, other, &LegVerdict::Paid)])
        .await
        .unwrap();
    let id = desk.payment(payment.id).await.included.unwrap().id;
    assert_eq!(id.as_str(), "0xother");
}

pub async fn a_leg_ends_as_its_verdict_says(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10), leg(2, 20)])).await;
    let mut legs = verdicts(&payment, &LegVerdict::Paid);
    legs[1].1 = not_paid("reverted");
    let by = Box::new(found(&payment, 30));
    desk.write(&[Change::Final {
        payment: payment.id,
        by,
        legs,
    }])
    .await
    .unwrap();
    let mut right = ends(&payment, LegState::Settled);
    right[1].1 = LegState::Released;
    let close = |legs| Change::Closed {
        payment: payment.id,
        legs,
    };
    let mut void = right.clone();
    void[1].1 = LegState::Void;
    for wrong in [
        ends(&payment, LegState::Settled),
        ends(&payment, LegState::Released),
        ends(&payment, LegState::Live),
        void,
        right[..1].to_vec(),
    ] {
        assert_error!(
            desk.write(&[close(wrong)]).await,
            JournalError::Conflict { .. }
        );
    }
    desk.write(&[close(right)]).await.unwrap();
    let states: Vec<_> = desk
        .payment(payment.id)
        .await
        .legs
        .iter()
        .map(|leg| leg.state)
        .collect();
    assert_eq!(states, [LegState::Settled, LegState::Released]);
}

pub async fn blocks_of_verdicts_are_told_newest_first(bench: &JournalBench) {
    let desk = bench.desk().await;
    let mut wanted = Vec::new();
    for n in 1..=3 {
        let payment = desk.saved(&plan(vec![leg(n, 10)])).await;
        let number = 30 + u64::from(n);
        let (by, verdict, at) = if n == 2 {
            (
                foreign(payment.nonce.unwrap(), number),
                not_paid("foreign"),
                block(number, 1),
            )
        } else {
            (found(&payment, number), LegVerdict::Paid, block(number, 0))
        };
        desk.write(&[final_by(&payment, by, &verdict)])
            .await
            .unwrap();
        wanted.insert(0, at);
    }
    assert_eq!(desk.snapshot().await.verdict_blocks, wanted);
}
