//! Failed withdrawals, repaired.

use paydirt_books::{Account, Session, Withdrawal, WithdrawalNumber, WithdrawalState};
use paydirt_chain::{Address, BlockRef, Identity, TxId};
use paydirt_withdrawals::WithdrawalError;
use paydirt_withdrawals::look::Seen;
use paydirt_withdrawals::repair::{self, Carrying, Plan, Repair};
use serde_json::json;

use crate::importing::{all, try_import};
use crate::scene::{Kind, Scene, day, fil};

on_both!(
    a_payment_from_outside_is_recorded_once_and_the_books_agree,
    a_transaction_pays_one_withdrawal,
    what_was_queued_again_or_taken_back_keeps_the_sums,
    what_is_not_failed_or_has_a_live_leg_is_not_repaired,
    what_books_from_a_backup_have_as_approved_is_recorded_as_paid,
);

const ROWS: &str = "T-1,u1,0xhome,1,failed,2026-10-01\n\
    T-2,u1,0xhome,2,failed,2026-10-01\n\
    T-3,u1,0xhome,3,failed,2026-10-01\n";

async fn scene(kind: Kind) -> (Scene, paydirt_books::MemberNumber, Vec<WithdrawalNumber>) {
    let scene = Scene::new(kind).await;
    let has = [(Account::Frozen, "6"), (Account::Available, "5")];
    let member = scene.member_with("u1", &has).await;
    try_import(&scene, ROWS).await.unwrap();
    let numbers = all(&scene).await.iter().map(|it| it.number).collect();
    (scene, member, numbers)
}

fn seen(tx: &str) -> Repair {
    Repair::MarkPaid(Box::new(Seen {
        identity: Identity {
            network: "1".into(),
            genesis: "0xgenesis".into(),
        },
        tx: TxId::new(tx),
        sender: Address::canonical("0xpayer"),
        block: BlockRef {
            number: 7,
            hash: "0xblock".into(),
        },
        fee: 21_000,
        head: 100,
        since: day("2026-10-01"),
    }))
}

async fn planned(
    scene: &Scene,
    session: &mut Session,
    number: WithdrawalNumber,
    repair: &Repair,
) -> Result<Plan, WithdrawalError> {
    let pool = scene.pool(session).await;
    let found = match repair {
        Repair::MarkPaid(_) => repair::payable_outside(session, &pool, number).await?,
        Repair::Requeue(_) | Repair::Cancel(_) => repair::failed(session, &pool, number).await?,
    };
    repair::plan(session, &pool, found, repair).await
}

/// As bob, what alice proposed.
async fn done(
    scene: &Scene,
    number: WithdrawalNumber,
    repair: &Repair,
) -> Result<Withdrawal, WithdrawalError> {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.pool).await.unwrap();
    let plan = planned(scene, &mut session, number, repair).await?;
    let carrying = Carrying {
        by: "bob",
        proposed: ("alice", 1),
        reason: "it was paid by hand",
        now: scene.now,
        zones: &scene.terms.zones,
    };
    let done = repair::carry_out(&mut session, &mut locked, &plan, repair, &carrying).await?;
    session.commit().await.unwrap();
    Ok(done)
}

async fn a_payment_from_outside_is_recorded_once_and_the_books_agree(kind: Kind) {
    let (scene, member, numbers) = scene(kind).await;
    let repair = seen("0xaa");
    let mut session = scene.books.look().await.unwrap();
    let plan = planned(&scene, &mut session, numbers[0], &repair)
        .await
        .unwrap();
    drop(session);
    assert_eq!(plan.before.frozen - plan.after.frozen, fil("1").units());
    assert_eq!(plan.after.paid, fil("1").units());
    assert_eq!(plan.after.state, WithdrawalState::Paid);
    let paid = done(&scene, numbers[0], &repair).await.unwrap();
    assert_eq!(
        (paid.state, paid.tx.as_deref()),
        (WithdrawalState::Paid, Some("0xaa"))
    );
    let balance = scene.balance(member).await;
    assert_eq!(
        (balance.frozen, balance.paid),
        (plan.after.frozen, plan.after.paid)
    );
    let mut session = scene.books.look().await.unwrap();
    let events = session.withdrawal_events(numbers[0]).await.unwrap();
    let last = events.last().unwrap();
    let evidence: serde_json::Value =
        serde_json::from_str(last.evidence.as_deref().unwrap()).unwrap();
    assert_eq!(evidence["proposed_by"], "alice");
    assert_eq!(evidence["confirmed_by"], "bob");
    assert_eq!(evidence["evidence"]["block"], 7);
    assert_eq!(evidence["evidence"]["sender"], "0xpayer");
    drop(session);
    done(&scene, numbers[0], &seen("0xbb")).await.unwrap_err();
    scene.verify().await;
}

