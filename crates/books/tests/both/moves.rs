//! What a ledger's moves leave in the books, and what they find there.

use std::sync::Arc;

use paydirt_ledger::conformance::LedgerBench as _;
use paydirt_ledger::conformance::fixtures::{at, leg, member, opening, shannon};
use paydirt_ledger::{
    HoldOutcome, HoldState, JournalId, Ledger, LedgerError, Leg, MoveContext, PaymentId, Reapply,
    ReapplyTo, SettleOutcome, Settlement, WalletId,
};
use paydirt_money::{Amount, Coin};

use super::Raw;
use super::ledger::Bench;

/// Each posting sums to 0, each balance is the sum of its entries, and what is in flight is what
/// legs hold.
const WRONG: [&str; 4] = [
    "SELECT COUNT(*) FROM (SELECT posting FROM entry GROUP BY posting \
     HAVING SUM(amount) <> 0) AS wrong",
    "SELECT COUNT(*) FROM member_balance AS b LEFT JOIN (SELECT member, \
     SUM(CASE account WHEN 'available' THEN amount ELSE 0 END) AS available, \
     SUM(CASE account WHEN 'frozen' THEN amount ELSE 0 END) AS frozen, \
     SUM(CASE account WHEN 'in_flight' THEN amount ELSE 0 END) AS in_flight, \
     SUM(CASE account WHEN 'paid' THEN amount ELSE 0 END) AS paid, \
     SUM(CASE account WHEN 'receivable' THEN -amount ELSE 0 END) AS receivable \
     FROM entry GROUP BY member) AS e ON e.member = b.member \
     WHERE b.available <> COALESCE(e.available, 0) OR b.frozen <> COALESCE(e.frozen, 0) \
     OR b.in_flight <> COALESCE(e.in_flight, 0) OR b.paid <> COALESCE(e.paid, 0) \
     OR b.receivable <> COALESCE(e.receivable, 0)",
    "SELECT COUNT(*) FROM member_balance AS b WHERE b.in_flight <> (SELECT \
     COALESCE(SUM(amount), 0) FROM ledger_leg WHERE state = 'held' AND member = b.member)",
    "SELECT COUNT(*) FROM ledger_leg JOIN posting ON posting.number = ledger_leg.posting \
     WHERE posting.pool <> ledger_leg.pool OR posting.posted_at <> ledger_leg.moved_at",
];

/// An owner that pays.
pub(crate) struct Payer {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) journal: JournalId,
}

impl Payer {
    pub(crate) async fn new(bench: &Bench) -> Self {
        let (ledger, journal) = (bench.ledger(), JournalId::new());
        ledger.attach(journal).await.unwrap();
        Self { ledger, journal }
    }

    pub(crate) fn context(&self) -> MoveContext {
        let opening = opening(0);
        MoveContext {
            journal: self.journal,
            wallet: WalletId::of(&opening.identity, &opening.address),
            token: 1,
            known: None,
            id: PaymentId::new().0,
            at: at(0),
        }
    }

    pub(crate) async fn hold(&self, legs: &[Leg]) -> Vec<HoldOutcome> {
        let payments: Vec<_> = legs
            .iter()
            .map(|leg| (PaymentId::new(), vec![leg.clone()]))
            .collect();
        let moved = self.ledger.hold(&self.context(), &payments).await;
        moved.unwrap().outcomes
    }

    pub(crate) async fn settle(&self, leg: &Leg) -> SettleOutcome {
        let moved = self.ledger.settle(&self.context(), &[paid(leg)]).await;
        moved.unwrap().outcomes.remove(0)
    }
}

pub(crate) fn paid(leg: &Leg) -> Settlement {
    Settlement {
        leg: leg.clone(),
        transaction: paydirt_chain::TxId::new("0xabc"),
        block: 30,
        fee: 147_000,
    }
}

