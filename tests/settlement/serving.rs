//! What runs on its own.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::shell;
use crate::shell::{FIRST, SECOND};

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
