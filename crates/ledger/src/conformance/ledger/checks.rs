//! What is refused before anything moves, and what a ledger tells.

use super::super::fixtures::{address, at, leg, member, opening, shannon};
use super::{Figures, LedgerBench, Payer, settlement};
use crate::{
    HoldOutcome, HoldState, JournalId, LedgerError, MoveContext, MoveId, PaymentId, ReleaseOutcome,
    VoidOutcome, WalletId,
};
use uuid::Uuid;

/// Asserts that a result is this error.
macro_rules! assert_error {
    ($result:expr, $pattern:pat) => {
        match $result {
            Err($pattern) => {}
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}

pub async fn a_call_without_items_is_no_move(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    assert!(payer.void(&[]).await.unwrap().is_empty());
    assert_eq!(payer.known, None);
    payer.void(&[leg(1, 1)]).await.unwrap();
    let last = payer.known;
    assert!(payer.hold(&[]).await.unwrap().is_empty());
    assert!(payer.settle(&[]).await.unwrap().is_empty());
    assert!(payer.release(&[]).await.unwrap().is_empty());
    assert!(payer.look(&[]).await.is_empty());
    assert_eq!(payer.known, last);
}

pub async fn a_move_has_the_next_number_and_its_own_id(bench: &dyn LedgerBench) {
    let payer = Payer::new(bench).await;
    for seq in 1..=3 {
        let context = payer.context();
        let moved = payer.ledger.void(&context, &[leg(1, 1)]).await.unwrap();
        assert_eq!(
            moved.last,
            Some(MoveId {
                seq,
                id: context.id
            })
        );
    }
}

pub async fn an_unattached_ledger_refuses(bench: &dyn LedgerBench) {
    let mut payer = Payer::detached(bench);
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    assert_error!(payer.hold(&legs).await, LedgerError::OtherJournal { .. });
    assert_error!(payer.settle(&legs).await, LedgerError::OtherJournal { .. });
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
}

pub async fn another_journal_is_refused(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    payer.ledger.attach(payer.journal).await.unwrap();
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    payer.hold(&legs).await.unwrap();
    let before = bench.figures(&member(1)).await;
    let mut other = Payer {
        journal: JournalId::new(),
        known: payer.known,
        ..payer
    };
    let ledger = other.ledger.clone();
    assert_error!(
        ledger.attach(other.journal).await,
        LedgerError::OtherJournal { .. }
    );
    assert_error!(
        other.hold(&[leg(1, 1)]).await,
        LedgerError::OtherJournal { .. }
    );
    assert_error!(other.settle(&legs).await, LedgerError::OtherJournal { .. });
    assert_error!(other.release(&legs).await, LedgerError::OtherJournal { .. });
    assert_error!(other.void(&legs).await, LedgerError::OtherJournal { .. });
    let to = crate::ReapplyTo::Gone;
    assert_error!(
        other.reapply(&legs[0], to).await,
        LedgerError::OtherJournal { .. }
    );
    let context = other.context();
    assert_error!(
        ledger.lock(&context).await,
        LedgerError::OtherJournal { .. }
    );
    assert_error!(
        ledger.unlock(&context).await,
        LedgerError::OtherJournal { .. }
    );
    let look = ledger.look(other.journal, None, &[legs[0].id]).await;
    assert_error!(look, LedgerError::OtherJournal { .. });
    assert_eq!(bench.figures(&member(1)).await, before);
}

pub async fn an_adopted_ledger_obeys_its_new_journal(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    payer.hold(&legs).await.unwrap();
    let old = payer.context();
    payer.journal = JournalId::new();
    payer.ledger.adopt(payer.journal).await.unwrap();
    assert_error!(
        payer.ledger.void(&old, &legs).await,
        LedgerError::OtherJournal { .. }
    );
    assert_eq!(payer.state(&legs[0]).await, HoldState::Held);
    payer.ledger.lock(&payer.context()).await.unwrap();
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Released]
    );
}