pub(crate) async fn assert_books_are_right(bench: &Bench) {
    let mut raw = Raw::connect(&bench.home).await;
    for wrong in WRONG {
        assert_eq!(raw.number(wrong).await, 0, "{wrong}");
    }
    let mut session = bench.books.look().await.unwrap();
    let verified = session.verify_ledger(&bench.pool.id, &mut |_| ()).await;
    assert_eq!(verified.unwrap().difference, None);
    session.end().await.unwrap();
}

#[tokio::test]
async fn each_move_is_one_balanced_posting_with_its_cause() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    for n in 1..=4 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs: Vec<Leg> = (1..=4).map(|n| leg(n, 30)).collect();
    payer.hold(&legs).await;
    payer.settle(&legs[0]).await;
    let context = payer.context();
    let ledger = &payer.ledger;
    drop(ledger.release(&context, &legs[1..2]).await.unwrap());
    drop(ledger.void(&payer.context(), &legs[2..3]).await.unwrap());
    // Without a hold: 100 of the balance, and 20 that the member owes.
    let more = leg(2, 120);
    let outcome = payer.settle(&more).await;
    let without = SettleOutcome::WithoutHold {
        debited: shannon(100),
        receivable: shannon(20),
    };
    assert_eq!(outcome, without);
    let gone = Reapply {
        leg: legs[0].clone(),
        payment: PaymentId::new(),
        to: ReapplyTo::Gone,
    };
    drop(ledger.reapply(&payer.context(), &[gone]).await.unwrap());
    // A tombstone alone moves no money.
    drop(ledger.void(&payer.context(), &[leg(9, 1)]).await.unwrap());
    assert_books_are_right(&bench).await;
    let mut raw = Raw::connect(&bench.home).await;
    for (kind, count) in [
        ("hold", 1),
        ("payout", 2),
        ("give_back", 2),
        ("reconcile", 1),
    ] {
        let sql = format!("SELECT COUNT(*) FROM posting WHERE kind = '{kind}'");
        assert_eq!(raw.number(&sql).await, count, "{kind}");
    }
    let cause = format!("%leg {}%wallet%", more.id);
    let caused = format!("SELECT COUNT(*) FROM posting WHERE cause LIKE '{cause}'");
    assert_eq!(raw.number(&caused).await, 1);
    let paid = "SELECT COUNT(*) FROM ledger_leg WHERE tx = '0xabc' AND block = 30 \
                AND length(fee) = 16";
    assert_eq!(raw.number(paid).await, 1);
    // 2026-01-01T00:00Z is 08:00 of that day in Shanghai.
    let day = "SELECT COUNT(*) FROM posting WHERE kind = 'hold' AND day = 20454";
    assert_eq!(raw.number(day).await, 1);
    let late = MoveContext {
        at: at(16 * 3_600_000),
        ..payer.context()
    };
    drop(ledger.release(&late, &legs[3..]).await.unwrap());
    let next = "SELECT COUNT(*) FROM account_day WHERE day = 20455 AND account = 'in_flight' \
                AND amount = -30";
    assert_eq!(raw.number(next).await, 1);
}

