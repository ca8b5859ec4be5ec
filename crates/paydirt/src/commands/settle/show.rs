//! `paydirt settle show`.

use std::fmt::Write as _;

use paydirt_app::settle::{LineShown, SettlementShown, show};
use paydirt_money::{BaseUnits, Coin};
use paydirt_schedule::Day;
use serde::Serialize;

use super::super::{figures, wait};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

#[derive(Serialize)]
struct Shown<'s, F: Serialize, S: Serialize, L: Serialize> {
    pool: &'s str,
    stream: &'s str,
    day: String,
    settlement: i64,
    revision: i64,
    coin: String,
    figures: F,
    sums: S,
    lines: L,
}

pub(super) fn run(
    globals: &Globals,
    pool: &str,
    stream: Option<&str>,
    day: Day,
    lines: bool,
) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let all = wait(async { Ok(show(&settings, pool, stream, day, lines).await?) })?;
    match globals.output() {
        Format::Json => json(pool, &all)?,
        Format::Csv if lines => table_of_lines(&all).print(Format::Csv)?,
        Format::Csv => table_of_sums(&all).print(Format::Csv)?,
        Format::Table => text(&all, lines)?,
    }
    let matches = |of: &SettlementShown| of.sums.iter().all(paydirt_app::settle::Sum::matches);
    Ok(match all.iter().all(matches) {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

fn json(pool: &str, all: &[SettlementShown]) -> anyhow::Result<()> {
    let (figures, sums, lines): (Vec<_>, Vec<_>, Vec<_>) = all
        .iter()
        .map(|of| {
            let one = std::slice::from_ref(of);
            (
                table_of_figures(of),
                table_of_sums(one),
                table_of_lines(one),
            )
        })
        .collect();
    let parts = figures.iter().zip(&sums).zip(&lines);
    let rows: Vec<_> = all
        .iter()
        .zip(parts)
        .map(|(of, ((figures, sums), lines))| Shown {
            pool,
            stream: &of.stream,
            day: of.settlement.day.to_string(),
            settlement: of.settlement.number.get(),
            revision: of.settlement.revision,
            coin: of.coin.to_string(),
            figures: figures.list(),
            sums: sums.list(),
            lines: lines.list(),
        })
        .collect();
    Ok(print_json(&serde_json::json!({ "rows": rows }))?)
}

fn text(all: &[SettlementShown], lines: bool) -> anyhow::Result<()> {
    let mut text = String::new();
    for of in all {
        let (number, day) = (of.settlement.number, of.settlement.day);
        // Writing to a String does not fail.
        let _written = writeln!(text, "{} {day}, settlement {number}\n", of.stream);
        text.push_str(&table_of_figures(of).to_table());
        text.push('\n');
        text.push_str(&table_of_sums(std::slice::from_ref(of)).to_table());
        if lines {
            text.push('\n');
            text.push_str(&table_of_lines(std::slice::from_ref(of)).to_table());
        }
        text.push('\n');
    }
    Ok(print(&text)?)
}

fn table_of_figures(of: &SettlementShown) -> Rows<2> {
    let (computed, coin) = (&of.settlement.computed, of.coin);
    let base = |units: BaseUnits| figures::exact(units, coin);
    let units = |units: i64| figures::units(units, coin);
    let power = computed.pool_power;
    let mut rows = Rows::new(["figure", "value"]);
    for (figure, value) in [
        ("items", base(computed.items)),
        ("deductions", base(computed.deductions)),
        ("carried in", base(computed.carried_in)),
        ("loss carried in", base(computed.loss_in)),
        ("shared", units(computed.income)),
        ("net", units(computed.net)),
        ("fees", units(computed.fee)),
        ("retained", units(computed.retained)),
        ("free at once", units(computed.immediate)),
        (
            "vesting",
            units(computed.net.saturating_sub(computed.immediate)),
        ),
        ("carried out", base(computed.carried_out)),
        ("loss", base(computed.loss)),
        ("loss carried out", base(computed.loss_out)),
        (
            "pool power in bytes",
            power.map(|(power, _)| power.bytes().to_string()).into(),
        ),
        (
            "pool power of",
            power.map(|(_, day)| day.to_string()).into(),
        ),
        (
            "sold in millionths of a byte",
            computed.sold.to_string().into(),
        ),
        (
            "whole in millionths of a byte",
            computed.whole.to_string().into(),
        ),
        ("orders", of.settlement.lines.into()),
        ("members", computed.members.into()),
        ("day began", computed.begins_at.to_string().into()),
        ("day ended", computed.ends_at.to_string().into()),
        ("time zone", computed.zone.as_str().into()),
        ("rules", u64::from(computed.rule).into()),
        ("terms", computed.terms.as_str().into()),
        ("hash", hex(&of.settlement.hash).into()),
        ("settled at", of.settlement.settled_at.to_string().into()),
        ("settled by", of.settlement.settled_by.as_str().into()),
        ("reason", Cell::from(computed.reason.as_deref())),
    ] {
        rows.push([figure.into(), value]);
    }
    rows
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn table_of_sums(all: &[SettlementShown]) -> Rows<5> {
    let mut rows = Rows::new(["stream", "sums", "left", "right", "matches"]);
    for of in all {
        for sum in &of.sums {
            rows.push([
                of.stream.as_str().into(),
                sum.what.into(),
                side(sum.left, of.coin),
                side(sum.right, of.coin),
                sum.matches().into(),
            ]);
        }
    }
    rows
}

fn side(units: Option<u128>, coin: Coin) -> Cell {
    units
        .map(|units| figures::exact(BaseUnits::new(units), coin))
        .into()
}

fn table_of_lines(all: &[SettlementShown]) -> Rows<13> {
    let mut rows = Rows::new([
        "stream",
        "order",
        "member",
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
    ]);
    for of in all {
        for LineShown { line, explained } in &of.lines {
            let units = |units: i64| figures::units(units, of.coin);
            rows.push([
                of.stream.as_str().into(),
                line.order.as_str().into(),
                line.member.as_str().into(),
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
            ]);
        }
    }
    rows
}
