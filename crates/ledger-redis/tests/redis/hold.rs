//! Payable → in flight.

use paydirt_ledger::{
    HoldOutcome, HoldState, Ledger, LedgerError, PaymentId, Reapply, ReapplyTo, ReleaseOutcome,
    VoidOutcome,
};

use super::pool::{Pool, leg, login, singly};

#[tokio::test]
async fn a_thousand_legs_are_held_and_settled_in_one_call_each() {
    let logins: Vec<String> = (0..1000).map(login).collect();
    let members: Vec<(&str, i64)> = logins
        .iter()
        .zip(1..)
        .map(|(l, n)| (l.as_str(), 600_000_000 + n))
        .collect();
    let mut pool = Pool::with(&members).await;
    let total: i64 = members.iter().map(|(_, units)| units).sum();
    let legs: Vec<_> = members.iter().map(|(l, units)| leg(l, *units)).collect();
    pool.held(&legs).await;
    assert_eq!(
        pool.finances().await,
        ["0".into(), total.to_string(), "0".into()]
    );
    assert_eq!(pool.ledger.held().await.unwrap().len(), 1000);
    let first = pool.known;
    pool.held(&legs).await;
    assert_eq!(
        pool.known, first,
        "a hold with nothing left to do is no move"
    );

    let done: Vec<_> = legs.iter().map(super::pool::settlement).collect();
    let moved = pool.ledger.settle(&pool.context(), &done).await.unwrap();
    let outcomes = pool.learn(moved);
    assert!(
        outcomes
            .iter()
            .all(|o| *o == paydirt_ledger::SettleOutcome::Settled)
    );
    assert_eq!(
        pool.finances().await,
        ["0".into(), "0".into(), total.to_string()]
    );
    assert_eq!(pool.account(&login(999)).await, ["0", "0", "600001000"]);
    assert_eq!(pool.ledger.recorded(5000).await.unwrap().len(), 1000);
    assert!(pool.ledger.held().await.unwrap().is_empty());
    assert!(pool.ledger.leftovers().await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn amounts_beyond_the_doubles_are_exact() {
    const MAX: i64 = i64::MAX;
    for (balance, amount, rest) in [
        (MAX, MAX, 0),
        (MAX, MAX - 1, 1),
        (MAX, 1, MAX - 1),
        ((1 << 53) + 1, 1 << 53, 1),
        ((1 << 53) + 3, (1 << 53) + 1, 2),
        (1_000_000_000_000_000, 999_999_999_999_999, 1),
        (1_000_000_000_000_000, 1, 999_999_999_999_999),
        (
            9_000_000_000_000_000_000,
            8_999_999_999_000_000_001,
            999_999_999,
        ),
    ] {
        let mut pool = Pool::with(&[("0xa", balance)]).await;
        let leg = leg("0xa", amount);
        pool.held(std::slice::from_ref(&leg)).await;
        let now = [rest.to_string(), amount.to_string(), "0".into()];
        assert_eq!(pool.account("0xa").await, now);
        assert_eq!(pool.finances().await, now);
        let done = [super::pool::settlement(&leg)];
        let moved = pool.ledger.settle(&pool.context(), &done).await.unwrap();
        let _ = pool.learn(moved);
        let now = [rest.to_string(), "0".into(), amount.to_string()];
        assert_eq!(pool.account("0xa").await, now);
        assert_eq!(pool.finances().await, now);
    }
}

#[tokio::test]
async fn a_balance_short_by_one_is_refused() {
    for balance in [6, (1 << 53), i64::MAX - 1] {
        let mut pool = Pool::with(&[("0xa", balance)]).await;
        let reason = pool.refused(&leg("0xa", balance + 1)).await;
        assert!(
            reason.contains(&format!("the balance is {balance} ")),
            "{reason}"
        );
    }
    let mut pool = Pool::with(&[]).await;
    let reason = pool.refused(&leg("0xnobody", 1)).await;
    assert!(reason.contains("the balance is 0 "), "{reason}");
}

#[tokio::test]
async fn a_sum_beyond_64_bits_moves_nothing() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.do_raw(&[
        "HSET",
        "eth:finances",
        "pending",
        &(i64::MAX - 4).to_string(),
    ])
    .await;
    let before = pool.dump().await;
    let error = pool.hold(&[leg("0xa", 5)]).await.unwrap_err();
    assert!(
        matches!(&error, LedgerError::BadEntry { entry, .. } if entry == "eth:finances pending")
    );
    assert_eq!(pool.dump().await, before);
    pool.do_raw(&[
        "HSET",
        "eth:finances",
        "pending",
        &(i64::MAX - 5).to_string(),
    ])
    .await;
    pool.held(&[leg("0xa", 5)]).await;
    assert_eq!(pool.finances().await[1], i64::MAX.to_string());

    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.do_raw(&["HSET", "eth:miners:0xa", "pending", &i64::MAX.to_string()])
        .await;
    let reason = pool.refused(&leg("0xa", 5)).await;
    assert!(reason.contains("eth:miners:0xa pending"), "{reason}");
}

#[tokio::test]
async fn entries_that_are_no_numbers_refuse_their_payment_and_no_other() {
    for (field, value) in [
        ("balance", "12.5"),
        ("balance", "1e9"),
        ("balance", "0x10"),
        ("balance", " 7"),
        ("balance", "007"),
        ("balance", ""),
        ("balance", "9223372036854775808"),
        ("balance", "-0"),
        ("pending", "nan"),
        ("pending", "+1"),
        ("paid", "100000000000000000000"),
        ("balance", "-5"),
        ("pending", "-5"),
    ] {
        let mut pool = Pool::with(&[("0xa", 5), ("0xb", 5)]).await;
        pool.do_raw(&["HSET", "eth:miners:0xa", field, value]).await;
        let reason = pool.refused(&leg("0xa", 5)).await;
        assert!(
            reason.contains("eth:miners:0xa") && reason.contains(value),
            "{reason}"
        );
        let outcomes = pool.hold(&[leg("0xa", 5), leg("0xb", 5)]).await.unwrap();
        assert!(matches!(
            outcomes[..],
            [HoldOutcome::Refused { .. }, HoldOutcome::Held]
        ));
        assert_eq!(pool.account("0xb").await, ["0", "5", "0"]);
        assert_eq!(pool.field("eth:miners:0xa", field).await, value);
    }
}

#[tokio::test]
async fn keys_of_a_wrong_type_move_nothing() {
    let mut pool = Pool::with(&[("0xb", 5)]).await;
    pool.do_raw(&["SET", "eth:miners:0xa", "5"]).await;
    assert!(pool.refused(&leg("0xa", 5)).await.contains("WRONGTYPE"));
    for key in ["eth:payments:pending", "eth:payments:all"] {
        pool.do_raw(&["SET", key, "5"]).await;
        let error = pool.hold(&[leg("0xb", 5)]).await.unwrap_err();
        assert!(matches!(error, LedgerError::BadEntry { entry, .. } if entry == key));
        pool.do_raw(&["DEL", key]).await;
    }
    pool.do_raw(&["HSET", "eth:finances", "paid", "x"]).await;
    let error = pool.hold(&[leg("0xb", 5)]).await.unwrap_err();
    assert!(error.to_string().contains("eth:finances paid"), "{error}");
    assert_eq!(pool.account("0xb").await, ["5", "0", "0"]);
}

#[tokio::test]
async fn a_payment_is_held_whole_or_not_at_all() {
    let mut pool = Pool::with(&[("0xa", 5), ("0xb", 5), ("0xc", 5)]).await;
    let (a, b, c) = (leg("0xa", 5), leg("0xb", 6), leg("0xc", 5));
    let payments = [
        (PaymentId::new(), vec![a.clone(), b.clone()]),
        (PaymentId::new(), vec![c.clone()]),
    ];
    let moved = pool.ledger.hold(&pool.context(), &payments).await.unwrap();
    let outcomes = pool.learn(moved);
    assert!(matches!(&outcomes[0], HoldOutcome::Refused { leg, .. } if *leg == b.id));
    assert_eq!(outcomes[1], HoldOutcome::Held);
    let states = pool
        .ledger
        .look(pool.journal, pool.known.as_ref(), &[a.id, b.id, c.id])
        .await;
    assert_eq!(
        states.unwrap(),
        [HoldState::Absent, HoldState::Absent, HoldState::Held]
    );
    assert_eq!(pool.account("0xa").await, ["5", "0", "0"]);
    let held = pool.ledger.held().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].leg, held[0].payment), (c.id, payments[1].0));
    assert_eq!(
        (&held[0].wallet, held[0].member.as_str()),
        (&pool.wallet, "0xc")
    );
    assert_eq!((held[0].amount, held[0].at), (c.amount, pool.context().at));
}