#[tokio::test]
async fn who_is_due_has_an_address_and_is_not_frozen() {
    let bench = Bench::new().await;
    let ledger = bench.ledger();
    for n in 1..=5 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let mut session = bench.books.begin().await.unwrap();
    let mut numbers = Vec::new();
    for n in 1..=5 {
        numbers.push(session.member(&member(n)).await.unwrap().number);
    }
    let (pool, later) = (bench.pool.number, at(1 << 50));
    session
        .freeze_member(numbers[0], Some("asked to wait"))
        .await
        .unwrap();
    let one = member(2).to_string();
    session
        .remove_address(pool, numbers[1], &one, at(1))
        .await
        .unwrap();
    let new = [(numbers[2], "new".to_owned())];
    session
        .add_addresses(pool, &new, at(1), at(1))
        .await
        .unwrap();
    let waits = [(numbers[3], "waits".to_owned())];
    session
        .add_addresses(pool, &waits, at(1), later)
        .await
        .unwrap();
    session.commit().await.unwrap();
    let found = ledger.payable(shannon(100)).await.unwrap();
    let due: Vec<_> = found.due.iter().map(|due| due.address.as_str()).collect();
    assert_eq!(due, ["new", member(5).as_str()]);
    let bad: Vec<_> = found.bad.iter().map(|bad| bad.member.clone()).collect();
    assert_eq!(bad, [member(2), member(4)]);
    assert!(
        found.bad[0].reason.contains("no address"),
        "{:?}",
        found.bad
    );
    assert!(found.bad[1].reason.contains("from"), "{:?}", found.bad);
    assert_eq!(found.below, 0);
    let found = ledger.payable(shannon(101)).await.unwrap();
    assert_eq!((found.due.len(), found.bad.len(), found.below), (0, 0, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_at_once_never_take_more_than_there_is() {
    let bench = Bench::new().await;
    let payer = Arc::new(Payer::new(&bench).await);
    for n in 1..=3 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let tasks = (0..24).map(|task| {
        let payer = Arc::clone(&payer);
        tokio::spawn(async move {
            let legs: Vec<Leg> = (1..=3).map(|n| leg(n, 20 + task % 2)).collect();
            let held = payer.hold(&legs).await.into_iter().zip(&legs);
            let held = held.filter(|(outcome, _)| *outcome == HoldOutcome::Held);
            held.map(|(_, leg)| leg.amount.units()).sum::<i64>()
        })
    });
    let mut held = 0;
    for task in tasks.collect::<Vec<_>>() {
        held += task.await.unwrap();
    }
    let mut in_flight = 0;
    for n in 1..=3 {
        let balance = bench.balance(&member(n)).await;
        assert_eq!(balance.available + balance.in_flight, 100);
        assert!(balance.available < 20, "the rest would have been held");
        in_flight += balance.in_flight;
    }
    assert_eq!(in_flight, held);
    assert_books_are_right(&bench).await;
}

#[tokio::test]
async fn a_member_that_the_books_lost_is_there_again_when_it_was_paid() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let stranger = leg(7, 30);
    let refused = payer.hold(std::slice::from_ref(&stranger)).await;
    assert!(matches!(refused[0], HoldOutcome::Refused { .. }));
    let outcome = payer.settle(&stranger).await;
    let without = SettleOutcome::WithoutHold {
        debited: shannon(0),
        receivable: shannon(30),
    };
    assert_eq!(outcome, without);
    let balance = bench.balance(&member(7)).await;
    assert_eq!((balance.paid, balance.receivable), (30, 30));
    assert_books_are_right(&bench).await;
}

#[tokio::test]
async fn what_does_not_fit_the_hold_moves_nothing() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let held = leg(1, 60);
    payer.hold(std::slice::from_ref(&held)).await;
    let more = Leg {
        amount: shannon(61),
        ..held.clone()
    };
    let ledger = &payer.ledger;
    let all = [paid(&held), paid(&more)];
    let error = ledger.settle(&payer.context(), &all[1..]).await;
    assert!(
        matches!(error, Err(LedgerError::BadEntry { .. })),
        "{error:?}"
    );
    let error = ledger.release(&payer.context(), &[more]).await;
    assert!(
        matches!(error, Err(LedgerError::BadEntry { .. })),
        "{error:?}"
    );
    let fil = Leg {
        amount: Amount::from_units(60, Coin::FIL),
        ..leg(1, 1)
    };
    let error = ledger.void(&payer.context(), &[leg(1, 1), fil]).await;
    assert!(matches!(error, Err(LedgerError::Money(_))), "{error:?}");
    let states = ledger.look(payer.journal, None, &[held.id]).await.unwrap();
    assert_eq!(states, [HoldState::Held]);
    let twice = leg(1, 10);
    let payment = (PaymentId::new(), vec![twice.clone(), twice]);
    let outcomes = ledger.hold(&payer.context(), &[payment]).await.unwrap();
    assert!(matches!(outcomes.outcomes[0], HoldOutcome::Refused { .. }));
    assert_eq!(bench.balance(&member(1)).await.in_flight, 60);
    assert_books_are_right(&bench).await;
}

#[tokio::test]
async fn the_database_refuses_a_ledger_that_does_not_add_up() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    payer.hold(&[leg(1, 60)]).await;
    let mut raw = Raw::connect(&bench.home).await;
    for wrong in [
        "UPDATE ledger_token SET token = 0",
        "UPDATE ledger_leg SET state = 'settled'",
        "UPDATE ledger_leg SET state = 'gone'",
        "UPDATE ledger_leg SET posting = NULL",
        "UPDATE ledger_leg SET member = NULL",
        "UPDATE ledger_leg SET amount = 0",
        "UPDATE ledger_leg SET bucket = 'paid'",
        "INSERT INTO ledger_leg SELECT * FROM ledger_leg",
        "INSERT INTO ledger_done_move SELECT * FROM ledger_done_move",
        "UPDATE member_balance SET available = -1",
        "UPDATE member_balance SET in_flight = in_flight - 61",
        "DELETE FROM posting",
        "DELETE FROM entry",
        "DELETE FROM member",
    ] {
        raw.execute(wrong).await.expect_err(wrong);
    }
    // Money in flight that is not there is no reason to go below 0.
    let less = "UPDATE member_balance SET in_flight = 59";
    raw.execute(less).await.unwrap();
    let held = payer.ledger.held().await.unwrap();
    let legs = [leg(1, 60)].map(|leg| Leg {
        id: held[0].leg,
        ..leg
    });
    let error = payer.ledger.release(&payer.context(), &legs).await;
    assert!(
        matches!(error, Err(LedgerError::NotWritable(_))),
        "{error:?}"
    );
    assert_eq!(bench.balance(&member(1)).await.available, 40);
}

