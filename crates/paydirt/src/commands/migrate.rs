//! `paydirt migrate`.

use paydirt_app::migrate::migrate;

use super::wait;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Format, Rows, print};

pub(super) fn run(globals: &Globals) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let done = wait(async { Ok(migrate(&settings).await?) })?;
    let mut rows = Rows::new(["version", "migration", "database"]);
    for applied in &done.applied {
        rows.push([
            applied.version.unsigned_abs().into(),
            applied.description.as_str().into(),
            done.database.as_str().into(),
        ]);
    }
    if globals.output() != Format::Table {
        rows.print(globals.output())?;
        return Ok(Exit::Done);
    }
    if done.created {
        print(&format!("{} was made.\n", done.database))?;
    }
    match rows.is_empty() {
        true => print(&format!("{} is up to date.\n", done.database))?,
        false => rows.print(Format::Table)?,
    }
    Ok(Exit::Done)
}
