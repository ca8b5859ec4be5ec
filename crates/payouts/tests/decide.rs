//! The protocol's decisions as a table: what was found → the next step.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't build its input has failed"
)]

use std::collections::BTreeMap;

use paydirt_chain::{
    Address, AttemptKind, BlockRef, Call, Fault, Fee, FeeKind, LegOutcome, Receipt, Sighting,
    Signed, TxId, TxOutcome, Unsigned,
};
use paydirt_ledger::{
    Attempt, AttemptId, FinalBy, HoldState, Inclusion, Leg, LegId, LegSource, LegState, LegVerdict,
    MemberId, Payment, PaymentId, PaymentState, PoolId, Purpose, WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::decide::{Around, Evidence, Step, next_step};
use paydirt_schedule::Timestamp;

const NOW: i64 = 1_000_000;
const RESEND_MS: u64 = 30_000;
const REPLACE_MS: u64 = 180_000;

fn address(n: u8) -> Address {
    Address::canonical(format!("0x{n:040x}"))
}

fn leg() -> Leg {
    Leg {
        id: LegId::new(),
        pool: PoolId::new("etc"),
        member: MemberId::new("m"),
        address: address(7),
        amount: Amount::from_units(5, Coin::ETH),
        source: LegSource::Threshold,
        state: LegState::Live,
        verdict: None,
    }
}

fn attempt(kind: AttemptKind, sent_ms_ago: Option<u64>) -> Attempt {
    let to = if kind == AttemptKind::Pay {
        address(7)
    } else {
        address(1)
    };
    let value = if kind == AttemptKind::Pay {
        5_000_000_000
    } else {
        0
    };
    let unsigned = Unsigned {
        from: address(1),
        nonce: 3,
        call: Call {
            to,
            value,
            data: Vec::new(),
        },
        gas_limit: 21_000,
        fee: Fee {
            kind: FeeKind::Dynamic,
            cap: 2,
            tip: 1,
        },
    };
    let sent = sent_ms_ago.map(|ms| Timestamp::from_ms(NOW - i64::try_from(ms).unwrap()));
    Attempt {
        id: AttemptId::new(),
        kind,
        signed: Signed {
            unsigned,
            raw: Some(vec![1]),
            id: Some(TxId::new("0xa")),
        },
        saved_at: Timestamp::from_ms(NOW - 500_000),
        first_sent_at: sent,
        last_sent_at: sent,
        last_verdict: None,
    }
}

fn payment(state: PaymentState, attempts: Vec<Attempt>) -> Payment {
    Payment {
        id: PaymentId::new(),
        wallet: WalletId::new("w"),
        purpose: Purpose::Pay,
        state,
        nonce: (state >= PaymentState::Saved).then_some(3),
        floor_block: Some(0),
        legs: vec![leg()],
        attempts,
        included: None,
        fee: None,
        planned_at: Timestamp::from_ms(0),
    }
}

fn block(number: u64) -> BlockRef {
    BlockRef {
        number,
        hash: format!("0x{number}"),
    }
}

fn receipt(outcome: LegOutcome) -> Receipt {
    Receipt {
        id: TxId::new("0xa"),
        block: block(9),
        outcome: TxOutcome::Whole(outcome),
        fee: 21,
    }
}

fn ours(kind: AttemptKind, outcome: LegOutcome) -> Evidence {
    Evidence::Final(FinalBy::Ours {
        attempt: None,
        kind,
        receipt: receipt(outcome),
    })
}

fn foreign(to: Address) -> Evidence {
    let call = Call {
        to,
        value: 1,
        data: Vec::new(),
    };
    let sighting = Sighting {
        id: TxId::new("0xf"),
        nonce: 3,
        call,
        block: block(9),
    };
    Evidence::Final(FinalBy::Foreign { sighting })
}

/// What is found around a payment, as a test says it.
#[derive(Clone, Copy)]
struct Scene {
    hold: HoldState,
    lowest_for_ms: Option<u64>,
    is_mined: bool,
    has_room: bool,
    frozen: bool,
    paused: bool,
    node_sends: bool,
    blind: bool,
}

const CALM: Scene = Scene {
    hold: HoldState::Held,
    lowest_for_ms: None,
    is_mined: false,
    has_room: true,
    frozen: false,
    paused: false,
    node_sends: false,
    blind: false,
};

fn step(payment: &Payment, evidence: &Evidence, scene: Scene) -> Step {
    let holds: BTreeMap<LegId, HoldState> = payment
        .legs
        .iter()
        .map(|leg| (leg.id, scene.hold))
        .collect();
    let since = |ms: u64| Timestamp::from_ms(NOW - i64::try_from(ms).unwrap());
    let around = Around {
        now: Timestamp::from_ms(NOW),
        blind: scene.blind,
        holds: &holds,
        lowest_since: scene.lowest_for_ms.map(since),
        is_mined: scene.is_mined,
        has_room: scene.has_room,
        frozen: scene.frozen,
        stopped: scene.frozen || scene.paused,
        node_sends: scene.node_sends,
        resend_ms: RESEND_MS,
        replace_after_ms: REPLACE_MS,
    };
    next_step(payment, evidence, &around)
}

fn saved(attempts: Vec<Attempt>) -> Payment {
    payment(PaymentState::Saved, attempts)
}

#[test]
fn what_was_never_sent_is_undone_or_signed() {
    let of = |state, scene| step(&payment(state, Vec::new()), &Evidence::Unseen, scene);
    assert_eq!(of(PaymentState::Planned, CALM), Step::Void);
    assert_eq!(of(PaymentState::Held, CALM), Step::SignAndSave);
    assert_eq!(
        of(
            PaymentState::Held,
            Scene {
                has_room: false,
                ..CALM
            }
        ),
        Step::Wait
    );
    assert_eq!(
        of(
            PaymentState::Held,
            Scene {
                paused: true,
                ..CALM
            }
        ),
        Step::LetGo
    );
    assert_eq!(
        of(
            PaymentState::Held,
            Scene {
                frozen: true,
                ..CALM
            }
        ),
        Step::LetGo
    );
    assert_eq!(of(PaymentState::Releasing, CALM), Step::GiveBack);
    assert_eq!(of(PaymentState::Closed, CALM), Step::Wait);
}

#[test]
fn a_nonce_is_still_filled_while_the_wallet_is_frozen() {
    let mut fill = payment(PaymentState::Held, Vec::new());
    fill.purpose = Purpose::Fill;
    fill.legs.clear();
    let scene = Scene {
        frozen: true,
        ..CALM
    };
    assert_eq!(step(&fill, &Evidence::Unseen, scene), Step::SignAndSave);
}

#[test]
fn saved_bytes_are_sent_once_their_hold_was_seen_again() {
    let fresh = saved(vec![attempt(AttemptKind::Pay, None)]);
    assert_eq!(step(&fresh, &Evidence::Unseen, CALM), Step::Send);
    use HoldState::{Absent, Released, RolledBack, Settled, Void};
    for hold in [Absent, RolledBack, Released, Settled, Void] {
        let scene = Scene { hold, ..CALM };
        assert_eq!(
            step(&fresh, &Evidence::Unseen, scene),
            Step::CancelUnheld,
            "{hold:?}"
        );
    }
    let cancelled = vec![
        attempt(AttemptKind::Pay, None),
        attempt(AttemptKind::Cancel, None),
    ];
    let scene = Scene {
        hold: Absent,
        ..CALM
    };
    assert_eq!(
        step(&saved(cancelled), &Evidence::Unseen, scene),
        Step::Send
    );
}

#[test]
fn while_the_ledger_is_away_nothing_is_sent_for_the_first_time() {
    let away = Scene {
        blind: true,
        hold: HoldState::Absent,
        ..CALM
    };
    let fresh = saved(vec![attempt(AttemptKind::Pay, None)]);
    assert_eq!(step(&fresh, &Evidence::Unseen, away), Step::Wait);
    let sent = saved(vec![attempt(AttemptKind::Pay, Some(RESEND_MS))]);
    assert_eq!(step(&sent, &Evidence::Unseen, away), Step::Send);
    let cancelled = vec![
        attempt(AttemptKind::Pay, None),
        attempt(AttemptKind::Cancel, None),
    ];
    assert_eq!(step(&saved(cancelled), &Evidence::Unseen, away), Step::Send);
}

#[test]
fn what_was_sent_is_sent_again_and_only_the_lowest_is_replaced() {
    let sent = |ms| saved(vec![attempt(AttemptKind::Pay, Some(ms))]);
    let lowest = |ms| Scene {
        lowest_for_ms: Some(ms),
        ..CALM
    };
    assert_eq!(
        step(&sent(RESEND_MS - 1), &Evidence::Unseen, CALM),
        Step::Wait
    );
    assert_eq!(step(&sent(RESEND_MS), &Evidence::Unseen, CALM), Step::Send);
    assert_eq!(step(&sent(REPLACE_MS), &Evidence::Unseen, CALM), Step::Send);
    assert_eq!(
        step(&sent(1), &Evidence::Unseen, lowest(REPLACE_MS - 1)),
        Step::Wait
    );
    assert_eq!(
        step(&sent(1), &Evidence::Unseen, lowest(REPLACE_MS)),
        Step::Replace
    );
    let lost = Scene {
        hold: HoldState::Absent,
        ..CALM
    };
    assert_eq!(
        step(&sent(1), &Evidence::Unseen, lost),
        Step::Wait,
        "sent: too late to cancel"
    );
}

#[test]
fn a_nonce_that_is_mined_by_something_is_left_to_the_verdict() {
    let sent = saved(vec![attempt(AttemptKind::Pay, Some(REPLACE_MS))]);
    let scene = Scene {
        is_mined: true,
        lowest_for_ms: Some(REPLACE_MS),
        ..CALM
    };
    assert_eq!(step(&sent, &Evidence::Unseen, scene), Step::Wait);
}

#[test]
fn a_remote_signer_is_asked_again_and_a_sending_node_is_sent_to() {
    let mut unsigned = attempt(AttemptKind::Pay, None);
    unsigned.signed.raw = None;
    unsigned.signed.id = None;
    let waiting = saved(vec![unsigned]);
    assert_eq!(step(&waiting, &Evidence::Unseen, CALM), Step::SignAgain);
    let sends = Scene {
        node_sends: true,
        ..CALM
    };
    assert_eq!(step(&waiting, &Evidence::Unseen, sends), Step::Send);
    let unheld = Scene {
        hold: HoldState::Absent,
        ..CALM
    };
    assert_eq!(
        step(&waiting, &Evidence::Unseen, unheld),
        Step::CancelUnheld
    );
}

#[test]
fn inclusion_is_written_down_and_undone_by_a_reorganisation() {
    let at = Inclusion {
        id: TxId::new("0xa"),
        block: block(9),
    };
    let sent = saved(vec![attempt(AttemptKind::Pay, Some(1))]);
    let mined = Evidence::Mined(at.clone());
    assert_eq!(step(&sent, &mined, CALM), Step::Include(at.clone()));
    let mut included = sent;
    included.state = PaymentState::Included;
    included.included = Some(at);
    assert_eq!(step(&included, &mined, CALM), Step::Wait);
    assert_eq!(step(&included, &Evidence::Unseen, CALM), Step::Wait);
    assert_eq!(step(&included, &Evidence::Reorged, CALM), Step::Unmine);
    let moved = Inclusion {
        id: TxId::new("0xa"),
        block: block(10),
    };
    assert_eq!(
        step(&included, &Evidence::Mined(moved.clone()), CALM),
        Step::Include(moved)
    );
}

fn verdict(step: Step) -> LegVerdict {
    match step {
        Step::Finish { legs, .. } => legs.into_iter().next().unwrap().1,
        other => panic!("not finished: {other:?}"),
    }
}

#[test]
fn a_final_transaction_decides_each_leg() {
    let sent = saved(vec![attempt(AttemptKind::Pay, Some(1))]);
    let failed = |fault| LegOutcome::Failed {
        fault,
        reason: "it reverted".into(),
    };
    let pay = |outcome| verdict(step(&sent, &ours(AttemptKind::Pay, outcome), CALM));
    assert_eq!(pay(LegOutcome::Paid), LegVerdict::Paid);
    let is = |verdict, at_fault, by_us| match verdict {
        LegVerdict::Release {
            quarantine, ours, ..
        } => quarantine == at_fault && ours == by_us,
        LegVerdict::Paid => false,
    };
    assert!(is(pay(failed(Fault::Payee)), true, false));
    assert!(is(pay(failed(Fault::Ours)), false, true));
    let cancel = verdict(step(
        &sent,
        &ours(AttemptKind::Cancel, LegOutcome::Paid),
        CALM,
    ));
    assert!(is(cancel, false, false), "a mined cancel pays nobody");
}

#[test]
fn a_foreign_transaction_releases_unless_it_pays_our_payee() {
    let sent = saved(vec![attempt(AttemptKind::Pay, Some(1))]);
    let other = verdict(step(&sent, &foreign(address(9)), CALM));
    assert!(matches!(
        other,
        LegVerdict::Release {
            quarantine: false,
            ours: false,
            ..
        }
    ));
    assert!(matches!(
        step(&sent, &foreign(address(7)), CALM),
        Step::Freeze(_)
    ));
    let frozen = Scene {
        frozen: true,
        ..CALM
    };
    assert_eq!(step(&sent, &foreign(address(7)), frozen), Step::Wait);
}

#[test]
fn a_final_word_is_carried_to_the_ledger() {
    let done = payment(
        PaymentState::Final,
        vec![attempt(AttemptKind::Pay, Some(1))],
    );
    assert_eq!(step(&done, &Evidence::Unseen, CALM), Step::Close);
    assert_eq!(step(&done, &Evidence::Reorged, CALM), Step::Close);
}
