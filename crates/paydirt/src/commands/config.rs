//! `paydirt config`.

use crate::cli::ConfigCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Rows};

pub(super) fn run(globals: &Globals, command: &ConfigCommand) -> anyhow::Result<Exit> {
    let ConfigCommand::Show { redacted: _ } = command;
    let settings = globals.settings()?;
    let mut rows = Rows::new(["key", "value", "from"]);
    for shown in settings.shown() {
        let value = Some(shown.value.as_str()).filter(|value| !value.is_empty());
        rows.push([
            shown.key.as_str().into(),
            Cell::from(value),
            shown.from.as_str().into(),
        ]);
    }
    rows.print(globals.output())?;
    Ok(Exit::Done)
}
