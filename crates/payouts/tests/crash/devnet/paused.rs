//! An owner that sleeps at any point past its lease, while another one takes over.

use std::sync::Arc;

use paydirt_faults::{Act, Point, Script};
use paydirt_payouts::{LEASE_TTL_MS, PayoutError};

use super::{Here, points_of_a_run};
use crate::drive::{Came, once};
use crate::world::{ETHER, Ending, World};

/// Pauses the first owner there, lets another one pay everybody, credits somebody again, and
/// wakes the first.
fn sleeps_at(point: &Point) {
    let world = World::new(Ending::Signalled);
    let script = Arc::new(Script::at(point.clone(), Act::Pause));
    let engine = world.engine("a", &script);
    let mut run = once(&engine);
    let came = world.drive(&script, &mut run);
    assert!(matches!(came, Came::Paused), "{came:?}");
    let asleep = world.clock_now();
    world.pass_until(asleep.saturating_add_ms(LEASE_TTL_MS + 1));

    assert_eq!(world.finish("b").unwrap().in_flight, 0);
    world.assert_at_rest();
    let payments = world.journal.all_payments();
    world.credit("alice", 2 * ETHER);

    script.resume();
    let woken = world.drive(&script, &mut run).ended();
    drop(run);
    match woken {
        // It had no lease yet, and took one then.
        Ok(report) => assert_eq!(report.in_flight, 0),
        Err(error) => {
            // What it checked with, before it slept, was no longer so.
            let refused = matches!(error, PayoutError::Refused(_));
            assert!(
                error.is_fenced() || error.is_retryable() || refused,
                "{error}"
            );
            let now = world.journal.all_payments();
            assert_eq!(now, payments, "a fenced owner changed the journal");
        }
    }
    world.assert_always();
    assert_eq!(world.finish("c").unwrap().in_flight, 0);
    world.assert_at_rest();
}

#[test]
fn an_owner_that_wakes_after_its_lease_finds_itself_fenced_and_does_no_harm() {
    for point in points_of_a_run(&World::new(Ending::Signalled), "a") {
        let _here = Here::at(point.to_string());
        sleeps_at(&point);
    }
}

/// The other one is not through either when the first wakes: both go on in turns.
fn both_awake(point: &Point, other: &Point) {
    let world = World::new(Ending::Signalled);
    let script = Arc::new(Script::at(point.clone(), Act::Pause));
    let engine = world.engine("a", &script);
    let mut run = once(&engine);
    let came = world.drive(&script, &mut run);
    assert!(matches!(came, Came::Paused), "{came:?}");
    let asleep = world.clock_now();
    world.pass_until(asleep.saturating_add_ms(LEASE_TTL_MS + 1));

    let second = Arc::new(Script::at(other.clone(), Act::Pause));
    let other_engine = world.engine("b", &second);
    let mut other_run = once(&other_engine);
    let came = world.drive(&second, &mut other_run);
    script.resume();
    if matches!(came, Came::Paused) {
        // The first is driven until it ends: it can't take the other's lease before that expires.
        let woken = world.drive(&script, &mut run).ended();
        world.assert_always();
        drop(woken);
        second.resume();
        let ended = world.drive(&second, &mut other_run).ended();
        world.assert_always();
        drop(ended);
    }
    drop((run, other_run));
    assert_eq!(world.finish("c").unwrap().in_flight, 0);
    world.assert_at_rest();
}

#[test]
fn two_owners_that_sleep_and_wake_in_turns_do_no_harm() {
    let firsts = points_of_a_run(&World::new(Ending::Signalled), "a");
    let step = if super::long() { 1 } else { 97 };
    let mut pairs = 0_usize;
    for first in &firsts {
        for second in &firsts {
            pairs += 1;
            if pairs.is_multiple_of(step) {
                let _here = Here::at(format!("{first}, other at {second}"));
                both_awake(first, second);
            }
        }
    }
}
