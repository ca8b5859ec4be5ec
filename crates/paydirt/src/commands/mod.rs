//! Each command, in a few lines: the use case, and its result as rows.

mod config;
mod keys;
mod shell;

use crate::cli::Command;
use crate::failure::Exit;
use crate::globals::Globals;

/// Runs a command.
pub(crate) fn run(globals: &Globals, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Config(command) => config::run(globals, &command),
        Command::Keys(command) => keys::run(globals, command),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { dir } => shell::man(dir.as_deref()),
    }
}