pub async fn a_lower_token_is_refused(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    payer.token = 9;
    payer.hold(&legs).await.unwrap();
    let before = bench.figures(&member(1)).await;
    payer.token = 8;
    assert_error!(
        payer.hold(&[leg(1, 1)]).await,
        LedgerError::Fenced { seen: 9 }
    );
    assert_error!(payer.settle(&legs).await, LedgerError::Fenced { seen: 9 });
    assert_error!(payer.release(&legs).await, LedgerError::Fenced { seen: 9 });
    assert_error!(payer.void(&legs).await, LedgerError::Fenced { seen: 9 });
    assert_error!(
        payer.reapply(&legs[0], crate::ReapplyTo::Gone).await,
        LedgerError::Fenced { seen: 9 }
    );
    let context = payer.context();
    assert_error!(
        payer.ledger.lock(&context).await,
        LedgerError::Fenced { seen: 9 }
    );
    assert_error!(
        payer.ledger.unlock(&context).await,
        LedgerError::Fenced { seen: 9 }
    );
    assert_eq!(bench.figures(&member(1)).await, before);
    payer.token = 9;
    assert_eq!(
        payer.release(&legs).await.unwrap(),
        [ReleaseOutcome::Released]
    );
}

pub async fn tokens_are_kept_by_wallet(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    payer.void(&[leg(1, 1)]).await.unwrap();
    let opening = opening(1);
    payer.wallet = WalletId::of(&opening.identity, &opening.address);
    payer.token = 1;
    assert_eq!(
        payer.void(&[leg(1, 1)]).await.unwrap(),
        [VoidOutcome::Voided]
    );
}

pub async fn an_unknown_move_is_refused_and_moves_nothing(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    payer.hold(&legs).await.unwrap();
    let before = bench.figures(&member(1)).await;
    let seq = payer.known.unwrap().seq;
    payer.known = Some(MoveId {
        seq,
        id: Uuid::new_v4(),
    });
    assert_error!(payer.hold(&[leg(1, 1)]).await, LedgerError::Older { .. });
    assert_error!(payer.hold(&legs).await, LedgerError::Older { .. });
    assert_error!(payer.settle(&legs).await, LedgerError::Older { .. });
    assert_error!(payer.release(&legs).await, LedgerError::Older { .. });
    assert_error!(payer.void(&legs).await, LedgerError::Older { .. });
    let look = payer
        .ledger
        .look(payer.journal, payer.known.as_ref(), &[legs[0].id])
        .await;
    assert_error!(look, LedgerError::Older { .. });
    assert_eq!(bench.figures(&member(1)).await, before);
}

pub async fn an_older_copy_is_noticed(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    let legs = [leg(1, 10)];
    payer.void(&[leg(9, 1)]).await.unwrap();
    if !bench.keep_copy().await {
        return;
    }
    payer.hold(&legs).await.unwrap();
    let known = payer.known;
    assert!(bench.restore_copy().await);
    assert_error!(payer.settle(&legs).await, LedgerError::Older { .. });
    // Another move brings a mere counter to the same number: the id tells them apart.
    let other = MoveContext {
        known: None,
        ..payer.context()
    };
    let moved = payer.ledger.void(&other, &[leg(8, 1)]).await.unwrap();
    assert_eq!(
        moved.last.map(|last| last.seq),
        known.map(|known| known.seq)
    );
    assert_error!(payer.settle(&legs).await, LedgerError::Older { .. });
    assert_eq!(bench.figures(&member(1)).await, Figures::new(100, 0, 0));
}

pub async fn refusals_come_in_order(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    let locks = bench.set_lock(Some("0xabc:5")).await;
    payer.void(&[leg(1, 1)]).await.unwrap();
    let right = payer.context();
    let unknown = Some(MoveId {
        seq: 99,
        id: Uuid::new_v4(),
    });
    let older = MoveContext {
        known: unknown,
        ..right.clone()
    };
    let fenced = MoveContext {
        token: 1,
        ..older.clone()
    };
    let other = MoveContext {
        journal: JournalId::new(),
        ..fenced.clone()
    };
    let payments = [(PaymentId::new(), vec![leg(1, 1)])];
    let ledger = &payer.ledger;
    assert_error!(
        ledger.hold(&other, &payments).await,
        LedgerError::OtherJournal { .. }
    );
    assert_error!(
        ledger.hold(&fenced, &payments).await,
        LedgerError::Fenced { .. }
    );
    assert_error!(
        ledger.hold(&older, &payments).await,
        LedgerError::Older { .. }
    );
    if locks {
        assert_error!(
            ledger.hold(&right, &payments).await,
            LedgerError::Locked { .. }
        );
    }
}

