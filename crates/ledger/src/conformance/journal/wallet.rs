//! What is kept of a wallet as a whole.

use paydirt_chain::TxId;
use uuid::Uuid;

use super::super::fixtures::{at, block, leg, member, plan, pool};
use super::{JournalBench, assert_error};
use crate::{
    Answer, Change, Inclusion, JournalError, Leg, LegState, MoveId, NewPayment, PaymentId,
    PaymentState, PoolId, Purpose, RequestId, RequestKind,
};

fn move_id(seq: u64) -> MoveId {
    MoveId {
        seq,
        id: Uuid::from_u128(u128::from(seq) * 7),
    }
}

pub async fn the_last_move_only_grows_until_reconciled(bench: &JournalBench) {
    let desk = bench.desk().await;
    let moved = |pool: &PoolId, seq, reconciled| Change::Moved {
        pool: pool.clone(),
        last: move_id(seq),
        reconciled,
    };
    let other = PoolId::new("other");
    desk.write(&[moved(&pool(), 4, false), moved(&other, 1, false)])
        .await
        .unwrap();
    desk.write(&[moved(&pool(), 3, false)]).await.unwrap();
    let moves = desk.snapshot().await.moves;
    assert_eq!((moves[&pool()], moves[&other]), (move_id(4), move_id(1)));
    desk.write(&[moved(&pool(), 6, false), moved(&pool(), 5, false)])
        .await
        .unwrap();
    assert_eq!(desk.snapshot().await.moves[&pool()], move_id(6));
    desk.write(&[moved(&pool(), 2, true)]).await.unwrap();
    assert_eq!(desk.snapshot().await.moves[&pool()], move_id(2));
}

pub async fn the_first_nonce_is_set_once(bench: &JournalBench) {
    let desk = bench.wallet(0).await;
    desk.first_nonce(0).await;
    let again = Change::FirstNonce {
        nonce: 3,
        reason: "again".into(),
    };
    assert_error!(desk.write(&[again]).await, JournalError::Mismatch { .. });
    assert_eq!(desk.snapshot().await.wallet.next_nonce, Some(0));
}

pub async fn an_adopted_transaction_takes_the_next_nonce(bench: &JournalBench) {
    let desk = bench.desk().await;
    let adopt = |nonce| Change::Adopted {
        payment: PaymentId::new(),
        nonce,
        id: Some(TxId::new("0xtheirs")),
        reason: "a transfer by hand".into(),
    };
    for wrong in [0, 4, 6] {
        assert_error!(
            desk.write(&[adopt(wrong)]).await,
            JournalError::Conflict { .. }
        );
    }
    let change = adopt(5);
    let Change::Adopted { payment, .. } = &change else {
        unreachable!()
    };
    desk.write(std::slice::from_ref(&change)).await.unwrap();
    let adopted = desk.payment(*payment).await;
    assert_eq!(
        (adopted.purpose, adopted.state),
        (Purpose::Foreign, PaymentState::Closed)
    );
    assert_eq!((adopted.nonce, adopted.legs.len()), (Some(5), 0));
    let snapshot = desk.snapshot().await;
    assert_eq!(
        (snapshot.wallet.next_nonce, snapshot.open.len()),
        (Some(6), 0)
    );
    let line = desk
        .journal
        .history(&desk.wallet, Some(*payment), 0)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(line.event, "adopted");
    assert!(
        line.detail.contains("0xtheirs") && line.detail.contains("by hand"),
        "{line:?}"
    );
}

pub async fn a_recovered_payment_is_over_already(bench: &JournalBench) {
    let desk = bench.desk().await;
    let over = |n, state| Leg {
        state,
        ..leg(n, 10)
    };
    let recovered = |legs: Vec<Leg>| Change::Recovered {
        payment: plan(legs),
        id: Some(TxId::new("0xfound")),
        block: Some(block(20, 0)),
        reason: "found on chain".into(),
    };
    for wrong in [vec![leg(1, 10)], vec![over(1, LegState::Void)], Vec::new()] {
        assert_error!(
            desk.write(&[recovered(wrong)]).await,
            JournalError::Conflict { .. }
        );
    }
    let change = recovered(vec![
        over(1, LegState::Settled),
        over(2, LegState::Released),
    ]);
    let Change::Recovered { payment: new, .. } = &change else {
        unreachable!()
    };
    desk.write(std::slice::from_ref(&change)).await.unwrap();
    let payment = desk.payment(new.id).await;
    assert_eq!((payment.state, payment.nonce), (PaymentState::Closed, None));
    assert_eq!(payment.legs, new.legs);
    let at = Inclusion {
        id: TxId::new("0xfound"),
        block: block(20, 0),
    };
    assert_eq!(payment.included, Some(at));
    let snapshot = desk.snapshot().await;
    assert_eq!(
        (snapshot.open.len(), snapshot.wallet.next_nonce),
        (0, Some(5))
    );
    desk.write(&[Change::Plan(plan(vec![leg(1, 5)]))])
        .await
        .unwrap();
}

