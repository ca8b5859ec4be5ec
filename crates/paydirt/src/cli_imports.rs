//! What can be typed about files of members and orders, and orders for other members.

use std::path::PathBuf;

use clap::Args;
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
