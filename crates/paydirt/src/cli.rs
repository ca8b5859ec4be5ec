//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli_books::{
    ApprovalsCommand, AuditCommand, IncomeCommand, PoolsCommand, SettleArguments, TransfersCommand,
    TreasuryCommand,
};
pub(crate) use crate::cli_earnings::{EarningsArguments, Oversold};
pub(crate) use crate::cli_imports::ImportCommand;
use crate::cli_members::{MembersCommand, OrdersCommand};
pub(crate) use crate::cli_payouts::{PayoutsCommand, QuarantineCommand, RunArguments};
use crate::cli_reports::{LedgerCommand, ReportCommand};
pub(crate) use crate::cli_withdrawals::WithdrawalsCommand;
use crate::failure::{self, Exit, Failure};
use crate::globals::{self, Globals};
use crate::output::Format;

/// Paydirt settles mining and storage pools, and pays what they owe: nobody twice, and nothing is
/// lost.
#[derive(Debug, Parser)]
#[command(name = "paydirt", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check configuration, database, nodes, keys, Redis and schedules: a line each, with the cure
    ///
    /// Changes nothing. Exit code 3 if a line is `fail`.
    Check {
        /// Only this pool, with its wallet
        #[arg(long, value_name = "POOL")]
        pool: Option<String>,
    },
    /// Bring the database's tables up to date; `payouts run` does it by itself
    Migrate,
    /// Calculate what each order of a file earns of an income; needs no database, keeps nothing
    ///
    /// Each order that counts on the day gets its exact share by power times coefficient, rounded
    /// down to 9 decimals; the units that are missing go to the largest remainders. Nothing of a
    /// file is taken if any row of it is wrong. Exit code 4 if more was sold than the pool has.
    Earnings(EarningsArguments),
    /// Run what is to run on its own: days are settled and payouts made on schedule
    ///
    /// SIGTERM ends it after the step in hand. Pages and an API are not in this version.
    Serve,
    /// What came in: record, list and classify it
    #[command(subcommand, arg_required_else_help = true)]
    Income(IncomeCommand),
    /// What a pool is: its power
    #[command(subcommand, arg_required_else_help = true)]
    Pools(PoolsCommand),
    /// Share what came in on each day among its orders, and release what has vested
    ///
    /// A settled day is never settled again. Exit code 3 if a day waits.
    Settle(SettleArguments),
    /// Move what a stream collected to what is available
    #[command(subcommand, arg_required_else_help = true)]
    Transfers(TransfersCommand),
    /// Book the operator's own movements of a pool's money
    #[command(subcommand, arg_required_else_help = true)]
    Treasury(TreasuryCommand),
    /// What one person proposed and another has to confirm
    #[command(subcommand, arg_required_else_help = true)]
    Approvals(ApprovalsCommand),
    /// Members: who they are, what they have, what they earned
    #[command(subcommand, arg_required_else_help = true)]
    Members(MembersCommand),
    /// Orders: what members hold of a pool
    #[command(subcommand, arg_required_else_help = true)]
    Orders(OrdersCommand),
    /// What a pool's books begin with
    #[command(subcommand, arg_required_else_help = true)]
    Import(ImportCommand),
    /// Reports: a pool's days, a member's statement, a pool's month
    #[command(subcommand, arg_required_else_help = true)]
    Report(ReportCommand),
    /// Check the ledger, export it, and compare what was exported
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(LedgerCommand),
    /// Check the audit log
    #[command(subcommand, arg_required_else_help = true)]
    Audit(AuditCommand),
    /// Pay members, and look after payments
    #[command(subcommand, arg_required_else_help = true)]
    Payouts(PayoutsCommand),
    /// Withdrawals: asked for, decided, explained, repaired
    #[command(subcommand, arg_required_else_help = true)]
    Withdrawals(WithdrawalsCommand),
    /// Look at the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Key files: make one, import a key, print addresses
    #[command(subcommand, arg_required_else_help = true)]
    Keys(KeysCommand),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    Man {
        /// Write one page a command into this directory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting, and where it was set; never a secret
    Show {
        /// Leave secrets out; they always are, with or without it
        #[arg(long)]
        redacted: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, encrypted into a new file that only you can read
    New {
        /// The key file to make; an existing one is never replaced
        file: PathBuf,
        #[command(flatten)]
        encryption: Encryption,
    },
    /// Encrypt a private key that you have into a new file
    Import {
        /// The key file to make; an existing one is never replaced
        file: PathBuf,
        /// The file with the private key, 64 hexadecimal digits; else PAYDIRT_PRIVATE_KEY, else
        /// asked for
        #[arg(long, value_name = "FILE")]
        private_key_file: Option<PathBuf>,
        #[command(flatten)]
        encryption: Encryption,
    },
    /// Print the address of a key file, or of the configured wallets
    Address {
        /// The key file; without it, all wallets of the configuration
        file: Option<PathBuf>,
        /// Unlock the key file with the password in this file, to prove the address
        #[arg(long, value_name = "FILE", requires = "file")]
        password_file: Option<PathBuf>,
        /// Only this wallet of the configuration
        #[arg(long, value_name = "NAME", conflicts_with = "file")]
        wallet: Option<String>,
    },
}

/// How a new key file is encrypted.
#[derive(Debug, clap::Args)]
pub(crate) struct Encryption {
    /// The file with the new key file's password; else PAYDIRT_PASSWORD_FILE or PAYDIRT_PASSWORD,
    /// else asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Make it cheap to unlock (4 MiB instead of 256), and so cheaper to guess
    #[arg(long)]
    pub(crate) light: bool,
}

/// The whole command line, with the global options at every level.
pub(crate) fn command() -> clap::Command {
    globals::everywhere(Cli::command())
}

/// Why no command is to be run: help was asked for, or the command line is wrong.
pub(crate) struct Stopped {
    error: clap::Error,
    format: Format,
}

impl Stopped {
    pub(crate) fn report(self) -> ExitCode {
        if !self.error.use_stderr() {
            // Nobody is left to tell when printing help fails.
            let _printed = self.error.print();
            return Exit::Done.into();
        }
        if self.format == Format::Json {
            let message = self.error.render().to_string();
            let message = message.strip_prefix("error: ").unwrap_or(&message).trim();
            let cure = "see `paydirt help`";
            return failure::report(&Failure::usage(message, cure).into(), Format::Json);
        }
        let _printed = self.error.print();
        Exit::Usage.into()
    }
}

/// Reads the command line.
pub(crate) fn parse(
    arguments: impl Iterator<Item = OsString>,
) -> Result<(Globals, Command), Stopped> {
    let arguments: Vec<OsString> = arguments.collect();
    let read = || -> Result<(Globals, Command), clap::Error> {
        let matches = command().try_get_matches_from(&arguments)?;
        let globals = Globals::merged(&matches)?;
        Ok((globals, Cli::from_arg_matches(&matches)?.command))
    };
    read().map_err(|error| Stopped {
        error,
        format: globals::format_of(&arguments),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (Globals, Command) {
        let arguments = line.split(' ').map(OsString::from);
        parse(arguments).map_err(|stopped| stopped.error).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_and_after_the_subcommand_and_add_up() {
        let line = "paydirt --set a=1 --config x.toml -v --yes config --set b=2 \
                    show --config y.toml --set c=3 -v --output json";
        let (globals, _) = parsed(line);
        assert_eq!(globals.set, ["a=1", "b=2", "c=3"]);
        assert_eq!(
            globals.config,
            [PathBuf::from("x.toml"), PathBuf::from("y.toml")]
        );
        assert_eq!((globals.verbose, globals.yes), (2, true));
        assert_eq!(globals.output(), Format::Json);
        let (globals, _) = parsed("paydirt --output csv config show");
        assert_eq!((globals.output(), globals.yes), (Format::Csv, false));
        let (globals, _) = parsed("paydirt config show --from-open-ethereum-pool p.json");
        assert_eq!(
            globals.from_open_ethereum_pool,
            Some(PathBuf::from("p.json"))
        );
    }
}
