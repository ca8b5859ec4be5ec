//! Attempts: what counts as sent.

use paydirt_chain::{AttemptKind, Fee, FeeKind, Signed, TxId};

use super::super::fixtures::{address, at, attempt, leg, plan, signed};
use super::{JournalBench, assert_error};
use crate::{Change, JournalError, NewPayment, PaymentId, PaymentState, Purpose};

pub async fn first_attempts_take_the_next_nonces_in_order(bench: &JournalBench) {
    let desk = bench.desk().await;
    let news: Vec<_> = (1..=3).map(|n| plan(vec![leg(n, 10)])).collect();
    for new in &news {
        desk.held(new).await;
    }
    let attempts: Vec<_> = (5..)
        .zip(&news)
        .map(|(nonce, new)| desk.attempt(new.id, nonce, AttemptKind::Pay, 1))
        .collect();
    let swapped = [attempts[1].clone(), attempts[0].clone()];
    assert_error!(desk.save(&swapped).await, JournalError::Conflict { .. });
    let saved = desk.save(&attempts).await.unwrap();
    let nonces: Vec<_> = saved.iter().map(|s| s.unsigned().nonce).collect();
    assert_eq!(nonces, [5, 6, 7]);
    let snapshot = desk.snapshot().await;
    assert_eq!(snapshot.wallet.next_nonce, Some(8));
    assert_eq!(
        snapshot
            .open
            .iter()
            .filter_map(|p| p.nonce)
            .collect::<Vec<_>>(),
        [5, 6, 7]
    );
}

pub async fn an_attempt_of_another_sender_or_nonce_is_refused(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    let before = desk.all().await;
    for nonce in [0, 4, 6, 1 << 40] {
        let wrong = desk.attempt(new.id, nonce, AttemptKind::Pay, 1);
        assert_error!(desk.save(&[wrong]).await, JournalError::Conflict { .. });
    }
    let other = signed(&address(3), 5, AttemptKind::Pay, 1);
    let wrong = attempt(new.id, AttemptKind::Pay, other);
    assert_error!(desk.save(&[wrong]).await, JournalError::Conflict { .. });
    assert_eq!(desk.all().await, before);
}

pub async fn nothing_is_saved_before_the_first_nonce_is_known(bench: &JournalBench) {
    let desk = bench.wallet(0).await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    let early = desk.attempt(new.id, 0, AttemptKind::Pay, 1);
    assert_error!(desk.save(&[early]).await, JournalError::Conflict { .. });
}

pub async fn a_replacement_keeps_its_payments_nonce(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.saved(&new).await;
    let wrong = desk.attempt(new.id, 6, AttemptKind::Pay, 2);
    assert_error!(desk.save(&[wrong]).await, JournalError::Conflict { .. });
    let second = desk.attempt(new.id, 5, AttemptKind::Pay, 2);
    desk.save(std::slice::from_ref(&second)).await.unwrap();
    let payment = desk.payment(new.id).await;
    assert_eq!((payment.nonce, payment.attempts.len()), (Some(5), 2));
    assert_eq!(payment.attempts[1].id, second.id);
    assert_eq!(desk.snapshot().await.wallet.next_nonce, Some(6));
}

pub async fn no_paying_attempt_follows_a_cancel(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.saved(&new).await;
    let cancel = desk.attempt(new.id, 5, AttemptKind::Cancel, 2);
    let pay = desk.attempt(new.id, 5, AttemptKind::Pay, 3);
    let both = [cancel.clone(), pay.clone()];
    assert_error!(desk.save(&both).await, JournalError::Conflict { .. });
    desk.save(&[cancel]).await.unwrap();
    assert_error!(desk.save(&[pay]).await, JournalError::Conflict { .. });
    let another = desk.attempt(new.id, 5, AttemptKind::Cancel, 4);
    desk.save(&[another]).await.unwrap();
    assert!(desk.payment(new.id).await.is_cancelling());
}

pub async fn nothing_is_saved_once_it_is_to_be_released(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    let reason = "stop".to_owned();
    desk.write(&[Change::Releasing {
        payment: new.id,
        reason,
    }])
    .await
    .unwrap();
    let late = desk.attempt(new.id, 5, AttemptKind::Pay, 1);
    assert_error!(desk.save(&[late]).await, JournalError::Conflict { .. });
    assert!(desk.payment(new.id).await.attempts.is_empty());
}

