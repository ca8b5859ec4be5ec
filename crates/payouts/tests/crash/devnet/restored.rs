//! A ledger that is restored from an older copy at any point: nothing new is paid until a
//! reconciliation has brought it up to the journal.

use std::sync::{Arc, Mutex};

use paydirt_faults::{Act, Point, Script};
use paydirt_ledger::memory::LedgerCopy;

use super::{Here, long, points_of_a_run};
use crate::drive::Came;
use crate::world::{Ending, World};

/// A script that keeps a copy of the ledgers at `copied`, and restores it at `restored`.
fn restoring(world: &Arc<World>, copied: Point, restored: Point, then: Act) -> Script {
    let world = Arc::downgrade(world);
    let kept: Mutex<Vec<LedgerCopy>> = Mutex::default();
    Script::new(move |reached| {
        let world = world.upgrade().unwrap();
        if *reached == copied {
            *kept.lock().unwrap() = world.copies();
        }
        if *reached != restored {
            return Act::Go;
        }
        world.restore(&kept.lock().unwrap());
        then
    })
}

/// What must not change while an older copy is refused. (That it belongs to this journal may be
/// written into a copy that didn't know it yet.)
fn everything(world: &World) -> String {
    let figures: Vec<_> = world
        .members
        .iter()
        .map(|member| {
            let (ledger, id) = (&world.ledgers[&member.pool], &member.id);
            (ledger.balance(id), ledger.pending(id), ledger.paid(id))
        })
        .collect();
    let payments = world.journal.all_payments();
    let moves: Vec<_> = world.ledgers.values().map(|l| l.last_move()).collect();
    let sent = world.net.seen().len();
    format!("{payments:?} {figures:?} {moves:?} {sent}")
}

fn ends_well(world: &World) -> bool {
    let older = world.is_older();
    if older {
        let before = everything(world);
        let error = world.finish("b").unwrap_err().to_string();
        assert!(error.contains("reconcile"), "{error}");
        assert!(before == everything(world), "changed: {error}");
        world.reconcile("c").unwrap();
    }
    assert_eq!(world.finish("d").unwrap().in_flight, 0);
    world.assert_at_rest();
    older
}

fn restore_at(copied: &Point, restored: &Point, then: Act) -> bool {
    let world = World::new(Ending::Signalled);
    let script = restoring(&world, copied.clone(), restored.clone(), then);
    match world.run("a", script) {
        Came::Crashed => assert_eq!(then, Act::Crash),
        // It needed nothing of the ledger any more: the next run notices.
        Came::Ended(Ok(report)) => assert_eq!(report.in_flight, 0),
        Came::Ended(Err(error)) => {
            // The copy may also be one in which the lock was not taken yet.
            let error = error.to_string();
            let noticed = error.contains("reconcile") || error.contains("lock");
            assert!(noticed, "{error}");
        }
        Came::Paused => unreachable!(),
    }
    ends_well(&world)
}

fn at_every_pair(then: Act, step: usize) {
    let points = points_of_a_run(&World::new(Ending::Signalled), "a");
    let step = if long() { 1 } else { step };
    let (mut pairs, mut older) = (0_usize, 0_usize);
    for (place, copied) in points.iter().enumerate() {
        for restored in &points[place + 1..] {
            pairs += 1;
            // The oldest copy at each point, and a sample of the younger ones.
            if place > 0 && !pairs.is_multiple_of(step) {
                continue;
            }
            let _here = Here::at(format!("copied at {copied}, restored at {restored}"));
            older += usize::from(restore_at(copied, restored, then));
        }
    }
    assert!(older > 100, "only {older} copies were older");
}

#[test]
fn a_restored_ledger_is_refused_until_reconciled_and_then_everybody_is_paid_once() {
    at_every_pair(Act::Go, 97);
}

#[test]
fn a_ledger_restored_after_a_crash_is_refused_until_reconciled() {
    at_every_pair(Act::Crash, 101);
}
