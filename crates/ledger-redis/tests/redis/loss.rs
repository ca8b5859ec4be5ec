//! A Redis that forgot moves.

use std::fs;

use paydirt_ledger::{HoldState, Ledger, LedgerError, PaymentId, Reapply, ReapplyTo};
use paydirt_testkit::{RedisProxy, RedisServer};

use super::pool::{Pool, connect, ledger, leg, settlement};

/// Stops the server and starts it from this snapshot instead of its newer data.
async fn restore(pool: &mut Pool, snapshot: &[u8]) {
    pool.server.stop().await.unwrap();
    let dir = pool.server.dir().to_owned();
    fs::write(dir.join("dump.rdb"), snapshot).unwrap();
    pool.server.restart().await.unwrap();
    pool.raw = connect(&pool.server.url()).await;
}

#[tokio::test]
async fn a_redis_restored_from_an_older_dump_refuses_until_reconciled() {
    let server = RedisServer::start_with(&["--appendonly", "no"])
        .await
        .unwrap();
    let mut pool = Pool::on(server, &[("0xa", 5), ("0xb", 7)]).await;
    let (a, b) = (leg("0xa", 5), leg("0xb", 7));
    pool.held(std::slice::from_ref(&a)).await;
    pool.do_raw(&["SAVE"]).await;
    let snapshot = fs::read(pool.server.dir().join("dump.rdb")).unwrap();
    pool.held(std::slice::from_ref(&b)).await;
    restore(&mut pool, &snapshot).await;
    let _broken = pool.ledger.payable(super::pool::shannon(1)).await;

    let expected = pool.known.unwrap();
    let older = |error: LedgerError| {
        assert!(
            matches!(error, LedgerError::Older { expected: e } if e == expected),
            "{error}"
        );
    };
    let before = pool.dump().await;
    older(pool.hold(&[leg("0xb", 7)]).await.unwrap_err());
    older(
        pool.ledger
            .settle(&pool.context(), &[settlement(&a)])
            .await
            .unwrap_err(),
    );
    older(
        pool.ledger
            .void(&pool.context(), std::slice::from_ref(&b))
            .await
            .unwrap_err(),
    );
    older(
        pool.ledger
            .look(pool.journal, Some(&expected), &[b.id])
            .await
            .unwrap_err(),
    );
    assert_eq!(pool.dump().await, before);

    let items = [&a, &b].map(|leg| Reapply {
        leg: leg.clone(),
        payment: PaymentId::new(),
        to: ReapplyTo::Held,
    });
    let moved = pool.ledger.reapply(&pool.context(), &items).await.unwrap();
    assert_eq!(moved.last.unwrap().seq, expected.seq);
    assert_ne!(
        moved.last,
        Some(expected),
        "the same number is another move"
    );
    let _ = pool.learn(moved);
    let states = pool
        .ledger
        .look(pool.journal, pool.known.as_ref(), &[a.id, b.id])
        .await
        .unwrap();
    assert_eq!(states, [HoldState::Held, HoldState::Held]);
    assert_eq!(pool.finances().await, ["0", "12", "0"]);
}

#[tokio::test]
async fn a_redis_that_lost_everything_refuses() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let leg = leg("0xa", 5);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.do_raw(&["FLUSHALL"]).await;
    let error = pool
        .ledger
        .release(&pool.context(), &[leg])
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::Older { .. }), "{error}");
}

#[tokio::test]
async fn after_a_fail_over_to_a_replica_that_missed_our_hold_it_refuses() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let replica = RedisServer::replica_of(&pool.server).await.unwrap();
    let proxy = RedisProxy::start(pool.server.address()).await.unwrap();
    pool.ledger = ledger(proxy.url());
    pool.ledger.lock(&pool.context()).await.unwrap();
    let promoted = replica.command(&["REPLICAOF", "NO", "ONE"]).await;
    assert_eq!(promoted.unwrap(), "+OK");
    let leg = leg("0xa", 5);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.server.kill9();
    proxy.set_target(replica.address());

    let look = async |pool: &Pool| {
        pool.ledger
            .look(pool.journal, pool.known.as_ref(), &[leg.id])
            .await
    };
    let error = look(&pool).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    let error = look(&pool).await.unwrap_err();
    assert!(matches!(error, LedgerError::Older { .. }), "{error}");
    let states = pool
        .ledger
        .look(pool.journal, None, &[leg.id])
        .await
        .unwrap();
    assert_eq!(states, [HoldState::Absent]);
}

#[tokio::test]
async fn a_connection_to_a_demoted_primary_is_given_up() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let replica = RedisServer::replica_of(&pool.server).await.unwrap();
    let proxy = RedisProxy::start(replica.address()).await.unwrap();
    pool.ledger = ledger(proxy.url());
    let error = pool.hold(&[leg("0xa", 5)]).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotWritable(_)), "{error}");
    proxy.set_target(pool.server.address());
    pool.held(&[leg("0xa", 5)]).await;
}
