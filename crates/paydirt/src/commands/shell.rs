//! `paydirt completions` and `paydirt man`.

use std::path::Path;

use anyhow::Context as _;
use clap_complete::Shell;

use crate::cli;
use crate::failure::Exit;
use crate::output::print;

pub(super) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "paydirt", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(Exit::Done)
}

pub(super) fn man(dir: Option<&Path>) -> anyhow::Result<Exit> {
    match dir {
        Some(dir) => {
            let failed = || format!("can't write manual pages to {}", dir.display());
            std::fs::create_dir_all(dir).with_context(failed)?;
            clap_mangen::generate_to(cli::command(), dir).with_context(failed)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli::command()).render(&mut page)?;
            print(&String::from_utf8(page)?)?;
        }
    }
    Ok(Exit::Done)
}
