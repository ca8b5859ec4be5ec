//! Which withdrawals are due, and how many a day.

use std::sync::Arc;

use paydirt_books::{Books, PaidBy};
use paydirt_ledger::conformance::LedgerBench as _;
use paydirt_ledger::conformance::fixtures::{at, leg, member, pool, shannon};
use paydirt_ledger::{
    Finding, HoldOutcome, Ledger, LedgerError, Leg, LegSource, MoveContext, PaymentId, PoolId,
};
use paydirt_money::Coin;
use paydirt_schedule::{DrivenClock, ZoneHistory, parse_zone};

use super::Raw;
use super::ledger::{Bench, ledger};
use super::moves::{Payer, paid};
use super::withdrawals::{assert_right, is, of};

#[tokio::test]
async fn withdrawals_are_due_before_balances_the_oldest_decision_first() {
    let bench = Bench::new().await;
    bench.set_balance(&member(9), shannon(900)).await;
    let mut ids = Vec::new();
    for (n, units, decided) in [(1, 10, 30), (2, 20, 10), (1, 11, 20), (3, 5, 40)] {
        let id = bench.withdrawal(&member(n), units, "approved").await;
        let mut raw = Raw::connect(&bench.home).await;
        let when = format!("UPDATE withdrawal SET decided_at = {decided} WHERE number = {id}");
        raw.execute(&when).await.unwrap();
        ids.push(id);
    }
    for state in ["requested", "failed", "rejected"] {
        bench.withdrawal(&member(4), 70, state).await;
    }
    let found = bench.ledger.payable(shannon(100)).await.unwrap();
    let due: Vec<_> = found
        .due
        .iter()
        .map(|due| (due.member.clone(), due.amount.units(), due.source.clone()))
        .collect();
    let of =
        |of: &[usize]| LegSource::Withdrawals(of.iter().map(|place| ids[*place].clone()).collect());
    let expected = [
        (member(2), 20, of(&[1])),
        (member(1), 21, of(&[2, 0])),
        (member(3), 5, of(&[3])),
        (member(9), 900, LegSource::Threshold),
    ];
    assert_eq!(due, expected);
    // By request, nobody is paid who did not ask.
    let daily_cap = Some(shannon(1_000));
    let by_request = PaidBy::Request { daily_cap };
    let ledger = ledger(&bench.books, by_request).await;
    let found = ledger.payable(shannon(100)).await.unwrap();
    assert_eq!((found.due.len(), found.below), (3, 0));
}

#[tokio::test]
async fn one_leg_pays_no_more_than_a_hundred_withdrawals() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    for _ in 0..101 {
        bench.withdrawal(&member(1), 2, "approved").await;
    }
    let found = payer.ledger.payable(shannon(100)).await.unwrap();
    let amounts: Vec<i64> = found.due.iter().map(|due| due.amount.units()).collect();
    assert_eq!(amounts, [200, 2]);
    let legs: Vec<Leg> = found
        .due
        .iter()
        .map(|due| Leg {
            source: due.source.clone(),
            ..leg(1, due.amount.units())
        })
        .collect();
    assert_eq!(payer.hold(&legs).await, vec![HoldOutcome::Held; 2]);
    assert_right(&bench).await;
}

#[tokio::test]
async fn what_may_not_be_paid_is_named_with_its_reason() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(bench.withdrawal(&member(n), 10, "approved").await);
    }
    let mut session = bench.books.begin().await.unwrap();
    let (pool, now) = (bench.pool.number, at(1));
    let frozen = session.member(&member(1)).await.unwrap().number;
    session
        .freeze_member(frozen, Some("asked to wait"))
        .await
        .unwrap();
    for n in [2, 3] {
        let of = session.member(&member(n)).await.unwrap().number;
        let address = member(n).to_string();
        session
            .remove_address(pool, of, &address, now)
            .await
            .unwrap();
        if n == 3 {
            let again = [(of, address)];
            let later = at(1 << 50);
            session
                .add_addresses(pool, &again, now, later)
                .await
                .unwrap();
        }
    }
    session.commit().await.unwrap();
    let found = bench.ledger.payable(shannon(1)).await.unwrap();
    let due: Vec<_> = found.due.iter().map(|due| due.member.clone()).collect();
    assert_eq!(due, [member(4)]);
    // Who was planned before that is not held.
    let payer = Payer::new(&bench).await;
    let legs: Vec<Leg> = (1..=4).zip(&ids).map(|(n, id)| of(n, 10, &[id])).collect();
    for (outcome, why) in payer.hold(&legs).await.iter().zip([
        "frozen: asked to wait",
        "none of the member's addresses",
        "can be used from",
        "",
    ]) {
        match outcome {
            HoldOutcome::Refused { reason, .. } => assert!(reason.contains(why), "{reason}"),
            HoldOutcome::Held => assert_eq!(why, ""),
        }
    }
    for ((bad, id), why) in found.bad.iter().zip(&ids).zip([
        "frozen: asked to wait",
        "none of the member's addresses",
        "can be used from",
    ]) {
        assert_eq!(bad.source, LegSource::Withdrawals(vec![id.clone()]));
        assert!(bad.reason.contains(why), "{}", bad.reason);
    }
    assert_eq!(found.bad.len(), 3);
}

