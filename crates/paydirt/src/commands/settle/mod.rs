//! `paydirt settle`.

mod correct;
mod show;
mod verify;

use paydirt_app::settle::{self, DayDone, DayState, Figures, SettleRequest};
use paydirt_app::signals::stop_on_signals;
use paydirt_app::wire::Scope;
use paydirt_money::Amount;
use paydirt_payouts::Stop;

use super::{figures, wait};
use crate::cli_books::{SettleArguments, SettleCommand};
use crate::failure::{Exit, Failure};
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print};
use crate::progress::DaysBar;

pub(super) fn run(globals: &Globals, arguments: SettleArguments) -> anyhow::Result<Exit> {
    let asks = arguments.asks();
    match arguments.command {
        Some(_) if asks => Err(Failure::usage(
            "there are options of `paydirt settle` before its subcommand",
            "write them behind it",
        )
        .into()),
        Some(SettleCommand::Show {
            of,
            day,
            stream,
            lines,
        }) => show::run(globals, &of.pool, stream.as_deref(), day, lines),
        Some(SettleCommand::Correct(arguments)) => correct::run(globals, arguments),
        Some(SettleCommand::Verify { pool, days }) => {
            verify::run(globals, Scope { pool }, days.pair())
        }
        None => days(globals, arguments),
    }
}

fn days(globals: &Globals, arguments: SettleArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let span = arguments.from.zip(arguments.to);
    let days = arguments.day.map(|day| (day, day)).or(span);
    if let Some((from, to)) = days.filter(|(from, to)| from > to) {
        let what = format!("{from} is after {to}");
        return Err(Failure::usage(what, "write the earlier day as --from").into());
    }
    let request = SettleRequest {
        scope: Scope {
            pool: arguments.pool,
        },
        stream: arguments.stream,
        days,
        dry_run: arguments.dry_run,
    };
    let report = wait(async {
        let stop = Stop::default();
        stop_on_signals(&stop)?;
        let mut bar = DaysBar::default();
        let progress = |pool: &str, at: paydirt_settlement::Progress<'_>| {
            bar.at(&format!("{pool} {}", at.stream), at.day, at.to);
        };
        let report = settle::settle(&settings, &request, &stop, progress).await;
        bar.end();
        Ok(report?)
    })?;
    let mut failed = report.failed.into_iter();
    let first = failed.next();
    if first.is_none() || !report.days.is_empty() {
        show(globals, &report.days)?;
    }
    for other in failed {
        tracing::error!("{other}");
    }
    if let Some(error) = first {
        return Err(error.into());
    }
    let mut days = report.days.iter();
    let waits = days.any(|day| day.state == DayState::Waiting);
    Ok(if waits { Exit::Attention } else { Exit::Done })
}

fn show(globals: &Globals, done: &[DayDone]) -> anyhow::Result<()> {
    let mut rows = Rows::new([
        "pool", "day", "stream", "state", "income", "net", "fee", "retained", "vesting",
        "released", "reason",
    ]);
    for of in done {
        let sum = |figure: fn(&Figures) -> Amount| -> Cell {
            of.figures
                .as_ref()
                .map(|it| figures::amount(figure(it)))
                .into()
        };
        rows.push([
            of.pool.as_str().into(),
            of.day.to_string().into(),
            of.stream.as_str().into(),
            of.state.name().into(),
            sum(|it| it.income),
            sum(|it| it.net),
            sum(|it| it.fee),
            sum(|it| it.retained),
            sum(|it| it.vesting),
            of.released.map(figures::amount).into(),
            Cell::from(of.reason.as_deref()),
        ]);
    }
    if rows.is_empty() && globals.output() == Format::Table {
        print("No day is due.\n")?;
        return Ok(());
    }
    Ok(rows.print(globals.output())?)
}
