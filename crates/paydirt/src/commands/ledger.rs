//! `paydirt ledger`.

use std::path::Path;

use anyhow::Context as _;
use paydirt_app::ledger::{self, ExportRequest};
use paydirt_app::wire::Scope;
use paydirt_books::{ClosedMonth, Verifying};
use paydirt_reports::ledger::Format as For;

use super::{figures, wait};
use crate::cli_reports::{LedgerCommand, LedgerFormat, LedgerPart, OutFile};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::out_file::Out;
use crate::output::{Format, Rows, print, print_json};
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
        LedgerCommand::Export { part, format, file } => export(globals, part, format, &file),
        LedgerCommand::Compare { file, part } => compare(globals, part, &file),
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

fn asked(part: LedgerPart) -> ExportRequest {
    ExportRequest {
        pool: part.of.pool,
        from: part.from,
        to: part.to,
        members: part.members,
    }
}

fn export(
    globals: &Globals,
    part: LedgerPart,
    format: LedgerFormat,
    file: &OutFile,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let format = match format {
        LedgerFormat::Csv => For::Csv,
        LedgerFormat::Hledger => For::Hledger,
        LedgerFormat::Beancount => For::Beancount,
    };
    let mut out = Out::begin(file, true)?;
    let target = out.target();
    wait(async { Ok(ledger::export(&settings, &asked(part), format, target).await?) })?;
    out.end()?;
    Ok(Exit::Done)
}

fn compare(globals: &Globals, part: LedgerPart, path: &Path) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let file = std::fs::File::open(path);
    let file = file.with_context(|| format!("{} can't be read; check the path", path.display()))?;
    let compared = wait(async { Ok(ledger::compare(&settings, &asked(part), file).await?) })?;
    let mut rows = Rows::new(["posting", "entry", "state", "column", "file", "books"]);
    for it in &compared.differences {
        rows.push([
            it.posting.as_str().into(),
            it.entry.as_str().into(),
            it.state.into(),
            it.column.into(),
            it.file.as_str().into(),
            it.books.as_str().into(),
        ]);
    }
    let differences = compared.differences.len();
    match globals.output() {
        Format::Json => print_json(&serde_json::json!({
            "equal": compared.equal,
            "differences": differences,
            "rows": rows.list(),
        }))?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            if differences > 0 {
                rows.print(Format::Table)?;
            }
            let equal = compared.equal;
            print(&format!(
                "{equal} entries are equal, {differences} are not\n"
            ))?;
        }
    }
    Ok(if differences == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
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
