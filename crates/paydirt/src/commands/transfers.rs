//! `paydirt transfers`.

use paydirt_app::transfers::{self, TransferPlan, TransferShown};
use paydirt_books::TransferLine;
use paydirt_money::{Amount, Coin};

use super::{figures, wait};
use crate::cli_books::TransfersCommand;
use crate::confirm::{can_ask, confirm, need_yes_or_terminal};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print};

pub(super) fn run(globals: &Globals, command: TransfersCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    match command {
        TransfersCommand::Run {
            of,
            stream,
            dry_run,
        } => {
            let plan = wait(async { Ok(transfers::plan(&settings, &of.pool, &stream).await?) })?;
            if dry_run {
                print_plan(globals, &plan)?;
                return Ok(Exit::Done);
            }
            if plan.sums.members == 0 {
                tracing::info!("stream {stream} has collected nothing since the last transfer");
                list(globals, &[])?;
                return Ok(Exit::Done);
            }
            need_yes_or_terminal(globals)?;
            if !globals.yes && can_ask() {
                print(&lines(&plan.lines, plan.coin).rendered(Format::Table)?)?;
                let sum = Amount::from_units(plan.sums.amount, plan.coin);
                let members = plan.sums.members;
                confirm(globals, &format!("Move {sum} of {members} members?"))?;
            }
            let done = wait(async {
                Ok(transfers::run(&settings, &of.pool, &stream, &plan.sums).await?)
            })?;
            list(globals, done.as_slice())?;
        }
        TransfersCommand::List { of, lines, limit } => {
            let all =
                wait(async { Ok(transfers::list(&settings, &of.pool, limit, lines).await?) })?;
            match lines {
                true => list_lines(globals, &all)?,
                false => list(globals, &all)?,
            }
        }
    }
    Ok(Exit::Done)
}

const FIGURES: [&str; 4] = ["member", "amount", "available_before", "available_after"];

fn of_line(line: &TransferLine, coin: Coin) -> [Cell; 4] {
    [
        line.code.as_str().into(),
        figures::units(line.amount, coin),
        figures::units(line.available_before, coin),
        figures::units(line.available_after, coin),
    ]
}

fn lines(lines: &[TransferLine], coin: Coin) -> Rows<4> {
    let mut rows = Rows::new(FIGURES);
    for line in lines {
        rows.push(of_line(line, coin));
    }
    rows
}

fn print_plan(globals: &Globals, plan: &TransferPlan) -> anyhow::Result<()> {
    lines(&plan.lines, plan.coin).print(globals.output())?;
    if globals.output() == Format::Table {
        let sum = Amount::from_units(plan.sums.amount, plan.coin);
        print(&format!("{sum} of {} members\n", plan.sums.members))?;
    }
    Ok(())
}

fn list(globals: &Globals, all: &[TransferShown]) -> anyhow::Result<()> {
    let mut rows = Rows::new([
        "transfer", "stream", "amount", "coin", "members", "at", "by",
    ]);
    for shown in all {
        let of = &shown.transfer;
        rows.push([
            figures::number(of.number.get()),
            shown.stream.as_str().into(),
            figures::units(of.amount, shown.coin),
            shown.coin.to_string().into(),
            of.members.into(),
            of.at.to_string().into(),
            of.by.as_str().into(),
        ]);
    }
    Ok(rows.print(globals.output())?)
}

fn list_lines(globals: &Globals, all: &[TransferShown]) -> anyhow::Result<()> {
    let [member, amount, before, after] = FIGURES;
    let mut rows = Rows::new(["transfer", "stream", member, amount, before, after]);
    for shown in all {
        for line in &shown.lines {
            let [member, amount, before, after] = of_line(line, shown.coin);
            let transfer = figures::number(shown.transfer.number.get());
            let stream = shown.stream.as_str().into();
            rows.push([transfer, stream, member, amount, before, after]);
        }
    }
    Ok(rows.print(globals.output())?)
}
