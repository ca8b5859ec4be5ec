//! `paydirt withdrawals compare` and `import`.

use std::path::PathBuf;

use paydirt_app::withdrawals::{self, CompareAsked, ImportFile};
use paydirt_books::WithdrawalState;
use paydirt_withdrawals::compare::{Compared, Found};
use serde_json::json;

use super::wait;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

pub(super) fn compare(
    globals: &Globals,
    path: PathBuf,
    pool: String,
    state: WithdrawalState,
    sheet: Option<String>,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let asked = CompareAsked {
        path,
        sheet,
        pool,
        state,
    };
    let found = wait(async { Ok(withdrawals::compare(&settings, &asked).await?) })?;
    let mut rows = Rows::new(["withdrawal", "row", "found", "field", "books", "sheet"]);
    for line in &found.lines {
        rows.push(cells(line));
    }
    let differ = found
        .lines
        .iter()
        .filter(|line| line.found != Found::Equal)
        .count();
    rows.print(globals.output())?;
    if globals.output() == Format::Table {
        let equal = found.lines.len().saturating_sub(differ);
        print(&format!("\n{equal} equal, {differ} differences\n"))?;
    }
    Ok(match differ {
        0 => Exit::Done,
        _ => Exit::Attention,
    })
}

fn cells(line: &Compared) -> [Cell; 6] {
    let (field, books, sheet) = match &line.found {
        Found::Different {
            field,
            books,
            sheet,
        } => (Some(*field), Some(books.as_str()), Some(sheet.as_str())),
        _ => (None, None, None),
    };
    [
        line.withdrawal.as_str().into(),
        line.row.into(),
        line.found.name().into(),
        field.into(),
        books.into(),
        sheet.into(),
    ]
}

pub(super) fn import(
    globals: &Globals,
    path: PathBuf,
    pool: String,
    sheet: Option<String>,
    dry_run: bool,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let file = ImportFile {
        path,
        sheet,
        pool,
        dry_run,
    };
    let done = wait(async { Ok(withdrawals::import(&settings, &file).await?) })?;
    let mut rows = Rows::new(["former", "withdrawal"]);
    for (former, number) in &done.new {
        // A dry run gives ids that others will have.
        let number = (!dry_run).then(|| number.unsigned_abs());
        rows.push([former.as_str().into(), number.into()]);
    }
    match globals.output() {
        Format::Json => print_json(&json!({
            "dry_run": dry_run, "new": done.new.len(), "unchanged": done.unchanged,
            "rows": rows.list(),
        }))?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            rows.print(Format::Table)?;
            let (new, unchanged) = (done.new.len(), done.unchanged);
            print(&format!("\n{new} new, {unchanged} unchanged\n"))?;
            if dry_run {
                print("Nothing was written.\n")?;
            }
        }
    }
    Ok(Exit::Done)
}
