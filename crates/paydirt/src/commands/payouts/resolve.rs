//! `paydirt payouts resolve`.

use paydirt_app::payouts::{WalletResolved, resolve};
use paydirt_app::wire::Scope;
use paydirt_ledger::Resolution;
use paydirt_payouts::{Found, ResolveReport, RowReport};
use serde::Serialize;

use super::Context;
use crate::confirm::{confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::output::{Cell, Format, Rows, print as print_text, print_json};

#[derive(Serialize)]
struct Shown<R: Serialize, L: Serialize, U: Serialize> {
    dry_run: bool,
    rows: R,
    locks: L,
    unreadable: U,
}

pub(super) async fn run(it: Context<'_>, scope: &Scope, dry_run: bool) -> anyhow::Result<Exit> {
    if !dry_run {
        need_yes_or_terminal(it.globals)?;
        if !it.globals.yes {
            let found = resolve(it.settings, scope, true, it.stop).await?;
            eprint!("{}", text(&found, true));
            let what = "Is open-ethereum-pool's payouts module stopped, and shall this be resolved \
                        by the chain's evidence?";
            confirm(it.globals, what)?;
        }
    }
    let done = resolve(it.settings, scope, dry_run, it.stop).await?;
    match it.globals.output() {
        Format::Json => {
            let (rows, locks, unreadable) = (rows(&done, dry_run), locks(&done), unreadable(&done));
            print_json(&Shown {
                dry_run,
                rows: rows.list(),
                locks: locks.list(),
                unreadable: unreadable.list(),
            })?;
        }
        Format::Csv => rows(&done, dry_run).print(Format::Csv)?,
        Format::Table => print_text(&text(&done, dry_run))?,
    }
    let left = !dry_run && done.iter().any(|of| is_left(&of.report));
    Ok(if left { Exit::Attention } else { Exit::Done })
}

/// Whether a person still has to do something.
pub(super) fn is_left(report: &ResolveReport) -> bool {
    let kept = report.locks.iter().any(|(_, _, removed)| !removed);
    kept || !report.unreadable.is_empty() || report.rows.iter().any(|row| row.done.is_none())
}

fn reports(all: &[WalletResolved]) -> impl Iterator<Item = &ResolveReport> {
    all.iter().map(|of| &of.report)
}

fn rows(all: &[WalletResolved], dry_run: bool) -> Rows<9> {
    let mut rows = Rows::new([
        "pool",
        "member",
        "amount",
        "coin",
        "since",
        "found",
        "transaction",
        "block",
        "resolution",
    ]);
    for report in reports(all).flat_map(|report| &report.rows) {
        let (found, transaction, block) = found(&report.found);
        rows.push([
            report.pool.as_str().into(),
            report.row.member.as_str().into(),
            report.row.amount.to_fixed().into(),
            report.row.amount.coin().to_string().into(),
            report.row.at.to_string().into(),
            found.into(),
            transaction.into(),
            block.into(),
            resolution(report, dry_run),
        ]);
    }
    rows
}

/// What the chain shows, with the transaction and its block.
pub(super) fn found(found: &Found) -> (&'static str, Option<String>, Option<u64>) {
    match found {
        Found::Paid { transaction, block } => {
            ("paid, final", Some(transaction.to_string()), Some(*block))
        }
        Found::Failed { transaction, block } => {
            ("failed, final", Some(transaction.to_string()), Some(*block))
        }
        Found::NotFinal { transaction, block } => (
            "mined, not final",
            Some(transaction.to_string()),
            Some(*block),
        ),
        Found::MayBePending => ("not mined, may be pending", None, None),
        Found::NotFound => ("not on the chain", None, None),
    }
}

fn resolution(report: &RowReport, dry_run: bool) -> Cell {
    match (&report.done, &report.found) {
        (Some(Resolution::Paid(_)), _) => "recorded as paid".into(),
        (Some(Resolution::CreditBack), _) => "credited back".into(),
        (None, _) if !dry_run => "left as it is".into(),
        (None, Found::Paid { .. }) => "would be recorded as paid".into(),
        (None, Found::Failed { .. }) => "would be credited back".into(),
        (None, Found::NotFinal { .. }) => "would be awaited".into(),
        (None, Found::MayBePending | Found::NotFound) => {
            "its nonces would be used up, and it be credited back if still unpaid".into()
        }
    }
}

fn locks(all: &[WalletResolved]) -> Rows<3> {
    let mut rows = Rows::new(["pool", "lock", "removed"]);
    for (pool, lock, removed) in reports(all).flat_map(|report| &report.locks) {
        rows.push([
            pool.as_str().into(),
            lock.as_str().into(),
            (*removed).into(),
        ]);
    }
    rows
}

fn unreadable(all: &[WalletResolved]) -> Rows<2> {
    let mut rows = Rows::new(["pool", "row"]);
    for (pool, row) in reports(all).flat_map(|report| &report.unreadable) {
        rows.push([pool.as_str().into(), row.as_str().into()]);
    }
    rows
}

fn text(all: &[WalletResolved], dry_run: bool) -> String {
    let (rows, locks, unreadable) = (rows(all, dry_run), locks(all), unreadable(all));
    let mut text = String::new();
    if rows.is_empty() && locks.is_empty() && unreadable.is_empty() {
        text += "No pending payments of another payer, and no lock.\n";
    }
    if !rows.is_empty() {
        text += &rows.to_table();
    }
    if !locks.is_empty() {
        text += &locks.to_table();
    }
    if !unreadable.is_empty() {
        text += &format!(
            "Rows that can't be read: look at each, and remove it by hand.\n{}",
            unreadable.to_table()
        );
    }
    if dry_run {
        text += "Nothing was moved.\n";
    }
    text
}
