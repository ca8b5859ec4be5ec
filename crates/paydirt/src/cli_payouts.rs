//! What can be typed after `paydirt payouts`.

use clap::{Args, Subcommand};
use paydirt_ledger::PaymentId;
use paydirt_schedule::parse_go_duration_ms;

#[derive(Debug, Subcommand)]
pub(crate) enum PayoutsCommand {
    /// Pay every balance above its threshold: as a daemon, --once, or only look (--dry-run)
    ///
    /// A daemon pays by each pool's interval or cron spec. Exit code 3 if --once planned nothing
    /// because a wallet is paused or frozen, or left something at its deadline.
    Run(RunArguments),
    /// Show what is in flight, the newest payments, and whether a wallet is paused or frozen
    ///
    /// Exit code 3 if a wallet is paused or frozen.
    Status {
        #[command(flatten)]
        scope: PoolArgument,
        /// Up to so many payments that are over
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Show what happened, step by step: to one payment, or lately
    History {
        /// The payment's id; without it, the newest lines of each wallet
        payment: Option<PaymentId>,
        #[command(flatten)]
        scope: PoolArgument,
        /// Up to so many lines a wallet
        #[arg(long, value_name = "COUNT", default_value_t = 200)]
        limit: u32,
    },
    /// Record or credit back what open-ethereum-pool's own module left pending
    ///
    /// The chain's evidence decides which. Stop that module first. Exit code 3 if something is
    /// left.
    Resolve {
        #[command(flatten)]
        scope: PoolArgument,
        /// Only say what is there and what the chain shows of it
        #[arg(long)]
        dry_run: bool,
    },
    /// Offer the chain a cancel: which of the two is mined decides
    Cancel {
        /// The payment's id
        payment: PaymentId,
        #[command(flatten)]
        reason: Reason,
    },
    /// After a restore: bring ledgers, journal and chain together
    Reconcile {
        #[command(flatten)]
        scope: PoolArgument,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Take over ledgers whose journal is lost
        #[arg(long)]
        adopt: bool,
        /// Why; kept in the history
        #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
        reason: Option<String>,
    },
    /// Plan nothing new; what was sent is still followed
    Pause {
        #[command(flatten)]
        scope: PoolArgument,
        #[command(flatten)]
        reason: Reason,
    },
    /// Plan again, after a pause or after a person looked at what froze the wallet
    Resume {
        #[command(flatten)]
        scope: PoolArgument,
        #[command(flatten)]
        reason: Reason,
    },
    /// Addresses that failed on their own account, and paying them again
    #[command(subcommand, arg_required_else_help = true)]
    Quarantine(QuarantineCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// List them with the reason
    List {
        #[command(flatten)]
        scope: PoolArgument,
    },
    /// Pay a member's address again from the next run on
    Lift {
        /// The member
        member: String,
        #[command(flatten)]
        scope: PoolArgument,
        #[command(flatten)]
        reason: Reason,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) scope: PoolArgument,
    /// Only show who would be paid; writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Pay now, follow until nothing is in flight, then end
    #[arg(long)]
    pub(crate) once: bool,
    /// End after so long (10m, 1h30m), whatever is left: exit code 3 if anything is
    #[arg(long, value_name = "DURATION", value_parser = duration_ms, requires = "once")]
    pub(crate) deadline: Option<u64>,
    /// Pay although another payer's recent payments are not final on this chain: you looked at each
    #[arg(long)]
    pub(crate) accept_recorded: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PoolArgument {
    /// Only this pool; a wallet it shares with others is followed for all of them
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

fn duration_ms(text: &str) -> Result<u64, String> {
    parse_go_duration_ms(text).map_err(|error| error.to_string())
}
