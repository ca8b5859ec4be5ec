//! Reconciliation: the ledger is brought to what the journal says.

use super::super::fixtures::{leg, member, shannon};
use super::{Figures, LedgerBench, Payer, is_gone, settlement};
use crate::{HoldState, LedgerError, Leg, ReapplyOutcome, ReapplyTo};

/// How a leg can be before: made by moves.
const STATES: [HoldState; 5] = [
    HoldState::Absent,
    HoldState::Held,
    HoldState::Settled,
    HoldState::Released,
    HoldState::Void,
];

async fn bring(payer: &mut Payer, leg: &Leg, state: HoldState) {
    let legs = std::slice::from_ref(leg);
    if matches!(
        state,
        HoldState::Held | HoldState::Settled | HoldState::Released
    ) {
        payer.hold(legs).await.unwrap();
    }
    match state {
        HoldState::Settled => drop(payer.settle(legs).await.unwrap()),
        HoldState::Released => drop(payer.release(legs).await.unwrap()),
        HoldState::Void => drop(payer.void(legs).await.unwrap()),
        _ => {}
    }
}

pub async fn reapplying_brings_every_state_to_every_other(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    let mut n = 0;
    for from in STATES {
        for wanted in [HoldState::Held, HoldState::Settled, HoldState::Void] {
            n += 1;
            let one = leg(n, 60);
            bench.set_balance(&member(n), shannon(100)).await;
            bring(&mut payer, &one, from).await;
            let to = match wanted {
                HoldState::Held => ReapplyTo::Held,
                HoldState::Settled => ReapplyTo::Settled(settlement(&one)),
                _ => ReapplyTo::Gone,
            };
            let outcome = payer.reapply(&one, to.clone()).await.unwrap();
            let same = from == wanted || (is_gone(from) && is_gone(wanted));
            if same {
                assert_eq!(outcome, ReapplyOutcome::Unchanged, "{from:?} to {wanted:?}");
            } else {
                let ReapplyOutcome::Applied {
                    from: told,
                    receivable,
                } = outcome
                else {
                    panic!("{from:?} to {wanted:?}: {outcome:?}");
                };
                assert!(
                    told == from || (is_gone(told) && is_gone(from)),
                    "{told:?} {from:?}"
                );
                assert!(receivable.is_zero());
            }
            let figures = match wanted {
                HoldState::Held => Figures::new(40, 60, 0),
                HoldState::Settled => Figures::new(40, 0, 60),
                _ => Figures::new(100, 0, 0),
            };
            assert_eq!(
                bench.figures(&member(n)).await,
                figures,
                "{from:?} to {wanted:?}"
            );
            let state = payer.state(&one).await;
            assert!(
                state == wanted || (is_gone(state) && is_gone(wanted)),
                "{state:?}"
            );
            let again = payer.reapply(&one, to).await.unwrap();
            assert_eq!(
                again,
                ReapplyOutcome::Unchanged,
                "{from:?} to {wanted:?} again"
            );
            assert_eq!(bench.figures(&member(n)).await, figures);
        }
    }
}

pub async fn reapplying_is_always_a_move(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    let context = payer.context();
    let moved = payer.ledger.reapply(&context, &[]).await.unwrap();
    assert_eq!(moved.last.map(|last| last.id), Some(context.id));
    bench.set_balance(&member(1), shannon(10)).await;
    let one = leg(1, 60);
    payer.known = Some(crate::MoveId {
        seq: 77,
        id: uuid::Uuid::new_v4(),
    });
    let outcome = payer.reapply(&one, ReapplyTo::Held).await.unwrap();
    let applied = ReapplyOutcome::Applied {
        from: HoldState::Absent,
        receivable: shannon(50),
    };
    assert_eq!(outcome, applied, "whatever the balance lacks is owed");
    assert_eq!(bench.figures(&member(1)).await, Figures::new(0, 60, 0));
    let last = payer.known;
    let unchanged = payer.reapply(&one, ReapplyTo::Held).await.unwrap();
    assert_eq!(unchanged, ReapplyOutcome::Unchanged);
    assert_ne!(payer.known, last);
    payer.settle(&[one]).await.unwrap();
    assert_eq!(bench.figures(&member(1)).await, Figures::new(0, 0, 60));
}

pub async fn reapplying_heals_an_older_copy(bench: &dyn LedgerBench) {
    let mut payer = Payer::new(bench).await;
    for n in 1..=3 {
        bench.set_balance(&member(n), shannon(100)).await;
    }
    let legs = [leg(1, 10), leg(2, 20), leg(3, 30)];
    payer.hold(&legs[..2]).await.unwrap();
    if !bench.keep_copy().await {
        return;
    }
    payer.hold(&legs[2..]).await.unwrap();
    payer.settle(&legs[..1]).await.unwrap();
    payer.release(&legs[1..2]).await.unwrap();
    assert!(bench.restore_copy().await);
    let refused = payer.void(&[leg(9, 1)]).await;
    assert!(
        matches!(refused, Err(LedgerError::Older { .. })),
        "{refused:?}"
    );
    let settled = ReapplyTo::Settled(settlement(&legs[0]));
    payer.reapply(&legs[0], settled).await.unwrap();
    payer.reapply(&legs[1], ReapplyTo::Gone).await.unwrap();
    payer.reapply(&legs[2], ReapplyTo::Held).await.unwrap();
    assert_eq!(bench.figures(&member(1)).await, Figures::new(90, 0, 10));
    assert_eq!(bench.figures(&member(2)).await, Figures::new(100, 0, 0));
    assert_eq!(bench.figures(&member(3)).await, Figures::new(70, 30, 0));
    payer.settle(&legs[2..]).await.unwrap();
    assert_eq!(bench.figures(&member(3)).await, Figures::new(70, 0, 30));
    assert_eq!(payer.ledger.recorded(9).await.unwrap().len(), 2);
}