pub async fn a_fill_is_saved_without_being_held(bench: &JournalBench) {
    let desk = bench.desk().await;
    let fill = NewPayment {
        id: PaymentId::new(),
        purpose: Purpose::Fill,
        legs: Vec::new(),
    };
    desk.write(&[Change::Plan(fill.clone())]).await.unwrap();
    let pay = desk.attempt(fill.id, 5, AttemptKind::Pay, 1);
    assert_error!(desk.save(&[pay]).await, JournalError::Conflict { .. });
    let cancel = desk.attempt(fill.id, 5, AttemptKind::Cancel, 1);
    desk.save(&[cancel]).await.unwrap();
    let payment = desk.payment(fill.id).await;
    assert_eq!(
        (payment.state, payment.nonce),
        (PaymentState::Saved, Some(5))
    );
}

pub async fn remotely_signed_bytes_fit_the_fields_that_were_saved(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    let whole = signed(&desk.address, 5, AttemptKind::Pay, 1);
    let fields = Signed {
        raw: None,
        id: None,
        ..whole.clone()
    };
    let first = attempt(new.id, AttemptKind::Pay, fields);
    desk.save(std::slice::from_ref(&first)).await.unwrap();
    let mut other = whole.clone();
    other.unsigned.fee.cap += 1;
    let change = |signed: &Signed| Change::SignedRemotely {
        attempt: first.id,
        signed: signed.clone(),
    };
    assert_error!(
        desk.write(&[change(&other)]).await,
        JournalError::Conflict { .. }
    );
    desk.write(&[change(&whole)]).await.unwrap();
    assert_eq!(desk.payment(new.id).await.attempts[0].signed, whole);
    let again = Signed {
        raw: Some(vec![9]),
        id: Some(TxId::new("0x9")),
        ..whole.clone()
    };
    assert_error!(
        desk.write(&[change(&again)]).await,
        JournalError::Conflict { .. }
    );
    desk.write(&[change(&whole)]).await.unwrap();
    assert_eq!(desk.payment(new.id).await.attempts[0].signed, whole);
}

pub async fn sending_again_is_noted_once_a_verdict(bench: &JournalBench) {
    let desk = bench.desk().await;
    let payment = desk.saved(&plan(vec![leg(1, 10)])).await;
    assert!(!payment.was_sent());
    let attempt = payment.attempts[0].id;
    for (ms, verdict) in [
        (10, "accepted"),
        (20, "known"),
        (30, "known"),
        (40, "refused"),
    ] {
        let change = Change::Sent {
            attempt,
            verdict: verdict.into(),
        };
        desk.journal
            .write(&desk.lease, &[change], at(ms))
            .await
            .unwrap();
    }
    let sent = &desk.payment(payment.id).await.attempts[0];
    assert_eq!(
        (sent.first_sent_at, sent.last_sent_at),
        (Some(at(10)), Some(at(40)))
    );
    assert_eq!(sent.last_verdict.as_deref(), Some("refused"));
    let events = desk.events(payment.id).await;
    assert_eq!(events, ["planned", "held", "saved", "sent", "sent", "sent"]);
}

pub async fn an_attempt_reads_back_as_it_was_saved(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, i64::MAX)]);
    desk.held(&new).await;
    let mut whole = signed(&desk.address, 5, AttemptKind::Pay, 1);
    whole.unsigned.call.value = u128::MAX;
    whole.unsigned.call.data = (0..=255).collect();
    whole.unsigned.gas_limit = i64::MAX as u64;
    whole.unsigned.fee = Fee {
        kind: FeeKind::Legacy,
        cap: u128::MAX,
        tip: u128::MAX - 1,
    };
    let first = attempt(new.id, AttemptKind::Pay, whole.clone());
    desk.save(std::slice::from_ref(&first)).await.unwrap();
    let payment = desk.payment(new.id).await;
    assert_eq!(payment.legs, new.legs);
    let read = &payment.attempts[0];
    assert_eq!(
        (read.id, read.kind, &read.signed),
        (first.id, first.kind, &whole)
    );
    assert_eq!((read.saved_at, read.first_sent_at), (at(2), None));
}
