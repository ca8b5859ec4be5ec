//! What the pool's own pages see.

use paydirt_ledger::{Ledger, SettleOutcome};
use paydirt_testkit::RedisServer;

use super::pool::{Pool, State, leg, settlement};

const AFTER: &str =
    include_str!("../../../../tests/vectors/open-ethereum-pool/state-after-one-payout.txt");
const LOGIN: &str = "0xb85150eb365e7df0941f0cf08235f987ba91506a";

fn recorded_state() -> State {
    let mut state = State::new();
    let mut key = String::new();
    for line in AFTER.lines() {
        match line.strip_prefix("    ") {
            None => {
                key = line.to_owned();
                state.insert(key.clone(), Vec::new());
            }
            Some(entry) => {
                let (field, value) = entry.split_once('\t').unwrap();
                state
                    .get_mut(&key)
                    .unwrap()
                    .push((field.to_owned(), value.to_owned()));
            }
        }
    }
    for lines in state.values_mut() {
        lines.sort();
    }
    state
}

/// The recorded state with the payment taken back.
async fn load_state_before(pool: &mut Pool) {
    for (key, lines) in recorded_state() {
        let (key, kind) = key.split_once(' ').unwrap();
        if key.starts_with("eth:payments:") {
            continue;
        }
        let ours = key == "eth:finances" || key.starts_with("eth:miners:");
        for (field, value) in &lines {
            let value = match field.as_str() {
                "balance" if ours => "700000000",
                "paid" if ours => "42",
                _ => value,
            };
            if kind == "[hash]" {
                pool.do_raw(&["HSET", key, field, value]).await;
            } else {
                pool.do_raw(&["ZADD", key, value, field]).await;
            }
        }
    }
}

#[tokio::test]
async fn after_one_payout_every_key_is_as_the_original_leaves_it() {
    let mut pool = Pool::with(&[]).await;
    load_state_before(&mut pool).await;
    let leg = leg(LOGIN, 700_000_000);
    pool.held(std::slice::from_ref(&leg)).await;
    let moved = pool
        .ledger
        .settle(&pool.context(), &[settlement(&leg)])
        .await
        .unwrap();
    assert_eq!(pool.learn(moved), [SettleOutcome::Settled]);
    assert!(pool.ledger.unlock(&pool.context()).await.unwrap());
    assert_eq!(pool.pool_state().await, recorded_state());
}

#[tokio::test]
async fn a_hold_looks_like_the_originals_debit_and_a_release_like_its_rollback() {
    let mut pool = Pool::with(&[]).await;
    load_state_before(&mut pool).await;
    pool.do_raw(&["DEL", "eth:payments:lock"]).await;
    let before = pool.pool_state().await;
    pool.ledger.lock(&pool.context()).await.unwrap();

    let leg = leg(LOGIN, 700_000_000);
    pool.held(std::slice::from_ref(&leg)).await;
    assert_eq!(pool.account(LOGIN).await, ["0", "700000000", "42"]);
    assert_eq!(pool.finances().await, ["0", "700000000", "42"]);
    let state = pool.pool_state().await;
    let row = (format!("{LOGIN}:700000000"), "1795208817".to_owned());
    assert_eq!(state["eth:payments:pending [zset]"], [row]);
    let lock = (format!("paydirt:{}", pool.journal), String::new());
    assert_eq!(state["eth:payments:lock [string]"], [lock]);

    let moved = pool.ledger.release(&pool.context(), &[leg]).await.unwrap();
    let _ = pool.learn(moved);
    assert!(pool.ledger.unlock(&pool.context()).await.unwrap());
    assert_eq!(pool.pool_state().await, before);
}

#[tokio::test]
async fn what_was_moved_survives_kill_9() {
    let mut pool = Pool::on(RedisServer::start().await.unwrap(), &[("0xa", 7)]).await;
    let leg = leg("0xa", 7);
    pool.held(std::slice::from_ref(&leg)).await;
    let before = pool.dump().await;
    pool.server.kill9();
    pool.server.restart().await.unwrap();
    pool.raw = super::pool::connect(&pool.server.url()).await;
    assert_eq!(pool.dump().await, before);
}