#[tokio::test]
async fn a_member_has_one_leg_in_flight() {
    let mut pool = Pool::with(&[("0xa", 10)]).await;
    let (first, second) = (leg("0xa", 5), leg("0xa", 5));
    let outcomes = pool.hold(&[first.clone(), second.clone()]).await.unwrap();
    assert_eq!(outcomes[0], HoldOutcome::Held);
    assert!(matches!(&outcomes[1], HoldOutcome::Refused { leg, .. } if *leg == second.id));
    assert!(pool.refused(&second).await.contains(&first.id.to_string()));
    let together = [(PaymentId::new(), vec![leg("0xb", 1), leg("0xb", 1)])];
    pool.credit(&[("0xb", 10)]).await;
    let moved = pool.ledger.hold(&pool.context(), &together).await.unwrap();
    assert!(matches!(
        pool.learn(moved)[..],
        [HoldOutcome::Refused { .. }]
    ));
    assert_eq!(pool.account("0xb").await, ["10", "0", "0"]);
    let moved = pool
        .ledger
        .release(&pool.context(), &[first])
        .await
        .unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::Released]);
    pool.held(&[second]).await;
}

#[tokio::test]
async fn another_payers_equal_row_is_not_collapsed_with_ours() {
    let mut pool = Pool::with(&[("0xa", 10)]).await;
    pool.do_raw(&["ZADD", "eth:payments:pending", "1795208000", "0xa:5"])
        .await;
    assert!(pool.refused(&leg("0xa", 5)).await.contains("0xa:5"));
    pool.held(&[leg("0xa", 6)]).await;
    let rows = pool.ledger.leftovers().await.unwrap().rows;
    assert_eq!(
        rows.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(),
        ["0xa:5"]
    );
}

