#[path = "asking.rs"]
mod asking;
#[path = "mending.rs"]
mod mending;
#[path = "paying.rs"]
mod paying;
#[path = "refusals.rs"]
mod refusals;
#[path = "repairs.rs"]
mod repairs;
#[path = "sheets.rs"]
mod sheets;

use crate::place::Place;
use crate::shell::Shell;

async fn place() -> Place {
    Place::on_sqlite().await
}

async fn shell() -> Shell {
    Shell::on_sqlite().await
}
