//! A call that fails at every point, without effect or with it.

use paydirt_faults::{Act, Point, Script};
use paydirt_payouts::PayoutError;

use super::{ENDINGS, Here, points_of_a_run};
use crate::world::{Ending, World};

/// Fails there. Returns the error if the run did not go on by itself; the next one then does.
fn fail_at(ending: Ending, point: &Point) -> Option<PayoutError> {
    let world = World::new(ending);
    let error = match world.run("a", Script::at(point.clone(), Act::Fail)).ended() {
        Ok(report) => {
            assert_eq!(report.in_flight, 0);
            None
        }
        Err(error) => {
            world.assert_always();
            Some(error)
        }
    };
    // Also where it went on: a lease that could not be given up is waited for.
    let report = world.finish("b").unwrap();
    assert_eq!(report.in_flight, 0);
    world.assert_at_rest();
    error
}

#[test]
fn a_failed_call_at_any_point_ends_well_in_this_run_or_the_next() {
    for ending in ENDINGS {
        for point in points_of_a_run(&World::new(ending), "a") {
            let _here = Here::at(format!("{ending:?}, {point}"));
            let error = fail_at(ending, &point);
            let harmless = |e: &PayoutError| e.is_retryable() || e.to_string().contains("script");
            assert!(error.as_ref().is_none_or(harmless), "{error:?}");
        }
    }
}

#[test]
fn from_the_first_signature_to_the_last_settlement_a_run_goes_on_by_itself_after_any_failure() {
    for ending in ENDINGS {
        let points = points_of_a_run(&World::new(ending), "a");
        let signed = points.iter().position(|p| p.name == "chain.sign:before");
        let closed = |p: &Point| p.name == "journal.write[moved+closed]:after";
        let settled = points.iter().rposition(closed);
        for point in &points[signed.unwrap()..=settled.unwrap()] {
            let _here = Here::at(format!("{ending:?}, {point}"));
            let error = fail_at(ending, point);
            assert!(error.is_none(), "{error:?}");
        }
    }
}

#[test]
fn a_look_that_fails_right_after_the_plan_does_not_end_the_run() {
    let world = World::new(Ending::Signalled);
    let points = points_of_a_run(&World::new(Ending::Signalled), "a");
    let held = |p: &Point| p.name == "journal.write[held+moved]:after";
    let held = points.iter().rposition(held).unwrap();
    let look = &points[held + 1];
    assert_eq!(look.name, "journal.snapshot:before");
    let report = world.run("a", Script::at(look.clone(), Act::Fail)).ended();
    assert_eq!(report.unwrap().in_flight, 0);
    world.assert_at_rest();
}
