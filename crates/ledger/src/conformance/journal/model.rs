//! Random writes, compared with the model.

use std::sync::Arc;

use paydirt_chain::AttemptKind;
use uuid::Uuid;

use super::super::Random;
use super::super::fixtures::{
    at, ends, foreign, found, inclusion, leg, member, not_paid, opening, plan, pool, verdicts,
    withdrawal,
};
use super::{JournalBench, granted};
use crate::memory::MemoryJournal;
use crate::{
    Change, FinalBy, Journal, JournalError, Lease, LegState, LegVerdict, MoveId, NewAttempt,
    NewPayment, Payment, PaymentId, PaymentState, Purpose, WalletId,
};

const STEPS: i64 = 400;

/// What a random write does.
enum Step {
    Write(Vec<Change>),
    Save(Vec<NewAttempt>),
}

pub async fn random_writes_leave_what_the_model_has(bench: &JournalBench) {
    let mut random = Random::new();
    let model = MemoryJournal::new(bench.clock.clone());
    let model: Arc<MemoryJournal> = Arc::new(model);
    let mut leases = Vec::new();
    for journal in [bench.journal.as_ref(), model.as_ref() as &dyn Journal] {
        let wallet = journal.open_wallet(&opening(0)).await.unwrap();
        let lease = journal
            .acquire(&wallet.id, "us", 6_000, None)
            .await
            .unwrap();
        leases.push(granted(lease));
    }
    let lease = leases[0].clone();
    assert_eq!(leases[1], lease);
    let first = [Change::FirstNonce {
        nonce: 0,
        reason: "new".into(),
    }];
    for journal in [bench.journal.as_ref(), model.as_ref() as &dyn Journal] {
        journal.write(&lease, &first, at(0)).await.unwrap();
    }
    let mut done = 0;
    for n in 1..=STEPS {
        let step = next(&mut random, &model);
        let (ours, theirs) = (
            apply(bench.journal.as_ref(), &lease, &step, n).await,
            apply(model.as_ref(), &lease, &step, n).await,
        );
        assert_eq!(ours, theirs, "step {n}; {}", random.words());
        done += i64::from(ours.is_none());
        same(
            bench.journal.as_ref(),
            model.as_ref(),
            &lease.wallet,
            &random,
            n,
        )
        .await;
    }
    assert!(
        done > STEPS / 4,
        "too few steps were possible: {done}; {}",
        random.words()
    );
}

async fn apply(journal: &dyn Journal, lease: &Lease, step: &Step, n: i64) -> Option<String> {
    let result = match step {
        Step::Write(changes) => journal.write(lease, changes, at(n)).await,
        Step::Save(attempts) => journal.save(lease, attempts, at(n)).await.map(|_| ()),
    };
    match result {
        Ok(()) => None,
        Err(
            error @ (JournalError::Conflict { .. }
            | JournalError::Live { .. }
            | JournalError::Mismatch { .. }),
        ) => Some(error.to_string()),
        Err(other) => panic!("{other}"),
    }
}

/// Snapshots are compared after every step, all that there is after some.
async fn same(ours: &dyn Journal, model: &dyn Journal, wallet: &WalletId, random: &Random, n: i64) {
    let (left, right) = (
        ours.snapshot(wallet).await.unwrap(),
        model.snapshot(wallet).await.unwrap(),
    );
    assert_eq!(left, right, "step {n}; {}", random.words());
    if n % 50 == 0 {
        for limit in [3, 100_000] {
            assert_eq!(
                ours.recent(wallet, limit).await.unwrap(),
                model.recent(wallet, limit).await.unwrap(),
                "{}",
                random.words()
            );
        }
        assert_eq!(history(ours, wallet).await, history(model, wallet).await);
        assert_eq!(
            ours.payments_of_pool(&pool(), at(n / 2)).await.unwrap(),
            model.payments_of_pool(&pool(), at(n / 2)).await.unwrap(),
            "{}",
            random.words()
        );
    }
}

async fn history(journal: &dyn Journal, wallet: &WalletId) -> Vec<crate::HistoryEntry> {
    let mut lines = journal.history(wallet, None, 100_000).await.unwrap();
    lines.iter_mut().for_each(|line| line.seq = 0);
    lines
}

fn next(random: &mut Random, model: &MemoryJournal) -> Step {
    let payments = model.all_payments();
    let open: Vec<_> = payments
        .iter()
        .filter(|p| p.state != PaymentState::Closed)
        .collect();
    if random.once_in(4) {
        return Step::Save(attempts(random, &payments, model));
    }
    let count = 1 + random.below(3);
    let changes = (0..count).map(|_| match random.below(10) {
        0..=2 => Change::Plan(new_plan(random)),
        3..=7 => match random.pick(&open) {
            Some(payment) => fitting(random, payment),
            None => Change::Plan(new_plan(random)),
        },
        8 => match random.pick(&payments) {
            Some(payment) => {
                let state = any_state(random);
                fitting(
                    random,
                    &Payment {
                        state,
                        ..payment.clone()
                    },
                )
            }
            None => of_wallet(random),
        },
        _ => of_wallet(random),
    });
    Step::Write(changes.collect())
}

