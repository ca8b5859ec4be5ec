//! What can be typed about a pool's days: income, power, settling, transfers, treasury.

use clap::{Args, Subcommand, ValueEnum};
use paydirt_schedule::Day;

/// One pool.
#[derive(Debug, Args)]
pub(crate) struct OfPool {
    /// The pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: String,
}

/// Days, from one to another.
#[derive(Debug, Args)]
pub(crate) struct DaysArgument {
    /// From this day on, as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// Up to and with this day
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Day>,
}

impl DaysArgument {
    pub(crate) fn pair(&self) -> (Option<Day>, Option<Day>) {
        (self.from, self.to)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum IncomeCommand {
    /// Record what came in for a day, or 0: a day without any waits
    Record(RecordArguments),
    /// Record what the chain shows of a day that is over and final, once
    Observe(ObserveArguments),
    /// List what came in, by day
    List {
        #[command(flatten)]
        of: OfPool,
        #[command(flatten)]
        days: DaysArgument,
        /// Only what nobody has classified
        #[arg(long)]
        unclassified: bool,
    },
    /// Say what an item is that is not settled
    ///
    /// What nobody has classified is never shared until then. An entry that is wrong is taken out
    /// of what is shared as `internal`, and recorded again under another --source.
    Classify {
        /// The item's number, as `income list` has it
        item: i64,
        /// The pool; may be left out where only one has its days settled
        #[arg(long, value_name = "POOL")]
        pool: Option<String>,
        /// What it is
        #[arg(long = "as", value_name = "KIND")]
        kind: Kind,
        /// Its stream, for income and deductions
        #[arg(long, value_name = "STREAM")]
        stream: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The stream of income
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: String,
    /// The day on which it was earned, as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Day,
    /// How much, exactly, as "237.098 FIL" or 237.098
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) amount: String,
    /// A note
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// A name of its own, where a stream and day have more than one entry
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Income that was observed for that day is of something else
    #[arg(long)]
    pub(crate) beside_observed: bool,
    /// It comes off the income: a penalty, a fault, gas
    #[arg(long)]
    pub(crate) deduction: bool,
    /// If its day is settled, settle it with the next one that is not
    #[arg(long)]
    pub(crate) late: bool,
    /// The pool's power at the end of that day, too, as "118.950 PB"
    #[arg(long, value_name = "POWER")]
    pub(crate) power: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ObserveArguments {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The day, as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Day,
    /// The stream; may be left out where only one has source = "chain"
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: Option<String>,
    /// Income that was recorded by hand for that day is not what the chain shows
    #[arg(long)]
    pub(crate) beside_entries: bool,
    /// If its day is settled, settle it with the next one that is not
    #[arg(long)]
    pub(crate) late: bool,
}

/// What an item can be said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Shared among the members
    Income,
    /// Comes off what is shared
    Deduction,
    /// The operator's own money
    Deposit,
    /// Between the pool's own wallets
    Internal,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PoolsCommand {
    /// Set the pool's power at the end of a day, or list what is known
    Power {
        #[command(flatten)]
        of: OfPool,
        /// How much it is at the end of --day, as "118.950 PB"; without it: list
        #[arg(value_name = "POWER", requires = "day")]
        power: Option<String>,
        /// The day
        #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
        day: Option<Day>,
        #[command(flatten)]
        days: DaysArgument,
        /// How it is counted; without it: as the pool's whole is
        #[arg(long, value_name = "BASIS", requires = "power")]
        basis: Option<Basis>,
    },
}

/// How a pool's power is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Basis {
    /// Bytes on disk
    Raw,
    /// As the chain's rewards count them
    QualityAdjusted,
}

#[derive(Debug, Args)]
pub(crate) struct SettleArguments {
    #[command(subcommand)]
    pub(crate) command: Option<SettleCommand>,
    /// Only this pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
    /// Only this stream
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: Option<String>,
    /// This day; without any: all whose turn has come by the pool's schedule
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
    pub(crate) day: Option<Day>,
    /// From this day on
    #[arg(long, value_name = "DAY", requires = "to")]
    pub(crate) from: Option<Day>,
    /// Up to and with this day
    #[arg(long, value_name = "DAY", requires = "from")]
    pub(crate) to: Option<Day>,
    /// Only compute: each stream's next day, as the later ones build on it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl SettleArguments {
    /// Whether something is asked of settling itself.
    pub(crate) fn asks(&self) -> bool {
        let named = self.pool.is_some() || self.stream.is_some();
        named || self.dry_run || self.day.is_some() || self.from.is_some()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettleCommand {
    /// Show a settled day, and the sums that must match
    ///
    /// Exit code 1 if one does not.
    Show {
        #[command(flatten)]
        of: OfPool,
        /// The day
        #[arg(long, value_name = "DAY")]
        day: Day,
        /// Only this stream
        #[arg(long, value_name = "STREAM")]
        stream: Option<String>,
        /// With what each order earned
        #[arg(long)]
        lines: bool,
    },
    /// Correct a settled day: its next revision, with the differences posted today
    ///
    /// Begins with what the day was made of. Everything that changes is shown first, and another
    /// person has to give the same command to have it done.
    Correct(CorrectArguments),
    /// Compute settled days again, from what they keep, and compare
    Verify {
        /// Only this pool
        #[arg(long, value_name = "POOL")]
        pool: Option<String>,
        #[command(flatten)]
        days: DaysArgument,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CorrectArguments {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The stream
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: String,
    /// The settled day
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Day,
    /// Why: it stands in the books
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The day's income, instead of its items, as "237.098 FIL"
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) income: Option<String>,
    /// The day's deductions, instead of its items
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) deductions: Option<String>,
    /// Items of that day that came after it was settled become part of it
    #[arg(long)]
    pub(crate) late_items: bool,
    /// The pool's power at the end of that day, as "118.950 PB"
    #[arg(long, value_name = "POWER")]
    pub(crate) pool_power: Option<String>,
    /// An order that counts otherwise, with what of it does:
    /// ID:power=900TiB,fee_rate=0.1,coefficient=1.2,member=M
    #[arg(long = "order", value_name = "ID:FIELDS")]
    pub(crate) orders: Vec<String>,
    /// An order that doesn't count
    #[arg(long = "without-order", value_name = "ID")]
    pub(crate) without: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TransfersCommand {
    /// Move all that a stream has collected to what its members have available
    Run {
        #[command(flatten)]
        of: OfPool,
        /// The stream
        #[arg(long, value_name = "STREAM")]
        stream: String,
        /// Only show each member's figures before and after
        #[arg(long)]
        dry_run: bool,
    },
    /// List transfers, newest first
    List {
        #[command(flatten)]
        of: OfPool,
        /// With each member's figures before and after
        #[arg(long)]
        lines: bool,
        /// Up to so many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TreasuryCommand {
    /// Book what the operator put into the pool's wallets
    Deposit(MovementArguments),
    /// Book what the operator took out of them
    Draw(MovementArguments),
    /// Book what moved between them
    Internal(MovementArguments),
    /// List what was booked
    List {
        #[command(flatten)]
        of: OfPool,
        #[command(flatten)]
        days: DaysArgument,
    },
}

#[derive(Debug, Args)]
pub(crate) struct MovementArguments {
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The transaction on chain: it is booked once
    #[arg(long, value_name = "ID")]
    pub(crate) tx: String,
    /// The day on which it was executed
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Day,
    /// How much, exactly, as "12.5 FIL" or 12.5
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) amount: String,
    /// A note
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List what one person proposed and another has to confirm, by giving the same command
    List {
        #[command(flatten)]
        of: OfPool,
    },
    /// Take a proposal back
    Withdraw {
        #[command(flatten)]
        of: OfPool,
        /// Its number
        proposal: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no line of the audit log was changed, removed or put in between
    Verify,
}
