use std::sync::Arc;

use paydirt_faults::{Point, Script};

use crate::drive::once;
use crate::world::{Ending, World};

mod crashes;
mod failures;
mod paused;
mod reorgs;
mod restored;
mod turns;

/// Both ways in which blocks become final.
const ENDINGS: [Ending; 2] = [Ending::Signalled, Ending::Depth];

/// The points that a run reaches in this world, in order. It finishes undisturbed.
fn points_of_a_run(world: &World, owner: &str) -> Vec<Point> {
    let script = Arc::new(Script::quiet());
    let engine = world.engine(owner, &script);
    let mut run = once(&engine);
    world.drive(&script, &mut run).ended().unwrap();
    script.points()
}

/// Whether to take all combinations, and not only a sample.
fn long() -> bool {
    std::env::var_os("PAYDIRT_LONG").is_some()
}

/// Says where it was, if the test fails there.
struct Here(String);

impl Here {
    fn at(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed at: {}", self.0);
        }
    }
}
