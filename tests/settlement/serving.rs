//! What runs on its own.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::shell;
use crate::shell::{FIRST, SECOND, Shell};

#[tokio::test]
async fn serve_settles_what_is_due_and_ends_when_told_to() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "10", "118.950 PB");
    let mut served = shell.start(&["serve"], "served.log");
    let log = || std::fs::read_to_string(shell.path("served.log")).unwrap();
    // Until it has come to the day that waits.
    while !(log().contains("waits: no final income yet") && log().contains(SECOND)) {
        assert!(served.try_wait().unwrap().is_none(), "{}", log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill_process(Pid::from_child(&served), Signal::TERM).unwrap();
    assert!(served.wait().unwrap().success(), "{}", log());
    let settled = shell.rows(&["settle", "--pool", "space", "--day", FIRST]);
    assert_eq!(settled.last().unwrap()["state"], "already");
    let audit = shell.json(&["settle", "show", "--pool", "space", "--day", FIRST]);
    let figures = audit["rows"][0]["figures"].as_array().unwrap();
    let by = figures
        .iter()
        .find(|of| of["figure"] == "settled by")
        .unwrap();
    assert_eq!(by["value"], "paydirt serve");
}

#[tokio::test]
async fn a_settlement_that_is_killed_leaves_nothing_and_is_settled_whole_by_the_next() {
    let mut shell = shell().await.with_orders().await;
    shell.add_many(3_000).await;
    shell.record(FIRST, "1000", "118.950 PB");
    let day = ["--pool", "space", "--day", FIRST];
    let is_settled = |shell: &Shell| shell.run(&[&["settle", "show"], &day[..]].concat()).exit();
    for tries in 1_u64.. {
        let mut settling = shell.start(&[&["settle"], &day[..]].concat(), "settling.log");
        // At another place each time, until it comes through.
        tokio::time::sleep(Duration::from_millis(25 * tries)).await;
        if tries % 2 == 0 {
            shell.restart_server().await;
        }
        let _ended = settling.kill();
        settling.wait().unwrap();
        let ledger = shell.rows(&["ledger", "verify", "--pool", "space"]);
        assert_eq!(ledger[0]["state"], "right", "{ledger:?}");
        let lines = if is_settled(&shell) == 0 { 3_003 } else { 0 };
        assert_eq!(ledger[0]["lines"], lines, "{ledger:?}");
        if lines > 0 {
            break;
        }
    }
    let again = shell.rows(&[&["settle"], &day[..]].concat());
    assert_eq!(again[0]["state"], "already");
    let report = shell.rows(&["report", "daily", "--pool", "space", "--to", FIRST]);
    assert_eq!(
        (&report[0]["status"], &report[0]["members"]),
        (&"settled".into(), &3_002.into())
    );
}

#[tokio::test]
async fn of_many_who_settle_at_once_one_does() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "237.098", "118.950 PB");
    let settle = [
        "settle", "--pool", "space", "--stream", "mainnet", "--day", FIRST,
    ];
    let racing: Vec<_> = (0..4)
        .map(|number| shell.start(&settle, &format!("{number}.log")))
        .collect();
    for (number, mut racer) in racing.into_iter().enumerate() {
        let log = std::fs::read_to_string(shell.path(&format!("{number}.log"))).unwrap();
        assert!(racer.wait().unwrap().success(), "{log}");
    }
    let verified = shell.rows(&["settle", "verify", "--pool", "space"]);
    assert_eq!(verified[0]["settlements"], 1);
    let member = shell.json(&["members", "show", "u1"]);
    assert_eq!(member["balances"][0]["available"], "1.793931904");
}
