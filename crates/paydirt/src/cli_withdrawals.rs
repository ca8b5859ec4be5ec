//! What can be typed after `paydirt withdrawals`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use paydirt_books::WithdrawalState;
use paydirt_schedule::Day;

use crate::cli_books::OfPool;
use crate::cli_payouts::Reason;

#[derive(Debug, Subcommand)]
pub(crate) enum WithdrawalsCommand {
    /// Ask for a withdrawal: its amount is set aside
    ///
    /// Exit code 4 if the pool's policy, or what is there, does not allow it.
    Request(RequestArguments),
    /// List withdrawals, newest first
    List(ListArguments),
    /// Show a withdrawal: everything that happened to it, with the evidence
    Show {
        /// Its id
        id: i64,
    },
    /// Say what stands between a withdrawal, or a member, and its payment
    Why {
        /// The withdrawal's id; or give --pool and --member
        #[arg(required_unless_present_all = ["pool", "member"])]
        id: Option<i64>,
        /// The pool
        #[arg(long, value_name = "POOL", conflicts_with = "id", requires = "member")]
        pool: Option<String>,
        /// The member's code
        #[arg(long, value_name = "MEMBER", conflicts_with = "id", requires = "pool")]
        member: Option<String>,
    },
    /// Approve withdrawals that somebody else asked for: all of these, or none
    Approve {
        /// Their ids
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Why; kept with them
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Reject one that is requested or approved: its amount is available again
    Reject {
        /// Its id
        id: i64,
        #[command(flatten)]
        reason: Reason,
    },
    /// Take one back that is requested or approved: its amount is available again
    ///
    /// One that has failed is taken back by two persons: the first proposes it, another gives the
    /// same command.
    Cancel {
        /// Its id
        id: i64,
        #[command(flatten)]
        repair: RepairArguments,
        #[command(flatten)]
        search: Searched,
    },
    /// Let one that has failed be paid again
    ///
    /// By two persons: the first proposes it, another gives the same command.
    Requeue {
        /// Its id
        id: i64,
        #[command(flatten)]
        repair: RepairArguments,
        #[command(flatten)]
        search: Searched,
    },
    /// Record that a transaction from outside has paid one that has failed, or is approved
    ///
    /// The chain must show it: final, from a registered payer, of exactly this amount to exactly
    /// this address. An approved one was paid where the books are from a backup. By two persons:
    /// the first proposes it, another gives the same command.
    MarkPaid {
        /// Its id
        id: i64,
        /// The transaction's hash
        #[arg(long, value_name = "HASH")]
        tx: String,
        #[command(flatten)]
        repair: RepairArguments,
        /// Let payments count from this day on, instead of from the day on which it was asked for
        #[arg(long, value_name = "DAY")]
        since: Option<Day>,
    },
    /// Compare an accountant's sheet with the books
    ///
    /// Columns: withdrawal, member, amount, and optionally address and tx. Exit code 3 if something
    /// differs.
    Compare {
        /// The sheet: CSV or XLSX
        file: PathBuf,
        #[command(flatten)]
        of: OfPool,
        /// The state that its withdrawals are in
        #[arg(long, value_name = "STATE", value_parser = state, default_value = "failed")]
        state: WithdrawalState,
        /// Which sheet of a workbook
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
    },
    /// Import the open withdrawals of the program before: all rows, or none if one is wrong
    ///
    /// Columns: withdrawal, member, address, amount, status, requested. Each stands for a part of
    /// what the pool's opening has of its member as frozen.
    Import {
        /// The file: CSV or XLSX
        file: PathBuf,
        #[command(flatten)]
        of: OfPool,
        /// Which sheet of a workbook
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
        /// Only say what would be written
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RequestArguments {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The member's code
    #[arg(long, value_name = "MEMBER")]
    pub(crate) member: String,
    /// How much, exactly, as "12.5 FIL" or 12.5; with --close it may be left out
    #[arg(long, value_name = "AMOUNT", required_unless_present = "close")]
    pub(crate) amount: Option<String>,
    /// Where to: an address of the member's address book
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: String,
    /// A key of your own: the same request under the same key is made once
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// All that is available: it may be below the minimum
    #[arg(long)]
    pub(crate) close: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// The pool; may be left out where only one has its days settled
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
    /// Only those in this state; repeatable
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Vec<WithdrawalState>,
    /// Only this member's
    #[arg(long, value_name = "MEMBER")]
    pub(crate) member: Option<String>,
    /// Only those older than this one
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<i64>,
    /// Up to so many
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct RepairArguments {
    /// Why; kept with it
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    pub(crate) reason: Option<String>,
    /// Only say what would be done, and on what evidence
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Searched {
    /// Search the chain for a payment on no record from this earlier day on, instead of from when
    /// the withdrawal was asked for
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<Day>,
    /// A transaction that was looked at, and paid something else; repeatable
    #[arg(long, value_name = "HASH")]
    pub(crate) except: Vec<String>,
}

fn state(text: &str) -> Result<WithdrawalState, String> {
    WithdrawalState::of_name(text).ok_or_else(|| {
        let names: Vec<&str> = WithdrawalState::ALL.iter().map(|it| it.name()).collect();
        format!("write one of: {}", names.join(", "))
    })
}
