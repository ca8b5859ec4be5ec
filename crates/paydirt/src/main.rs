//! Paydirt: settlement for mining and storage pools.
//!
//! Commands only translate: what an operator typed, to a use case of `paydirt-app`; what came of
//! it, to a table, JSON or CSV, and to an exit code.

mod cli;
mod cli_books;
mod cli_earnings;
mod cli_imports;
mod cli_members;
mod cli_payouts;
mod cli_reports;
mod cli_withdrawals;
mod commands;
mod confirm;
mod failure;
mod globals;
mod logging;
mod out_file;
mod output;
mod progress;
mod secrets;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (globals, command) = match cli::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(stopped) => return stopped.report(),
    };
    match commands::run(&globals, command) {
        Ok(exit) => exit.into(),
        Err(error) => failure::report(&error, globals.output()),
    }
}
