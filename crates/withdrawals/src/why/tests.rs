//! Each thing that can stand between is named, alone and with its cure.

use paydirt_books::{MemberNumber, PoolNumber, WithdrawalNumber};
use paydirt_ledger::MemberId;

use super::*;

fn fil(text: &str) -> Amount {
    Amount::parse(text, Coin::FIL).unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn policy() -> Policy {
    Policy {
        minimum: fil("0.1"),
        withdrawal_cap: fil("100"),
        member_daily_cap: fil("100"),
        daily_cap: fil("100"),
        approve_above: Some(fil("10")),
    }
}

fn member() -> Member {
    Member {
        number: MemberNumber::new(1),
        code: MemberId::new("u1"),
        name: None,
        phone: None,
        frozen: None,
        added_at: at(0),
    }
}

fn book() -> Vec<MemberAddress> {
    vec![MemberAddress {
        address: "0xhome".into(),
        added_at: at(0),
        usable_from: at(0),
    }]
}

fn withdrawal(state: WithdrawalState) -> Withdrawal {
    Withdrawal {
        number: WithdrawalNumber::new(7),
        pool: PoolNumber::new(1),
        member: MemberNumber::new(1),
        code: MemberId::new("u1"),
        amount: fil("5").units(),
        address: "0xhome".into(),
        state,
        reason: Some("because".into()),
        closes: false,
        key: None,
        former: None,
        requested_by: "alice".into(),
        requested_at: at(0),
        requested_on: "2026-11-01".parse().unwrap(),
        decided_by: None,
        decided_at: None,
        leg: None,
        held_on: None,
        tx: None,
        updated_at: at(0),
    }
}

fn leg(state: &str) -> LegSeen {
    LegSeen {
        leg: "l".into(),
        state: state.into(),
        verdict: None,
        payment: "p".into(),
        payment_state: "saved".into(),
        nonce: Some(3),
        included_tx: None,
        included_block: None,
        wallet_paused: None,
        wallet_frozen: None,
    }
}

fn attempt() -> AttemptSeen {
    AttemptSeen {
        payment: "p".into(),
        kind: "pay".into(),
        nonce: 3,
        tx: Some("0xsent".into()),
        saved_at: 0,
        first_sent_at: None,
        last_verdict: None,
    }
}

/// Everything that a member's standing is made of, with nothing in the way.
struct World {
    member: Member,
    balance: Balance,
    book: Vec<MemberAddress>,
    policy: Result<Policy, NoPolicy>,
    gone: i64,
    quarantine: Option<Quarantined>,
    wallet: (Option<&'static str>, Option<&'static str>),
    next_run: NextRun,
    vests_next: Option<(Day, i64)>,
}

impl World {
    fn new() -> World {
        World {
            member: member(),
            balance: Balance::default(),
            book: book(),
            policy: Ok(policy()),
            gone: 0,
            quarantine: None,
            wallet: (None, None),
            next_run: NextRun::At(at(99)),
            vests_next: None,
        }
    }

    fn with(change: impl FnOnce(&mut World)) -> World {
        let mut world = World::new();
        change(&mut world);
        world
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            coin: Coin::FIL,
            now: at(10),
            today: ("2026-11-01".parse().unwrap(), at(50)),
            member: &self.member,
            balance: self.balance,
            book: &self.book,
            policy: &self.policy,
            gone: self.gone,
            quarantine: self.quarantine.as_ref(),
            wallet: self.wallet,
            next_run: self.next_run.clone(),
            vests_next: self.vests_next,
        }
    }

    fn of(&self, withdrawal: &Withdrawal, legs: &[LegSeen]) -> Vec<Reason> {
        let of = OfWithdrawal {
            withdrawal,
            legs,
            attempts: &[attempt()],
        };
        let reasons = of_withdrawal(&self.standing(), &of).unwrap();
        assert!(
            reasons
                .iter()
                .all(|it| !it.what.is_empty() && !it.cure.is_empty())
        );
        reasons
    }
}

fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|it| it.code).collect()
}

#[test]
fn a_withdrawal_is_told_by_its_state() {
    let world = World::new();
    use WithdrawalState::{Approved, Cancelled, Failed, Paid, Processing, Rejected, Requested};
    for (state, wanted) in [
        (Requested, vec!["not_approved", "next_run"]),
        (Approved, vec!["next_run"]),
        (Processing, vec!["in_flight"]),
        (Paid, vec!["paid"]),
        (Failed, vec!["failed", "next_run"]),
        (Rejected, vec!["over"]),
        (Cancelled, vec!["over"]),
    ] {
        assert_eq!(codes(&world.of(&withdrawal(state), &[])), wanted, "{state}");
    }
    let failed = world.of(&withdrawal(Failed), &[leg("released")]);
    assert!(failed[0].what.contains("because"), "{failed:?}");
    for command in ["requeue 7", "mark-paid 7", "cancel 7"] {
        assert!(failed[0].cure.contains(command), "{failed:?}");
    }
}

