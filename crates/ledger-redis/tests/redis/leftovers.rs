//! What another payer left.

use paydirt_chain::TxId;
use paydirt_ledger::{JournalId, Ledger, LedgerError, Resolution};
use paydirt_schedule::Timestamp;

use super::pool::{NOW_S, Pool, TX, leg, shannon};

async fn with_a_row_of_another_payer() -> Pool {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    for key in ["eth:miners:0xa", "eth:finances"] {
        pool.do_raw(&["HINCRBY", key, "balance", "-700"]).await;
        pool.do_raw(&["HINCRBY", key, "pending", "700"]).await;
    }
    pool.do_raw(&["ZADD", "eth:payments:pending", "1795208000", "0xa:700"])
        .await;
    pool.do_raw(&["SET", "eth:payments:lock", "0xa:700"]).await;
    pool
}

#[tokio::test]
async fn rows_and_lock_of_another_payer_are_listed_and_ours_are_not() {
    let mut pool = Pool::with(&[("0xb", 500)]).await;
    assert!(pool.ledger.leftovers().await.unwrap().is_empty());
    pool.held(&[leg("0xb", 500)]).await;
    assert!(pool.ledger.leftovers().await.unwrap().is_empty());
    for (score, row) in [
        ("1795208000", "0xa:700"),
        ("1795207000", "0xb:50"),
        ("5", "0xa"),
        ("6", "0xa:-7"),
    ] {
        pool.do_raw(&["ZADD", "eth:payments:pending", score, row])
            .await;
    }
    pool.do_raw(&["HSET", "eth:payments:pendingtx", "0xa:700", TX])
        .await;
    pool.do_raw(&["HSET", "eth:payments:pendingnonce", "0xa:700", "17"])
        .await;
    pool.do_raw(&["SET", "eth:payments:lock", "0xa:700"]).await;
    let left = pool.ledger.leftovers().await.unwrap();
    assert_eq!(left.lock.as_deref(), Some("0xa:700"));
    assert_eq!(left.unreadable, ["0xa", "0xa:-7"]);
    let rows: Vec<_> = left.rows.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(rows, ["0xb:50", "0xa:700"]);
    let row = &left.rows[1];
    assert_eq!((row.member.as_str(), row.amount), ("0xa", shannon(700)));
    assert_eq!(row.at, Timestamp::from_ms(1_795_208_000_000));
    assert_eq!(
        (&row.transaction, row.nonce),
        (&Some(TxId::new(TX)), Some(17))
    );

    let other = format!("paydirt:{}", JournalId::new());
    pool.do_raw(&["SET", "eth:payments:lock", &other]).await;
    assert_eq!(pool.ledger.leftovers().await.unwrap().lock, Some(other));
}

#[tokio::test]
async fn a_row_that_was_paid_is_recorded_as_its_payer_would_have() {
    let mut pool = with_a_row_of_another_payer().await;
    let row = pool.ledger.leftovers().await.unwrap().rows.remove(0);
    let paid = Resolution::Paid(TxId::new(TX));
    assert!(
        pool.ledger
            .resolve(&pool.context(), &row, &paid)
            .await
            .unwrap()
    );
    assert_eq!(pool.account("0xa").await, ["0", "0", "700"]);
    assert_eq!(pool.finances().await, ["0", "0", "700"]);
    let state = pool.pool_state().await;
    let at = NOW_S.to_string();
    assert_eq!(
        state["eth:payments:all [zset]"],
        [(format!("{TX}:0xa:700"), at.clone())]
    );
    assert_eq!(
        state["eth:payments:0xa [zset]"],
        [(format!("{TX}:700"), at)]
    );
    assert!(!state.contains_key("eth:payments:pending [zset]"));
    assert!(
        !pool
            .ledger
            .resolve(&pool.context(), &row, &paid)
            .await
            .unwrap()
    );
    assert_eq!(pool.account("0xa").await, ["0", "0", "700"]);
    let recorded = pool.ledger.recorded(10).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!(
        (
            recorded[0].transaction.as_str(),
            recorded[0].member.as_str()
        ),
        (TX, "0xa")
    );
    assert_eq!(pool.ledger.recorded(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_row_that_was_not_paid_is_credited_back_once() {
    let mut pool = with_a_row_of_another_payer().await;
    let row = pool.ledger.leftovers().await.unwrap().rows.remove(0);
    for first in [true, false] {
        let back = Resolution::CreditBack;
        assert_eq!(
            pool.ledger
                .resolve(&pool.context(), &row, &back)
                .await
                .unwrap(),
            first
        );
        assert_eq!(pool.account("0xa").await, ["700", "0", "0"]);
        assert_eq!(pool.finances().await, ["700", "0", "0"]);
    }
    assert!(
        !pool
            .ledger
            .remove_lock(&pool.context(), "0xa:701")
            .await
            .unwrap()
    );
    assert!(
        pool.ledger
            .remove_lock(&pool.context(), "0xa:700")
            .await
            .unwrap()
    );
    assert!(
        !pool
            .ledger
            .remove_lock(&pool.context(), "0xa:700")
            .await
            .unwrap()
    );
    assert!(pool.ledger.leftovers().await.unwrap().is_empty());
    pool.ledger.lock(&pool.context()).await.unwrap();
    let ours = format!("paydirt:{}", pool.journal);
    assert!(
        !pool
            .ledger
            .remove_lock(&pool.context(), &ours)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_row_that_became_ours_is_not_resolved() {
    let mut pool = with_a_row_of_another_payer().await;
    let row = pool.ledger.leftovers().await.unwrap().rows.remove(0);
    let back = Resolution::CreditBack;
    assert!(
        pool.ledger
            .resolve(&pool.context(), &row, &back)
            .await
            .unwrap()
    );
    pool.do_raw(&["DEL", "eth:payments:lock"]).await;
    pool.ledger.lock(&pool.context()).await.unwrap();
    pool.held(&[leg("0xa", 700)]).await;
    let before = pool.dump().await;
    let error = pool
        .ledger
        .resolve(&pool.context(), &row, &back)
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::NotWritable(_)), "{error}");
    assert_eq!(pool.dump().await, before);
}

#[tokio::test]
async fn another_journal_can_adopt_the_ledger_and_finds_its_holds() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    pool.token = 9;
    let leg = leg("0xa", 700);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.journal = JournalId::new();
    pool.token = 1;
    pool.known = None;
    assert!(pool.ledger.attach(pool.journal).await.is_err());
    pool.ledger.adopt(pool.journal).await.unwrap();
    pool.ledger.adopt(pool.journal).await.unwrap();
    pool.ledger.lock(&pool.context()).await.unwrap();
    assert_eq!(pool.ledger.held().await.unwrap()[0].leg, leg.id);
    assert!(pool.ledger.leftovers().await.unwrap().is_empty());
    let moved = pool.ledger.release(&pool.context(), &[leg]).await.unwrap();
    let _ = pool.learn(moved);
    assert!(pool.ledger.unlock(&pool.context()).await.unwrap());
    assert_eq!(pool.account("0xa").await, ["700", "0", "0"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    let mut pool = Pool::with(&[]).await;
    pool.do_raw(&["ZADD", "eth:payments:all", "1795208000", "no colon here"])
        .await;
    let error = pool.ledger.recorded(5).await.unwrap_err();
    assert!(error.to_string().contains("no colon here"), "{error}");
}
