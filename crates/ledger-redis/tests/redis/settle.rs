//! In flight → paid, also where the hold is missing.

use paydirt_ledger::{
    HoldState, Ledger, LedgerError, Reapply, ReapplyOutcome, ReapplyTo, ReleaseOutcome,
    SettleOutcome, VoidOutcome,
};

use super::pool::{NOW_S, Pool, TX, leg, settlement, shannon};

/// What the original's RESOLVE_PAYOUT does to a pending row.
async fn originals_repair(pool: &mut Pool, login: &str, units: i64) {
    let key = format!("eth:miners:{login}");
    let (plus, minus) = (units.to_string(), (-units).to_string());
    for key in [key.as_str(), "eth:finances"] {
        pool.do_raw(&["HINCRBY", key, "balance", &plus]).await;
        pool.do_raw(&["HINCRBY", key, "pending", &minus]).await;
    }
    pool.do_raw(&["ZREM", "eth:payments:pending", &format!("{login}:{units}")])
        .await;
    pool.do_raw(&["DEL", "eth:payments:lock"]).await;
}

#[tokio::test]
async fn what_the_originals_repair_run_rolled_back_is_settled_from_the_balance() {
    for (spent, debited, receivable, balance) in [(0, 700, 0, 0), (300, 400, 300, 0)] {
        let mut pool = Pool::with(&[("0xa", 700)]).await;
        let leg = leg("0xa", 700);
        pool.held(std::slice::from_ref(&leg)).await;
        originals_repair(&mut pool, "0xa", 700).await;
        let states = pool
            .ledger
            .look(pool.journal, pool.known.as_ref(), &[leg.id])
            .await;
        assert_eq!(states.unwrap(), [HoldState::RolledBack]);
        pool.credit(&[("0xa", -spent)]).await;

        let done = [settlement(&leg)];
        let moved = pool.ledger.settle(&pool.context(), &done).await.unwrap();
        let (debited, receivable) = (shannon(debited), shannon(receivable));
        assert_eq!(
            pool.learn(moved),
            [SettleOutcome::WithoutHold {
                debited,
                receivable
            }]
        );
        let now = [balance.to_string(), "0".into(), "700".into()];
        assert_eq!(pool.account("0xa").await, now);
        assert_eq!(pool.finances().await, now);
        let state = pool.pool_state().await;
        assert!(!state.contains_key("eth:payments:pending [zset]"));
        let row = (format!("{TX}:0xa:700"), NOW_S.to_string());
        assert_eq!(state["eth:payments:all [zset]"], [row]);
        let moved = pool.ledger.settle(&pool.context(), &done).await.unwrap();
        assert_eq!(pool.learn(moved), [SettleOutcome::Already]);
        assert_eq!(pool.account("0xa").await, now);
    }
}

#[tokio::test]
async fn what_a_member_owes_is_kept_back() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let unheard = leg("0xa", 1000);
    let moved = pool
        .ledger
        .settle(&pool.context(), &[settlement(&unheard)])
        .await
        .unwrap();
    let (debited, receivable) = (shannon(700), shannon(300));
    assert_eq!(
        pool.learn(moved),
        [SettleOutcome::WithoutHold {
            debited,
            receivable
        }]
    );
    pool.credit(&[("0xa", 850)]).await;
    pool.ledger.lock(&pool.context()).await.unwrap();
    let reason = pool.refused(&leg("0xa", 551)).await;
    assert!(reason.contains("850") && reason.contains("300"), "{reason}");
    let due = pool.ledger.payable(shannon(500)).await.unwrap().due;
    assert_eq!((due.len(), due[0].amount), (1, shannon(550)));
    pool.held(&[leg("0xa", 550)]).await;
    let payables = pool.ledger.payable(shannon(500)).await.unwrap();
    assert_eq!((payables.due.len(), payables.below), (0, 1));
}

#[tokio::test]
async fn a_balance_credited_while_we_hold_is_kept() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let leg = leg("0xa", 700);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.credit(&[("0xa", 55)]).await;
    let moved = pool
        .ledger
        .settle(&pool.context(), &[settlement(&leg)])
        .await
        .unwrap();
    assert_eq!(pool.learn(moved), [SettleOutcome::Settled]);
    assert_eq!(pool.account("0xa").await, ["55", "0", "700"]);
    assert_eq!(pool.finances().await, ["55", "0", "700"]);
}

