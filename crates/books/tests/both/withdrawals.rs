//! What a ledger's moves make of withdrawals, and which of them are due.

use paydirt_books::Account;
use paydirt_ledger::conformance::fixtures::{member, not_paid, shannon, withdrawal};
use paydirt_ledger::{
    HoldOutcome, LedgerError, Leg, PaymentId, Reapply, ReapplyOutcome, ReapplyTo, SettleOutcome,
};

use super::Raw;
use super::ledger::Bench;
use super::moves::{Payer, assert_books_are_right, paid};

/// Processing where its leg is held, paid where it is settled, with its transaction; and in no
/// state that has no event.
const WRONG: [&str; 3] = [
    "SELECT COUNT(*) FROM withdrawal WHERE state = 'processing' AND NOT EXISTS (SELECT 1 FROM \
     ledger_leg WHERE ledger_leg.leg = withdrawal.leg AND ledger_leg.state = 'held')",
    "SELECT COUNT(*) FROM withdrawal WHERE state = 'paid' AND NOT EXISTS (SELECT 1 FROM \
     ledger_leg WHERE ledger_leg.leg = withdrawal.leg AND ledger_leg.state = 'settled' \
     AND ledger_leg.tx = withdrawal.tx)",
    "SELECT COUNT(*) FROM withdrawal WHERE leg IS NOT NULL AND state <> (SELECT state FROM \
     withdrawal_event WHERE withdrawal = withdrawal.number ORDER BY number DESC LIMIT 1)",
];

pub(crate) async fn assert_right(bench: &Bench) {
    assert_books_are_right(bench).await;
    let mut raw = Raw::connect(&bench.home).await;
    for wrong in WRONG {
        assert_eq!(raw.number(wrong).await, 0, "{wrong}");
    }
}

pub(crate) fn of(n: u32, units: i64, ids: &[&String]) -> Leg {
    let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    withdrawal(n, units, &ids)
}

pub(crate) async fn is(bench: &Bench, id: &str, what: &str) {
    let mut raw = Raw::connect(&bench.home).await;
    let sql = format!("SELECT COUNT(*) FROM withdrawal WHERE number = {id} AND {what}");
    assert_eq!(raw.number(&sql).await, 1, "withdrawal {id}: {what}");
}

async fn events(bench: &Bench, id: &str, what: &str) -> i64 {
    let mut raw = Raw::connect(&bench.home).await;
    let sql = format!(
        "SELECT COUNT(*) FROM withdrawal_event WHERE withdrawal = {id} AND by_whom = 'payouts' \
         AND {what}"
    );
    raw.number(&sql).await
}

async fn figures(bench: &Bench, n: u32) -> (i64, i64, i64, i64) {
    let balance = bench.balance(&member(n)).await;
    let (available, frozen) = (balance.available, balance.frozen);
    (available, frozen, balance.in_flight, balance.paid)
}

async fn release(payer: &Payer, leg: &Leg) {
    let legs = std::slice::from_ref(leg);
    drop(payer.ledger.release(&payer.context(), legs).await.unwrap());
}

async fn reapply(payer: &Payer, leg: &Leg, to: ReapplyTo) -> Result<ReapplyOutcome, LedgerError> {
    let item = Reapply {
        leg: leg.clone(),
        payment: PaymentId::new(),
        to,
    };
    let moved = payer.ledger.reapply(&payer.context(), &[item]).await?;
    Ok(moved.outcomes[0].clone())
}

#[tokio::test]
async fn a_withdrawal_goes_with_its_leg_and_each_step_is_an_event_with_its_evidence() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    bench.post(&member(1), Account::Available, 100).await;
    let [one, two] = [
        bench.withdrawal(&member(1), 40, "approved").await,
        bench.withdrawal(&member(1), 10, "approved").await,
    ];
    let both = of(1, 50, &[&one, &two]);
    assert_eq!(
        payer.hold(std::slice::from_ref(&both)).await,
        [HoldOutcome::Held]
    );
    assert_eq!(figures(&bench, 1).await, (100, 0, 50, 0));
    for id in [&one, &two] {
        let held = format!(
            "state = 'processing' AND leg = '{}' AND held_on = 20454",
            both.id
        );
        is(&bench, id, &held).await;
        let told = format!(
            "state = 'processing' AND evidence LIKE '%{}%payment%'",
            both.id
        );
        assert_eq!(events(&bench, id, &told).await, 1);
    }
    assert_eq!(payer.settle(&both).await, SettleOutcome::Settled);
    assert_eq!(figures(&bench, 1).await, (100, 0, 0, 50));
    for id in [&one, &two] {
        is(&bench, id, "state = 'paid' AND tx = '0xabc'").await;
        let told = "state = 'paid' AND evidence LIKE '%payment%0xabc%30%'";
        assert_eq!(events(&bench, id, told).await, 1);
    }
    assert_eq!(payer.settle(&both).await, SettleOutcome::Already);
    assert_eq!(events(&bench, &one, "1 = 1").await, 2);
    assert_right(&bench).await;
}

