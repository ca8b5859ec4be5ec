#[path = "asking.rs"]
mod asking;
#[path = "refusals.rs"]
mod refusals;
#[path = "repairs.rs"]
mod repairs;
#[path = "sheets.rs"]
mod sheets;

use crate::shell::Shell;

async fn shell() -> Shell {
    Shell::on_postgres().await
}
