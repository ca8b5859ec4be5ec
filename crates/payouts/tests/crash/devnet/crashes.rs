//! A crash at every point of a run, and a second one at every point of the recovery.

use std::sync::Arc;

use paydirt_faults::{Act, Point, Script};

use super::{ENDINGS, Here, long, points_of_a_run};
use crate::drive::Came;
use crate::world::{Ending, World};

fn crash(world: &World, owner: &str, point: &Point) {
    let came = world.run(owner, Script::at(point.clone(), Act::Crash));
    assert!(matches!(came, Came::Crashed), "{point}: {came:?}");
}

fn crashed_at(ending: Ending, point: &Point) -> Arc<World> {
    let world = World::new(ending);
    crash(&world, "a", point);
    world
}

fn finish(world: &World, owner: &str) {
    let report = world.finish(owner).unwrap();
    assert_eq!(report.in_flight, 0);
    world.assert_at_rest();
}

#[test]
fn a_run_without_faults_pays_everybody_who_can_be_paid_and_a_second_one_nobody() {
    for ending in ENDINGS {
        let world = World::new(ending);
        finish(&world, "a");
        let payments = world.journal.all_payments();
        finish(&world, "b");
        assert_eq!(world.journal.all_payments(), payments);
    }
}

#[test]
fn the_points_of_a_run_are_those_of_the_protocol() {
    let points = points_of_a_run(&World::new(Ending::Signalled), "a");
    let index = |name: &str| {
        let found = points.iter().position(|p| p.name.starts_with(name));
        found.unwrap_or_else(|| panic!("{name} was not reached"))
    };
    let order = [
        "journal.acquire:after",
        "journal.write[first_nonce]:after",
        "journal.write[plan]:before",
        "journal.write[plan]:after",
        "ledger.hold:before",
        "ledger.hold:after",
        "journal.write[held+moved]:after",
        "chain.sign:before",
        "journal.save:before",
        "journal.save:after",
        "chain.submit:before",
        "chain.submit:midway",
        "chain.submit:after",
        "journal.write[sent]:after",
        "journal.write[included]:after",
        "journal.write[final",
        "journal.write[moved+closed]:after",
        "journal.give_up:after",
    ];
    let places: Vec<usize> = order.iter().map(|name| index(name)).collect();
    assert!(places.is_sorted(), "{places:?}");
    let saved = index("journal.save:after");
    let looks = points[saved..index("chain.submit:before")].iter();
    assert!(
        looks
            .map(|p| p.name.as_str())
            .any(|n| n == "ledger.look:after")
    );
}

#[test]
fn after_a_crash_at_any_point_the_next_run_finishes() {
    for ending in ENDINGS {
        for point in points_of_a_run(&World::new(ending), "a") {
            let _here = Here::at(format!("{ending:?}, {point}"));
            let world = crashed_at(ending, &point);
            finish(&world, "b");
        }
    }
}

#[test]
fn after_a_crash_at_any_point_the_same_owner_finishes_too() {
    for point in points_of_a_run(&World::new(Ending::Signalled), "a") {
        let _here = Here::at(point.to_string());
        let world = crashed_at(Ending::Signalled, &point);
        finish(&world, "a");
    }
}

#[test]
fn after_a_crash_and_another_one_in_the_recovery_the_third_run_finishes() {
    let firsts = points_of_a_run(&World::new(Ending::Signalled), "a");
    let step = if long() { 1 } else { 83 };
    let mut pairs = 0_usize;
    for first in &firsts {
        let world = crashed_at(Ending::Signalled, first);
        let seconds = points_of_a_run(&world, "b");
        for second in &seconds {
            pairs += 1;
            if !pairs.is_multiple_of(step) {
                continue;
            }
            let _here = Here::at(format!("{first}, then {second}"));
            let world = crashed_at(Ending::Signalled, first);
            crash(&world, "b", second);
            finish(&world, "c");
        }
    }
    assert!(pairs > firsts.len());
}

#[test]
fn a_failure_counts_for_the_breaker_also_when_another_run_closes_it() {
    let failed_runs = |world: &World| world.snapshot().unwrap().wallet.failed_runs;
    let points = points_of_a_run(&World::new(Ending::Signalled), "a");
    let ended = |p: &Point| p.name.starts_with("journal.write[final+quarantined");
    let ended = points.iter().rposition(ended).unwrap();
    let closed = |p: &Point| p.name == "journal.write[moved+closed]:before";
    let closed = points[ended..].iter().position(closed).unwrap();
    for point in &points[ended..=ended + closed] {
        let _here = Here::at(point.to_string());
        let world = crashed_at(Ending::Signalled, point);
        finish(&world, "b");
        assert_eq!(failed_runs(&world), 1);
    }
}
