//! Days, settled by command.

use super::shell;
use crate::shell::{FIRST, SECOND, columns};

const SUMS: [&str; 6] = ["state", "income", "net", "fee", "retained", "vesting"];

#[tokio::test]
async fn the_operators_note_is_settled_shown_and_verified_by_command() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "237.098 FIL", "118.950 PB");
    let settled = shell.rows(&["settle", "--pool", "space", "--day", FIRST]);
    assert_eq!(settled.len(), 1, "{settled:?}");
    let expected = [
        "settled",
        "237.098000000",
        "1.955474548",
        "0.039974733",
        "235.102550719",
        "0.000000000",
    ];
    assert_eq!(columns(&settled[0], &SUMS), expected);

    let income = shell.json(&["members", "income", "u1", "--from", FIRST, "--to", FIRST]);
    let line = &income["rows"][0];
    let names = [
        "day",
        "pool",
        "stream",
        "order",
        "power_bytes",
        "coefficient",
        "ratio",
        "net_ratio",
        "gross",
        "fee_rate",
        "fee",
        "net",
        "vested_now",
        "vesting",
    ];
    let expected = [
        FIRST,
        "space",
        "mainnet",
        "A1",
        "900000000000000",
        "1",
        "0.007566204287",
        "0.007566204287",
        "1.793931904",
        "0",
        "0.000000000",
        "1.793931904",
        "1.793931904",
        "0.000000000",
    ];
    assert_eq!(columns(line, &names), expected);
    assert!(line["settlement"].is_u64(), "{line}");
    assert_eq!(income["totals"]["net"], "1.793931904");

    let shown = shell.json(&[
        "settle", "show", "--pool", "space", "--day", FIRST, "--lines",
    ]);
    let sums = shown["rows"][0]["sums"].as_array().unwrap();
    assert!(sums.len() > 5 && sums.iter().all(|sum| sum["matches"] == true));
    assert_eq!(shown["rows"][0]["lines"].as_array().unwrap().len(), 3);
    let verified = shell.rows(&["settle", "verify", "--pool", "space"]);
    assert_eq!(
        (&verified[0]["settlements"], &verified[0]["lines"]),
        (&1.into(), &3.into())
    );
    let report = [
        "report", "daily", "--pool", "space", "--from", FIRST, "--to", SECOND,
    ];
    let report = shell.rows(&report);
    let names = [
        "pool",
        "stream",
        "day",
        "coin",
        "income",
        "deductions",
        "pool_power_bytes",
        "sold_power_bytes",
        "net",
        "fees",
        "retained",
        "vested",
        "paid",
        "network_fees",
        "in_flight",
        "owed",
        "status",
    ];
    let expected = [
        "space",
        "mainnet",
        FIRST,
        "FIL",
        "237.098000000",
        "0.000000000",
        "118950000000000000",
        "1001099511627776",
        "1.955474548",
        "0.039974733",
        "235.102550719",
        "0.000000000",
        "0.000000000",
        "0.000000000",
        "0.000000000",
        "1.955474548",
        "settled",
    ];
    assert_eq!(columns(&report[0], &names), expected);
    assert_eq!(report[0]["members"], 2);
    assert_eq!(
        columns(&report[1], &["day", "income", "status"]),
        [SECOND, "null", "waiting"]
    );
    assert_eq!(report.len(), 2, "{report:?}");
    let file = [
        "report", "daily", "--pool", "space", "--to", FIRST, "--format", "csv",
    ];
    shell.ok(&[&file[..], &["--out", "daily.csv"]].concat());
    let written = std::fs::read_to_string(shell.path("daily.csv")).unwrap();
    assert!(
        written.starts_with("pool,stream,day,coin,income,"),
        "{written}"
    );
    assert!(written.contains(",237.098000000,"), "{written}");

    let ledger = shell.rows(&["ledger", "verify", "--pool", "space"]);
    assert_eq!(
        (&ledger[0]["state"], &ledger[0]["lines"]),
        (&"right".into(), &3.into())
    );
    let audit = shell.rows(&["audit", "verify"]);
    assert_eq!(audit[0]["lines"], 2, "{audit:?}");
}