/// A ledger that lets 100 out a day, at a time.
struct Capped {
    bench: Bench,
    payer: Payer,
    clock: Arc<DrivenClock>,
    ledger: Arc<dyn Ledger>,
}

impl Capped {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let payer = Payer::new(&bench).await;
        let clock = Arc::new(DrivenClock::new(at(0)));
        let books: Books = bench.books.clone().with_clock(clock.clone());
        let daily_cap = Some(shannon(100));
        let ledger = ledger(&books, PaidBy::Request { daily_cap }).await;
        Self {
            bench,
            payer,
            clock,
            ledger,
        }
    }

    fn context(&self, ms: i64) -> MoveContext {
        MoveContext {
            at: at(ms),
            ..self.payer.context()
        }
    }

    /// Which are due, wait and can't be.
    async fn found(&self) -> [Vec<String>; 3] {
        let found = self.ledger.payable(shannon(1)).await.unwrap();
        let ids = |source: &LegSource| match source {
            LegSource::Withdrawals(ids) => ids.clone(),
            LegSource::Threshold => panic!("nobody asked"),
        };
        let due = found.due.iter().flat_map(|it| ids(&it.source));
        let waiting = found.waiting.iter().flat_map(|it| ids(&it.source));
        let bad = found.bad.iter().flat_map(|it| ids(&it.source));
        [due.collect(), waiting.collect(), bad.collect()]
    }

    async fn hold(&self, ms: i64, legs: &[Leg]) -> Vec<HoldOutcome> {
        let payments: Vec<_> = legs
            .iter()
            .map(|leg| (PaymentId::new(), vec![leg.clone()]))
            .collect();
        let moved = self.ledger.hold(&self.context(ms), &payments).await;
        moved.unwrap().outcomes
    }
}

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn what_a_day_has_no_room_for_waits_for_the_next_in_the_pools_zone() {
    let capped = Capped::new().await;
    let bench = &capped.bench;
    let mut ids = Vec::new();
    for (n, units) in [(1, 70), (2, 101), (3, 40), (4, 30)] {
        ids.push(bench.withdrawal(&member(n), units, "approved").await);
    }
    let [a, big, b, c] = ids.try_into().unwrap();
    let expected = [vec![a.clone(), c.clone()], vec![b.clone()], vec![big]];
    assert_eq!(capped.found().await, expected);
    let found = capped.ledger.payable(shannon(1)).await.unwrap();
    let (waits, bad) = (&found.waiting[0].reason, &found.bad[0].reason);
    assert!(
        waits.contains("left 0.00000003 ETH") && waits.contains("later day"),
        "{waits}"
    );
    assert!(
        bad.contains("above the pool's daily cap of 0.0000001 ETH"),
        "{bad}"
    );

    let legs = [of(1, 70, &[&a]), of(3, 40, &[&b]), of(4, 30, &[&c])];
    let outcomes = capped.hold(0, &legs).await;
    assert_eq!(
        (&outcomes[0], &outcomes[2]),
        (&HoldOutcome::Held, &HoldOutcome::Held)
    );
    let HoldOutcome::Refused { reason, .. } = &outcomes[1] else {
        panic!("{outcomes:?}")
    };
    assert!(reason.contains("daily cap"), "{reason}");
    // What was given back makes room.
    drop(
        capped
            .ledger
            .release(&capped.context(0), &legs[2..])
            .await
            .unwrap(),
    );
    let settled = [paid(&legs[0])];
    drop(
        capped
            .ledger
            .settle(&capped.context(0), &settled)
            .await
            .unwrap(),
    );
    let again = [of(4, 30, &[&c])];
    assert_eq!(capped.hold(0, &again).await, [HoldOutcome::Held]);
    let [due, waiting, _] = capped.found().await;
    assert_eq!((due, waiting), (vec![], vec![b.clone()]));
    // 16:00 UTC begins the next day in Shanghai; the first of January began at 00:00 UTC.
    capped.clock.set(at(DAY_MS * 2 / 3 - 1));
    assert_eq!(capped.found().await[1], std::slice::from_ref(&b));
    capped.clock.set(at(DAY_MS * 2 / 3));
    assert_eq!(capped.found().await[0], std::slice::from_ref(&b));
    let late = [of(3, 40, &[&b])];
    assert_eq!(
        capped.hold(DAY_MS * 2 / 3, &late).await,
        [HoldOutcome::Held]
    );
    assert_right(bench).await;
}

