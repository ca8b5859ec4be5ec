#[path = "transfers.rs"]
mod transfers;

use crate::home::Home;

async fn home() -> Home {
    Home::sqlite()
}
