//! Legs and withdrawals that don't fit the balances are named.

use paydirt_books::{Entry, MemberNumber, NewPosting, PaidBy};
use paydirt_chain::{Address, TxId};
use paydirt_ledger::{
    HoldOutcome, JournalId, Ledger, Leg, LegId, LegSource, LegState, MemberId, MoveContext,
    PaymentId, Settlement, WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{ZoneHistory, parse_zone};

use super::home;
use super::verify::first_difference;
use crate::full::full;
use crate::home::Raw;
use crate::scene::{BY, Scene, midnight, nov};

/// What is changed, and what the first difference says.
const TAMPERED: &[(&str, &str, &str)] = &[
    (
        "ledger_leg",
        "UPDATE ledger_leg SET state = 'released' WHERE state = 'held' AND bucket = 'frozen'",
        "member a: in_flight, as its legs hold it: expected 0 FIL, found 0.00000003 FIL",
    ),
    (
        "ledger_leg",
        "UPDATE ledger_leg SET amount = amount - 1 WHERE state = 'held' AND bucket = 'available'",
        "member b: in_flight, as its legs hold it: expected 0.000000006 FIL, found 0.000000007 FIL",
    ),
    (
        "ledger_leg",
        "UPDATE ledger_leg SET member = 1 WHERE state = 'held' AND bucket = 'available'",
        "member a: in_flight, as its legs hold it: expected 0.000000037 FIL, found 0.00000003 FIL",
    ),
    (
        "ledger_leg",
        "DELETE FROM ledger_leg WHERE state = 'settled'",
        "the leg of withdrawal 1, which is paid: expected settled by 0xabc, found none of it",
    ),
    (
        "ledger_leg",
        "UPDATE ledger_leg SET tx = '0xdef' WHERE state = 'settled'",
        "the leg of withdrawal 1, which is paid: expected settled by 0xabc, found settled by 0xdef",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET tx = '0xdef' WHERE number = 2",
        "the leg of withdrawal 2, which is paid: expected settled by 0xdef, found settled by 0xabc",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET state = 'processing', tx = NULL WHERE number = 2",
        "the leg of withdrawal 2, which is processing: expected held, found settled by 0xabc",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET leg = 'none' WHERE number = 3",
        "the leg of withdrawal 3, which is processing: expected held, found none of it",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET member = 2 WHERE number = 3",
        "the leg of withdrawal 3, which is processing: expected held, found none of it",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET amount = amount + 1 WHERE number = 1",
        ": the withdrawals that it pays: expected 0.00000003 FIL, found 0.000000031 FIL",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET amount = amount + 1001 WHERE number = 4",
        "member a: frozen, as its withdrawals need it: expected 0.000001041 FIL, \
         found 0.00000104 FIL",
    ),
    (
        "withdrawal",
        "UPDATE withdrawal SET state = 'failed', reason = 'so it was said' WHERE number = 3",
        ": the withdrawals that it pays: expected 0.00000003 FIL, found 0 FIL",
    ),
];

fn leg(member: &str, units: i64, source: LegSource) -> Leg {
    Leg {
        id: LegId::new(),
        pool: paydirt_ledger::PoolId::new("space"),
        member: MemberId::new(member),
        address: Address::canonical(member),
        amount: Amount::from_units(units, Coin::FIL),
        source,
        state: LegState::Live,
        verdict: None,
    }
}

fn asked(numbers: &[i64]) -> LegSource {
    LegSource::Withdrawals(numbers.iter().map(ToString::to_string).collect())
}

/// Approved withdrawals of the first member, to an address of its own name.
async fn approve(scene: &Scene, amounts: &[i64]) {
    use paydirt_books::Account::{Available, Frozen};
    let a = MemberNumber::new(1);
    let (mut session, locked) = scene.begin().await;
    session
        .add_address_after(&locked, a, "a", midnight(nov(5)), 0)
        .await
        .unwrap();
    session.commit().await.unwrap();
    let mut raw = scene.raw().await;
    for units in amounts {
        let (mut session, mut locked) = scene.begin().await;
        let posting = NewPosting {
            kind: "withdrawal",
            stream: None,
            day: nov(4),
            at: midnight(nov(5)),
            by: BY.into(),
            cause: "asked for".into(),
        };
        let entries = [
            Entry::of_member(Available, a, -units),
            Entry::of_member(Frozen, a, *units),
        ];
        session.post(&mut locked, &posting, &entries).await.unwrap();
        session.commit().await.unwrap();
        let sql = format!(
            "INSERT INTO withdrawal (pool, member, amount, address, state, requested_by, \
             requested_at, requested_on, decided_by, decided_at, updated_at) \
             VALUES ({}, 1, {units}, 'a', 'approved', 'alice', 1, 1, 'bob', 2, 2)",
            scene.pool.number
        );
        raw.execute(&sql).await.unwrap();
    }
}

/// Two withdrawals paid in one leg, one on its way, one that waits; and a balance on its way.
async fn pay(scene: &Scene) {
    approve(scene, &[10, 20, 30, 40]).await;
    let days = ZoneHistory::from(parse_zone("UTC").unwrap());
    let ledger = scene
        .books
        .ledger(&scene.pool.id, Coin::FIL, days, PaidBy::Threshold)
        .await
        .unwrap();
    let journal = JournalId::new();
    ledger.attach(journal).await.unwrap();
    let context = || MoveContext {
        journal,
        wallet: WalletId::new("wallet"),
        token: 1,
        known: None,
        id: PaymentId::new().0,
        at: midnight(nov(5)),
    };
    let legs = [
        leg("a", 30, asked(&[1, 2])),
        leg("a", 30, asked(&[3])),
        leg("b", 7, LegSource::Threshold),
    ];
    let payments = legs.clone().map(|leg| (PaymentId::new(), vec![leg]));
    let held = ledger.hold(&context(), &payments).await.unwrap();
    assert_eq!(held.outcomes, vec![HoldOutcome::Held; 3]);
    let settled = [Settlement {
        leg: legs[0].clone(),
        transaction: TxId::new("0xabc"),
        block: 9,
        fee: 21_000,
    }];
    drop(ledger.settle(&context(), &settled).await.unwrap());
}

#[tokio::test]
async fn whatever_does_not_fit_between_legs_withdrawals_and_balances_is_named() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    pay(&scene).await;
    assert_eq!(first_difference(&scene).await, "none");
    let mut raw = Raw::lawless(&scene.home).await;
    for (table, sql, wanted) in TAMPERED {
        raw.tamper(table, sql).await;
        let found = first_difference(&scene).await;
        assert!(found.contains(wanted), "{sql}\n{wanted}\n{found}");
        raw.restore(table).await;
    }
    assert_eq!(first_difference(&scene).await, "none");
}