#[tokio::test]
async fn less_in_flight_than_the_amount_is_rolled_back_too() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let leg = leg("0xa", 700);
    pool.held(std::slice::from_ref(&leg)).await;
    pool.do_raw(&["HINCRBY", "eth:miners:0xa", "pending", "-1"])
        .await;
    let states = pool
        .ledger
        .look(pool.journal, pool.known.as_ref(), &[leg.id])
        .await
        .unwrap();
    assert_eq!(states, [HoldState::RolledBack]);
    let legs = [leg];
    let moved = pool.ledger.release(&pool.context(), &legs).await.unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::NothingHeld]);
    assert_eq!(pool.account("0xa").await, ["0", "699", "0"]);
    let moved = pool.ledger.release(&pool.context(), &legs).await.unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::Already]);
    assert!(pool.ledger.held().await.unwrap().is_empty());
}

#[tokio::test]
async fn giving_back_what_is_not_in_flight_moves_nothing_and_leaves_a_tombstone() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let legs = [leg("0xa", 700)];
    let moved = pool.ledger.release(&pool.context(), &legs).await.unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::NothingHeld]);
    assert_eq!(pool.account("0xa").await, ["700", "0", "0"]);
    assert!(pool.refused(&legs[0]).await.contains("tombstone"));

    let paid = [leg("0xa", 600)];
    pool.held(&paid).await;
    let moved = pool
        .ledger
        .settle(&pool.context(), &[settlement(&paid[0])])
        .await
        .unwrap();
    let _ = pool.learn(moved);
    let moved = pool.ledger.release(&pool.context(), &paid).await.unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::IsSettled]);
    let moved = pool.ledger.void(&pool.context(), &paid).await.unwrap();
    assert_eq!(pool.learn(moved), [VoidOutcome::IsSettled]);
    assert_eq!(pool.account("0xa").await, ["100", "0", "600"]);
}

#[tokio::test]
async fn an_unreadable_entry_stops_a_settlement_before_it_moves_anything() {
    let mut pool = Pool::with(&[("0xa", 700), ("0xb", 700)]).await;
    let (a, b) = (leg("0xa", 700), leg("0xb", 700));
    pool.held(&[a.clone(), b.clone()]).await;
    for (words, cure) in [
        (
            ["HSET", "eth:miners:0xb", "paid", "7 ETH"],
            ["HSET", "eth:miners:0xb", "paid", "0"],
        ),
        (
            ["HSET", "eth:miners:0xb", "pending", "x"],
            ["HSET", "eth:miners:0xb", "pending", "700"],
        ),
        (
            ["HSET", "eth:finances", "paid", "1.0"],
            ["HSET", "eth:finances", "paid", "0"],
        ),
    ] {
        pool.do_raw(&words).await;
        let before = pool.dump().await;
        let done = [settlement(&a), settlement(&b)];
        let error = pool
            .ledger
            .settle(&pool.context(), &done)
            .await
            .unwrap_err();
        assert!(matches!(error, LedgerError::BadEntry { .. }), "{error}");
        assert_eq!(pool.dump().await, before);
        pool.do_raw(&cure).await;
    }
    pool.do_raw(&["SET", "eth:payments:0xb", "x"]).await;
    let before = pool.dump().await;
    let done = [settlement(&a), settlement(&b)];
    let error = pool.ledger.settle(&pool.context(), &done).await;
    assert!(error.unwrap_err().to_string().contains("eth:payments:0xb"));
    assert_eq!(pool.dump().await, before);
    pool.do_raw(&["DEL", "eth:payments:0xb"]).await;
    let most = i64::MAX.to_string();
    pool.do_raw(&["HSET", "eth:miners:0xb", "paid", &most])
        .await;
    let before = pool.dump().await;
    let done = [settlement(&a), settlement(&b)];
    assert!(pool.ledger.settle(&pool.context(), &done).await.is_err());
    assert_eq!(pool.dump().await, before);
}

#[tokio::test]
async fn a_leg_of_another_amount_than_its_mark_is_refused() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let mut leg = leg("0xa", 700);
    pool.held(std::slice::from_ref(&leg)).await;
    let before = pool.dump().await;
    leg.amount = shannon(70);
    let error = pool
        .ledger
        .settle(&pool.context(), &[settlement(&leg)])
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::BadEntry { .. }), "{error}");
    assert!(pool.ledger.release(&pool.context(), &[leg]).await.is_err());
    assert_eq!(pool.dump().await, before);
}

#[tokio::test]
async fn a_leg_named_twice_in_a_call_moves_once() {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let leg = leg("0xa", 300);
    pool.held(std::slice::from_ref(&leg)).await;
    let done = [settlement(&leg), settlement(&leg)];
    let moved = pool.ledger.settle(&pool.context(), &done).await.unwrap();
    assert_eq!(
        pool.learn(moved),
        [SettleOutcome::Settled, SettleOutcome::Already]
    );
    assert_eq!(pool.account("0xa").await, ["400", "0", "300"]);
}

