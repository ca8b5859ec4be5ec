//! What can be typed about reports and the ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use paydirt_schedule::{Day, Month};

use crate::cli_books::{DaysArgument, OfPool};
use crate::output::Format;

/// How a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people, with the columns that fit a terminal
    Table,
    /// One table; each amount as a number, and as exact text in a column …_exact
    Csv,
    /// A workbook with all tables, and what each column means
    Xlsx,
    /// One object, amounts as exact texts
    Json,
    /// A page of its own, with charts and what each column means
    Html,
}

impl From<Format> for ReportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
        }
    }
}

/// Where a report goes.
#[derive(Debug, Args)]
pub(crate) struct ReportTo {
    /// Instead of --output
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<ReportFormat>,
    #[command(flatten)]
    pub(crate) file: OutFile,
}

/// A file to be written.
#[derive(Debug, Args)]
pub(crate) struct OutFile {
    /// Write it to this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// Which figures of a corrected day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewArgument {
    /// As it was settled first; a correction is a row of the day on which it was booked
    #[default]
    Booked,
    /// As its newest correction has it
    Restated,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Each stream's day in figures, and the whole pool's
    ///
    /// Of a stream: INCOME is what was shared, after DEDUCTIONS (penalties, faults, gas);
    /// NET is what members earned of it, FEES the service fee, RETAINED what nobody's power
    /// reached: net + fees + retained = income. VESTED was released of earlier days. DEVIATION is
    /// how far the income is off the mean of the 7 settled days before. A row is settled, waiting
    /// (its turn has come, and something is missing), or a correction's difference.
    ///
    /// Of the pool: PAID by payments that became final on the day, and their NETWORK_FEES;
    /// IN_FLIGHT and OWED at the day's end: owed is all that is members' and not paid, less what
    /// they owe. Other formats have more columns, and XLSX and HTML say what each means.
    Daily {
        #[command(flatten)]
        of: OfPool,
        #[command(flatten)]
        days: DaysArgument,
        /// Which figures of a corrected day
        #[arg(long, value_name = "VIEW", default_value = "booked")]
        view: ViewArgument,
        #[command(flatten)]
        to: ReportTo,
    },
    /// A member's statement: balances before, every change and how it came about, balances after
    ///
    /// It is not made if opening balances and changes don't come to closing balances, or all
    /// changes ever to what the books keep.
    Member {
        /// The member's code
        member: String,
        #[command(flatten)]
        of: OfPool,
        #[command(flatten)]
        days: DaysArgument,
        #[command(flatten)]
        to: ReportTo,
    },
    /// A pool's month: what each member had and got, days, accounts, withdrawals
    ///
    /// It is not made if members don't come to the pool's trial balance.
    Month {
        #[command(flatten)]
        of: OfPool,
        /// The month, as 2026-11
        #[arg(long, value_name = "MONTH")]
        month: Month,
        #[command(flatten)]
        to: ReportTo,
    },
}

/// Which program an export is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerFormat {
    /// Rows, one an entry, which `ledger compare` reads
    Csv,
    /// hledger, and what reads its journals
    Hledger,
    /// Beancount
    Beancount,
}

/// Which part of a ledger.
#[derive(Debug, Args)]
pub(crate) struct LedgerPart {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// From this accounting day on; what was before is one transaction
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// Up to and with this day
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Day>,
    /// With an account for each member; without it, members' accounts are sums
    #[arg(long)]
    pub(crate) members: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Compute all balances again from the entries, check the chain of postings, and compare
    ///
    /// Exit code 1 with the first difference.
    Verify {
        /// Only this pool
        #[arg(long, value_name = "POOL")]
        pool: Option<String>,
    },
    /// Close a month that is over, settled and released: its days take no postings any more
    ///
    /// What is corrected of them later is posted on the day of the correction.
    Close {
        #[command(flatten)]
        of: OfPool,
        /// The month, as 2026-11
        #[arg(long, value_name = "MONTH")]
        month: Month,
        /// Why: it stands in the books
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Only look whether it can be closed
        #[arg(long)]
        dry_run: bool,
    },
    /// List the months that are closed
    Closed {
        #[command(flatten)]
        of: OfPool,
    },
    /// Write every posting as a transaction for a bookkeeper's program
    ///
    /// What members are owed is a liability; what the chain gave, the pool's wallets and what was
    /// paid are assets; fees and what nobody's power reached are income. At the end stands what
    /// each account must have, so that the program checks it.
    Export {
        #[command(flatten)]
        part: LedgerPart,
        /// For which program
        #[arg(long, value_name = "FORMAT")]
        format: LedgerFormat,
        #[command(flatten)]
        file: OutFile,
    },
    /// Compare a file that was exported as CSV with the books: what is equal, different, missing
    ///
    /// Give --from, --to and --members as it was exported. Exit code 1 if something differs.
    Compare {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        part: LedgerPart,
    },
}
