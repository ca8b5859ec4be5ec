#[path = "paying.rs"]
mod paying;

use crate::place::Place;

async fn place() -> Place {
    Place::on_postgres().await
}
