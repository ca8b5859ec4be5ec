//! What can be typed about files of members, orders and opening balances, and orders for other
//! members.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use paydirt_money::Coefficient;
use paydirt_schedule::Day;

use crate::cli_books::OfPool;

#[derive(Debug, Args)]
pub(crate) struct MembersImportArguments {
    /// The file, CSV or XLSX: member, and optionally name, phone, address
    pub(crate) file: PathBuf,
    /// The sheet of a workbook; without it the only one that has data
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// The pool that addresses are of; may be left out where only one has its days settled
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrdersImportArguments {
    /// The file, CSV or XLSX: order, member, power, fee_rate, start, and optionally coefficient,
    /// end, streams, valid_from, note
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The sheet of a workbook; without it the only one that has data
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Add members that are not there
    #[arg(long)]
    pub(crate) create_members: bool,
    /// The coefficient of the file's orders that have none of their own
    #[arg(long, value_name = "NUMBER")]
    pub(crate) coefficient: Option<Coefficient>,
    /// From when on changes count; without it: from the next day that is not settled
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_from: Option<Day>,
    /// A note on the import
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TransferArguments {
    /// The order
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// The member who has it from then on
    #[arg(long, value_name = "MEMBER")]
    pub(crate) to: String,
    /// The first day that is the new member's
    #[arg(long, value_name = "DAY")]
    pub(crate) from_day: Day,
    /// Unvested parts of what it earned go with it, from the next release on
    #[arg(long)]
    pub(crate) with_vesting: bool,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Begin a pool's books with what its members had before: all rows of a file, once a pool
    ///
    /// Each row is a balance, or a part that is vesting: member, bucket (available, frozen,
    /// vesting, to_transfer, paid or receivable) and amount. Rows of to_transfer and vesting name
    /// their stream; those of vesting say, too, on which day it was earned, in how many steps it
    /// is released, one a day, and how many of these are done. Their amount is what all steps
    /// release together; the steps that are left go on with the pool's first day. Two parts of a
    /// member, stream and day are told apart by the column order.
    ///
    /// --total says what a bucket's rows must sum to; each bucket needs one, be it 0. It is typed,
    /// and not read from the file, because whoever makes the file can sum its rows, wrong and
    /// missing ones too. Take it from the last balance sheet of the books that end: of vesting,
    /// what is not released yet. If one differs, nothing is written.
    Opening(OpeningArguments),
}

#[derive(Debug, Args)]
pub(crate) struct OpeningArguments {
    /// The file, CSV or XLSX: member, bucket, amount, and optionally stream, day, steps, done,
    /// order
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: OfPool,
    /// What the rows of a bucket must sum to, as available=12.5 or to_transfer:STREAM=3; once for
    /// each bucket that has rows
    #[arg(long = "total", value_name = "BUCKET=AMOUNT")]
    pub(crate) totals: Vec<String>,
    /// The sheet of a workbook; without it the only one that has data
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Add members that are not there
    #[arg(long)]
    pub(crate) create_members: bool,
    /// Only show what would be posted
    #[arg(long)]
    pub(crate) dry_run: bool,
}
