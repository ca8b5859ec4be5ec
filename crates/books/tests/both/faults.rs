//! What interrupts a write, and who else writes.

use std::time::Duration;

use paydirt_ledger::conformance::fixtures::{at, leg, opening, plan};
use paydirt_ledger::{Acquired, Change, Journal as _, JournalError, Lease};

use super::Home;
use super::shared::{clock, granted, open};

#[tokio::test]
async fn a_write_that_is_dropped_in_the_middle_leaves_all_or_nothing() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    let wallet = journal.open_wallet(&opening(0)).await.unwrap().id;
    let lease = granted(journal.acquire(&wallet, "us", 60_000, None).await.unwrap());
    let (mut dropped, mut written, mut n) = (0, 0, 0);
    for wait_us in (0..40).map(|step| step * step * 40) {
        let changes: Vec<_> = (0..100)
            .map(|_| {
                n += 1;
                Change::Plan(plan(vec![leg(n, 10)]))
            })
            .collect();
        let write = journal.write(&lease, &changes, at(1));
        let ended = tokio::time::timeout(Duration::from_micros(wait_us), write).await;
        // A commit that was under way may land after the call was dropped, but before this.
        journal.renew(&lease, 60_000).await.unwrap();
        let open = journal.snapshot(&wallet).await.unwrap().open.len();
        match ended {
            Ok(result) => {
                result.unwrap();
                written += 1;
            }
            Err(_) if open > written * 100 => written += 1,
            Err(_) => dropped += 1,
        }
        assert_eq!(open, written * 100);
        let lines = journal.history(&wallet, None, 1_000_000).await.unwrap();
        assert_eq!(lines.len(), open, "one line a payment");
    }
    assert!(dropped > 0);
    let after = [Change::Plan(plan(vec![leg(n + 1, 10)]))];
    journal.write(&lease, &after, at(2)).await.unwrap();
}

#[tokio::test]
async fn of_two_processes_the_older_owner_is_fenced() {
    let home = Home::new().await;
    let clock = clock();
    let one = open(&home, &clock).await;
    let other = open(&home, &clock).await;
    assert_eq!(one.id().await.unwrap(), other.id().await.unwrap());
    let wallet = one.open_wallet(&opening(0)).await.unwrap().id;
    let old = granted(one.acquire(&wallet, "one", 6_000, None).await.unwrap());
    let refused = other.acquire(&wallet, "other", 6_000, None).await.unwrap();
    assert!(matches!(refused, Acquired::HeldBy { .. }), "{refused:?}");
    clock.advance_ms(6_000);
    let new = granted(other.acquire(&wallet, "other", 6_000, None).await.unwrap());
    let change = [Change::Paused {
        reason: "late".into(),
    }];
    let late = one.write(&old, &change, at(1)).await;
    assert!(matches!(late, Err(JournalError::Fenced { .. })), "{late:?}");
    other.write(&new, &change, at(1)).await.unwrap();
    assert_eq!(
        one.snapshot(&wallet)
            .await
            .unwrap()
            .wallet
            .paused
            .as_deref(),
        Some("late")
    );
}

#[tokio::test]
async fn writes_of_two_processes_wait_for_each_other() {
    let home = Home::new().await;
    let clock = clock();
    let one = open(&home, &clock).await;
    let other = open(&home, &clock).await;
    let mut leases = Vec::new();
    for (n, journal) in [(0, &one), (1, &other)] {
        let wallet = journal.open_wallet(&opening(n)).await.unwrap().id;
        leases.push(granted(
            journal.acquire(&wallet, "us", 60_000, None).await.unwrap(),
        ));
    }
    let writes = |journal: paydirt_books::Journal, lease: Lease, first: u32| async move {
        for n in first..first + 40 {
            let changes = [Change::Plan(plan(vec![leg(n, 10)]))];
            journal.write(&lease, &changes, at(1)).await.unwrap();
        }
    };
    let (first, second) = (leases.remove(0), leases.remove(0));
    let tasks = [
        tokio::spawn(writes(one.clone(), first.clone(), 1)),
        tokio::spawn(writes(other, second.clone(), 1001)),
    ];
    for task in tasks {
        task.await.unwrap();
    }
    for lease in [first, second] {
        assert_eq!(one.snapshot(&lease.wallet).await.unwrap().open.len(), 40);
    }
}

#[tokio::test]
async fn leases_expire_by_the_databases_clock() {
    let home = Home::new().await;
    open(&home, &clock()).await;
    let journal = paydirt_books::Journal::open(&home.url()).await.unwrap();
    let wallet = journal.open_wallet(&opening(0)).await.unwrap().id;
    granted(journal.acquire(&wallet, "short", 0, None).await.unwrap());
    granted(
        journal
            .acquire(&wallet, "long", 600_000, None)
            .await
            .unwrap(),
    );
    let Acquired::HeldBy { owner, expires_at } =
        journal.acquire(&wallet, "late", 1, None).await.unwrap()
    else {
        panic!("two owners");
    };
    let now = paydirt_schedule::Clock::now(&paydirt_schedule::SystemClock);
    assert_eq!(owner, "long");
    assert!(
        expires_at > now && expires_at <= now.saturating_add_ms(600_000),
        "{expires_at}"
    );
}