#[tokio::test]
async fn recent_moves_are_remembered_and_those_of_long_ago_forgotten() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let known = paydirt_ledger::MoveId {
        seq: 0,
        id: PaymentId::new().0,
    };
    let mut raw = Raw::connect(&bench.home).await;
    let pool = bench.pool.number;
    let many = format!(
        "INSERT INTO ledger_done_move (pool, seq, id) WITH RECURSIVE numbers (n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000) \
         SELECT {pool}, n, '{}' FROM numbers",
        known.id
    );
    raw.execute(&many).await.unwrap();
    let moves = "UPDATE ledger_state SET moves = 5000";
    raw.execute(moves).await.unwrap();
    let moved = payer.ledger.void(&payer.context(), &[leg(1, 1)]).await;
    assert_eq!(moved.unwrap().last.map(|last| last.seq), Some(5001));
    for (seq, is_known) in [(1, false), (905, false), (906, true), (5000, true)] {
        let asked = paydirt_ledger::MoveId { seq, ..known };
        let looked = payer.ledger.look(payer.journal, Some(&asked), &[]).await;
        match looked {
            Ok(_) => assert!(is_known, "{seq}"),
            Err(LedgerError::Older { .. }) => assert!(!is_known, "{seq}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn of_what_one_move_settled_the_last_is_the_newest_on_record() {
    let bench = Bench::new().await;
    let payer = Payer::new(&bench).await;
    let legs: Vec<Leg> = (1..=30).map(|n| leg(n, i64::from(n))).collect();
    for leg in &legs {
        bench.set_balance(&leg.member, leg.amount).await;
    }
    payer.hold(&legs).await;
    for some in legs.chunks(10) {
        let items: Vec<_> = some.iter().map(paid).collect();
        drop(payer.ledger.settle(&payer.context(), &items).await.unwrap());
    }
    let recorded = payer.ledger.recorded(25).await.unwrap();
    let amounts: Vec<i64> = recorded.iter().map(|paid| paid.amount.units()).collect();
    assert_eq!(amounts, (6..=30).rev().collect::<Vec<i64>>());
}
