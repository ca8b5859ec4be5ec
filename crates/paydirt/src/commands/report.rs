//! `paydirt report`.

use paydirt_app::reports::{self, MemberRequest};
use paydirt_reports::daily::{View, document};
use paydirt_reports::{Document, csv, html, json, table, xlsx};

use super::wait;
use crate::cli_reports::{ReportCommand, ReportFormat, ReportTo, ViewArgument};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::out_file::Out;

pub(super) fn run(globals: &Globals, command: ReportCommand) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    match command {
        ReportCommand::Daily { of, days, view, to } => {
            let view = match view {
                ViewArgument::Booked => View::Booked,
                ViewArgument::Restated => View::Restated,
            };
            write(globals, &to, || {
                let days = days.pair();
                let daily = async { Ok(reports::daily(&settings, &of.pool, days, view).await?) };
                Ok(document(&wait(daily)?))
            })
        }
        ReportCommand::Member {
            member,
            of,
            days,
            to,
        } => {
            let asked = MemberRequest {
                member,
                pool: of.pool,
                from: days.from,
                to: days.to,
            };
            write(globals, &to, || {
                wait(async { Ok(reports::member(&settings, &asked).await?) })
            })
        }
        ReportCommand::Month { of, month, to } => write(globals, &to, || {
            wait(async { Ok(reports::month(&settings, &of.pool, month).await?) })
        }),
    }
}

/// Makes a report and writes it, once it is known that it can be.
fn write(
    globals: &Globals,
    to: &ReportTo,
    make: impl FnOnce() -> anyhow::Result<Document>,
) -> anyhow::Result<Exit> {
    let format = to.format.unwrap_or_else(|| globals.output().into());
    let is_text = !matches!(format, ReportFormat::Xlsx | ReportFormat::Html);
    let mut out = Out::begin(&to.file, is_text)?;
    let document = make()?;
    let mut target = out.target();
    match format {
        ReportFormat::Table => table::write(&document, &mut target),
        ReportFormat::Csv => csv::write(&document, &mut target),
        ReportFormat::Xlsx => xlsx::write(&document, &mut target),
        ReportFormat::Json => json::write(&document, &mut target),
        ReportFormat::Html => html::write(&document, &mut target),
    }?;
    out.end()?;
    Ok(Exit::Done)
}
