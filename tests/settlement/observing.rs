//! Income that is observed on a chain, by command.

use std::time::Duration;

use paydirt_money::Coin;
use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::shell;
use crate::shell::{FIRST, ORDERS, SECOND, Shell, columns};

/// The block before the first day, in UTC; blocks are an hour apart.
const GENESIS_S: u64 = 1_730_419_200 - 3_600;
const THIRD: &str = "2024-11-03";
const POOL: usize = 5;
const SENDER: usize = 1;
const STRANGER: usize = 2;

async fn chain() -> Anvil {
    let genesis = GENESIS_S.to_string();
    let extra_args = ["--no-mining", "--timestamp", &genesis];
    let options = AnvilOptions {
        slots_in_an_epoch: Some(1),
        extra_args: extra_args.map(str::to_owned).into(),
        ..AnvilOptions::default()
    };
    Anvil::start(options).await.unwrap()
}

/// Mines the blocks of these hours after the first day's begin.
async fn mine(anvil: &Anvil, hours: std::ops::Range<u64>) {
    for hour in hours {
        let at_s = GENESIS_S + 3_600 * (hour + 1);
        let next = anvil.rpc("evm_setNextBlockTimestamp", json!([at_s])).await;
        next.unwrap();
        anvil.rpc("anvil_mine", json!(["0x1"])).await.unwrap();
    }
}

async fn send(anvil: &Anvil, from: usize, wei: u64) {
    let sent = json!({
        "from": DEV_ACCOUNTS[from].address, "to": DEV_ACCOUNTS[POOL].address,
        "value": format!("{wei:#x}"),
    });
    anvil
        .rpc("eth_sendTransaction", json!([sent]))
        .await
        .unwrap();
}

/// A pool whose income is seen on this chain; its configuration is two files.
fn describe(shell: &Shell, anvil: &Anvil) {
    let text = format!(
        r#"
[chain.eth]
endpoints = ["{}"]
[pool.ether]
time_zone = "UTC"
wallets = ["{}"]
income_senders = ["{}"]
[pool.ether.stream.main]
source = "chain"
due = "daily"
"#,
        anvil.url(),
        DEV_ACCOUNTS[POOL].address,
        DEV_ACCOUNTS[SENDER].address,
    );
    std::fs::write(shell.path("ether.toml"), text).unwrap();
}

const FILES: [&str; 4] = ["--config", "paydirt.toml", "--config", "ether.toml"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &FILES[..]].concat()
}

fn observe(day: &str) -> Vec<&str> {
    with(&["income", "observe", "--pool", "ether", "--day", day])
}

#[tokio::test]
async fn what_came_in_is_observed_classified_and_settled() {
    let (shell, anvil) = (shell().await, chain().await);
    describe(&shell, &anvil);
    shell.ok(&with(&["migrate"]));
    shell.add_orders("ether", Coin::ETH, &ORDERS[..2]).await;
    mine(&anvil, 0..3).await;
    send(&anvil, SENDER, 2_000_000_000_000_000_000).await;
    send(&anvil, STRANGER, 500_000_000_000_000_000).await;
    mine(&anvil, 3..25).await;
    // Over for years by the clock, and not by the chain.
    let settle = with(&["settle", "--pool", "ether", "--day", FIRST]);
    assert_eq!(shell.run(&settle).exit(), 3);
    let (exit, error) = shell.refused(&observe(FIRST));
    assert_eq!((exit, &error["code"]), (3, &"waiting".into()), "{error}");
    mine(&anvil, 25..27).await;
    let items = shell.rows(&observe(FIRST));
    let names = ["kind", "stream", "amount", "earned_on"];
    let mut found: Vec<_> = items.iter().map(|row| columns(row, &names)).collect();
    found.sort_by_key(|row| row.first().map(ToString::to_string));
    assert_eq!(found[0], ["income", "main", "2.000000000", FIRST]);
    assert_eq!(found.len(), 2, "{items:?}");
    assert_eq!(found[1][..1], ["unclassified"]);
    // Again, and nothing is new.
    assert_eq!(shell.rows(&observe(FIRST)), items);
    let list = with(&["income", "list", "--pool", "ether"]);
    assert_eq!(shell.rows(&list).len(), 2);
    let unknown = items.iter().find(|row| row["kind"] == "unclassified");
    let number = unknown.unwrap()["item"].to_string();
    let classify = ["income", "classify", &number, "--pool", "ether"];
    let income = ["--as", "income", "--stream", "main"];
    shell.ok(&with(&[&classify[..], &income[..]].concat()));
    shell.ok(&settle);
    // Of 2.5, a quarter at once: nine tenths, and a tenth less a fifth.
    let balance = |member| {
        let shown = shell.json(&with(&["members", "show", member]));
        shown["balances"][0]["available"].clone()
    };
    assert_eq!(balance("u1"), "0.562500000");
    assert_eq!(balance("u2"), "0.050000000");
    // Nothing came in on the next day, and that is known.
    mine(&anvil, 27..51).await;
    let nothing = shell.rows(&observe(SECOND));
    assert_eq!(
        columns(&nothing[0], &["kind", "amount", "source"]),
        ["income", "0.000000000", "chain"]
    );
    shell.ok(&with(&["settle", "--pool", "ether", "--day", SECOND]));
}

