//! A member asks, another person approves.

use serde_json::Value;

use super::shell;
use crate::shell::{ALICE, BOB, U1, U2, id, request};

/// Processes at once.
const AT_ONCE: usize = 24;

#[tokio::test]
async fn a_large_request_waits_for_another_person_and_shows_who_did_what() {
    let shell = shell().await.with_members();
    let asked = shell.ask("u1", "20", U1);
    assert_eq!(
        (&asked["state"], &asked["amount"]),
        (&"requested".into(), &"20.000000000".into())
    );
    let id = id(&asked);
    assert_eq!(shell.has("u1"), ["30", "26", "0"]);
    let refused = shell.refused(ALICE, 4, &["withdrawals", "approve", &id, "--yes"]);
    assert!(refused.contains("another person"), "{refused}");
    // Without a terminal to ask on, and without --yes, nothing is approved.
    let refused = shell.refused(BOB, 2, &["withdrawals", "approve", &id]);
    assert!(refused.contains("--yes"), "{refused}");
    let approved = shell.rows(BOB, &["withdrawals", "approve", &id, "--yes"]);
    assert_eq!(approved[0]["state"], "approved");
    let shown = shell.json(BOB, &["withdrawals", "show", &id]);
    assert_eq!(
        (&shown["state"], &shown["decided_by"]),
        (&"approved".into(), &BOB.into())
    );
    let events = shown["events"].as_array().unwrap();
    let line = |it: &Value| format!("{} {}", it["state"], it["by"]);
    let lines: Vec<String> = events.iter().map(line).collect();
    assert_eq!(lines, [r#""requested" "alice""#, r#""approved" "bob""#]);
    let small = shell.ask("u1", "0.1", U1);
    // With what was asked for before, the day's sum is above the limit.
    assert_eq!(small["state"], "requested");
    assert_eq!(shell.ask("u2", "5", U2)["state"], "approved");
    let states = |of: &[&str]| {
        let rows = shell.rows(ALICE, &[&["withdrawals", "list"], of].concat());
        rows.iter()
            .map(|it| it["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&[]), ["approved", "requested", "approved"]);
    assert_eq!(states(&["--state", "requested"]), ["requested"]);
    assert_eq!(states(&["--member", "u2"]), ["approved"]);
    shell.verify();
}

#[tokio::test]
async fn several_are_approved_at_once_or_none_of_them() {
    let shell = shell().await.with_members();
    let first = id(&shell.ask("u1", "20", U1));
    let second = id(&shell.ask("u1", "11", U1));
    let small = id(&shell.ask("u2", "1", U2));
    let line = ["withdrawals", "approve", &first, &second, &small, "--yes"];
    let refused = shell.refused(BOB, 4, &line);
    assert!(refused.contains("is approved, not requested"), "{refused}");
    let waiting = ["withdrawals", "list", "--state", "requested"];
    assert_eq!(shell.rows(BOB, &waiting).len(), 2);
    shell.refused(BOB, 2, &["withdrawals", "approve", &first, &first, "--yes"]);
    shell.ok(BOB, &["withdrawals", "approve", &first, &second, "--yes"]);
    assert_eq!(shell.rows(BOB, &waiting).len(), 0);
}

#[tokio::test]
async fn the_same_key_is_one_withdrawal_whoever_sends_it_again() {
    let shell = shell().await.with_members();
    let with_key = |amount| [&request("u1", amount, U1)[..], &["--key", "order-17"]].concat();
    let first = shell.json(ALICE, &with_key("3"));
    assert_eq!(shell.json(ALICE, &with_key("3.0 ETH")), first);
    assert_eq!(shell.json(BOB, &with_key("3")), first);
    let refused = shell.refused(ALICE, 4, &with_key("4"));
    assert!(refused.contains("asks for something else"), "{refused}");
    assert_eq!(shell.has("u1"), ["47", "9", "0"]);
}

#[tokio::test]
async fn of_many_processes_that_ask_for_the_whole_balance_one_gets_it() {
    let shell = shell().await.with_members();
    let line = request("u1", "50", U1);
    let started: Vec<_> = (0..AT_ONCE).map(|_| shell.start(ALICE, &line)).collect();
    let mut exits: Vec<i32> = started
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    exits.sort_unstable();
    let mut wanted = vec![4; AT_ONCE];
    wanted[0] = 0;
    assert_eq!(exits, wanted);
    assert_eq!(shell.has("u1"), ["0", "56", "0"]);
    assert_eq!(shell.rows(ALICE, &["withdrawals", "list"]).len(), 1);
    shell.verify();
}

#[tokio::test]
async fn a_balance_below_the_minimum_is_closed_whole() {
    let shell = shell().await.with_members();
    shell.ask("u2", "4.95", U2);
    shell.refused(ALICE, 4, &request("u2", "0.05", U2));
    let close = [
        "withdrawals",
        "request",
        "--pool",
        "ether",
        "--member",
        "u2",
        "--to",
        U2,
        "--close",
    ];
    let closed = shell.json(ALICE, &close);
    assert_eq!(closed["amount"], "0.050000000");
    assert_eq!(shell.has("u2"), ["0", "9", "0"]);
}

#[tokio::test]
async fn what_is_rejected_or_taken_back_is_available_again() {
    let shell = shell().await.with_members();
    let first = id(&shell.ask("u1", "20", U1));
    let second = id(&shell.ask("u2", "1", U2));
    shell.refused(BOB, 2, &["withdrawals", "reject", &first]);
    let reason = ["--reason", "not this month"];
    let rejected = shell.json(
        BOB,
        &[&["withdrawals", "reject", &first], &reason[..]].concat(),
    );
    assert_eq!(
        (&rejected["state"], &rejected["reason"]),
        (&"rejected".into(), &reason[1].into())
    );
    let back = shell.json(
        ALICE,
        &[&["withdrawals", "cancel", &second], &reason[..]].concat(),
    );
    assert_eq!(back["state"], "cancelled");
    assert_eq!(shell.has("u1"), ["50", "6", "0"]);
    assert_eq!(shell.has("u2"), ["5", "4", "0"]);
    for id in [&first, &second] {
        let line = [&["withdrawals", "cancel", id], &reason[..]].concat();
        let refused = shell.refused(BOB, 4, &line);
        assert!(refused.contains("it is over"), "{refused}");
    }
    shell.verify();
}

#[tokio::test]
async fn why_says_what_stands_between_and_the_cure_of_each() {
    let shell = shell().await.with_members();
    let id = id(&shell.ask("u1", "20", U1));
    let codes = |of: &[&str], set: &[&str]| {
        let rows = shell.rows(BOB, &[&["withdrawals", "why"], of, set].concat());
        let cured = |row: &Value| !row["cure"].as_str().unwrap().is_empty();
        assert!(rows.iter().all(cured), "{rows:?}");
        let codes = rows
            .iter()
            .map(|row| row["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(codes(&[&id], &[]), ["not_approved", "next_run"]);
    shell.ok(
        BOB,
        &["members", "freeze", "u1", "--reason", "under review"],
    );
    let set = ["--set", "pool.ether.payouts.cron=0 9 * * *"];
    assert_eq!(codes(&[&id], &set), ["not_approved", "frozen", "next_run"]);
    shell.ok(
        BOB,
        &["members", "unfreeze", "u1", "--reason", "all is well"],
    );
    shell.ok(BOB, &["withdrawals", "approve", &id, "--yes"]);
    let set = ["--set", "pool.ether.payouts.daily_cap=19 ETH"];
    assert_eq!(codes(&[&id], &set), ["daily_cap", "next_run"]);
    shell.ok(
        BOB,
        &[
            "members", "address", "u1", "--pool", "ether", "--remove", U1,
        ],
    );
    assert_eq!(codes(&[&id], &[]), ["no_address", "next_run"]);
    let of_member = ["--pool", "ether", "--member", "u1"];
    let wanted = ["withdrawal", "not_asked_for", "no_address", "next_run"];
    assert_eq!(codes(&of_member, &[]), wanted);
    let set = ["--set", "pool.ether.payouts.minimum=31 ETH"];
    let wanted = ["withdrawal", "below_minimum", "no_address", "next_run"];
    assert_eq!(codes(&of_member, &set), wanted);
    shell.refused(BOB, 1, &["withdrawals", "why", "999"]);
    assert_eq!(shell.run(BOB, &["withdrawals", "why"]).exit(), 2);
}