#[test]
fn a_live_leg_is_named_with_payment_nonce_and_transactions() {
    let reasons = World::new().of(&withdrawal(WithdrawalState::Processing), &[leg("live")]);
    let what = &reasons[0].what;
    for part in ["payment p", "nonce 3", "0xsent", "saved"] {
        assert!(what.contains(part), "{what}");
    }
    assert!(reasons[0].cure.contains("payouts cancel p"));
}

#[test]
fn each_obstacle_of_an_approved_one_is_named() {
    let quarantined = |address: &str| Quarantined {
        address: address.into(),
        reason: "reverted".into(),
        since: at(1),
    };
    let no = NoPolicy {
        what: "no cap".into(),
        cure: "set it".into(),
    };
    for (world, wanted) in [
        (
            World::with(|it| it.member.frozen = Some("why".into())),
            vec!["frozen", "next_run"],
        ),
        (
            World::with(|it| it.book.clear()),
            vec!["no_address", "next_run"],
        ),
        (
            World::with(|it| it.book[0].usable_from = at(11)),
            vec!["cooling_down", "next_run"],
        ),
        (
            World::with(|it| it.gone = fil("95.000000001").units()),
            vec!["daily_cap", "next_run"],
        ),
        (
            World::with(|it| it.gone = fil("95").units()),
            vec!["next_run"],
        ),
        (
            World::with(|it| it.policy = Err(no)),
            vec!["no_policy", "next_run"],
        ),
        (
            World::with(|it| it.quarantine = Some(quarantined("0xhome"))),
            vec!["quarantined", "next_run"],
        ),
        (
            World::with(|it| it.quarantine = Some(quarantined("0xelse"))),
            vec!["next_run"],
        ),
        (
            World::with(|it| it.wallet.0 = Some("a pause")),
            vec!["wallet_paused", "next_run"],
        ),
        (
            World::with(|it| it.wallet.1 = Some("foreign")),
            vec!["wallet_frozen", "next_run"],
        ),
        (
            World::with(|it| it.next_run = NextRun::Asked),
            vec!["next_run"],
        ),
        (
            World::with(|it| it.next_run = NextRun::Every(1_000)),
            vec!["next_run"],
        ),
        (
            World::with(|it| it.next_run = NextRun::Never("off".into())),
            vec!["not_paid"],
        ),
    ] {
        let reasons = world.of(&withdrawal(WithdrawalState::Approved), &[]);
        assert_eq!(codes(&reasons), wanted, "{reasons:?}");
    }
}

#[test]
fn a_member_is_told_what_each_part_of_its_money_waits_for() {
    let units = |text: &str| fil(text).units();
    let day: Day = "2026-11-02".parse().unwrap();
    let world = World::with(|it| {
        it.balance.available = units("3");
        it.balance.receivable = units("2.95");
        it.balance.vesting = units("8");
        it.balance.to_transfer = units("1");
        it.vests_next = Some((day, units("0.5")));
    });
    let open = [withdrawal(WithdrawalState::Failed)];
    let reasons = of_member(&world.standing(), &open).unwrap();
    let wanted = [
        "withdrawal",
        "receivable",
        "below_minimum",
        "vesting",
        "to_transfer",
        "next_run",
    ];
    assert_eq!(codes(&reasons), wanted, "{reasons:?}");
    assert!(reasons[2].what.contains("0.05 FIL"), "{reasons:?}");
    assert!(
        reasons[3]
            .cure
            .contains("0.5 FIL of it vests on 2026-11-02"),
        "{reasons:?}"
    );
    let reasons = of_member(&World::with(|it| it.book.clear()).standing(), &[]).unwrap();
    assert_eq!(
        codes(&reasons),
        ["nothing_available", "no_address", "next_run"]
    );
    let cooling = World::with(|it| it.book[0].usable_from = at(11));
    let reasons = of_member(&cooling.standing(), &[]).unwrap();
    assert_eq!(
        codes(&reasons),
        ["nothing_available", "cooling_down", "next_run"]
    );
}

#[test]
fn what_no_day_has_room_for_is_not_told_to_wait_for_the_next() {
    let capped = Policy {
        daily_cap: fil("4"),
        ..policy()
    };
    let world = World::with(|it| it.policy = Ok(capped));
    let reasons = world.of(&withdrawal(WithdrawalState::Approved), &[]);
    assert_eq!(codes(&reasons), ["daily_cap", "next_run"]);
    assert!(reasons[0].cure.contains("raise the cap"), "{reasons:?}");
}
