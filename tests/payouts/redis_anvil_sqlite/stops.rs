//! Stopped, killed, and started twice.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::pool::{Pool, Ran, by_hand, due, quick};
use crate::state::{State, of_the_pool, paid_by_the_original};

const RUN: &str = "payouts run --once --yes --output json";

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

async fn ended(child: Child) -> Ran {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    Ran(output.await.unwrap())
}

/// Until the node's pool has so many transactions.
async fn sent(pool: &Pool, count: usize) {
    let full = format!("{count:#x}");
    loop {
        let status = pool.anvil.rpc("txpool_status", json!([])).await.unwrap();
        if status["pending"] == full.as_str() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn a_second_run_finishes(signalled: Signal, exit: Option<i32>) {
    let pool = Pool::with(12, by_hand()).await;
    let (before, due) = (pool.state().await, due(12));
    let first = pool.start(RUN);
    sent(&pool, due.len()).await;
    signal(&first, signalled);
    let first = ended(first).await;
    assert_eq!(first.0.status.code(), exit, "{}", first.err());
    if exit.is_some() {
        assert!(first.out().contains("\"stopped\":true"), "{}", first.out());
        assert!(
            first
                .out()
                .contains(&format!("\"in_flight\":{}", due.len()))
        );
    }
    let between = pool.state().await;
    assert!(
        between["eth:payments:lock"]
            .as_str()
            .unwrap()
            .starts_with("paydirt:")
    );
    assert_eq!(
        between["eth:payments:pending"].as_object().unwrap().len(),
        due.len()
    );
    let status = pool.run("payouts status --output json").await.json();
    assert_eq!(status["wallets"][0]["in_flight"], due.len());

    pool.mine_each_second().await;
    pool.run(RUN).await.json();
    let paid = pool.assert_paid(&due).await;
    let after = pool.state().await;
    assert_eq!(
        of_the_pool(after.clone()),
        paid_by_the_original(&before, &paid, &after)
    );
}

#[tokio::test]
async fn sigterm_in_the_middle_ends_with_0_and_the_next_run_finishes() {
    a_second_run_finishes(Signal::TERM, Some(0)).await;
}

#[tokio::test]
async fn sigkill_in_the_middle_loses_nothing_and_the_next_run_finishes() {
    a_second_run_finishes(Signal::KILL, None).await;
}

#[tokio::test]
async fn a_deadline_with_something_left_ends_with_3() {
    let pool = Pool::with(3, by_hand()).await;
    let ran = pool.run(&format!("{RUN} --deadline 2s")).await;
    assert_eq!(ran.exit(), 3, "{}", ran.err());
    assert!(ran.out().contains("\"in_flight\":2"), "{}", ran.out());
    pool.mine_each_second().await;
    pool.run(RUN).await.json();
    pool.assert_paid(&due(3)).await;
}

#[tokio::test]
async fn two_processes_at_once_pay_everybody_once() {
    let pool = Pool::with(20, quick()).await;
    let before = pool.state().await;
    let (one, two) = (pool.start(RUN), pool.start(RUN));
    let (one, two) = (ended(one).await, ended(two).await);
    let exits = [one.exit(), two.exit()];
    assert!(exits.contains(&0), "{}\n{}", one.err(), two.err());
    for ran in [&one, &two] {
        assert!(
            ran.exit() == 0 || ran.err().contains("owns the wallet"),
            "{}",
            ran.err()
        );
    }
    let paid = pool.assert_paid(&due(20)).await;
    let after = pool.state().await;
    assert_eq!(
        of_the_pool(after.clone()),
        paid_by_the_original(&before, &paid, &after)
    );
}

#[tokio::test]
async fn a_daemon_pays_at_once_and_stops_when_told() {
    let pool = Pool::with(6, quick()).await;
    let daemon = pool.start("payouts run");
    while pool.on_chain().await.len() < due(6).len() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    signal(&daemon, Signal::TERM);
    let ran = ended(daemon).await;
    assert_eq!(ran.exit(), 0, "{}", ran.err());
    pool.run(RUN).await.json();
    pool.assert_paid(&due(6)).await;
}

#[tokio::test]
async fn serve_pays_on_schedule_and_ends_when_told_to() {
    let pool = Pool::with(8, quick()).await;
    let (before, due) = (pool.state().await, due(8));
    // By the interval of the pool's own configuration: once at the beginning.
    let served = pool.start("serve");
    let recorded = |state: &State| state["eth:payments:all"].as_object().unwrap().len();
    while recorded(&pool.state().await) < recorded(&before) + due.len() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    signal(&served, Signal::TERM);
    let served = ended(served).await;
    assert_eq!(served.exit(), 0, "{}", served.err());
    let paid = pool.assert_paid(&due).await;
    let after = of_the_pool(pool.state().await);
    assert_eq!(after, paid_by_the_original(&before, &paid, &after));
}
