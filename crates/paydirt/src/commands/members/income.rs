//! `paydirt members income`.

use paydirt_app::members::{MemberIncome, MemberLine};
use serde::Serialize;

use super::figures;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

#[derive(Serialize)]
struct Shown<R: Serialize> {
    rows: R,
    totals: Totals,
}

#[derive(Serialize)]
struct Totals {
    gross: String,
    fee: String,
    net: String,
}

/// The sums of no lines, of whatever coin.
const NOTHING: &str = "0.000000000";

pub(super) fn print_income(globals: &Globals, found: &MemberIncome) -> anyhow::Result<()> {
    let rows = rows(&found.lines);
    let sum = |of: fn(&paydirt_app::members::Totals) -> paydirt_money::Amount| {
        let sum = found.totals.as_ref().map(|totals| of(totals).to_fixed());
        sum.unwrap_or_else(|| NOTHING.to_owned())
    };
    let totals = Totals {
        gross: sum(|totals| totals.gross),
        fee: sum(|totals| totals.fee),
        net: sum(|totals| totals.net),
    };
    match globals.output() {
        Format::Json => {
            let rows = rows.list();
            print_json(&Shown { rows, totals })?;
        }
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            rows.print(Format::Table)?;
            let Totals { gross, fee, net } = totals;
            print(&format!("\ngross {gross}, fee {fee}, net {net}\n"))?;
        }
    }
    Ok(())
}

fn rows(lines: &[MemberLine]) -> Rows<16> {
    let mut rows = Rows::new([
        "day",
        "pool",
        "stream",
        "order",
        "power_bytes",
        "coefficient",
        "ratio",
        "net_ratio",
        "gross",
        "fee_rate",
        "fee",
        "net",
        "vested_now",
        "vesting",
        "settlement",
        "revision",
    ]);
    for of in lines {
        let (line, explained) = (&of.line, &of.explained);
        let units = |units: i64| -> Cell { figures::units(units, of.coin) };
        rows.push([
            of.day.to_string().into(),
            of.pool.as_str().into(),
            of.stream.as_str().into(),
            line.order.as_str().into(),
            line.power.bytes().to_string().into(),
            explained.coefficient.to_string().into(),
            figures::ratio(explained.ratio),
            figures::ratio(explained.net_ratio),
            units(line.gross),
            line.fee_rate.to_string().into(),
            units(line.fee),
            units(explained.net),
            units(explained.vested_now),
            units(explained.vesting),
            figures::number(line.settlement.get()),
            figures::number(of.revision),
        ]);
    }
    rows
}
