//! `paydirt ledger`.

use paydirt_app::ledger;
use paydirt_app::wire::Scope;
use paydirt_books::Verifying;

use super::wait;
use crate::cli_books::LedgerCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;
use crate::progress::CountBar;

pub(super) fn run(globals: &Globals, command: LedgerCommand) -> anyhow::Result<Exit> {
    let LedgerCommand::Verify { pool } = command;
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
