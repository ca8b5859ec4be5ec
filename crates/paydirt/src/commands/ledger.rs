//! `paydirt ledger`.

use paydirt_app::ledger;
use paydirt_app::wire::Scope;
use paydirt_books::{ClosedMonth, Verifying};

use super::{figures, wait};
use crate::cli_books::LedgerCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;
use crate::progress::CountBar;

pub(super) fn run(globals: &Globals, command: LedgerCommand) -> anyhow::Result<Exit> {
    match command {
        LedgerCommand::Verify { pool } => verify(globals, pool),
        LedgerCommand::Close {
            of,
            month,
            reason,
            dry_run,
        } => {
            let settings = globals.settings()?;
            let close = ledger::close(&settings, &of.pool, month, &reason, dry_run);
            let state = match dry_run {
                true => "can be closed",
                false => "closed",
            };
            let closed = wait(async { Ok(close.await?) })?;
            months(&of.pool, state, &[closed]).print(globals.output())?;
            Ok(Exit::Done)
        }
        LedgerCommand::Closed { of } => {
            let settings = globals.settings()?;
            let closed = wait(async { Ok(ledger::closed(&settings, &of.pool).await?) })?;
            months(&of.pool, "closed", &closed).print(globals.output())?;
            Ok(Exit::Done)
        }
    }
}

fn months(pool: &str, state: &str, closed: &[ClosedMonth]) -> Rows<7> {
    let mut rows = Rows::new([
        "pool",
        "month",
        "state",
        "postings",
        "reason",
        "closed_by",
        "closed_at",
    ]);
    for month in closed {
        rows.push([
            pool.into(),
            month.first_day.month().to_string().into(),
            state.into(),
            figures::number(month.postings),
            month.reason.as_str().into(),
            month.by.as_str().into(),
            month.at.to_string().into(),
        ]);
    }
    rows
}

fn verify(globals: &Globals, pool: Option<String>) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let all = wait(async {
        let mut bar = CountBar::default();
        let progress = |pool: &str, at: Verifying| {
            bar.at(pool, at.postings, at.of, &format!("{} lines", at.lines));
        };
        let all = ledger::verify(&settings, &Scope { pool }, progress).await;
        bar.end();
        Ok(all?)
    })?;
    let mut rows = Rows::new([
        "pool",
        "state",
        "postings",
        "entries",
        "settlements",
        "lines",
        "releases",
        "transfers",
        "movements",
        "balances",
        "withdrawals",
        "difference",
    ]);
    for of in &all {
        let looked = of.verified.looked;
        let difference = of.verified.difference.as_ref();
        rows.push([
            of.pool.as_str().into(),
            match difference {
                None => "right".into(),
                Some(_) => "differs".into(),
            },
            looked.postings.into(),
            looked.entries.into(),
            looked.settlements.into(),
            looked.lines.into(),
            looked.releases.into(),
            looked.transfers.into(),
            looked.movements.into(),
            looked.balances.into(),
            looked.withdrawals.into(),
            difference.map(ToString::to_string).into(),
        ]);
    }
    rows.print(globals.output())?;
    let right = all.iter().all(|of| of.verified.difference.is_none());
    Ok(if right { Exit::Done } else { Exit::Failed })
}
