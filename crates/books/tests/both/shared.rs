//! What the tests on both databases begin with.

use std::sync::Arc;

use paydirt_books::{Books, Journal};
use paydirt_chain::AttemptKind;
use paydirt_ledger::conformance::fixtures::{at, attempt, leg, opening, plan, signed, withdrawal};
use paydirt_ledger::{Acquired, Change, Journal as _, Lease};
use paydirt_schedule::DrivenClock;

use super::Home;

/// Up-to-date books there.
pub(crate) async fn open(home: &Home, clock: &Arc<DrivenClock>) -> Journal {
    let books = Books::connect(&home.url())
        .await
        .unwrap()
        .with_clock(clock.clone());
    books.migrate().await.unwrap();
    books.journal().await.unwrap()
}

pub(crate) fn clock() -> Arc<DrivenClock> {
    Arc::new(DrivenClock::new(at(0)))
}

pub(crate) fn granted(acquired: Acquired) -> Lease {
    match acquired {
        Acquired::Granted(lease) => lease,
        other => panic!("{other:?}"),
    }
}

/// A saved payment with a balance's and a withdrawal's leg, and a planned one.
pub(crate) async fn filled(journal: &Journal) {
    let wallet = journal.open_wallet(&opening(0)).await.unwrap();
    let acquired = journal
        .acquire(&wallet.id, "us", 60_000, None)
        .await
        .unwrap();
    let Acquired::Granted(lease) = acquired else {
        panic!("{acquired:?}")
    };
    let one = plan(vec![leg(1, 10), withdrawal(2, 20, &["w1", "w2"])]);
    let changes = [
        Change::FirstNonce {
            nonce: 5,
            reason: "new".into(),
        },
        Change::Plan(one.clone()),
        Change::Held(one.id),
        Change::Plan(plan(vec![leg(3, 30)])),
    ];
    journal.write(&lease, &changes, at(1)).await.unwrap();
    let bytes = signed(&wallet.opening.address, 5, AttemptKind::Pay, 1);
    let first = attempt(one.id, AttemptKind::Pay, bytes);
    journal.save(&lease, &[first], at(2)).await.unwrap();
}
