//! Money moves in bulk only after a person has seen what will happen and typed so.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use dialoguer::Input;

use crate::failure::Failure;
use crate::globals::Globals;

/// The word to be typed.
const WORD: &str = "yes";

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Without a terminal to ask on, only `--yes` will do.
pub(crate) fn need_yes_or_terminal(globals: &Globals) -> anyhow::Result<()> {
    if globals.yes || can_ask() {
        return Ok(());
    }
    Err(Failure::usage(
        "this moves money, and there is no terminal to ask on; nothing was moved",
        "give --yes, or look first with --dry-run",
    )
    .into())
}

/// Asks, unless `--yes` was given.
pub(crate) fn confirm(globals: &Globals, what: &str) -> anyhow::Result<()> {
    if globals.yes {
        return Ok(());
    }
    let typed: String = Input::new()
        .with_prompt(format!("{what} Type {WORD} to go on"))
        .allow_empty(true)
        .interact_text()
        .context("nothing was read from the terminal; nothing was moved")?;
    match typed.trim() == WORD {
        true => Ok(()),
        false => Err(Failure::usage(
            "it was not confirmed; nothing was moved",
            "type yes, or give --yes",
        )
        .into()),
    }
}
