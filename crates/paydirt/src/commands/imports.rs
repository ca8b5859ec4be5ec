//! `paydirt members import`, `paydirt orders import`, `paydirt orders transfer`.

use paydirt_app::imports::{self, MembersFile, OrdersFile, Transfer};
use paydirt_settlement::{Imported, RowChange, Transferred};
use serde::Serialize;

use super::wait;
use crate::cli_imports::{MembersImportArguments, OrdersImportArguments, TransferArguments};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Format, Rows, print, print_json};

/// Rows that a table shows.
const SHOWN: usize = 50;

pub(super) fn members(
    globals: &Globals,
    arguments: MembersImportArguments,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let file = MembersFile {
        path: arguments.file,
        sheet: arguments.sheet,
        pool: arguments.pool,
        dry_run: arguments.dry_run,
    };
    let done = wait(async { Ok(imports::import_members_file(&settings, &file).await?) })?;
    tell(globals, "member", &done, file.dry_run)
}

pub(super) fn orders(globals: &Globals, arguments: OrdersImportArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let file = OrdersFile {
        path: arguments.file,
        sheet: arguments.sheet,
        pool: arguments.of.pool,
        coefficient: arguments.coefficient,
        valid_from: arguments.valid_from,
        create_members: arguments.create_members,
        note: arguments.note,
        dry_run: arguments.dry_run,
    };
    let done = wait(async { Ok(imports::import_orders_file(&settings, &file).await?) })?;
    tell(globals, "order", &done, file.dry_run)
}

pub(super) fn transfer(globals: &Globals, arguments: TransferArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let asked = Transfer {
        pool: arguments.of.pool,
        order: arguments.order,
        to: arguments.to,
        from: arguments.from_day,
        with_vesting: arguments.with_vesting,
        dry_run: arguments.dry_run,
    };
    let done = wait(async { Ok(imports::transfer(&settings, &asked).await?) })?;
    transferred(globals, &asked, &done)?;
    Ok(Exit::Done)
}

fn transferred(globals: &Globals, asked: &Transfer, done: &Transferred) -> anyhow::Result<()> {
    let mut rows = Rows::new(["order", "before", "after", "from_day", "vesting", "coin"]);
    rows.push([
        asked.order.as_str().into(),
        done.before.member.as_str().into(),
        asked.to.as_str().into(),
        asked.from.to_string().into(),
        done.vesting.to_fixed().into(),
        done.vesting.coin().symbol().into(),
    ]);
    rows.print(globals.output())?;
    if asked.dry_run && globals.output() == Format::Table {
        print("Nothing was written.\n")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Told<'a> {
    dry_run: bool,
    new: u64,
    changed: u64,
    unchanged: u64,
    absent: &'a [String],
    rows: Vec<ToldRow<'a>>,
    /// New and changed rows beyond those.
    rows_left_out: u64,
}

#[derive(Serialize)]
struct ToldRow<'a> {
    row: u64,
    id: &'a str,
    what: &'static str,
    changes: Vec<[&'a str; 3]>,
    note: Option<&'a str>,
}

fn what(change: &RowChange) -> &'static str {
    match change.is_new {
        true => "new",
        false => "changed",
    }
}

fn told(change: &RowChange) -> ToldRow<'_> {
    let fields = change.fields.iter();
    ToldRow {
        row: change.row,
        id: &change.id,
        what: what(change),
        changes: fields.map(|it| [it.field, &it.before, &it.after]).collect(),
        note: change.note.as_deref(),
    }
}

fn tell(globals: &Globals, noun: &str, done: &Imported, dry_run: bool) -> anyhow::Result<Exit> {
    match globals.output() {
        Format::Json => print_json(&Told {
            dry_run,
            new: done.new,
            changed: done.changed,
            unchanged: done.unchanged,
            absent: &done.absent,
            rows: done.rows.iter().map(told).collect(),
            rows_left_out: beyond(done, usize::MAX),
        })?,
        Format::Csv => {
            rows(done, usize::MAX).print(Format::Csv)?;
            match beyond(done, usize::MAX) {
                0 => {}
                more => tracing::warn!("{more} more rows are new or changed, and not listed"),
            }
        }
        Format::Table => {
            if dry_run || globals.verbose > 0 {
                rows(done, SHOWN).print(Format::Table)?;
                more(done)?;
            }
            print(&summary(noun, done, dry_run))?;
        }
    }
    Ok(Exit::Done)
}

fn rows(done: &Imported, most: usize) -> Rows<5> {
    let mut rows = Rows::new(["row", "id", "what", "changes", "note"]);
    for change in done.rows.iter().take(most) {
        let of = |it: &paydirt_settlement::FieldChange| match change.is_new {
            true => format!("{} {}", it.field, it.after),
            false => format!("{} {:?} → {:?}", it.field, it.before, it.after),
        };
        let fields: Vec<String> = change.fields.iter().map(of).collect();
        rows.push([
            change.row.into(),
            change.id.as_str().into(),
            what(change).into(),
            fields.join(", ").into(),
            change.note.as_deref().into(),
        ]);
    }
    rows
}

/// How many rows are new or changed beyond those that are shown.
fn beyond(done: &Imported, most: usize) -> u64 {
    let all = done.new.saturating_add(done.changed);
    let shown = u64::try_from(done.rows.len().min(most)).unwrap_or(u64::MAX);
    all.saturating_sub(shown)
}

fn more(done: &Imported) -> anyhow::Result<()> {
    match beyond(done, SHOWN) {
        0 => {}
        more => print(&format!("… and {more} more\n"))?,
    }
    Ok(())
}

fn summary(noun: &str, done: &Imported, dry_run: bool) -> String {
    let Imported {
        new,
        changed,
        unchanged,
        ..
    } = done;
    let mut text = format!("{noun}s: {new} new, {changed} changed, {unchanged} unchanged\n");
    if let Some(first) = done.absent.first() {
        let count = done.absent.len();
        text += &format!(
            "{count} imported before are not in this file, and stay as they are: {first}{}\n",
            if count > 1 { ", …" } else { "" }
        );
    }
    if dry_run {
        text += "Nothing was written.\n";
    }
    text
}
