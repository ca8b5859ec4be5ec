//! `paydirt report`.

use std::path::Path;

use anyhow::Context as _;
use paydirt_app::reports::{self, DailyRow};
use paydirt_books::DailyStatistic;
use paydirt_money::PoolPower;

use super::{figures, wait};
use crate::cli_books::ReportCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Rows, print};

pub(super) fn run(globals: &Globals, command: ReportCommand) -> anyhow::Result<Exit> {
    let ReportCommand::Daily {
        of,
        days,
        format,
        out,
    } = command;
    let settings = globals.settings()?;
    let found = wait(async { Ok(reports::daily(&settings, &of.pool, days.pair()).await?) })?;
    let text = daily(&of.pool, &found).rendered(format.unwrap_or_else(|| globals.output()))?;
    match out {
        Some(file) => write(&file, &text)?,
        None => print(&text)?,
    }
    Ok(Exit::Done)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| {
        let file = file.display();
        format!("the report can't be written to {file}; give another path")
    })
}

fn daily(pool: &str, days: &[DailyRow]) -> Rows<28> {
    let mut rows = Rows::new([
        "pool",
        "stream",
        "day",
        "coin",
        "income",
        "deductions",
        "pool_power_bytes",
        "sold_power_bytes",
        "members",
        "net",
        "fees",
        "retained",
        "vested",
        "paid",
        "network_fees",
        "in_flight",
        "owed",
        "settlement",
        "status",
        "raw_power_bytes",
        "quality_adjusted_power_bytes",
        "income_per_pool_tib",
        "income_per_sold_tib",
        "mean_7",
        "deviation",
        "total_income",
        "total_net",
        "total_paid",
    ]);
    for row in days {
        let it = row.figures.as_ref();
        let units = |of: fn(&DailyStatistic) -> i64| -> Cell {
            it.map(|it| figures::units(of(it), row.coin)).into()
        };
        let maybe = |of: fn(&DailyStatistic) -> Option<i64>| -> Cell {
            it.and_then(of)
                .map(|units| figures::units(units, row.coin))
                .into()
        };
        let bytes = |power: Option<PoolPower>| -> Cell {
            power.map(|power| power.bytes().to_string()).into()
        };
        rows.push([
            pool.into(),
            row.stream.as_str().into(),
            row.day.to_string().into(),
            row.coin.to_string().into(),
            units(|it| it.income),
            units(|it| it.deductions),
            bytes(it.and_then(|it| it.pool_power.or(it.raw_power))),
            it.map(|it| it.sold_power.to_string()).into(),
            it.map(|it| it.members).into(),
            units(|it| it.net),
            units(|it| it.fees),
            units(|it| it.retained),
            units(|it| it.vested),
            units(|it| it.paid),
            it.map(|it| figures::exact(it.network_fees, row.coin))
                .into(),
            units(|it| it.in_flight),
            units(|it| it.owed),
            it.map(|it| figures::number(it.settlement.get())).into(),
            match it {
                Some(_) => "settled".into(),
                None => "waiting".into(),
            },
            bytes(it.and_then(|it| it.raw_power)),
            bytes(it.and_then(|it| it.adjusted_power)),
            maybe(|it| it.per_pool_tib),
            maybe(|it| it.per_sold_tib),
            maybe(|it| it.mean_7),
            it.and_then(|it| it.deviation_ppm)
                .map(figures::of_millionths)
                .into(),
            units(|it| it.total_income),
            units(|it| it.total_net),
            units(|it| it.total_paid),
        ]);
    }
    rows
}