#[tokio::test]
async fn serve_observes_and_settles_the_days_that_are_final() {
    let (shell, anvil) = (shell().await, chain().await);
    describe(&shell, &anvil);
    shell.ok(&with(&["migrate"]));
    shell.add_orders("ether", Coin::ETH, &ORDERS[..2]).await;
    mine(&anvil, 0..3).await;
    send(&anvil, SENDER, 2_000_000_000_000_000_000).await;
    mine(&anvil, 3..51).await;
    let mut served = shell.start(&with(&["serve"]), "served.log");
    let log = || std::fs::read_to_string(shell.path("served.log")).unwrap();
    let third = format!("day={THIRD}");
    let waits = |line: &str| line.contains(&third) && line.contains("waits: ");
    // Two days are over on the chain. The third is over by the clock only.
    while !log().lines().any(waits) {
        assert!(served.try_wait().unwrap().is_none(), "{}", log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill_process(Pid::from_child(&served), Signal::TERM).unwrap();
    assert!(served.wait().unwrap().success(), "{}", log());
    assert!(!log().contains("ERROR"), "{}", log());
    let items = shell.rows(&with(&["income", "list", "--pool", "ether"]));
    let names = ["kind", "amount", "earned_on", "recorded_by"];
    let found: Vec<_> = items.iter().map(|row| columns(row, &names)).collect();
    let by = "paydirt serve";
    assert_eq!(found[0], ["income", "2.000000000", FIRST, by]);
    assert_eq!(found[1], ["income", "0.000000000", SECOND, by]);
    assert_eq!(found.len(), 2, "{items:?}");
    let report = ["report", "daily", "--pool", "ether", "--to", THIRD];
    let days = shell.rows(&with(&report));
    let states: Vec<_> = days.iter().map(|row| columns(row, &["status"])).collect();
    assert_eq!(states, [["settled"], ["settled"], ["waiting"]], "{days:?}");
}

#[tokio::test]
async fn what_cannot_be_observed_is_refused_with_what_to_do() {
    let (shell, anvil) = (shell().await, chain().await);
    describe(&shell, &anvil);
    shell.ok(&with(&["migrate"]));
    let space = ["income", "observe", "--pool", "space", "--day", FIRST];
    let (exit, error) = shell.refused(&with(&[&space[..], &["--stream", "mainnet"]].concat()));
    assert_eq!((exit, &error["code"]), (4, &"policy".into()), "{error}");
    assert_eq!(error["cure"], "record it with `paydirt income record`");
    let (exit, error) = shell.refused(&["income", "observe", "--pool", "ether", "--day", FIRST]);
    assert_eq!((exit, &error["code"]), (2, &"usage".into()), "{error}");
    let (exit, error) = shell.refused(&observe("2024-10-31"));
    assert_eq!((exit, &error["code"]), (1, &"refused".into()), "{error}");
    let (exit, error) = shell.refused(&observe("2999-01-01"));
    assert_eq!((exit, &error["code"]), (1, &"refused".into()), "{error}");
    drop(anvil);
    let (exit, error) = shell.refused(&observe(FIRST));
    assert_eq!((exit, &error["code"]), (1, &"chain".into()), "{error}");
    assert!(
        shell
            .rows(&with(&["income", "list", "--pool", "ether"]))
            .is_empty()
    );
}
