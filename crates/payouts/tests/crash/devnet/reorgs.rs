//! The newest blocks are replaced at any point of a run, down to finality.

use std::sync::Arc;

use paydirt_devnet::Orphans;
use paydirt_faults::{Act, Point, Script};
use paydirt_ledger::PaymentState;

use super::{ENDINGS, Here, points_of_a_run};
use crate::drive::{Came, once};
use crate::world::{Ending, RELEASE_CONFIRMATIONS, World};

/// As deep as finality lets it.
fn replace(world: &World, orphans: Orphans) {
    world.net.reorg(world.reorganisable(), orphans).unwrap();
}

/// A script that replaces blocks there and then goes on, or crashes.
fn reorg_at(world: &Arc<World>, point: Point, orphans: Orphans, then: Act) -> Script {
    let world = Arc::downgrade(world);
    Script::new(move |reached| {
        if *reached != point {
            return Act::Go;
        }
        replace(&world.upgrade().unwrap(), orphans);
        then
    })
}

#[test]
fn a_reorganisation_at_any_point_pays_nobody_twice_and_everybody_once() {
    for ending in ENDINGS {
        for point in points_of_a_run(&World::new(ending), "a") {
            for orphans in [Orphans::Return, Orphans::Drop] {
                let _here = Here::at(format!("{ending:?}, {orphans:?}, {point}"));
                let world = World::new(ending);
                let script = reorg_at(&world, point.clone(), orphans, Act::Go);
                let report = world.run("a", script).ended().unwrap();
                assert_eq!(report.in_flight, 0);
                world.assert_at_rest();
                // What was forgotten is sent again as it was, long before a fee is raised.
                let payments = world.journal.all_payments();
                let raised = payments.iter().find(|p| p.attempts.len() > 1);
                assert!(raised.is_none(), "{raised:#?}");
            }
        }
    }
}

#[test]
fn a_crash_and_a_reorganisation_at_any_point_leave_the_next_run_to_finish() {
    for point in points_of_a_run(&World::new(Ending::Signalled), "a") {
        let _here = Here::at(point.to_string());
        let world = World::new(Ending::Signalled);
        let script = reorg_at(&world, point.clone(), Orphans::Drop, Act::Crash);
        let came = world.run("a", script);
        assert!(matches!(came, Came::Crashed), "{came:?}");
        assert_eq!(world.finish("b").unwrap().in_flight, 0);
        world.assert_at_rest();
    }
}

#[test]
fn a_reorganisation_at_every_look_only_delays() {
    for orphans in [Orphans::Return, Orphans::Drop] {
        let _here = Here::at(format!("{orphans:?}"));
        let world = World::new(Ending::Signalled);
        let weak = Arc::downgrade(&world);
        let script = Script::new(move |reached| {
            if reached.name == "journal.write[included]:after" && reached.nth <= 6 {
                replace(&weak.upgrade().unwrap(), orphans);
            }
            Act::Go
        });
        let report = world.run("a", script).ended().unwrap();
        assert_eq!(report.in_flight, 0);
        world.assert_at_rest();
        let history = world.journal.all_history();
        assert!(history.iter().any(|line| line.event == "reorged"));
    }
}

#[test]
fn without_a_finality_signal_money_is_given_back_only_at_the_greater_depth() {
    let world = World::new(Ending::Depth);
    let weak = Arc::downgrade(&world);
    let script = Script::new(move |reached| {
        if reached.name == "ledger.release:before" {
            let world = weak.upgrade().unwrap();
            let head = world.net.head().number;
            let open = world.open_payments();
            let ended = open.iter().filter(|p| p.state == PaymentState::Final);
            let blocks: Vec<u64> = ended
                .filter_map(|p| p.included.as_ref())
                .map(|at| at.block.number)
                .collect();
            assert!(!blocks.is_empty());
            assert!(
                blocks.iter().all(|b| head - b + 1 >= RELEASE_CONFIRMATIONS),
                "head {head}, blocks {blocks:?}"
            );
        }
        Act::Go
    });
    let script = Arc::new(script);
    let engine = world.engine("a", &script);
    let mut run = once(&engine);
    world.drive(&script, &mut run).ended().unwrap();
    let released = |p: &Point| p.name == "ledger.release:before";
    assert!(script.points().iter().any(released));
    world.assert_at_rest();
}
