//! What a server, or the wire to it, does in the middle of something.

use paydirt_books::{Books, Journal, PostgresOptions};
use paydirt_ledger::conformance::fixtures::{at, leg, opening, plan};
use paydirt_ledger::{Change, Journal as _, JournalError, Lease, NewPayment, WalletId};
use paydirt_testkit::{Gate, PostgresFault, PostgresProxy};

use super::shared::{clock, granted, open};
use super::{Home, Raw};

/// The whole message: a transaction begins with the words READ COMMITTED.
const COMMIT: &str = "COMMIT\0";

fn plans(first: u32, count: u32) -> (Vec<NewPayment>, Vec<Change>) {
    let plans: Vec<_> = (first..first + count)
        .map(|n| plan(vec![leg(n, 10)]))
        .collect();
    let changes = plans.iter().cloned().map(Change::Plan).collect();
    (plans, changes)
}

async fn leased(journal: &Journal) -> (WalletId, Lease) {
    let wallet = journal.open_wallet(&opening(0)).await.unwrap().id;
    let lease = journal.acquire(&wallet, "us", 60_000, None).await.unwrap();
    (wallet, granted(lease))
}

async fn planned(journal: &Journal, wallet: &WalletId) -> usize {
    journal.snapshot(wallet).await.unwrap().open.len()
}

/// The same books over another way.
async fn by_way_of(url: &str, options: &PostgresOptions) -> Journal {
    let books = Books::connect_with(url, options).await.unwrap();
    books.with_clock(clock()).journal().await.unwrap()
}

