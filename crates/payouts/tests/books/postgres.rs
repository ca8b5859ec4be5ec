//! With the books on a server.

use paydirt_testkit::{PostgresFault, PostgresProxy, PostgresServer};

use crate::owed::Owed;
use crate::scene::Scene;
use crate::*;

const COMMIT: &str = "COMMIT\0";

#[tokio::test]
async fn everyone_is_paid_from_the_books_once() {
    let server = PostgresServer::start().await.unwrap();
    everyone_is_paid(&server.url()).await;
}

#[tokio::test]
async fn withdrawals_are_paid_once_beside_balances() {
    let server = PostgresServer::start().await.unwrap();
    withdrawals_are_paid(&server.url()).await;
}

#[tokio::test]
async fn what_a_lost_journal_may_have_sent_is_left_to_a_person() {
    let server = PostgresServer::start().await.unwrap();
    reconcile_leaves_withdrawals_to_a_person(&server.url()).await;
}

#[tokio::test]
async fn what_a_pause_gives_back_is_paid_after_it() {
    let server = PostgresServer::start().await.unwrap();
    a_paused_wallet_gives_withdrawals_back(&server.url()).await;
}

/// Runs until one goes through, while the wire breaks at one commit, after so many. Returns
/// whether there were as many.
async fn run_with(passes: u32, fault: PostgresFault) -> bool {
    let server = PostgresServer::start().await.unwrap();
    let proxy = PostgresProxy::start(&server).await.unwrap();
    let owed = Owed::asked(&server.url(), &AMOUNTS).await;
    let engine = owed.engine(&proxy.url()).await;
    let why = format!("{fault:?} after {passes}");
    proxy.once_after(passes, COMMIT, fault);
    let mut failed = 0;
    while let Err(error) = engine.run(&Scene::once()).await {
        assert!(error.is_retryable(), "{why}: {error}");
        failed += 1;
        assert!(failed < 3, "{why}: {error}");
    }
    owed.assert_paid(&why).await;
    let url = server.url();
    assert_eq!(Owed::are(&url, "paid").await, 2, "{why}");
    assert_eq!(Owed::are(&url, "processing").await, 0, "{why}");
    let unused = proxy.heal() > 0;
    !unused
}

/// With `PAYDIRT_LONG`, each commit of a run; else some of them.
#[tokio::test]
async fn whichever_commit_is_lost_everyone_is_paid_once() {
    let step = match std::env::var_os("PAYDIRT_LONG") {
        Some(_) => 1,
        None => 14,
    };
    for (first, fault) in [(0, PostgresFault::CutAfter), (4, PostgresFault::CutBefore)] {
        let mut passes = first;
        while run_with(passes, fault.clone()).await {
            passes += step;
        }
        eprintln!("{fault:?}: fewer than {passes} commits");
        assert!(passes > 20, "a run has more commits than {passes}");
    }
}