#[tokio::test]
async fn a_late_hold_cannot_land_after_a_void() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let leg = leg("0xa", 5);
    let voided = |moved| matches!(moved, VoidOutcome::Voided);
    let moved = pool
        .ledger
        .void(&pool.context(), std::slice::from_ref(&leg))
        .await
        .unwrap();
    assert!(pool.learn(moved).into_iter().all(voided));
    let known = pool.known;
    assert!(pool.refused(&leg).await.contains("tombstone"));
    let moved = pool
        .ledger
        .void(&pool.context(), std::slice::from_ref(&leg))
        .await
        .unwrap();
    assert_eq!(pool.learn(moved), [VoidOutcome::Already]);
    assert_eq!(pool.known, known);
    let states = pool
        .ledger
        .look(pool.journal, None, &[leg.id])
        .await
        .unwrap();
    assert_eq!(states, [HoldState::Void]);
}

#[tokio::test]
async fn a_stale_token_another_journal_and_a_foreign_lock_are_refused() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.token = 8;
    pool.ledger.lock(&pool.context()).await.unwrap();
    let before = pool.dump().await;
    let payments = singly(&[leg("0xa", 5)]);

    let mut context = pool.context();
    context.token = 7;
    let error = pool.ledger.hold(&context, &payments).await.unwrap_err();
    assert!(matches!(error, LedgerError::Fenced { seen: 8 }), "{error}");
    assert!(matches!(
        pool.ledger.unlock(&context).await,
        Err(LedgerError::Fenced { .. })
    ));
    context.token = u64::MAX;
    context.journal = paydirt_ledger::JournalId::new();
    let error = pool.ledger.hold(&context, &payments).await.unwrap_err();
    assert!(matches!(error, LedgerError::OtherJournal { .. }), "{error}");
    assert!(pool.ledger.attach(context.journal).await.is_err());
    assert_eq!(pool.dump().await, before);

    pool.do_raw(&["SET", "eth:payments:lock", "0xa:5"]).await;
    let error = pool
        .ledger
        .hold(&pool.context(), &payments)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LedgerError::Locked { holder } if holder == "0xa:5"),
        "{error}"
    );
    let error = pool.ledger.lock(&pool.context()).await.unwrap_err();
    assert!(error.to_string().contains("\"0xa:5\""), "{error}");
    pool.do_raw(&["DEL", "eth:payments:lock"]).await;
    assert!(matches!(
        pool.hold(&[leg("0xa", 5)]).await,
        Err(LedgerError::Locked { .. })
    ));
    assert_eq!(pool.account("0xa").await, ["5", "0", "0"]);
}

