//! Who would be paid, and who not.

use std::fmt::Write as _;

use paydirt_app::payouts::Dry;
use serde::Serialize;

use super::{Context, coins};
use crate::failure::Exit;
use crate::output::{Cell, Format, Rows, print as print_text, print_json};

/// Rows shown before the question; all are in a dry run.
const ROWS_BEFORE_THE_QUESTION: usize = 20;

#[derive(Serialize)]
struct Shown<R: Serialize> {
    dry_run: bool,
    rows: R,
    wallets: Vec<Wallet>,
}

#[derive(Serialize)]
struct Wallet {
    wallet: String,
    coin: String,
    payments: usize,
    /// Amounts and fees, fees at their cap.
    cost: String,
    balance: String,
    missing: String,
    in_flight: usize,
    below_threshold: usize,
    held_up: Option<String>,
    refused: Vec<String>,
}

/// Prints the result of a dry run; exit code 3 if the run would be refused or held up.
pub(super) fn print(it: Context<'_>, all: &[Dry]) -> anyhow::Result<Exit> {
    let rows = rows(all, usize::MAX);
    match it.globals.output() {
        Format::Json => print_json(&Shown {
            dry_run: true,
            rows: rows.list(),
            wallets: all.iter().map(wallet).collect(),
        })?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            let table = if rows.is_empty() {
                String::new()
            } else {
                rows.to_table()
            };
            print_text(&format!("{table}{}Nothing was moved.\n", totals(all)))?;
        }
    }
    let troubled = |dry: &Dry| !dry.refused.is_empty() || dry.preview.held_up.is_some();
    Ok(match all.iter().any(troubled) {
        true => Exit::Attention,
        false => Exit::Done,
    })
}

/// Shows a person what is about to be confirmed.
pub(super) fn show(all: &[Dry]) {
    let rows = rows(all, ROWS_BEFORE_THE_QUESTION);
    let table = if rows.is_empty() {
        String::new()
    } else {
        rows.to_table()
    };
    let shown: usize = all.iter().map(|dry| dry.preview.plan.chosen.len()).sum();
    let more = match shown.saturating_sub(ROWS_BEFORE_THE_QUESTION) {
        0 => String::new(),
        more => format!("and {more} more (--dry-run shows all)\n"),
    };
    eprint!("{table}{more}{}", totals(all));
}

fn rows(all: &[Dry], limit: usize) -> Rows<7> {
    let mut rows = Rows::new([
        "pool", "member", "address", "amount", "coin", "pay", "reason",
    ]);
    let chosen = all.iter().flat_map(|dry| &dry.preview.plan.chosen);
    for one in chosen.take(limit) {
        rows.push([
            one.pool.as_str().into(),
            one.member.as_str().into(),
            one.address.as_str().into(),
            one.amount.to_fixed().into(),
            one.amount.coin().to_string().into(),
            true.into(),
            Cell::Nothing,
        ]);
    }
    for skipped in all.iter().flat_map(|dry| &dry.preview.plan.skipped) {
        rows.push([
            skipped.pool.as_str().into(),
            skipped.member.as_str().into(),
            skipped.address.as_str().into(),
            skipped.amount.to_fixed().into(),
            skipped.amount.coin().to_string().into(),
            false.into(),
            skipped.why.to_string().into(),
        ]);
    }
    for (pool, bad) in all.iter().flat_map(|dry| &dry.preview.unreadable) {
        rows.push([
            pool.as_str().into(),
            bad.member.as_str().into(),
            Cell::Nothing,
            Cell::Nothing,
            Cell::Nothing,
            false.into(),
            format!("it can't be paid: {}", bad.reason).into(),
        ]);
    }
    for (pool, waiting) in all.iter().flat_map(|dry| &dry.preview.waiting) {
        rows.push([
            pool.as_str().into(),
            waiting.member.as_str().into(),
            Cell::Nothing,
            waiting.amount.to_fixed().into(),
            waiting.amount.coin().to_string().into(),
            false.into(),
            format!("it waits: {}", waiting.reason).into(),
        ]);
    }
    rows
}

fn wallet(dry: &Dry) -> Wallet {
    let Dry {
        wallet,
        coin,
        preview,
        refused,
    } = dry;
    Wallet {
        wallet: wallet.clone(),
        coin: coin.to_string(),
        payments: preview.plan.chosen.len(),
        cost: coins(preview.plan.cost, *coin),
        balance: coins(preview.account.balance, *coin),
        missing: coins(preview.plan.missing, *coin),
        in_flight: preview.in_flight,
        below_threshold: preview.below.values().sum(),
        held_up: preview.held_up.clone(),
        refused: refused.clone(),
    }
}

fn totals(all: &[Dry]) -> String {
    let mut text = String::new();
    for of in all.iter().map(wallet) {
        let Wallet {
            wallet,
            coin,
            payments,
            cost,
            balance,
            missing,
            in_flight,
            below_threshold,
            held_up,
            refused,
        } = of;
        // Writing to a text doesn't fail.
        let _ = writeln!(
            text,
            "wallet {wallet}: {payments} payments for at most {cost} {coin} with fees, of \
             {balance} {coin}; {below_threshold} members are below their threshold, {in_flight} \
             payments in flight"
        );
        if missing != "0" {
            let _ = writeln!(
                text,
                "wallet {wallet} lacks {missing} {coin} to pay everybody"
            );
        }
        if let Some(reason) = held_up {
            let _ = writeln!(text, "wallet {wallet}: nothing would be planned: {reason}");
        }
        for refusal in refused {
            let _ = writeln!(text, "wallet {wallet}: the run would be refused: {refusal}");
        }
    }
    text
}
