#[path = "days.rs"]
mod days;
#[path = "exports.rs"]
mod exports;
#[path = "months.rs"]
mod months;
#[path = "statements.rs"]
mod statements;

use crate::shell::Shell;

async fn shell() -> Shell {
    Shell::on_sqlite().await
}