#[tokio::test]
async fn the_highest_token_there_is_fences_the_next_lower() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.token = u64::MAX;
    pool.held(&[leg("0xa", 5)]).await;
    pool.token = u64::MAX - 1;
    assert!(matches!(
        pool.hold(&[leg("0xa", 5)]).await,
        Err(LedgerError::Fenced { seen: u64::MAX })
    ));
}

#[tokio::test]
async fn the_lock_stays_while_anything_is_in_flight() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let leg = leg("0xa", 5);
    pool.held(std::slice::from_ref(&leg)).await;
    assert!(!pool.ledger.unlock(&pool.context()).await.unwrap());
    pool.ledger.lock(&pool.context()).await.unwrap();
    let moved = pool.ledger.void(&pool.context(), &[leg]).await.unwrap();
    assert_eq!(pool.learn(moved), [VoidOutcome::GivenBack]);
    assert!(pool.ledger.unlock(&pool.context()).await.unwrap());
    assert!(pool.ledger.unlock(&pool.context()).await.unwrap());
    assert_eq!(pool.account("0xa").await, ["5", "0", "0"]);
}

#[tokio::test]
async fn marks_of_what_is_over_go_after_45_days() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    let [older, old, revived, recent, late] = [(); 5].map(|()| leg("0xa", 5));
    let legs = [&older, &old, &revived, &recent, &late].map(Clone::clone);
    let moved = pool.ledger.void(&pool.context(), &legs).await.unwrap();
    let _ = pool.learn(moved);
    let item = Reapply {
        leg: revived.clone(),
        payment: PaymentId::new(),
        to: ReapplyTo::Held,
    };
    let moved = pool.ledger.reapply(&pool.context(), &[item]).await.unwrap();
    let _ = pool.learn(moved);

    let (now_s, _): (i64, i64) = redis::cmd("TIME").query_async(&mut pool.raw).await.unwrap();
    for (leg, days) in [(&older, 47), (&old, 46), (&recent, 44), (&late, 43)] {
        let at_ms = (now_s - days * 24 * 3600) * 1000;
        let mark = format!("v|0xa:5||{at_ms}");
        let id = leg.id.to_string();
        pool.do_raw(&["HSET", "eth:paydirt:legs", &id, &mark]).await;
    }
    let moved = pool.ledger.void(&pool.context(), &[leg("0xa", 1)]).await;
    let _ = pool.learn(moved.unwrap());
    let ids = legs.map(|leg| leg.id);
    let states = pool.ledger.look(pool.journal, None, &ids).await.unwrap();
    let (gone, void) = (HoldState::Absent, HoldState::Void);
    assert_eq!(states, [gone, gone, HoldState::Held, void, void]);
    let left: i64 = redis::cmd("LLEN")
        .arg("eth:paydirt:over")
        .query_async(&mut pool.raw)
        .await
        .unwrap();
    assert_eq!(left, 3);
}
