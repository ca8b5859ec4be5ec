//! `paydirt payouts reconcile`.

use paydirt_app::payouts::{ReconcileRequest, WalletReconciled, reconcile};
use paydirt_ledger::{HoldState, ReapplyOutcome};
use serde::Serialize;

use super::{Context, resolve};
use crate::confirm::{confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::output::{Format, Rows, print as print_text, print_json};

#[derive(Serialize)]
struct Shown<R: Serialize> {
    dry_run: bool,
    rows: R,
    wallets: Vec<Wallet>,
}

#[derive(Serialize)]
struct Wallet {
    wallet: String,
    /// Nonces that were used without this journal.
    nonces: u64,
}

pub(super) async fn run(it: Context<'_>, request: ReconcileRequest) -> anyhow::Result<Exit> {
    if !request.dry_run {
        need_yes_or_terminal(it.globals)?;
        if !it.globals.yes {
            let look = ReconcileRequest {
                dry_run: true,
                ..request.clone()
            };
            eprint!(
                "{}",
                text(&reconcile(it.settings, &look, it.stop).await?, true)
            );
            confirm(
                it.globals,
                "Bring ledgers, journal and chain together by this?",
            )?;
        }
    }
    let done = reconcile(it.settings, &request, it.stop).await?;
    let rows = rows(&done);
    match it.globals.output() {
        Format::Json => print_json(&Shown {
            dry_run: request.dry_run,
            rows: rows.list(),
            wallets: done.iter().map(wallet).collect(),
        })?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => print_text(&text(&done, request.dry_run))?,
    }
    Ok(Exit::Done)
}

fn wallet(of: &WalletReconciled) -> Wallet {
    Wallet {
        wallet: of.wallet.clone(),
        nonces: of.done.nonces,
    }
}

fn rows(all: &[WalletReconciled]) -> Rows<7> {
    let mut rows = Rows::new(["wallet", "what", "leg", "member", "amount", "coin", "found"]);
    for of in all {
        for (leg, outcome) in &of.done.reapplied {
            rows.push([
                of.wallet.as_str().into(),
                "brought to the ledger again".into(),
                leg.id.to_string().into(),
                leg.member.as_str().into(),
                leg.amount.to_fixed().into(),
                leg.amount.coin().to_string().into(),
                reapplied(outcome).into(),
            ]);
        }
        for (leg, found) in &of.done.orphans {
            rows.push([
                of.wallet.as_str().into(),
                "held, and unknown to the journal".into(),
                leg.leg.to_string().into(),
                leg.member.as_str().into(),
                leg.amount.to_fixed().into(),
                leg.amount.coin().to_string().into(),
                resolve::found(found).0.into(),
            ]);
        }
    }
    rows
}

/// How the ledger had a leg that the journal knows.
fn reapplied(outcome: &ReapplyOutcome) -> String {
    let (from, receivable) = match outcome {
        ReapplyOutcome::Unchanged => return "was so already".to_owned(),
        ReapplyOutcome::Applied { from, receivable } => (from, receivable),
    };
    let was = match from {
        HoldState::Absent => "was unknown there",
        HoldState::Held => "was held",
        HoldState::RolledBack => "was rolled back by another program",
        HoldState::Settled => "was paid",
        HoldState::Released => "was given back",
        HoldState::Void => "was void",
    };
    match receivable.units() {
        0 => was.to_owned(),
        _ => format!("{was}; the balance lacked {receivable}, which the member owes"),
    }
}

fn text(all: &[WalletReconciled], dry_run: bool) -> String {
    let rows = rows(all);
    let mut text = match rows.is_empty() {
        true => String::new(),
        false => rows.to_table(),
    };
    for of in all.iter().map(wallet) {
        text += &format!(
            "wallet {}: {} nonces were used without this journal\n",
            of.wallet, of.nonces
        );
    }
    if dry_run {
        text += "Nothing was moved.\n";
    }
    text
}
