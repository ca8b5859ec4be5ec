//! A Redis that is away, refuses, or loses answers.

use paydirt_ledger::{HoldOutcome, HoldState, Ledger, LedgerError};
use paydirt_ledger_redis::RedisLedger;
use paydirt_testkit::{RedisFault, RedisProxy, RedisServer};

use super::pool::{Pool, config, ledger, leg, shannon, singly};

#[tokio::test]
async fn a_redis_that_is_down_is_unavailable_and_comes_back() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.server.kill9();
    let error = pool.hold(&[leg("0xa", 5)]).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    assert!(pool.ledger.health().await.is_err());
    pool.server.restart().await.unwrap();
    pool.held(&[leg("0xa", 5)]).await;
}

#[tokio::test]
async fn a_frozen_redis_is_unavailable_within_the_response_time_out() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let mut config = config(pool.server.url());
    config.response_timeout_ms = 100;
    pool.ledger = RedisLedger::connect(config).unwrap();
    pool.ledger.payable(shannon(1)).await.unwrap();
    pool.server.pause().unwrap();
    let error = pool.hold(&[leg("0xa", 5)]).await.unwrap_err();
    assert!(
        error.to_string().contains("no answer within 100 ms"),
        "{error}"
    );
    pool.server.resume().unwrap();
}

#[tokio::test]
async fn a_hold_whose_answer_was_lost_is_repeated_and_moves_once() {
    for fault in [RedisFault::CutBefore, RedisFault::CutAfter] {
        let mut pool = Pool::with(&[("0xa", 5)]).await;
        let leg = leg("0xa", 5);
        let payments = singly(std::slice::from_ref(&leg));
        let proxy = RedisProxy::start(pool.server.address()).await.unwrap();
        let through = ledger(proxy.url());
        through.lock(&pool.context()).await.unwrap();
        proxy.once(&leg.id.to_string(), fault);
        let error = through.hold(&pool.context(), &payments).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
        let moved = through.hold(&pool.context(), &payments).await.unwrap();
        assert_eq!(pool.learn(moved), [HoldOutcome::Held]);
        assert_eq!(pool.known.unwrap().seq, 1);
        assert_eq!(pool.account("0xa").await, ["0", "5", "0"]);
    }
}

#[tokio::test]
async fn a_read_only_replica_refuses_a_move() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let replica = RedisServer::replica_of(&pool.server).await.unwrap();
    let other = ledger(replica.url());
    let error = other
        .hold(&pool.context(), &singly(&[leg("0xa", 5)]))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LedgerError::NotWritable(t) if t.contains("replica")),
        "{error}"
    );
    assert_eq!(pool.account("0xa").await, ["5", "0", "0"]);
}

#[tokio::test]
async fn a_redis_out_of_memory_refuses_every_move_whole() {
    let mut pool = Pool::with(&[("0xa", 5), ("0xb", 5), ("0xc", 5)]).await;
    let (a, b, c) = (leg("0xa", 5), leg("0xb", 5), leg("0xc", 5));
    pool.held(&[a.clone(), b.clone()]).await;
    let before = pool.dump().await;
    pool.do_raw(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let refused = |error: LedgerError| {
        assert!(
            matches!(&error, LedgerError::NotWritable(t) if t.contains("memory")),
            "{error}"
        );
    };
    refused(pool.hold(&[c]).await.unwrap_err());
    let done = [super::pool::settlement(&a)];
    refused(
        pool.ledger
            .settle(&pool.context(), &done)
            .await
            .unwrap_err(),
    );
    refused(
        pool.ledger
            .release(&pool.context(), &[b])
            .await
            .unwrap_err(),
    );
    assert_eq!(pool.dump().await, before);
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_sent_again() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let leg = leg("0xa", 5);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.do_raw(&["SCRIPT", "FLUSH"]).await;
    pool.held(std::slice::from_ref(&leg)).await;
    let states = pool
        .ledger
        .look(pool.journal, pool.known.as_ref(), &[leg.id])
        .await
        .unwrap();
    assert_eq!(states, [HoldState::Held]);
}

#[tokio::test]
async fn a_move_that_replicas_did_not_acknowledge_is_repeated_until_they_have() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let mut config = config(pool.server.url());
    config.wait_replicas = 1;
    config.response_timeout_ms = 400;
    pool.ledger = RedisLedger::connect(config).unwrap();
    let leg = leg("0xa", 5);
    let error = pool.hold(std::slice::from_ref(&leg)).await.unwrap_err();
    assert!(error.to_string().contains("0 of 1 replicas"), "{error}");
    // It happened; only its repetition may say so.
    let error = pool.hold(std::slice::from_ref(&leg)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    let replica = RedisServer::replica_of(&pool.server).await.unwrap();
    while pool.hold(std::slice::from_ref(&leg)).await.is_err() {}
    assert_eq!(pool.known.unwrap().seq, 1);
    let there = replica
        .command(&["HGET", "eth:miners:0xa", "pending"])
        .await
        .unwrap();
    assert_eq!(there, "5");
}

#[tokio::test]
async fn bgsave_follows_a_run_where_it_is_asked_for() {
    let pool = Pool::with(&[]).await;
    let mut config = config(pool.server.url());
    config.bgsave = true;
    let saving = RedisLedger::connect(config).unwrap();
    pool.ledger.after_run().await.unwrap();
    assert!(!pool.server.dir().join("dump.rdb").exists());
    for _ in 0..3 {
        saving.after_run().await.unwrap();
    }
    while !pool.server.dir().join("dump.rdb").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn amounts_of_nothing_or_of_another_coin_are_refused() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let before = pool.dump().await;
    for units in [0, -5] {
        let error = pool.hold(&[leg("0xa", units)]).await.unwrap_err();
        assert!(matches!(error, LedgerError::Money(_)), "{error}");
    }
    let mut other = leg("0xa", 5);
    other.amount = paydirt_money::Amount::from_units(5, paydirt_money::Coin::ETC);
    assert!(matches!(
        pool.hold(&[other]).await,
        Err(LedgerError::Money(_))
    ));
    assert_eq!(pool.dump().await, before);
}
