//! What a run did.

use paydirt_money::Coin;
use paydirt_payouts::{RunReport, Tally};
use serde::Serialize;

use super::{Context, coins};
use crate::output::{self, Format, Rows, print_json};

type Done = (String, Coin, RunReport);

#[derive(Serialize)]
struct Shown<'d, S: Serialize, U: Serialize, W: Serialize> {
    tally: Tally,
    in_flight: usize,
    skipped: S,
    unreadable: U,
    waiting: W,
    missing: Vec<Missing<'d>>,
    wallets: Vec<Wallet<'d>>,
    stopped: bool,
}

#[derive(Serialize)]
struct Missing<'d> {
    wallet: &'d str,
    amount: String,
    coin: String,
}

#[derive(Serialize)]
struct Wallet<'d> {
    wallet: &'d str,
    tally: &'d Tally,
    in_flight: usize,
    held_up: Option<&'d str>,
}

fn print_summary_json(done: &[Done], stopped: bool) -> anyhow::Result<()> {
    let (skipped, unreadable) = (skipped(done), unreadable(done));
    let waiting = waiting(done);
    let mut tally = Tally::default();
    for (_, _, report) in done {
        add(&mut tally, &report.tally);
    }
    let shown = Shown {
        tally,
        in_flight: done.iter().map(|(_, _, report)| report.in_flight).sum(),
        skipped: skipped.list(),
        unreadable: unreadable.list(),
        waiting: waiting.list(),
        missing: missing(done),
        wallets: done.iter().map(wallet).collect(),
        stopped,
    };
    Ok(print_json(&shown)?)
}

/// Prints it in the format that was asked for; as CSV, the members who were not paid.
pub(super) fn print(it: Context<'_>, done: &[Done], stopped: bool) -> anyhow::Result<()> {
    match it.globals.output() {
        Format::Json => print_summary_json(done, stopped)?,
        Format::Csv => skipped(done).print(Format::Csv)?,
        Format::Table => print_text(done, stopped)?,
    }
    Ok(())
}

fn print_text(done: &[Done], stopped: bool) -> anyhow::Result<()> {
    for (name, _, report) in done {
        let Tally {
            settled, released, ..
        } = report.tally;
        let in_flight = report.in_flight;
        print_line(&format!(
            "wallet {name}: {settled} paid, {released} given back, {in_flight} in flight"
        ))?;
        if let Some(reason) = &report.held_up {
            print_line(&format!("wallet {name}: nothing new is planned: {reason}"))?;
        }
        if in_flight > 0 {
            let why = if stopped {
                "stopped as asked"
            } else {
                "not finished"
            };
            print_line(&format!(
                "wallet {name}: {why}; what is in flight goes on in the next run"
            ))?;
        }
    }
    for Missing {
        wallet,
        amount,
        coin,
    } in missing(done)
    {
        print_line(&format!(
            "wallet {wallet} lacks {amount} {coin} to pay everybody who is due: top it up"
        ))?;
    }
    let (skipped, unreadable) = (skipped(done), unreadable(done));
    if !skipped.is_empty() {
        print_line(&format!(
            "Due and not paid:\n{}",
            skipped.to_table().trim_end()
        ))?;
    }
    if !unreadable.is_empty() {
        print_line(&format!(
            "Can't be paid:\n{}",
            unreadable.to_table().trim_end()
        ))?;
    }
    let waiting = waiting(done);
    if !waiting.is_empty() {
        print_line(&format!("Due later:\n{}", waiting.to_table().trim_end()))?;
    }
    Ok(())
}

fn print_line(line: &str) -> std::io::Result<()> {
    output::print(&format!("{line}\n"))
}

fn wallet((name, _, report): &Done) -> Wallet<'_> {
    Wallet {
        wallet: name,
        tally: &report.tally,
        in_flight: report.in_flight,
        held_up: report.held_up.as_deref(),
    }
}

fn missing(done: &[Done]) -> Vec<Missing<'_>> {
    let lacking = done.iter().filter(|(_, _, report)| report.missing > 0);
    lacking
        .map(|(name, coin, report)| Missing {
            wallet: name,
            amount: coins(report.missing, *coin),
            coin: coin.to_string(),
        })
        .collect()
}

fn skipped(done: &[Done]) -> Rows<6> {
    let mut rows = Rows::new(["pool", "member", "address", "amount", "coin", "reason"]);
    for skipped in done.iter().flat_map(|(_, _, report)| &report.skipped) {
        rows.push([
            skipped.pool.as_str().into(),
            skipped.member.as_str().into(),
            skipped.address.as_str().into(),
            skipped.amount.to_fixed().into(),
            skipped.amount.coin().to_string().into(),
            skipped.why.to_string().into(),
        ]);
    }
    rows
}

fn unreadable(done: &[Done]) -> Rows<3> {
    let mut rows = Rows::new(["pool", "member", "reason"]);
    for (pool, bad) in done.iter().flat_map(|(_, _, report)| &report.unreadable) {
        rows.push([
            pool.as_str().into(),
            bad.member.as_str().into(),
            bad.reason.as_str().into(),
        ]);
    }
    rows
}

fn waiting(done: &[Done]) -> Rows<5> {
    let mut rows = Rows::new(["pool", "member", "amount", "coin", "reason"]);
    for (pool, waiting) in done.iter().flat_map(|(_, _, report)| &report.waiting) {
        rows.push([
            pool.as_str().into(),
            waiting.member.as_str().into(),
            waiting.amount.to_fixed().into(),
            waiting.amount.coin().to_string().into(),
            waiting.reason.as_str().into(),
        ]);
    }
    rows
}

fn add(sum: &mut Tally, more: &Tally) {
    let pairs = [
        (&mut sum.planned, more.planned),
        (&mut sum.held, more.held),
        (&mut sum.saved, more.saved),
        (&mut sum.sent, more.sent),
        (&mut sum.included, more.included),
        (&mut sum.settled, more.settled),
        (&mut sum.released, more.released),
    ];
    for (sum, more) in pairs {
        *sum = sum.saturating_add(more);
    }
}
