//! What a journal can be asked, and at which size.

use paydirt_chain::AttemptKind;

use super::super::fixtures::{at, ends, found, inclusion, leg, plan, pool, verdicts};
use super::JournalBench;
use crate::{Change, Leg, LegState, LegVerdict, PoolId};

pub async fn payments_of_a_pool_are_open_or_closed_since(bench: &JournalBench) {
    let desk = bench.desk().await;
    let other = PoolId::new("other");
    let old = plan(vec![leg(1, 10)]);
    let recent = plan(vec![leg(2, 10)]);
    let open = plan(vec![leg(3, 10)]);
    let elsewhere = plan(vec![Leg {
        pool: other.clone(),
        ..leg(4, 10)
    }]);
    for new in [&old, &recent, &open, &elsewhere] {
        desk.write(&[Change::Plan(new.clone())]).await.unwrap();
    }
    for (new, ms) in [(&old, 100), (&recent, 200)] {
        let change = Change::Dropped {
            payment: new.id,
            reason: "x".into(),
        };
        desk.journal
            .write(&desk.lease, &[change], at(ms))
            .await
            .unwrap();
    }
    let pool = pool();
    let since = |ms| desk.journal.payments_of_pool(&pool, at(ms));
    let ids =
        |payments: Vec<crate::Payment>| payments.into_iter().map(|p| p.id).collect::<Vec<_>>();
    assert_eq!(ids(since(100).await.unwrap()), [old.id, recent.id, open.id]);
    assert_eq!(ids(since(101).await.unwrap()), [recent.id, open.id]);
    assert_eq!(ids(since(201).await.unwrap()), [open.id]);
    let theirs = desk.journal.payments_of_pool(&other, at(0)).await.unwrap();
    assert_eq!(ids(theirs), [elsewhere.id]);
}

pub async fn the_history_of_a_payment_is_whole_and_in_order(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.saved(&new).await;
    let lines = desk
        .journal
        .history(&desk.wallet, Some(new.id), 1)
        .await
        .unwrap();
    assert_eq!(lines.len(), 3, "the limit is for a wallet's lines");
    assert!(lines.windows(2).all(|two| two[0].seq < two[1].seq));
    assert!(lines.iter().all(|line| line.payment == Some(new.id)));
    assert!(lines.iter().all(|line| line.wallet == desk.wallet));
    assert_eq!((lines[0].at, lines[2].at), (at(1), at(2)));
    let newest = desk.journal.history(&desk.wallet, None, 2).await.unwrap();
    assert_eq!(newest, lines[1..]);
    let other = bench.wallet(1).await;
    assert!(
        other
            .journal
            .history(&other.wallet, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn the_newest_payments_come_first(bench: &JournalBench) {
    let desk = bench.desk().await;
    let news: Vec<_> = (1..=3).map(|n| plan(vec![leg(n, 10)])).collect();
    for new in &news {
        desk.write(&[Change::Plan(new.clone())]).await.unwrap();
    }
    let recent = desk.journal.recent(&desk.wallet, 2).await.unwrap();
    assert_eq!(
        recent.iter().map(|p| p.id).collect::<Vec<_>>(),
        [news[2].id, news[1].id]
    );
    let asked = [news[2].id, crate::PaymentId::new(), news[0].id];
    let found = desk.journal.payments(&asked).await.unwrap();
    assert_eq!(
        found.iter().map(|p| p.id).collect::<Vec<_>>(),
        [news[2].id, news[0].id]
    );
}

pub async fn a_thousand_payments_go_through_in_one_write_a_step(bench: &JournalBench) {
    let desk = bench.desk().await;
    let news: Vec<_> = (1..=1000)
        .map(|n| plan(vec![leg(n, i64::from(n))]))
        .collect();
    let each = |change: &dyn Fn(crate::PaymentId) -> Change| {
        news.iter().map(|new| change(new.id)).collect::<Vec<_>>()
    };
    desk.write(&news.iter().cloned().map(Change::Plan).collect::<Vec<_>>())
        .await
        .unwrap();
    desk.write(&each(&Change::Held)).await.unwrap();
    let attempts: Vec<_> = (5..)
        .zip(&news)
        .map(|(nonce, new)| desk.attempt(new.id, nonce, AttemptKind::Pay, 1))
        .collect();
    assert_eq!(desk.save(&attempts).await.unwrap().len(), 1000);
    let open = desk.snapshot().await.open;
    assert_eq!(
        open.iter().map(|p| p.id).collect::<Vec<_>>(),
        each_id(&news)
    );
    let sent = |a: &crate::NewAttempt| Change::Sent {
        attempt: a.id,
        verdict: "ok".into(),
    };
    desk.write(&attempts.iter().map(sent).collect::<Vec<_>>())
        .await
        .unwrap();
    let mut changes: Vec<_> = open
        .iter()
        .map(|p| Change::Included {
            payment: p.id,
            inclusion: inclusion(p, 40),
        })
        .collect();
    changes.extend(open.iter().map(|p| Change::Final {
        payment: p.id,
        by: Box::new(found(p, 40)),
        legs: verdicts(p, &LegVerdict::Paid),
    }));
    desk.write(&changes).await.unwrap();
    let closed = |p: &crate::Payment| Change::Closed {
        payment: p.id,
        legs: ends(p, LegState::Settled),
    };
    desk.write(&open.iter().map(closed).collect::<Vec<_>>())
        .await
        .unwrap();
    let snapshot = desk.snapshot().await;
    assert_eq!(
        (snapshot.open.len(), snapshot.wallet.next_nonce),
        (0, Some(1005))
    );
    assert_eq!(
        snapshot.verdict_blocks.len(),
        1,
        "one block, however many payments"
    );
    assert_eq!(
        desk.journal.recent(&desk.wallet, 2000).await.unwrap().len(),
        1000
    );
    let lines = desk
        .journal
        .history(&desk.wallet, None, 100_000)
        .await
        .unwrap();
    assert_eq!(lines.len(), 1 + 7 * 1000);
}

fn each_id(news: &[crate::NewPayment]) -> Vec<crate::PaymentId> {
    news.iter().map(|new| new.id).collect()
}
