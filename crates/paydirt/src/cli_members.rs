//! What can be typed about members and their orders.

use clap::{Args, Subcommand};
use paydirt_schedule::Day;

use crate::cli_books::{DaysArgument, OfPool};
use crate::cli_imports::{MembersImportArguments, OrdersImportArguments, TransferArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum MembersCommand {
    /// Add and change members from a file: all of its rows, or none if one is wrong
    Import(MembersImportArguments),
    /// List members by code
    List {
        #[command(flatten)]
        page: Page,
    },
    /// Show a member: balances, orders, addresses
    Show {
        /// The member's code
        member: String,
    },
    /// Find members by telephone number, or the beginning of a name or code
    Find {
        /// What to look for
        text: String,
        /// Up to so many
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: u32,
    },
    /// Show what a member earned, day by day, and how that was computed
    Income {
        /// The member's code
        member: String,
        #[command(flatten)]
        days: DaysArgument,
        /// Only this pool
        #[arg(long, value_name = "POOL")]
        pool: Option<String>,
        /// Only this stream
        #[arg(long, value_name = "STREAM")]
        stream: Option<String>,
        /// Corrected days as they were settled first, and not as they count
        #[arg(long)]
        as_booked: bool,
    },
    /// Pay nothing to a member from now on
    Freeze {
        /// The member's code
        member: String,
        #[command(flatten)]
        reason: crate::cli_payouts::Reason,
    },
    /// Pay a frozen member again
    Unfreeze {
        /// The member's code
        member: String,
        #[command(flatten)]
        reason: crate::cli_payouts::Reason,
    },
    /// List, add or remove the addresses that a member is paid at
    Address {
        /// The member's code
        member: String,
        #[command(flatten)]
        of: OfPool,
        /// Pay to this address from now on
        #[arg(long, value_name = "ADDRESS", conflicts_with = "remove")]
        add: Option<String>,
        /// Pay nothing to this address any more
        #[arg(long, value_name = "ADDRESS")]
        remove: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// Add and change orders from a file: all of its rows, or none if one is wrong
    ///
    /// Each row is compared with the last file that had the order: the same file twice changes
    /// nothing. Orders that the file lacks stay; a column that it lacks leaves values alone.
    Import(OrdersImportArguments),
    /// Give an order to another member from a day on
    ///
    /// What it earned until then stays with the old one.
    Transfer(TransferArguments),
    /// List a pool's orders by id, as they count on a day or last of all
    List {
        #[command(flatten)]
        of: OfPool,
        /// As they count on this day
        #[arg(long, value_name = "DAY")]
        day: Option<Day>,
        #[command(flatten)]
        page: Page,
    },
}

/// A part of a list.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// Only those after this one
    #[arg(long, value_name = "KEY")]
    pub(crate) after: Option<String>,
    /// Up to so many
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) limit: u32,
}