#[tokio::test]
async fn what_the_chain_refused_is_failed_and_stays_set_aside() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let id = bench.withdrawal(&member(1), 40, "approved").await;
    let failed = Leg {
        verdict: Some(not_paid("it reverted")),
        ..of(1, 40, &[&id])
    };
    payer.hold(std::slice::from_ref(&failed)).await;
    release(&payer, &failed).await;
    is(&bench, &id, "state = 'failed' AND reason = 'it reverted'").await;
    assert_eq!(
        events(&bench, &id, "state = 'failed' AND reason = 'it reverted'").await,
        1
    );
    assert_eq!(figures(&bench, 1).await, (0, 40, 0, 0));
    let found = payer.ledger.payable(shannon(1)).await.unwrap();
    assert_eq!((found.due, found.bad), (vec![], vec![]));
    // It was mined all the same, as a chain shows that was reorganised below finality.
    let without = SettleOutcome::WithoutHold {
        debited: shannon(40),
        receivable: shannon(0),
    };
    assert_eq!(payer.settle(&failed).await, without);
    is(
        &bench,
        &id,
        "state = 'paid' AND tx = '0xabc' AND reason IS NULL",
    )
    .await;
    assert_right(&bench).await;
}

#[tokio::test]
async fn what_is_set_aside_for_others_pays_nothing_that_is_over() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    bench.post(&member(1), Account::Available, 30).await;
    let open = bench.withdrawal(&member(1), 40, "requested").await;
    let over = bench.withdrawal(&member(1), 50, "cancelled").await;
    // What was set aside for it went back.
    bench.post(&member(1), Account::Frozen, -50).await;
    let without = SettleOutcome::WithoutHold {
        debited: shannon(30),
        receivable: shannon(20),
    };
    assert_eq!(payer.settle(&of(1, 50, &[&over])).await, without);
    assert_eq!(figures(&bench, 1).await, (0, 40, 0, 50));
    is(&bench, &over, "state = 'cancelled' AND tx IS NULL").await;
    let told = "state = 'cancelled' AND reason LIKE '%paid for it by 0xabc%cancelled%'";
    assert_eq!(events(&bench, &over, told).await, 1);
    is(&bench, &open, "state = 'requested'").await;
    assert_books_are_right(&bench).await;
}

#[tokio::test]
async fn a_leg_that_another_one_overtook_pays_nothing_of_its_withdrawal() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    bench.post(&member(1), Account::Available, 40).await;
    let id = bench.withdrawal(&member(1), 40, "approved").await;
    let [first, second] = [of(1, 40, &[&id]), of(1, 40, &[&id])];
    payer.hold(std::slice::from_ref(&first)).await;
    release(&payer, &first).await;
    payer.hold(std::slice::from_ref(&second)).await;
    let without = SettleOutcome::WithoutHold {
        debited: shannon(40),
        receivable: shannon(0),
    };
    assert_eq!(payer.settle(&first).await, without);
    is(
        &bench,
        &id,
        &format!("state = 'processing' AND leg = '{}'", second.id),
    )
    .await;
    assert_eq!(
        events(&bench, &id, "reason LIKE '%although it is processing%'").await,
        1
    );
    assert_eq!(figures(&bench, 1).await, (0, 0, 40, 40));
    assert_right(&bench).await;
}

#[tokio::test]
async fn a_reconciliation_takes_withdrawals_along_and_never_unpays_one() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let id = bench.withdrawal(&member(1), 40, "approved").await;
    let leg = of(1, 40, &[&id]);
    reapply(&payer, &leg, ReapplyTo::Held).await.unwrap();
    is(&bench, &id, "state = 'processing'").await;
    reapply(&payer, &leg, ReapplyTo::Gone).await.unwrap();
    is(&bench, &id, "state = 'approved'").await;
    reapply(&payer, &leg, ReapplyTo::Held).await.unwrap();
    let failed = Leg {
        verdict: Some(not_paid("cancelled")),
        ..leg.clone()
    };
    reapply(&payer, &failed, ReapplyTo::Gone).await.unwrap();
    is(&bench, &id, "state = 'failed' AND reason = 'cancelled'").await;
    assert_right(&bench).await;
    let settled = || ReapplyTo::Settled(paid(&leg));
    reapply(&payer, &leg, settled()).await.unwrap();
    is(&bench, &id, "state = 'paid'").await;
    assert_eq!(figures(&bench, 1).await, (0, 0, 0, 40));
    assert_eq!(
        reapply(&payer, &leg, settled()).await.unwrap(),
        ReapplyOutcome::Unchanged
    );
    for to in [ReapplyTo::Gone, ReapplyTo::Held] {
        let refused = reapply(&payer, &leg, to).await;
        assert!(
            matches!(refused, Err(LedgerError::NotWritable(_))),
            "{refused:?}"
        );
    }
    assert_eq!(figures(&bench, 1).await, (0, 0, 0, 40));
    assert_right(&bench).await;
}

#[tokio::test]
async fn who_did_not_decide_gets_no_withdrawal_approved_by_a_void() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let id = bench.withdrawal(&member(1), 40, "requested").await;
    let leg = of(1, 40, &[&id]);
    let outcome = payer.hold(std::slice::from_ref(&leg)).await.remove(0);
    assert!(
        matches!(outcome, HoldOutcome::Refused { .. }),
        "{outcome:?}"
    );
    reapply(&payer, &leg, ReapplyTo::Held).await.unwrap();
    reapply(&payer, &leg, ReapplyTo::Gone).await.unwrap();
    is(
        &bench,
        &id,
        "state = 'failed' AND reason = 'it was never approved'",
    )
    .await;
    assert_right(&bench).await;
}
