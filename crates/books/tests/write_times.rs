//! How long writes of 1000 payments take. Not run by itself: nothing is asserted.
//! `cargo test --release -p paydirt-books --test write_times -- --ignored --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

use std::time::Instant;

use paydirt_books::Books;
use paydirt_chain::AttemptKind;
use paydirt_ledger::conformance::fixtures::{
    at, attempt, ends, found, inclusion, leg, opening, plan, signed, verdicts,
};
use paydirt_ledger::{Acquired, Change, Journal as _, LegState, LegVerdict, PaymentId};

#[tokio::test]
#[ignore = "a measurement"]
async fn print_the_times_of_writes_of_a_thousand_payments() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("books.db").display());
    let books = Books::connect(&url).await.unwrap();
    books.migrate().await.unwrap();
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
    for round in 0..4_u64 {
        let time = |what: &'static str, begun: Instant| {
            println!(
                "{round} {what:9} {:6.1} ms",
                begun.elapsed().as_secs_f64() * 1000.0
            );
        };
        let news: Vec<_> = (1..=1000).map(|n| plan(vec![leg(n, 10)])).collect();
        let of_each = |change: &dyn Fn(PaymentId) -> Change| -> Vec<Change> {
            news.iter().map(|new| change(new.id)).collect()
        };
        let begun = Instant::now();
        let changes: Vec<_> = news.iter().cloned().map(Change::Plan).collect();
        journal.write(&lease, &changes, at(1)).await.unwrap();
        time("planned", begun);
        let begun = Instant::now();
        journal
            .write(&lease, &of_each(&Change::Held), at(1))
            .await
            .unwrap();
        time("held", begun);
        let attempts: Vec<_> = (round * 1000..)
            .zip(&news)
            .map(|(nonce, new)| {
                let bytes = signed(&wallet.opening.address, nonce, AttemptKind::Pay, 1);
                attempt(new.id, AttemptKind::Pay, bytes)
            })
            .collect();
        let begun = Instant::now();
        journal.save(&lease, &attempts, at(1)).await.unwrap();
        time("saved", begun);
        let begun = Instant::now();
        let sent = attempts.iter().map(|a| Change::Sent {
            attempt: a.id,
            verdict: "accepted".into(),
        });
        journal
            .write(&lease, &sent.collect::<Vec<_>>(), at(1))
            .await
            .unwrap();
        time("sent", begun);
        let begun = Instant::now();
        let open = journal.snapshot(&wallet.id).await.unwrap().open;
        time("snapshot", begun);
        let seen = open.iter().map(|p| Change::Included {
            payment: p.id,
            inclusion: inclusion(p, 30 + round),
        });
        let seen: Vec<_> = seen.collect();
        let begun = Instant::now();
        journal.write(&lease, &seen, at(1)).await.unwrap();
        time("included", begun);
        let finals = open.iter().map(|p| Change::Final {
            payment: p.id,
            by: Box::new(found(p, 30 + round)),
            legs: verdicts(p, &LegVerdict::Paid),
        });
        let finals: Vec<_> = finals.collect();
        let begun = Instant::now();
        journal.write(&lease, &finals, at(1)).await.unwrap();
        time("final", begun);
        let closed = open.iter().map(|p| Change::Closed {
            payment: p.id,
            legs: ends(p, LegState::Settled),
        });
        let closed: Vec<_> = closed.collect();
        let begun = Instant::now();
        journal.write(&lease, &closed, at(1)).await.unwrap();
        time("closed", begun);
        let begun = Instant::now();
        journal.renew(&lease, 600_000).await.unwrap();
        time("renewed", begun);
    }
}
