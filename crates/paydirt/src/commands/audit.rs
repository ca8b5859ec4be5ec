//! `paydirt audit`.

use paydirt_app::audit;

use super::wait;
use crate::cli_books::AuditCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;

pub(super) fn run(globals: &Globals, command: AuditCommand) -> anyhow::Result<Exit> {
    let AuditCommand::Verify = command;
    let settings = globals.settings()?;
    let lines = wait(async { Ok(audit::verify(&settings).await?) })?;
    let mut rows = Rows::new(["lines", "state"]);
    rows.push([lines.into(), "unbroken".into()]);
    rows.print(globals.output())?;
    Ok(Exit::Done)
}
