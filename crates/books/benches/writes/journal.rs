//! The journal's writes.

use std::time::Instant;

use paydirt_books::Books;
use paydirt_chain::AttemptKind;
use paydirt_ledger::conformance::fixtures::{
    at, attempt, ends, found, inclusion, leg, opening, plan, signed, verdicts,
};
use paydirt_ledger::{Acquired, Change, Journal as _, LegState, LegVerdict, PaymentId};

use super::{ROUNDS, Times};

pub(crate) async fn measure(books: &Books, times: &mut Times) {
    let journal = books.journal().await.unwrap();
    let wallet = journal.open_wallet(&opening(0)).await.unwrap();
    let acquired = journal
        .acquire(&wallet.id, "us", 600_000, None)
        .await
        .unwrap();
    let Acquired::Granted(lease) = acquired else {
        panic!("{acquired:?}")
    };
    let first = [Change::FirstNonce {
        nonce: 0,
        reason: "new".into(),
    }];
    journal.write(&lease, &first, at(0)).await.unwrap();
    for round in 0..ROUNDS {
        let news: Vec<_> = (1..=1000).map(|n| plan(vec![leg(n, 10)])).collect();
        let of_each = |change: &dyn Fn(PaymentId) -> Change| -> Vec<Change> {
            news.iter().map(|new| change(new.id)).collect()
        };
        let begun = Instant::now();
        let changes: Vec<_> = news.iter().cloned().map(Change::Plan).collect();
        journal.write(&lease, &changes, at(1)).await.unwrap();
        times.add("journal: planned", begun);
        let begun = Instant::now();
        journal
            .write(&lease, &of_each(&Change::Held), at(1))
            .await
            .unwrap();
        times.add("journal: held", begun);
        let attempts: Vec<_> = (round * 1000..)
            .zip(&news)
            .map(|(nonce, new)| {
                let bytes = signed(&wallet.opening.address, nonce, AttemptKind::Pay, 1);
                attempt(new.id, AttemptKind::Pay, bytes)
            })
            .collect();
        let begun = Instant::now();
        journal.save(&lease, &attempts, at(1)).await.unwrap();
        times.add("journal: saved", begun);
        let begun = Instant::now();
        let sent = attempts.iter().map(|a| Change::Sent {
            attempt: a.id,
            verdict: "accepted".into(),
        });
        journal
            .write(&lease, &sent.collect::<Vec<_>>(), at(1))
            .await
            .unwrap();
        times.add("journal: sent", begun);
        let begun = Instant::now();
        let open = journal.snapshot(&wallet.id).await.unwrap().open;
        times.add("journal: snapshot", begun);
        let seen = open.iter().map(|p| Change::Included {
            payment: p.id,
            inclusion: inclusion(p, 30 + round),
        });
        let seen: Vec<_> = seen.collect();
        let begun = Instant::now();
        journal.write(&lease, &seen, at(1)).await.unwrap();
        times.add("journal: included", begun);
        let finals = open.iter().map(|p| Change::Final {
            payment: p.id,
            by: Box::new(found(p, 30 + round)),
            legs: verdicts(p, &LegVerdict::Paid),
        });
        let finals: Vec<_> = finals.collect();
        let begun = Instant::now();
        journal.write(&lease, &finals, at(1)).await.unwrap();
        times.add("journal: final", begun);
        let closed = open.iter().map(|p| Change::Closed {
            payment: p.id,
            legs: ends(p, LegState::Settled),
        });
        let closed: Vec<_> = closed.collect();
        let begun = Instant::now();
        journal.write(&lease, &closed, at(1)).await.unwrap();
        times.add("journal: closed", begun);
        let begun = Instant::now();
        journal.renew(&lease, 600_000).await.unwrap();
        times.add("journal: renewed", begun);
    }
}