#[tokio::test]
async fn a_day_is_settled_once_and_the_next_waits_for_its_income() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "10", "118.950 PB");
    // What is due is settled in order, up to the first day that waits.
    let due = shell.run(&["settle", "--pool", "space", "--output", "json"]);
    assert_eq!(due.exit(), 3, "{due}");
    let rows = due.rows();
    assert_eq!(columns(&rows[0], &["day", "state"]), [FIRST, "settled"]);
    assert_eq!(columns(&rows[1], &["day", "state"]), [SECOND, "waiting"]);
    let reason = rows[1]["reason"].as_str().unwrap();
    assert!(reason.contains("no final income yet"), "{reason}");
    let again = shell.rows(&[
        "settle", "--pool", "space", "--stream", "mainnet", "--day", FIRST,
    ]);
    assert_eq!(columns(&again[0], &SUMS)[..2], ["already", "10.000000000"]);
    // An explicit 0 is income too.
    shell.record(SECOND, "0", "118.950 PB");
    let days = ["--from", FIRST, "--to", SECOND];
    let both = shell.rows(&[&["settle", "--pool", "space"], &days[..]].concat());
    let states: Vec<_> = both
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["already", "settled"]);
    let check = shell.run(&["check", "--pool", "space"]);
    let told = format!("settled up to {SECOND}; 2024-11-03 is due");
    assert!(check.out().contains(&told), "{check}");
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_would_be() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "237.098", "118.950 PB");
    let dry = shell.rows(&["settle", "--pool", "space", "--day", FIRST, "--dry-run"]);
    let wet = shell.rows(&["settle", "--pool", "space", "--day", FIRST]);
    assert_eq!(columns(&dry[0], &SUMS), columns(&wet[0], &SUMS));
    assert_eq!(dry[0]["state"], "settled");
}

#[tokio::test]
async fn more_sold_than_there_is_waits_until_the_power_is_right() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "10", "900 TB");
    let settle = [
        "settle", "--pool", "space", "--day", FIRST, "--output", "json",
    ];
    let waits = shell.run(&settle);
    assert_eq!(
        (waits.exit(), waits.rows()[0]["state"].as_str()),
        (3, Some("waiting")),
        "{waits}"
    );
    shell.ok(&["pools", "power", "2 PB", "--pool", "space", "--day", FIRST]);
    let powers = shell.rows(&["pools", "power", "--pool", "space"]);
    assert_eq!(
        columns(&powers[0], &["day", "power_bytes"]),
        [FIRST, "2000000000000000"]
    );
    assert_eq!(shell.run(&settle).exit(), 0);
}

#[tokio::test]
async fn what_vests_is_released_day_by_day_after_its_settlement() {
    let shell = shell().await.with_orders().await;
    let coin = paydirt_money::Coin::ETH;
    shell
        .add_orders("ether", coin, &crate::shell::ORDERS[..1])
        .await;
    let of = [
        "--pool", "ether", "--stream", "main", "--day", FIRST, "--amount", "1",
    ];
    shell.ok(&[&["income", "record"], &of[..]].concat());
    let rows = shell.rows(&["settle", "--pool", "ether"]);
    let released: Vec<_> = rows
        .iter()
        .filter_map(|row| row["released"].as_str())
        .collect();
    assert_eq!(released, ["0.250000000"; 3]);
    assert_eq!(rows[0]["vesting"], "0.750000000");
    let member = shell.json(&["members", "show", "u1"]);
    let of = |pool: &str| {
        let balances = member["balances"].as_array().unwrap().clone();
        balances
            .into_iter()
            .find(|balance| balance["pool"] == pool)
            .unwrap()
    };
    let names = ["coin", "available", "vesting", "to_transfer"];
    let expected = ["ETH", "1.000000000", "0.000000000", "0.000000000"];
    assert_eq!(columns(&of("ether"), &names), expected);
}
