//! Each command, in a few lines: the use case, and its result as rows.

mod approvals;
mod audit;
mod check;
mod config;
mod earnings;
mod figures;
mod imports;
mod income;
mod keys;
mod ledger;
mod members;
mod migrate;
mod opening;
mod orders;
mod payouts;
mod pools;
mod report;
mod serve;
mod settle;
mod shell;
mod transfers;
mod treasury;
mod withdrawals;

use std::future::Future;

use crate::cli::Command;
use crate::failure::Exit;
use crate::globals::Globals;

/// Runs a command.
pub(crate) fn run(globals: &Globals, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Check { pool } => check::run(globals, pool),
        Command::Migrate => migrate::run(globals),
        Command::Earnings(arguments) => earnings::run(globals, arguments),
        Command::Serve => serve::run(globals),
        Command::Income(command) => income::run(globals, command),
        Command::Pools(command) => pools::run(globals, command),
        Command::Settle(arguments) => settle::run(globals, arguments),
        Command::Transfers(command) => transfers::run(globals, command),
        Command::Approvals(command) => approvals::run(globals, command),
        Command::Treasury(command) => treasury::run(globals, command),
        Command::Members(command) => members::run(globals, command),
        Command::Orders(command) => orders::run(globals, command),
        Command::Import(command) => opening::run(globals, command),
        Command::Report(command) => report::run(globals, command),
        Command::Ledger(command) => ledger::run(globals, command),
        Command::Audit(command) => audit::run(globals, command),
        Command::Payouts(command) => payouts::run(globals, command),
        Command::Withdrawals(command) => withdrawals::run(globals, command),
        Command::Config(command) => config::run(globals, &command),
        Command::Keys(command) => keys::run(globals, command),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { dir } => shell::man(dir.as_deref()),
    }
}

/// Runs a use case that waits, and closes the books that it opened.
fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().build()?.block_on(async {
        let done = work.await;
        paydirt_app::wire::close_books().await;
        done
    })
}
