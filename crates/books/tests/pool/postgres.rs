#[path = "changes.rs"]
mod changes;
#[path = "legs.rs"]
mod legs;
#[path = "openings.rs"]
mod openings;
#[path = "proposals.rs"]
mod proposals;
#[path = "statistics.rs"]
mod statistics;
#[path = "tampering.rs"]
mod tampering;
#[path = "transfers.rs"]
mod transfers;
#[path = "treasury.rs"]
mod treasury;
#[path = "verify.rs"]
mod verify;
#[path = "views.rs"]
mod views;

use crate::home::Home;

async fn home() -> Home {
    Home::postgres().await
}
