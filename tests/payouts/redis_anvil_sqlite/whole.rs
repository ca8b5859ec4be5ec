//! A whole run: who is paid, and what is left behind, key by key.

use serde_json::json;

use crate::pool::{Pool, WALLET, due, login, quick};
use crate::state::{of_the_pool, paid_by_the_original};

/// The key in an encrypted file, as an operator should have it.
async fn keystore(pool: &Pool) {
    std::fs::write(pool.path("hot.pass"), "a password\n").unwrap();
    let made = pool
        .run("keys import hot.json --light --password-file hot.pass")
        .await;
    made.done();
}

async fn everybody_is_paid(members: usize) {
    let pool = Pool::with(members, quick()).await;
    keystore(&pool).await;
    let before = pool.state().await;
    let mut command = pool.command("payouts run --once --yes --output json");
    command
        .env_remove("PAYDIRT_PRIVATE_KEY")
        .env("PAYDIRT_KEYSTORE", "hot.json")
        .env("PAYDIRT_PASSWORD_FILE", "hot.pass");
    let summary = Pool::finish(command).await.json();
    let due = due(members);
    assert_eq!(summary["tally"]["settled"], due.len());
    assert_eq!(summary["in_flight"], 0);
    assert_eq!(summary["skipped"], json!([]));
    assert_eq!(summary["missing"], json!([]));
    let paid = pool.assert_paid(&due).await;
    let after = pool.state().await;
    let expected = paid_by_the_original(&before, &paid, &after);
    assert_eq!(of_the_pool(after), expected);

    let again = pool
        .run("payouts run --once --yes --output json")
        .await
        .json();
    assert_eq!(again["tally"]["planned"], 0);
    assert_eq!(of_the_pool(pool.state().await), expected);
    assert_eq!(pool.nonce().await, paid.len() as u128);
}

#[tokio::test]
async fn twenty_members_are_paid_as_by_the_original() {
    everybody_is_paid(20).await;
}

#[tokio::test]
async fn a_hundred_members_or_a_thousand_where_it_may_take_long_are_paid_as_by_the_original() {
    let long = std::env::var_os("PAYDIRT_LONG").is_some();
    everybody_is_paid(if long { 1_000 } else { 100 }).await;
}

#[tokio::test]
async fn a_dry_run_says_who_would_be_paid_and_moves_nothing() {
    let pool = Pool::with(20, quick()).await;
    let before = pool.state().await;
    let shown = pool.run("payouts run --dry-run --output json").await.json();
    let rows = shown["rows"].as_array().unwrap();
    let (row, due) = (&rows[0], due(20));
    assert_eq!(rows.len(), due.len());
    assert_eq!((&row["coin"], &row["pay"]), (&json!("ETH"), &json!(true)));
    assert_eq!(shown["wallets"][0]["missing"], "0");
    assert_eq!(shown["wallets"][0]["below_threshold"], 5);
    assert_eq!(of_the_pool(pool.state().await), before);
    assert_eq!(pool.nonce().await, 0);
    assert!(!pool.path("paydirt.db").exists());
}

#[tokio::test]
async fn members_who_cannot_be_paid_are_named_and_the_others_are_paid() {
    let pool = Pool::with(4, quick()).await;
    let members = [
        ("0x123", "balance", "900000000"),
        (
            "0x00000000000000000000000000000000000bad01",
            "balance",
            "12.5",
        ),
        (
            "0x00000000000000000000000000000000000bad02",
            "balance",
            "-900000000",
        ),
    ];
    for (login, field, value) in members {
        pool.redis(&["HSET", &format!("eth:miners:{login}"), field, value])
            .await;
    }
    let untouched = pool.state().await;
    let summary = pool
        .run("payouts run --once --yes --output json")
        .await
        .json();
    pool.assert_paid(&due(4)).await;
    let named = |list: &str| summary[list].to_string();
    assert!(named("skipped").contains("0x123"), "{summary}");
    for (login, ..) in &members[1..] {
        assert!(named("unreadable").contains(login), "{summary}");
    }
    let after = pool.state().await;
    for (login, ..) in members {
        let key = format!("eth:miners:{login}");
        assert_eq!(after[&key], untouched[&key]);
    }
    let listed = pool
        .run("payouts quarantine list --output json")
        .await
        .json();
    assert_eq!(listed["rows"][0]["member"], "0x123");
}

#[tokio::test]
async fn a_wallet_that_holds_too_little_pays_whom_it_can_and_says_what_is_missing() {
    let pool = Pool::with(4, quick()).await;
    let ether = json!([
        WALLET.address,
        format!("{:#x}", 1_100_000_000_u64 * 1_000_000_000)
    ]);
    pool.anvil.rpc("anvil_setBalance", ether).await.unwrap();
    let summary = pool
        .run("payouts run --once --yes --output json")
        .await
        .json();
    assert_eq!(summary["missing"][0]["wallet"], "eth");
    assert_eq!(summary["missing"][0]["coin"], "ETH");
    let skipped = summary["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1);
    assert_eq!(summary["tally"]["settled"], 2);
}

#[tokio::test]
async fn what_happened_is_shown_afterwards_without_the_node() {
    let pool = Pool::with(3, quick()).await;
    pool.run("payouts run --once --yes").await.done();
    pool.anvil.pause().unwrap();
    let status = pool.run("payouts status --output json").await.json();
    let rows = status["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row["state"] == "settled" && row["coin"] == "ETH")
    );
    assert!(rows.iter().any(|row| row["member"] == login(1)));
    let mut nonces: Vec<_> = rows.iter().map(|row| row["nonce"].as_u64()).collect();
    nonces.sort_unstable();
    assert_eq!(nonces, [Some(0), Some(1)]);
    assert!(
        rows.iter()
            .all(|row| row["amount"].is_string() && row["network_fee"].is_string())
    );
    let payment = rows[0]["payment"].as_str().unwrap();
    let history = pool
        .run(&format!("payouts history {payment} --output json"))
        .await
        .json();
    let events: Vec<_> = history["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["event"])
        .collect();
    for event in ["planned", "held", "saved", "included", "final", "closed"] {
        assert!(events.contains(&&json!(event)), "{events:?}");
    }
    pool.anvil.resume().unwrap();
}

#[tokio::test]
async fn a_check_is_a_line_each_and_changes_nothing() {
    let pool = Pool::with(3, quick()).await;
    let before = pool.state().await;
    let rows = pool.run("check --output json").await.json()["rows"].clone();
    let rows = rows.as_array().unwrap();
    assert!(rows.iter().all(|row| row["status"] != "fail"), "{rows:?}");
    for what in [
        "database",
        "schedule",
        "signer",
        "Redis persistence",
        "time zone",
    ] {
        let named = |row: &serde_json::Value| row["what"].as_str().unwrap().contains(what);
        assert!(rows.iter().any(named), "{what}");
    }
    assert_eq!(of_the_pool(pool.state().await), before);
    assert!(!pool.path("paydirt.db").exists());
    pool.configure(|config| config["payouts"]["requirePeers"] = json!(25));
    let shown = pool.run("check").await.done();
    assert!(
        shown.contains("25 peers are required, which it can't tell"),
        "{shown}"
    );
    pool.redis(&["SET", "eth:payments:lock", "somebody:7"])
        .await;
    let locked = pool.run("check").await;
    assert_eq!(locked.exit(), 3, "{}", locked.out());
    assert!(
        locked.out().contains("payouts resolve --dry-run"),
        "{}",
        locked.out()
    );
}