pub async fn what_is_due_is_told_with_what_cannot_be_read(bench: &dyn LedgerBench) {
    let payer = Payer::new(bench).await;
    let low = if bench.can_be_negative() { -7 } else { 0 };
    for (n, units) in [(1, 99), (2, 100), (3, 101), (4, 0), (5, low), (6, 5000)] {
        bench.set_balance(&member(n), shannon(units)).await;
    }
    let spoilt = bench.spoil_balance(&member(6), "12.5").await;
    let payables = payer.ledger.payable(shannon(100)).await.unwrap();
    let mut due: Vec<_> = payables
        .due
        .iter()
        .map(|d| (d.member.clone(), d.amount))
        .collect();
    due.sort_by_key(|(member, _)| member.clone());
    let mut wanted = vec![(member(3), shannon(101))];
    let mut below = 2;
    if !bench.is_strict() {
        wanted.insert(0, (member(2), shannon(100)));
        below = 1;
    }
    if !spoilt {
        wanted.push((member(6), shannon(5000)));
    }
    assert_eq!((due, payables.below), (wanted, below));
    assert!(
        payables.due.iter().all(|d| d.address == d.member.as_str()),
        "{payables:?}"
    );
    let mut bad: Vec<_> = payables
        .bad
        .iter()
        .map(|entry| entry.member.clone())
        .collect();
    bad.sort();
    let unpayable = [(5, low < 0), (6, spoilt)].into_iter();
    let wanted: Vec<_> = unpayable
        .filter(|(_, is)| *is)
        .map(|(n, _)| member(n))
        .collect();
    assert_eq!(bad, wanted);
    assert!(payables.bad.iter().all(|entry| !entry.reason.is_empty()));
}

pub async fn members_have_thresholds_of_their_own(bench: &dyn LedgerBench) {
    let payer = Payer::new(bench).await;
    bench.set_balance(&member(1), shannon(100)).await;
    bench.set_balance(&member(2), shannon(100)).await;
    let can = bench.set_threshold(&member(1), shannon(500)).await;
    if !can {
        return;
    }
    bench.set_threshold(&member(2), shannon(50)).await;
    let payables = payer.ledger.payable(shannon(200)).await.unwrap();
    let due: Vec<_> = payables.due.iter().map(|d| d.member.clone()).collect();
    assert_eq!((due, payables.below), (vec![member(2)], 1));
}

pub async fn legs_in_flight_are_told(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=3 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    assert!(payer.ledger.held().await.unwrap().is_empty());
    let legs = [leg(1, 10), leg(2, 20), leg(3, 30)];
    let payment = PaymentId::new();
    let outcome = payer
        .hold_payments(&[(payment, legs.to_vec())])
        .await
        .unwrap();
    assert_eq!(outcome, [HoldOutcome::Held]);
    payer.settle(&legs[..1]).await.unwrap();
    payer.release(&legs[1..2]).await.unwrap();
    payer.void(&[leg(1, 1)]).await.unwrap();
    let held = payer.ledger.held().await.unwrap();
    assert_eq!(held.len(), 1, "{held:?}");
    let only = &held[0];
    assert_eq!(
        (only.leg, only.payment, &only.wallet),
        (legs[2].id, payment, &payer.wallet)
    );
    assert_eq!((&only.member, only.amount), (&member(3), shannon(30)));
    assert_eq!(only.address, address(3).as_str());
    // Some ledgers keep whole seconds.
    assert_eq!(only.at.as_secs(), at(1_000).as_secs());
}

pub async fn what_was_paid_is_on_record(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=2 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = [leg(1, 10), leg(2, 20)];
    payer.hold(&legs).await.unwrap();
    for (n, leg) in (0..).zip(&legs) {
        let context = MoveContext {
            at: at(5_000 + 10_000 * n),
            ..payer.context()
        };
        payer.known = payer
            .ledger
            .settle(&context, &[settlement(leg)])
            .await
            .unwrap()
            .last;
    }
    let all = payer.ledger.recorded(10).await.unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!((&all[0].member, all[0].amount), (&member(2), shannon(20)));
    assert_eq!(all[0].transaction, settlement(&legs[1]).transaction);
    assert_eq!(all[0].at.as_secs(), at(15_000).as_secs());
    assert_eq!(payer.ledger.recorded(1).await.unwrap(), all[..1]);
}
