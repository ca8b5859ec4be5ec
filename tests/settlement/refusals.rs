//! What is refused, and changes nothing.

use super::shell;
use crate::shell::{FIRST, SECOND};

fn entry<'a>(pool: &'a str, stream: &'a str, day: &'a str, amount: &'a str) -> Vec<&'a str> {
    let of = ["--pool", pool, "--stream", stream];
    let when = ["--day", day, "--amount", amount];
    [&["income", "record"], &of[..], &when[..]].concat()
}

#[tokio::test]
async fn without_books_nothing_is_done_and_the_cure_is_named() {
    let shell = shell().await;
    let (exit, error) = shell.refused(&entry("space", "mainnet", FIRST, "1"));
    assert_eq!((exit, &error["code"]), (1, &"database".into()));
    let cure = error["message"].as_str().unwrap();
    assert!(cure.contains("paydirt migrate"), "{cure}");
    assert!(!shell.path("paydirt.db").exists());
}

#[tokio::test]
async fn income_is_recorded_once_for_a_stream_and_day() {
    let shell = shell().await.with_orders().await;
    shell.ok(&entry("space", "mainnet", FIRST, "237.098 FIL"));
    let (exit, error) = shell.refused(&entry("space", "mainnet", FIRST, "1"));
    assert_eq!((exit, &error["code"]), (1, &"refused".into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("237.098 FIL, by alice"), "{message}");
    let named = [
        entry("space", "mainnet", FIRST, "1"),
        vec!["--source", "second"],
    ]
    .concat();
    shell.ok(&named);
    let items = shell.rows(&["income", "list", "--pool", "space"]);
    let amounts: Vec<_> = items
        .iter()
        .map(|item| item["amount"].as_str().unwrap())
        .collect();
    assert_eq!(amounts, ["237.098000000", "1.000000000"]);
}

#[tokio::test]
async fn what_can_not_be_read_or_is_not_configured_is_wrong_usage() {
    let shell = shell().await.with_orders().await;
    for (pool, stream, amount) in [
        ("nowhere", "mainnet", "1"),
        ("space", "nothing", "1"),
        ("space", "mainnet", "1e3"),
        ("space", "mainnet", "-1"),
        ("space", "mainnet", "１"),
        ("space", "mainnet", "1 ETH"),
        ("space", "mainnet", "0.0000000000000000001"),
    ] {
        let line = entry(pool, stream, FIRST, amount);
        let (exit, error) = shell.refused(&line);
        assert_eq!(exit, 2, "{line:?}: {error}");
    }
    let with_power = [
        entry("space", "mainnet", FIRST, "1"),
        vec!["--power", "1 XB"],
    ]
    .concat();
    assert_eq!(shell.refused(&with_power).0, 2);
    for line in [
        vec!["settle", "--pool", "nowhere"],
        vec!["settle", "--pool", "space", "--stream", "nothing"],
        vec!["settle", "--pool", "space", "--day", "2024-10-31"],
        vec!["settle", "--pool", "space", "--day", "2024-02-30"],
        vec!["settle", "--from", SECOND, "--to", FIRST],
        vec![
            "settle",
            "--pool",
            "space",
            "--stream",
            "bonus",
            "--day",
            "2024-12-01",
        ],
    ] {
        let (exit, error) = shell.refused(&line);
        assert_eq!(exit, 2, "{line:?}: {error}");
    }
    assert!(
        shell
            .rows(&["income", "list", "--pool", "space"])
            .is_empty()
    );
}

#[tokio::test]
async fn days_that_are_not_over_are_not_settled() {
    let shell = shell().await.with_orders().await;
    let (exit, error) = shell.refused(&["settle", "--pool", "space", "--day", "2999-01-01"]);
    let message = error["message"].as_str().unwrap();
    assert_eq!(exit, 1);
    assert!(message.contains("2999-01-01 is not over"), "{message}");
    let (exit, error) = shell.refused(&entry("space", "mainnet", "2999-01-01", "1"));
    let message = error["message"].as_str().unwrap();
    assert_eq!(exit, 1);
    assert!(message.contains("has not begun"), "{message}");
}

#[tokio::test]
async fn a_settled_day_takes_no_income_but_the_next_one_may() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "10", "118.950 PB");
    shell.ok(&["settle", "--pool", "space", "--day", FIRST]);
    let late = [
        entry("space", "mainnet", FIRST, "1.5"),
        vec!["--source", "late"],
    ]
    .concat();
    let (exit, error) = shell.refused(&late);
    assert_eq!((exit, &error["code"]), (1, &"refused".into()));
    assert!(
        error["cure"].as_str().unwrap().contains("--late"),
        "{error}"
    );
    shell.ok(&[late, vec!["--late"]].concat());
    shell.record(SECOND, "10", "118.950 PB");
    let settled = shell.rows(&["settle", "--pool", "space", "--day", SECOND]);
    assert_eq!(settled[0]["income"], "11.500000000");
    let first = shell.json(&["settle", "show", "--pool", "space", "--day", FIRST]);
    assert_eq!(first["rows"][0]["figures"][0]["value"], "10.000000000");
}

#[tokio::test]
async fn a_pool_that_fails_stops_no_other() {
    let shell = shell().await.with_orders().await;
    shell.ok(&entry("ether", "main", FIRST, "1"));
    let moved = "pool.space.first_day=2024-11-02";
    let ran = shell.run(&["settle", "--set", moved, "--output", "json"]);
    assert_eq!(ran.exit(), 1, "{ran}");
    let states: Vec<_> = ran
        .rows()
        .into_iter()
        .map(|row| row["pool"].clone())
        .collect();
    assert!(
        !states.is_empty() && states.iter().all(|pool| pool == "ether"),
        "{ran}"
    );
    assert!(
        ran.err()
            .contains("pool space, stream bonus: pool space: its first day is"),
        "{ran}"
    );
    let ether = shell.rows(&["settle", "--pool", "ether", "--day", FIRST]);
    assert_eq!(ether[0]["state"], "already");
}

#[tokio::test]
async fn a_day_that_is_not_settled_can_not_be_shown() {
    let shell = shell().await.with_orders().await;
    let (exit, error) = shell.refused(&["settle", "show", "--pool", "space", "--day", FIRST]);
    assert_eq!((exit, &error["code"]), (1, &"unknown".into()));
}
