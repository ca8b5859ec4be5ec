#[path = "correcting.rs"]
mod correcting;
#[path = "days.rs"]
mod days;
#[path = "imports.rs"]
mod imports;
#[path = "members.rs"]
mod members;
#[path = "observing.rs"]
mod observing;
#[path = "opening.rs"]
mod opening;
#[path = "opening_refusals.rs"]
mod opening_refusals;
#[path = "refusals.rs"]
mod refusals;
#[path = "round_trip.rs"]
mod round_trip;
#[path = "serving.rs"]
mod serving;
#[path = "treasury.rs"]
mod treasury;

use crate::shell::Shell;

async fn shell() -> Shell {
    Shell::on_sqlite().await
}
