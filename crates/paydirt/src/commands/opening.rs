//! `paydirt import opening`.

use paydirt_app::imports::opening::{self, OpeningFile, OpeningPlan};
use paydirt_settlement::Opened;
use serde::Serialize;

use super::{figures, wait};
use crate::cli::ImportCommand;
use crate::confirm::{can_ask, confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Format, Rows, print, print_json};
use crate::progress::CountBar;

pub(super) fn run(globals: &Globals, command: ImportCommand) -> anyhow::Result<Exit> {
    let ImportCommand::Opening(arguments) = command;
    let settings = globals.settings()?;
    let file = OpeningFile {
        path: arguments.file,
        sheet: arguments.sheet,
        pool: arguments.of.pool,
        totals: arguments.totals,
        create_members: arguments.create_members,
    };
    let plan = wait(async { Ok(opening::plan(&settings, &file).await?) })?;
    if arguments.dry_run {
        tell(globals, &file, &plan, &plan.opened, true)?;
        return Ok(Exit::Done);
    }
    need_yes_or_terminal(globals)?;
    if !globals.yes && can_ask() {
        print(&in_words(&plan, &plan.opened)?)?;
        let pool = &file.pool;
        confirm(
            globals,
            &format!("Open pool {pool} with this? It is done once."),
        )?;
    }
    let opened = wait(async {
        let mut bar = CountBar::default();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let progress = |posted, of| bar.at(&file.pool, count(posted), count(of), "parts");
        let opened = opening::run(&settings, &file, &plan, progress).await;
        bar.end();
        Ok(opened?)
    })?;
    tell(globals, &file, &plan, &opened, false)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Told<'a, R: Serialize> {
    dry_run: bool,
    pool: &'a str,
    file: String,
    sha256: String,
    /// The accounting day.
    day: String,
    coin: String,
    members: u64,
    added: &'a [String],
    vesting_parts: u64,
    owed: String,
    rows: R,
}

fn tell(
    globals: &Globals,
    file: &OpeningFile,
    plan: &OpeningPlan,
    opened: &Opened,
    dry_run: bool,
) -> anyhow::Result<()> {
    let rows = rows(opened);
    match globals.output() {
        Format::Json => print_json(&Told {
            dry_run,
            pool: &file.pool,
            file: file.path.display().to_string(),
            sha256: plan.sha256(),
            day: opened.day.to_string(),
            coin: plan.coin.to_string(),
            members: opened.members,
            added: &opened.added,
            vesting_parts: opened.parts,
            owed: opened.owed.to_fixed(),
            rows: rows.list(),
        })?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            print(&in_words(plan, opened)?)?;
            if dry_run {
                print("Nothing was written.\n")?;
            }
        }
    }
    Ok(())
}

fn rows(opened: &Opened) -> Rows<5> {
    let mut rows = Rows::new(["bucket", "stream", "rows", "amount", "coin"]);
    for of in &opened.sums {
        rows.push([
            of.bucket.kind().name().into(),
            of.bucket.stream().into(),
            of.rows.into(),
            figures::amount(of.amount),
            of.amount.coin().to_string().into(),
        ]);
    }
    rows
}

/// As a table, and what it means.
fn in_words(plan: &OpeningPlan, opened: &Opened) -> anyhow::Result<String> {
    let mut text = rows(opened).rendered(Format::Table)?;
    let Opened {
        day,
        owed,
        members,
        added,
        parts,
        ..
    } = opened;
    text += &format!(
        "\nSHA-256 {}\nposted on {day} against opening equity\n",
        plan.sha256()
    );
    text += &format!("{members} members can claim {owed}\n");
    if *parts > 0 {
        text += &format!("{parts} parts go on vesting with the pool's first day\n");
    }
    if let Some(first) = added.first() {
        let more = if added.len() > 1 { ", …" } else { "" };
        text += &format!("members added: {}, {first}{more}\n", added.len());
    }
    Ok(text)
}