#[tokio::test]
async fn a_payment_is_held_within_the_cap_or_not_at_all() {
    let capped = Capped::new().await;
    let bench = &capped.bench;
    let a = bench.withdrawal(&member(1), 60, "approved").await;
    let b = bench.withdrawal(&member(2), 60, "approved").await;
    let payment = (PaymentId::new(), vec![of(1, 60, &[&a]), of(2, 60, &[&b])]);
    let moved = capped.ledger.hold(&capped.context(0), &[payment]).await;
    let outcome = moved.unwrap().outcomes.remove(0);
    assert!(
        matches!(outcome, HoldOutcome::Refused { .. }),
        "{outcome:?}"
    );
    for id in [a, b] {
        is(bench, &id, "state = 'approved' AND held_at IS NULL").await;
    }
}

#[tokio::test]
async fn without_a_daily_cap_nothing_that_was_approved_goes_out() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let id = bench.withdrawal(&member(1), 1, "approved").await;
    let uncapped = ledger(&bench.books, PaidBy::Request { daily_cap: None }).await;
    let found = uncapped.payable(shannon(1)).await.unwrap();
    assert_eq!((found.due.len(), found.bad.len()), (0, 1));
    let why = &found.bad[0].reason;
    assert!(why.contains("set daily_cap"), "{why}");
    let payment = (PaymentId::new(), vec![of(1, 1, &[&id])]);
    let moved = uncapped.hold(&payer.context(), &[payment]).await.unwrap();
    let outcome = &moved.outcomes[0];
    assert!(
        matches!(outcome, HoldOutcome::Refused { .. }),
        "{outcome:?}"
    );
    is(&bench, &id, "state = 'approved' AND held_at IS NULL").await;
}

#[tokio::test]
async fn what_is_in_quarantine_takes_nothing_of_the_cap() {
    let capped = Capped::new().await;
    let bench = &capped.bench;
    let a = bench.withdrawal(&member(1), 80, "approved").await;
    let b = bench.withdrawal(&member(2), 80, "approved").await;
    assert_eq!(capped.found().await[1], std::slice::from_ref(&b));
    let mut raw = Raw::connect(&bench.home).await;
    let (pool, code) = (&bench.pool.id, member(1));
    let quarantine = format!(
        "INSERT INTO quarantine (pool, member, address, reason, since) \
         VALUES ('{pool}', '{code}', '{code}', 'it takes no money', 1)"
    );
    raw.execute(&quarantine).await.unwrap();
    assert_eq!(capped.found().await, [vec![a, b], vec![], vec![]]);
}

#[tokio::test]
async fn a_pool_that_the_books_do_not_know_yet_has_nothing_to_pay_until_they_do() {
    let bench = Bench::new().await;
    let days = ZoneHistory::from(parse_zone("UTC").unwrap());
    let new = PoolId::new("new");
    let ledger = bench.books.ledger(&new, Coin::ETH, days, PaidBy::Threshold);
    let ledger = ledger.await.unwrap();
    let payer = Payer::new(&bench).await;
    let (context, minimum) = (payer.context(), shannon(1));
    ledger.attach(payer.journal).await.unwrap();
    ledger.lock(&context).await.unwrap();
    assert_eq!(ledger.payable(minimum).await.unwrap().due, []);
    assert_eq!(ledger.held().await.unwrap(), []);
    assert_eq!(ledger.recorded(9).await.unwrap(), []);
    assert!(ledger.unlock(&context).await.unwrap());
    assert_eq!(ledger.reapply(&context, &[]).await.unwrap().last, None);
    let looked = ledger.look(payer.journal, None, &[]).await;
    assert!(
        matches!(looked, Err(LedgerError::OtherJournal { .. })),
        "{looked:?}"
    );
    let payments = [(PaymentId::new(), vec![leg(1, 1)])];
    let held = ledger.hold(&context, &payments).await;
    assert!(matches!(held, Err(LedgerError::NotWritable(_))), "{held:?}");
    let told = |findings: &[Finding]| {
        findings
            .iter()
            .any(|it| it.detail.contains("nothing to pay"))
    };
    assert!(told(&ledger.health().await.unwrap()));
    let mut session = bench.books.begin().await.unwrap();
    let first = bench.pool.first_day;
    session
        .open_pool(&new, Coin::ETH, first, at(0))
        .await
        .unwrap();
    session.commit().await.unwrap();
    assert!(!told(&ledger.health().await.unwrap()));
    ledger.attach(payer.journal).await.unwrap();
    ledger.look(payer.journal, None, &[]).await.unwrap();
    assert_eq!(ledger.held().await.unwrap(), []);
    assert_ne!(bench.pool.id, new);
    assert_eq!(bench.pool.id, pool());
}
