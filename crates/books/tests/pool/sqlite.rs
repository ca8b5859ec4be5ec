#[path = "openings.rs"]
mod openings;
#[path = "transfers.rs"]
mod transfers;
#[path = "treasury.rs"]
mod treasury;

use crate::home::Home;

async fn home() -> Home {
    Home::sqlite()
}
