//! `RESOLVE_PAYOUT`: resolve, then stop, in the words of open-ethereum-pool's own module.
//!
//! Its module credits back blindly. Here a row goes back only when the chain shows that it was not
//! paid and never will be; what was paid is recorded, and said so.

use paydirt_app::payouts::{RunRequest, WalletResolved, resolve};
use paydirt_ledger::Resolution;
use paydirt_payouts::{Found, RowReport};
use paydirt_schedule::{Timestamp, Tz};

use super::Context;
use super::resolve::is_left;
use crate::failure::Exit;
use crate::output::print;

pub(super) async fn resolve_and_stop(
    it: Context<'_>,
    request: &RunRequest,
) -> anyhow::Result<Exit> {
    let (settings, scope) = (it.settings, &request.scope);
    let found = resolve(settings, scope, true, it.stop).await?;
    print(&announced(&found, settings.time_zone))?;
    if request.dry_run {
        return Ok(Exit::Done);
    }
    let done = resolve(settings, scope, false, it.stop).await?;
    print(&ended(&done))?;
    let left = done.iter().any(|of| is_left(&of.report));
    Ok(if left { Exit::Attention } else { Exit::Done })
}

fn rows(all: &[WalletResolved]) -> impl Iterator<Item = &RowReport> {
    all.iter().flat_map(|of| &of.report.rows)
}

fn announced(all: &[WalletResolved], zone: Tz) -> String {
    let mut text = String::new();
    let is_paid = |row: &&RowReport| matches!(row.found, Found::Paid { .. });
    if rows(all).next().is_none() {
        text += "No pending payments to resolve\n";
    }
    if rows(all).any(|row| !is_paid(&row)) {
        text += "Will credit back following balances:\n";
    }
    for report in rows(all).filter(|row| !is_paid(row)) {
        text += &format!("\t{}\n", described(report, zone));
    }
    for report in rows(all).filter(is_paid) {
        text += &format!(
            "Was paid, and will be recorded: {}\n",
            described(report, zone)
        );
    }
    text
}

fn described(report: &RowReport, zone: Tz) -> String {
    format!(
        "Address: {}, Amount: {} Shannon, {}",
        report.row.member,
        report.row.amount.units(),
        wall_clock(report.row.at, zone)
    )
}

fn wall_clock(at: Timestamp, zone: Tz) -> String {
    match at.to_utc() {
        Some(utc) => utc.with_timezone(&zone).format("%F %T").to_string(),
        None => at.to_string(),
    }
}

fn ended(all: &[WalletResolved]) -> String {
    let mut text = String::new();
    for report in rows(all) {
        let (amount, member) = (report.row.amount.units(), &report.row.member);
        text += &match &report.done {
            Some(Resolution::CreditBack) => {
                format!("Credited {amount} Shannon back to {member}\n")
            }
            Some(Resolution::Paid(transaction)) => {
                format!("Recorded {amount} Shannon to {member} as paid by {transaction}\n")
            }
            None => format!("Left {amount} Shannon of {member} pending: run this again\n"),
        };
    }
    for (pool, row) in all.iter().flat_map(|of| &of.report.unreadable) {
        text += &format!("Can't read the pending row {row:?} of {pool}: look at it by hand\n");
    }
    let mut locks = all.iter().flat_map(|of| &of.report.locks);
    if locks.all(|(_, _, removed)| *removed) && !all.iter().any(|of| is_left(&of.report)) {
        text += "Payouts unlocked\n";
    }
    text
}