#[tokio::test]
async fn reapply_brings_every_state_to_every_other_and_keeps_the_sums() {
    for from in ["absent", "held", "rolled", "settled", "released", "void"] {
        for to in ["held", "settled", "gone"] {
            reapply_one(from, to).await;
        }
    }
}

async fn reapply_one(from: &str, to: &str) {
    let mut pool = Pool::with(&[("0xa", 700)]).await;
    let leg = leg("0xa", 700);
    let legs = std::slice::from_ref(&leg);
    if !matches!(from, "absent" | "void") {
        pool.held(legs).await;
    }
    match from {
        "rolled" => originals_repair(&mut pool, "0xa", 700).await,
        "settled" => {
            let moved = pool
                .ledger
                .settle(&pool.context(), &[settlement(&leg)])
                .await
                .unwrap();
            let _ = pool.learn(moved);
        }
        "released" | "void" => {
            let moved = pool.ledger.void(&pool.context(), legs).await.unwrap();
            let _ = pool.learn(moved);
        }
        _ => {}
    }
    let what = Reapply {
        leg: leg.clone(),
        payment: paydirt_ledger::PaymentId::new(),
        to: match to {
            "held" => ReapplyTo::Held,
            "settled" => ReapplyTo::Settled(settlement(&leg)),
            _ => ReapplyTo::Gone,
        },
    };
    let before = pool.known;
    let known_to_nobody = paydirt_ledger::MoveId {
        seq: 99,
        id: uuid::Uuid::now_v7(),
    };
    let mut context = pool.context();
    context.known = Some(known_to_nobody);
    let moved = pool
        .ledger
        .reapply(&context, std::slice::from_ref(&what))
        .await
        .unwrap();
    assert_ne!(moved.last, before, "a reapply is always a move");
    let outcome = pool.learn(moved).remove(0);
    let same = from == to || to == "gone" && matches!(from, "released" | "void");
    assert_eq!(
        outcome == ReapplyOutcome::Unchanged,
        same,
        "{from} to {to}: {outcome:?}"
    );
    let account = match to {
        "held" => ["0", "700", "0"],
        "settled" => ["0", "0", "700"],
        _ => ["700", "0", "0"],
    };
    assert_eq!(pool.account("0xa").await, account, "{from} to {to}");
    assert_eq!(pool.finances().await, account, "{from} to {to}");
    let state = pool
        .ledger
        .look(pool.journal, pool.known.as_ref(), &[leg.id])
        .await
        .unwrap()
        .remove(0);
    let fits = match to {
        "held" => state == HoldState::Held,
        "settled" => state == HoldState::Settled,
        _ => matches!(state, HoldState::Released | HoldState::Void),
    };
    assert!(fits, "{from} to {to}: {state:?}");
    let rows = pool.pool_state().await;
    assert_eq!(
        rows.contains_key("eth:payments:all [zset]"),
        to == "settled",
        "{from} to {to}"
    );
    assert_eq!(
        rows.contains_key("eth:payments:pending [zset]"),
        to == "held",
        "{from} to {to}"
    );
    let again = pool.ledger.reapply(&pool.context(), &[what]).await.unwrap();
    assert_eq!(pool.learn(again), [ReapplyOutcome::Unchanged]);
}

#[tokio::test]
async fn reapply_books_what_the_balance_lacks() {
    let mut pool = Pool::with(&[("0xa", 400), ("0xb", 400)]).await;
    let (a, b) = (leg("0xa", 700), leg("0xb", 700));
    let payment = paydirt_ledger::PaymentId::new();
    let items = [
        Reapply {
            leg: a.clone(),
            payment,
            to: ReapplyTo::Held,
        },
        Reapply {
            leg: b.clone(),
            payment,
            to: ReapplyTo::Settled(settlement(&b)),
        },
    ];
    let moved = pool.ledger.reapply(&pool.context(), &items).await.unwrap();
    let applied = ReapplyOutcome::Applied {
        from: HoldState::Absent,
        receivable: shannon(300),
    };
    assert_eq!(pool.learn(moved), [applied.clone(), applied]);
    assert_eq!(pool.account("0xa").await, ["0", "700", "0"]);
    assert_eq!(pool.account("0xb").await, ["0", "0", "700"]);
    assert_eq!(pool.finances().await, ["0", "700", "700"]);
    let moved = pool.ledger.release(&pool.context(), &[a]).await.unwrap();
    assert_eq!(pool.learn(moved), [ReleaseOutcome::Released]);
    let due = pool.ledger.payable(shannon(1)).await.unwrap().due;
    assert_eq!((due.len(), due[0].amount), (1, shannon(400)));
}