fn is_database(error: &JournalError) -> bool {
    matches!(error, JournalError::Database(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_keeps_what_it_acknowledged() {
    let mut home = Home::new().await;
    open(&home, &clock()).await;
    let hasty = PostgresOptions {
        connect_timeout_ms: 1_000,
        ..PostgresOptions::default()
    };
    let journal = by_way_of(&home.url(), &hasty).await;
    let (wallet, lease) = leased(&journal).await;
    let mut next = 0;
    for round in 1..=3 {
        let before = planned(&journal, &wallet).await;
        let writer = tokio::spawn({
            let (journal, lease) = (journal.clone(), lease.clone());
            async move {
                let mut acknowledged = 0;
                loop {
                    let (_, changes) = plans(next + acknowledged * 20 + 1, 20);
                    match journal.write(&lease, &changes, at(1)).await {
                        Ok(()) => acknowledged += 1,
                        Err(error) => return (acknowledged, error),
                    }
                }
            }
        });
        let lines = before + 20 * round;
        while planned(&journal, &wallet).await < lines {}
        home.0.kill9();
        let (acknowledged, error) = writer.await.unwrap();
        assert!(is_database(&error), "{error}");
        home.0.restart().await.unwrap();
        let found = planned(&journal, &wallet).await - before;
        let acknowledged_rows = usize::try_from(acknowledged).unwrap() * 20;
        let both = [acknowledged_rows, acknowledged_rows + 20];
        assert!(both.contains(&found), "{found} of {acknowledged_rows}");
        let history = journal.history(&wallet, None, 1_000_000).await.unwrap();
        assert_eq!(history.len(), planned(&journal, &wallet).await);
        next += (acknowledged + 1) * 20;
    }
    let (_, changes) = plans(next + 1, 1);
    journal.write(&lease, &changes, at(2)).await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_an_error_after_which_the_step_is_safe_to_repeat() {
    let home = Home::new().await;
    let direct = open(&home, &clock()).await;
    let proxy = PostgresProxy::start(&home.0).await.unwrap();
    let journal = by_way_of(&proxy.url(), &PostgresOptions::default()).await;
    proxy.once(COMMIT, PostgresFault::CutAfter);
    let opened = journal.open_wallet(&opening(0)).await.unwrap_err();
    assert!(is_database(&opened), "{opened}");
    assert_eq!(direct.wallets().await.unwrap().len(), 1);
    let wallet = journal.open_wallet(&opening(0)).await.unwrap().id;
    proxy.once(COMMIT, PostgresFault::CutAfter);
    let lost = journal.acquire(&wallet, "us", 60_000, None).await;
    assert!(is_database(&lost.unwrap_err()));
    let again = journal.acquire(&wallet, "us", 60_000, None).await.unwrap();
    let lease = granted(again);
    assert_eq!(lease.token, 1, "the same owner keeps its token");
    for (fault, done) in [(PostgresFault::CutAfter, 5), (PostgresFault::CutBefore, 0)] {
        let before = planned(&direct, &wallet).await;
        let (_, changes) = plans(100 + u32::try_from(before).unwrap(), 5);
        proxy.once(COMMIT, fault);
        let lost = journal.write(&lease, &changes, at(1)).await.unwrap_err();
        assert!(is_database(&lost), "{lost}");
        assert_eq!(planned(&direct, &wallet).await, before + done);
        let again = journal.write(&lease, &changes, at(1)).await;
        assert_eq!(again.is_ok(), done == 0, "{again:?}");
        assert_eq!(planned(&journal, &wallet).await, before + 5);
    }
}

#[tokio::test]
async fn connections_that_a_restart_broke_are_replaced() {
    let mut home = Home::new().await;
    let journal = open(&home, &clock()).await;
    let (wallet, lease) = leased(&journal).await;
    let looks = (0..8).map(|_| journal.wallets());
    futures::future::try_join_all(looks).await.unwrap();
    home.0.stop().await.unwrap();
    home.0.restart().await.unwrap();
    let (_, changes) = plans(1, 1);
    journal.write(&lease, &changes, at(1)).await.unwrap();
    assert_eq!(planned(&journal, &wallet).await, 1);
}

#[tokio::test]
async fn an_owner_that_hangs_in_a_transaction_loses_its_locks_and_its_write() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    let (wallet, lease) = leased(&journal).await;
    let proxy = PostgresProxy::start(&home.0).await.unwrap();
    let short = PostgresOptions {
        idle_timeout_ms: 200,
        ..PostgresOptions::default()
    };
    let hanging = by_way_of(&proxy.url(), &short).await;
    let gate = Gate::new();
    proxy.once(COMMIT, PostgresFault::Hold(gate.clone()));
    let hung = tokio::spawn({
        let lease = lease.clone();
        async move { hanging.write(&lease, &plans(1, 1).1, at(1)).await }
    });
    gate.arrived().await;
    journal.write(&lease, &plans(2, 1).1, at(1)).await.unwrap();
    gate.release();
    let error = hung.await.unwrap().unwrap_err();
    assert!(is_database(&error), "{error}");
    let open = journal.snapshot(&wallet).await.unwrap().open;
    let members: Vec<_> = open.iter().map(|p| p.legs[0].member.to_string()).collect();
    assert_eq!(members, [leg(2, 10).member.to_string()]);
}

#[tokio::test]
async fn a_lock_and_an_answer_are_waited_for_only_so_long() {
    let home = Home::new().await;
    let journal = open(&home, &clock()).await;
    let (wallet, lease) = leased(&journal).await;
    let short = PostgresOptions {
        lock_timeout_ms: 50,
        statement_timeout_ms: 100,
        ..PostgresOptions::default()
    };
    let proxy = PostgresProxy::start(&home.0).await.unwrap();
    let impatient = by_way_of(&proxy.url(), &short).await;
    let mut other = Raw::connect(&home).await;
    other
        .execute("BEGIN; UPDATE wallet SET paused = 'x'")
        .await
        .unwrap();
    let error = impatient.write(&lease, &plans(1, 1).1, at(1)).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("lock timeout"), "{error}");
    other.execute("ROLLBACK").await.unwrap();
    let gate = Gate::new();
    proxy.once(COMMIT, PostgresFault::HoldReply(gate.clone()));
    let error = impatient.write(&lease, &plans(1, 1).1, at(1)).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("no answer within"), "{error}");
    assert_eq!(planned(&journal, &wallet).await, 1, "it was committed");
    assert_eq!(
        planned(&impatient, &wallet).await,
        1,
        "over another connection"
    );
    gate.release();
}

#[tokio::test]
async fn a_thousand_payments_take_no_more_round_trips_than_ten() {
    let home = Home::new().await;
    let proxy = PostgresProxy::start(&home.0).await.unwrap();
    open(&home, &clock()).await;
    let journal = by_way_of(&proxy.url(), &PostgresOptions::default()).await;
    let (_, lease) = leased(&journal).await;
    let mut trips = Vec::new();
    // The first time, statements are prepared.
    for (first, count) in [(1, 10), (100, 10), (1_000, 1_000)] {
        let (news, changes) = plans(first, count);
        proxy.take_round_trips();
        journal.write(&lease, &changes, at(1)).await.unwrap();
        let held: Vec<_> = news.iter().map(|new| Change::Held(new.id)).collect();
        journal.write(&lease, &held, at(1)).await.unwrap();
        trips.push(proxy.take_round_trips());
    }
    assert!(trips[2] <= trips[1], "{trips:?}");
    assert!(trips[2] < 40, "{trips:?}");
}