async fn a_transaction_pays_one_withdrawal(kind: Kind) {
    let (scene, member, numbers) = scene(kind).await;
    done(&scene, numbers[0], &seen("0xaa")).await.unwrap();
    let refused = done(&scene, numbers[1], &seen("0xaa"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains(&format!("what paid withdrawal {}", numbers[0])),
        "{refused}"
    );
    let mut session = scene.books.look().await.unwrap();
    let refused = repair::check_unused(&mut session, &TxId::new("0xaa"))
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("a transaction pays once"),
        "{refused}"
    );
    drop(session);
    let balance = scene.balance(member).await;
    assert_eq!(
        (balance.frozen, balance.paid),
        (fil("5").units(), fil("1").units())
    );
    scene.verify().await;
}

async fn what_was_queued_again_or_taken_back_keeps_the_sums(kind: Kind) {
    let (scene, member, numbers) = scene(kind).await;
    let evidence = || json!({ "legs": [] });
    let again = done(&scene, numbers[0], &Repair::Requeue(evidence()))
        .await
        .unwrap();
    assert_eq!(again.state, WithdrawalState::Approved);
    assert_eq!(again.decided_by.as_deref(), Some("bob"));
    assert_eq!(scene.has(member).await, (fil("5"), fil("6")));
    let back = done(&scene, numbers[1], &Repair::Cancel(evidence()))
        .await
        .unwrap();
    assert_eq!(back.state, WithdrawalState::Cancelled);
    assert_eq!(scene.has(member).await, (fil("7"), fil("4")));
    // Each once.
    for number in [numbers[0], numbers[1]] {
        for repair in [Repair::Requeue(evidence()), Repair::Cancel(evidence())] {
            done(&scene, number, &repair).await.unwrap_err();
        }
    }
    // What is queued again may turn out to be paid, what was taken back not.
    done(&scene, numbers[0], &seen("0xcc")).await.unwrap();
    done(&scene, numbers[1], &seen("0xdd")).await.unwrap_err();
    scene.verify().await;
}

async fn what_is_not_failed_or_has_a_live_leg_is_not_repaired(kind: Kind) {
    let (scene, member, numbers) = scene(kind).await;
    scene
        .sql(&format!(
            "INSERT INTO wallet (id, network, genesis, address, finality) \
             VALUES ('w', '1', 'g', 'a', '{{}}'); \
             INSERT INTO payment (id, wallet, purpose, state, planned_at) \
             SELECT 'p', number, 'pay', 'planned', 1 FROM wallet; \
             INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, amount, \
             source, state) VALUES ('l', 'p', 0, 'space', 'u1', '0xhome', 'FIL', 18, 1, \
             'withdrawals', 'live'); \
             INSERT INTO leg_withdrawal (leg, place, pool, withdrawal, live) \
             VALUES ('l', 0, 'space', '{}', 1); \
             UPDATE withdrawal SET state = 'processing', leg = 'x', held_at = 1, held_on = 1 \
             WHERE number = {}",
            numbers[0], numbers[1]
        ))
        .await;
    let repairs = || {
        [
            Repair::Requeue(json!({})),
            Repair::Cancel(json!({})),
            seen("0xdd"),
        ]
    };
    for number in [numbers[0], numbers[1]] {
        for repair in repairs() {
            let refused = done(&scene, number, &repair).await.unwrap_err().to_string();
            assert!(refused.contains("is live, in payment"), "{refused}");
            assert!(refused.contains("payouts cancel"), "{refused}");
        }
    }
    scene.member("u2", "50").await;
    let asked = scene.asked("u2", "11").await;
    assert_eq!(asked.state, WithdrawalState::Requested);
    for repair in repairs() {
        let refused = done(&scene, asked.number, &repair)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("not failed") || refused.contains("neither failed nor approved"),
            "{refused}"
        );
    }
    assert_eq!(scene.has(member).await, (fil("5"), fil("6")));
}

/// Nothing but the chain knows of what was paid after the copy was made.
async fn what_books_from_a_backup_have_as_approved_is_recorded_as_paid(kind: Kind) {
    let (scene, member, _) = scene(kind).await;
    let asked = scene.asked("u1", "1").await;
    assert_eq!(asked.state, WithdrawalState::Approved);
    for repair in [Repair::Requeue(json!({})), Repair::Cancel(json!({}))] {
        let refused = done(&scene, asked.number, &repair).await.unwrap_err();
        assert!(refused.to_string().contains("not failed"), "{refused}");
    }
    let paid = done(&scene, asked.number, &seen("0xee")).await.unwrap();
    assert_eq!(
        (paid.state, paid.tx.as_deref()),
        (WithdrawalState::Paid, Some("0xee"))
    );
    let balance = scene.balance(member).await;
    assert_eq!(
        (balance.available, balance.frozen, balance.paid),
        (fil("4").units(), fil("6").units(), fil("1").units())
    );
    done(&scene, asked.number, &seen("0xff")).await.unwrap_err();
    scene.verify().await;
}
