//! What is wrong is said, and nothing moves.

use paydirt_testkit::{Anvil, AnvilOptions};
use serde_json::json;

use crate::pool::{Pool, due, login, quick};
use crate::state::of_the_pool;

const RUN: &str = "payouts run --once --yes --output json";

/// The run ends with code 1, and neither Redis nor the chain has changed.
async fn refused(pool: &Pool, code: &str, words: &[&str]) {
    let before = of_the_pool(pool.state().await);
    let nonce = pool.nonce().await;
    let (found, message) = pool.run(RUN).await.refused(1);
    assert_eq!(found, code, "{message}");
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
    assert_eq!(of_the_pool(pool.state().await), before);
    assert_eq!(pool.nonce().await, nonce);
}

#[tokio::test]
async fn a_node_that_does_not_answer() {
    let pool = Pool::with(4, quick()).await;
    pool.configure(|config| config["payouts"]["daemon"] = json!("http://127.0.0.1:1"));
    refused(
        &pool,
        "chain",
        &["http://127.0.0.1:1", "check that the node runs"],
    )
    .await;
}

#[tokio::test]
async fn a_node_of_another_chain_than_at_first_contact() {
    let pool = Pool::with(4, quick()).await;
    pool.run(RUN).await.json();
    pool.redis(&[
        "HINCRBY",
        &format!("eth:miners:{}", login(1)),
        "balance",
        "900000000",
    ])
    .await;
    let options = AnvilOptions {
        chain_id: Some(1_337),
        ..quick()
    };
    let other = Anvil::start(options).await.unwrap();
    pool.configure(|config| config["payouts"]["daemon"] = json!(other.url()));
    refused(&pool, "chain", &["is on network 1337", "but network 31337"]).await;
    let at = json!(["0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "pending"]);
    assert_eq!(
        other.rpc("eth_getTransactionCount", at).await.unwrap(),
        json!("0x0")
    );
}

#[tokio::test]
async fn a_redis_that_is_down() {
    let mut pool = Pool::with(4, quick()).await;
    let before = of_the_pool(pool.state().await);
    pool.redis.stop().await.unwrap();
    let (code, message) = pool.run(RUN).await.refused(1);
    assert_eq!(code, "ledger", "{message}");
    assert_eq!(pool.nonce().await, 0);
    pool.redis.restart().await.unwrap();
    assert_eq!(of_the_pool(pool.state().await), before);
    pool.run(RUN).await.json();
    pool.assert_paid(&due(4)).await;
}

#[tokio::test]
async fn a_wrong_password_of_the_key_file() {
    let pool = Pool::with(4, quick()).await;
    std::fs::write(pool.path("hot.pass"), "right\n").unwrap();
    std::fs::write(pool.path("wrong.pass"), "canary\n").unwrap();
    pool.run("keys import hot.json --light --password-file hot.pass")
        .await
        .done();
    let before = of_the_pool(pool.state().await);
    let mut command = pool.command(RUN);
    command
        .env_remove("PAYDIRT_PRIVATE_KEY")
        .env("PAYDIRT_KEYSTORE", "hot.json")
        .env("PAYDIRT_PASSWORD_FILE", "wrong.pass");
    let ran = Pool::finish(command).await;
    let (code, message) = ran.refused(1);
    assert_eq!(code, "key");
    assert!(message.contains("does not open"), "{message}");
    assert!(!ran.err().contains("canary"));
    assert_eq!(of_the_pool(pool.state().await), before);
}

#[tokio::test]
async fn a_key_of_another_address() {
    let pool = Pool::with(4, quick()).await;
    let other = paydirt_testkit::DEV_ACCOUNTS[1].address;
    pool.configure(|config| config["payouts"]["address"] = json!(other));
    refused(&pool, "key", &["its key is for 0xf39fd6e5", other]).await;
}

#[tokio::test]
async fn a_lock_of_another_payer() {
    let pool = Pool::with(4, quick()).await;
    let lock = format!("{}:900000000", login(1));
    pool.redis(&["SET", "eth:payments:lock", &lock]).await;
    refused(
        &pool,
        "refused",
        &["its lock", &lock, "payouts resolve --dry-run"],
    )
    .await;
}

#[tokio::test]
async fn a_pending_row_of_another_payer() {
    let pool = Pool::with(4, quick()).await;
    let row = format!("{}:900000000", login(1));
    pool.redis(&["ZADD", "eth:payments:pending", "1795208817", &row])
        .await;
    refused(
        &pool,
        "refused",
        &["pending row", &row, "payouts resolve --dry-run"],
    )
    .await;
}

#[tokio::test]
async fn peers_that_are_too_few() {
    let pool = Pool::with(4, quick()).await;
    pool.configure(|config| config["payouts"]["requirePeers"] = json!(25));
    refused(&pool, "refused", &["25 are required"]).await;
}

#[tokio::test]
async fn a_redis_that_may_evict_balances() {
    let pool = Pool::with(4, quick()).await;
    pool.redis(&["CONFIG", "SET", "maxmemory", "100mb"]).await;
    pool.redis(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
        .await;
    refused(&pool, "refused", &["noeviction"]).await;
}

#[tokio::test]
async fn nobody_to_confirm_and_no_yes() {
    let pool = Pool::with(4, quick()).await;
    let before = pool.state().await;
    for line in [
        "payouts run --once",
        "payouts resolve",
        "payouts reconcile --reason x",
    ] {
        let (code, message) = pool.run(&format!("{line} --output json")).await.refused(2);
        assert_eq!(code, "usage");
        assert!(
            message.contains("no terminal to ask on; nothing was moved"),
            "{message}"
        );
    }
    assert_eq!(pool.state().await, before);
    assert!(!pool.path("paydirt.db").exists());
}

#[tokio::test]
async fn payouts_that_the_operator_disabled() {
    let pool = Pool::with(4, quick()).await;
    pool.configure(|config| config["payouts"]["enabled"] = json!(false));
    let before = pool.state().await;
    let (code, message) = pool.run(RUN).await.refused(4);
    assert_eq!(code, "policy");
    assert!(message.contains("enabled = false"), "{message}");
    assert_eq!(pool.state().await, before);
    assert!(pool.run("check").await.done().contains("enabled = false"));
    pool.run("payouts status").await.done();
}

#[tokio::test]
async fn a_wallet_that_is_paused_plans_nothing_until_it_is_resumed() {
    let pool = Pool::with(4, quick()).await;
    pool.run("payouts pause --reason holidays").await.done();
    let before = of_the_pool(pool.state().await);
    let held_up = pool.run("payouts run --once --yes --output json").await;
    assert_eq!(held_up.exit(), 3, "{}", held_up.err());
    assert!(held_up.out().contains("holidays"));
    assert_eq!(of_the_pool(pool.state().await), before);
    let status = pool.run("payouts status").await;
    assert_eq!(status.exit(), 3);
    assert!(status.out().contains("holidays"), "{}", status.out());
    pool.run("payouts resume --reason back").await.done();
    pool.run(RUN).await.json();
    pool.assert_paid(&due(4)).await;
}