fn new_plan(random: &mut Random) -> NewPayment {
    let mut legs = Vec::new();
    for _ in 0..random.below(4) {
        let n = 1 + random.below(12) as u32;
        legs.push(if random.once_in(3) {
            let ids = [
                format!("w{}", random.below(20)),
                format!("x{}", random.below(20)),
            ];
            withdrawal(n, 1 + random.below(1000) as i64, &[&ids[0], &ids[1]])
        } else {
            leg(n, 1 + random.below(1000) as i64)
        });
    }
    let purpose = if legs.is_empty() {
        Purpose::Fill
    } else {
        Purpose::Pay
    };
    NewPayment {
        purpose,
        ..plan(legs)
    }
}

fn any_state(random: &mut Random) -> PaymentState {
    let all = [
        PaymentState::Planned,
        PaymentState::Held,
        PaymentState::Releasing,
        PaymentState::Saved,
        PaymentState::Included,
        PaymentState::Final,
        PaymentState::Closed,
    ];
    *random.pick(&all).unwrap()
}

/// A change that fits a payment in this state.
fn fitting(random: &mut Random, payment: &Payment) -> Change {
    let id = payment.id;
    let reason = format!("step {}", random.below(100));
    let number = 30 + random.below(500) as u64;
    match payment.state {
        PaymentState::Planned if random.once_in(3) => Change::Dropped {
            payment: id,
            reason,
        },
        PaymentState::Planned => Change::Held(id),
        PaymentState::Held => Change::Releasing {
            payment: id,
            reason,
        },
        PaymentState::Releasing => Change::ReleasedUnsaved(id),
        PaymentState::Included if random.once_in(4) => Change::Reorged(id),
        PaymentState::Saved | PaymentState::Included if random.once_in(3) => {
            finality(payment, number)
        }
        PaymentState::Saved | PaymentState::Included if random.once_in(2) => {
            match payment.attempts.first() {
                Some(attempt) => Change::Sent {
                    attempt: attempt.id,
                    verdict: reason,
                },
                None => Change::Reorged(id),
            }
        }
        PaymentState::Saved | PaymentState::Included => Change::Included {
            payment: id,
            inclusion: inclusion(payment, number),
        },
        PaymentState::Final => {
            let mut legs = ends(payment, LegState::Settled);
            for (end, leg) in legs.iter_mut().zip(&payment.legs) {
                if leg.verdict != Some(LegVerdict::Paid) {
                    end.1 = LegState::Released;
                }
            }
            Change::Closed { payment: id, legs }
        }
        PaymentState::Closed => Change::Plan(NewPayment {
            id,
            ..plan(vec![leg(99, 1)])
        }),
    }
}

fn finality(payment: &Payment, number: u64) -> Change {
    let (by, verdict) = match payment.attempts.last() {
        Some(last) if last.kind == AttemptKind::Pay => (found(payment, number), LegVerdict::Paid),
        Some(_) => (found(payment, number), not_paid("cancelled")),
        None => (foreign(0, number), not_paid("foreign")),
    };
    let by: Box<FinalBy> = Box::new(by);
    Change::Final {
        payment: payment.id,
        by,
        legs: verdicts(payment, &verdict),
    }
}

fn attempts(random: &mut Random, all: &[Payment], model: &MemoryJournal) -> Vec<NewAttempt> {
    let from = opening(0).address;
    let mut next = model
        .next_nonce(&WalletId::of(&opening(0).identity, &from))
        .unwrap_or(0);
    let mut attempts = Vec::new();
    for payment in all.iter().filter(|p| p.state != PaymentState::Closed) {
        if !random.once_in(3) {
            continue;
        }
        let cancel = payment.purpose != Purpose::Pay || random.once_in(6);
        let kind = if cancel {
            AttemptKind::Cancel
        } else {
            AttemptKind::Pay
        };
        let nonce = match (payment.state, payment.nonce) {
            (PaymentState::Held, _) => {
                next += 1;
                next - 1
            }
            (PaymentState::Saved, Some(nonce)) => nonce,
            _ if random.once_in(20) => next,
            _ => continue,
        };
        let tip = payment.attempts.len() as u128;
        attempts.push(super::super::fixtures::attempt(
            payment.id,
            kind,
            super::super::fixtures::signed(&from, nonce, kind, tip),
        ));
    }
    attempts
}

fn of_wallet(random: &mut Random) -> Change {
    let reason = format!("reason {}", random.below(5));
    let who = member(1 + random.below(4) as u32);
    match random.below(8) {
        0 => Change::Paused { reason },
        1 => Change::Resumed { reason },
        2 => Change::Frozen { reason },
        3 => Change::RunEnded {
            failed: random.once_in(2),
        },
        4 => Change::Quarantined {
            pool: pool(),
            member: who,
            address: "0x".into(),
            reason,
        },
        5 => Change::QuarantineLifted {
            pool: pool(),
            member: who,
            reason,
        },
        6 => Change::Adopted {
            payment: PaymentId::new(),
            nonce: random.below(10) as u64,
            id: None,
            reason,
        },
        _ => Change::Moved {
            pool: pool(),
            last: MoveId {
                seq: random.below(30) as u64,
                id: Uuid::from_u128(u128::from(random.number())),
            },
            reconciled: random.once_in(5),
        },
    }
}