pub async fn pausing_and_freezing_are_independent(bench: &JournalBench) {
    let desk = bench.desk().await;
    let because = |reason: &str| reason.to_owned();
    desk.write(&[
        Change::Paused {
            reason: because("by hand"),
        },
        Change::Frozen {
            reason: because("foreign"),
        },
        Change::Paused {
            reason: because("again"),
        },
    ])
    .await
    .unwrap();
    let wallet = desk.snapshot().await.wallet;
    assert_eq!(wallet.paused.as_deref(), Some("again"));
    assert_eq!(wallet.frozen.as_deref(), Some("foreign"));
    desk.write(&[Change::Resumed {
        reason: because("ok"),
    }])
    .await
    .unwrap();
    let wallet = desk.snapshot().await.wallet;
    assert_eq!(
        (wallet.paused, wallet.frozen.as_deref()),
        (None, Some("foreign"))
    );
    desk.write(&[Change::Unfrozen {
        reason: because("mine"),
    }])
    .await
    .unwrap();
    assert_eq!(desk.snapshot().await.wallet.frozen, None);
    let alert = Change::Alert {
        payment: None,
        message: because("look at this"),
    };
    desk.write(&[alert]).await.unwrap();
    let lines = desk.journal.history(&desk.wallet, None, 6).await.unwrap();
    let events: Vec<_> = lines.iter().map(|line| line.event.as_str()).collect();
    assert_eq!(
        events,
        ["paused", "frozen", "paused", "resumed", "unfrozen", "alert"]
    );
    assert_eq!(lines[5].detail, "look at this");
}

pub async fn failed_runs_are_counted_in_a_row(bench: &JournalBench) {
    let desk = bench.desk().await;
    let ran = |failed| Change::RunEnded { failed };
    desk.write(&[ran(true), ran(true)]).await.unwrap();
    assert_eq!(desk.snapshot().await.wallet.failed_runs, 2);
    desk.write(&[ran(false)]).await.unwrap();
    assert_eq!(desk.snapshot().await.wallet.failed_runs, 0);
    desk.write(&[
        ran(true),
        Change::Resumed {
            reason: "cured".into(),
        },
    ])
    .await
    .unwrap();
    assert_eq!(desk.snapshot().await.wallet.failed_runs, 0);
}

pub async fn a_quarantine_lasts_until_lifted(bench: &JournalBench) {
    let desk = bench.desk().await;
    let put = |n, reason: &str| Change::Quarantined {
        pool: pool(),
        member: member(n),
        address: "0xzz".into(),
        reason: reason.into(),
    };
    desk.journal
        .write(&desk.lease, &[put(1, "reverts"), put(2, "bad")], at(5))
        .await
        .unwrap();
    desk.journal
        .write(&desk.lease, &[put(1, "reverts still")], at(9))
        .await
        .unwrap();
    let quarantine = desk.snapshot().await.quarantine;
    let kept: Vec<_> = quarantine
        .iter()
        .map(|q| {
            (
                q.member.clone(),
                q.reason.as_str(),
                q.address.as_str(),
                q.since,
            )
        })
        .collect();
    assert_eq!(
        kept,
        [
            (member(1), "reverts still", "0xzz", at(5)),
            (member(2), "bad", "0xzz", at(5)),
        ]
    );
    let lift = |n| Change::QuarantineLifted {
        pool: pool(),
        member: member(n),
        reason: "new address".into(),
    };
    desk.write(&[lift(1), put(3, "x"), lift(3)]).await.unwrap();
    let left = desk.snapshot().await.quarantine;
    assert_eq!(
        left.into_iter().map(|q| q.member).collect::<Vec<_>>(),
        [member(2)]
    );
}

pub async fn a_request_is_answered_once(bench: &JournalBench) {
    let desk = bench.desk().await;
    let journal = desk.journal;
    let cancel = RequestKind::Cancel {
        payment: PaymentId::new(),
    };
    let lift = RequestKind::LiftQuarantine {
        pool: pool(),
        member: member(1),
    };
    let first = journal
        .post(&desk.wallet, cancel.clone(), "ann", "stuck", at(1))
        .await
        .unwrap();
    let second = journal
        .post(&desk.wallet, lift, "bob", "fixed", at(1))
        .await
        .unwrap();
    let open = desk.snapshot().await.requests;
    assert_eq!(
        open.iter().map(|r| r.id).collect::<Vec<_>>(),
        [first, second]
    );
    assert_eq!((&open[0].kind, open[0].by.as_str()), (&cancel, "ann"));
    assert_eq!(
        (open[0].reason.as_str(), open[0].posted_at),
        ("stuck", at(1))
    );
    let answer = Answer {
        done: true,
        message: "sent".into(),
        at: at(3),
    };
    let answered = |request| Change::Answered {
        request,
        answer: answer.clone(),
    };
    desk.write(&[answered(first)]).await.unwrap();
    assert_error!(
        desk.write(&[answered(first)]).await,
        JournalError::Mismatch { .. }
    );
    let unknown = answered(RequestId::new());
    assert_error!(desk.write(&[unknown]).await, JournalError::Mismatch { .. });
    let other = bench.wallet(1).await;
    assert_error!(
        other.write(&[answered(second)]).await,
        JournalError::Mismatch { .. }
    );
    assert!(other.snapshot().await.requests.is_empty());
    assert_eq!(
        journal.request(first).await.unwrap().unwrap().answer,
        Some(answer)
    );
    assert_eq!(journal.request(RequestId::new()).await.unwrap(), None);
    assert_eq!(desk.snapshot().await.requests.len(), 1);
}

pub async fn open_payments_come_by_nonce_then_in_order_of_planning(bench: &JournalBench) {
    let desk = bench.desk().await;
    let news: Vec<NewPayment> = (1..=4).map(|n| plan(vec![leg(n, 10)])).collect();
    for new in &news {
        desk.write(&[Change::Plan(new.clone())]).await.unwrap();
    }
    for (nonce, new) in [(5, &news[2]), (6, &news[1])] {
        desk.write(&[Change::Held(new.id)]).await.unwrap();
        let first = desk.attempt(new.id, nonce, paydirt_chain::AttemptKind::Pay, 1);
        desk.save(&[first]).await.unwrap();
    }
    let open: Vec<_> = desk.snapshot().await.open.iter().map(|p| p.id).collect();
    assert_eq!(open, [news[2].id, news[1].id, news[0].id, news[3].id]);
}
