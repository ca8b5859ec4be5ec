//! HTML: one file that needs no other, no script and no network, and that prints.
//!
//! It has the columns that a page has room for, without those that are empty; files have all.

use std::io::Write;

use askama::Template;
use paydirt_money::Coin;

use crate::{Cell, Column, Document, Kind, ReportError, Room, Table};

/// Rows of a table that a page has: a browser can't lay out a million.
const ROWS: usize = 20_000;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'d> {
    title: &'d str,
    coin: Coin,
    facts: Vec<Shown>,
    notes: &'d [String],
    charts: Vec<Drawn<'d>>,
    tables: Vec<Laid<'d>>,
}

struct Shown {
    title: &'static str,
    value: String,
}

struct Drawn<'d> {
    title: &'d str,
    /// Made by a template of ours, which escapes.
    svg: String,
}

struct Laid<'d> {
    title: &'d str,
    about: &'d str,
    columns: Vec<Head<'d>>,
    rows: Vec<Vec<Square>>,
    totals: Vec<Square>,
    left_out: usize,
}

struct Head<'d> {
    title: &'d str,
    about: &'d str,
    is_number: bool,
}

struct Square {
    text: String,
    class: &'static str,
}

/// Writes a report as a page; every text in it is escaped.
///
/// # Errors
/// `Write`.
pub fn write(document: &Document, out: &mut impl Write) -> Result<(), ReportError> {
    let coin = document.coin;
    let fact = |fact: &crate::Fact| Shown {
        title: fact.title,
        value: match &fact.value {
            amount @ (Cell::Amount(_) | Cell::Base(_)) => format!("{} {coin}", amount.plain(coin)),
            other => other.plain(coin).into_owned(),
        },
    };
    let mut charts = Vec::with_capacity(document.charts.len());
    for chart in &document.charts {
        charts.push(Drawn {
            title: &chart.title,
            svg: chart.svg(coin).map_err(of_template)?,
        });
    }
    let tables = document.tables.iter().map(|table| laid(table, coin));
    let page = Page {
        title: &document.title,
        coin,
        facts: document.facts.iter().map(fact).collect(),
        notes: &document.notes,
        charts,
        tables: tables.collect::<Result<_, _>>()?,
    };
    Ok(page.write_into(out)?)
}

fn of_template(error: askama::Error) -> ReportError {
    ReportError::Write(std::io::Error::other(error.to_string()))
}

/// The columns that a page has room for and that have a value somewhere.
fn seen(table: &Table) -> Result<Vec<bool>, ReportError> {
    let room = |column: &Column| column.room >= Room::Page;
    let mut has_value = vec![table.rows.count() == 0; table.columns.len()];
    table.rows.for_each(&mut |row| {
        for (has, cell) in has_value.iter_mut().zip(row) {
            *has |= *cell != Cell::Nothing;
        }
        Ok(())
    })?;
    let columns = table.columns.iter().zip(has_value);
    Ok(columns.map(|(column, has)| has && room(column)).collect())
}

fn laid(table: &Table, coin: Coin) -> Result<Laid<'_>, ReportError> {
    let seen = seen(table)?;
    let mut rows = Vec::with_capacity(table.rows.count().min(ROWS));
    let mut left_out: usize = 0;
    table.rows.for_each(&mut |row| {
        match rows.len() < ROWS {
            true => rows.push(squares(table, &seen, row, coin)),
            false => left_out = left_out.saturating_add(1),
        }
        Ok(())
    })?;
    let head = |(column, _): (&'_ Column, &bool)| Head {
        title: column.title,
        about: column.about,
        is_number: matches!(column.kind, Kind::Amount | Kind::Number),
    };
    let columns = table.columns.iter().zip(&seen).filter(|(_, seen)| **seen);
    let totals = table.totals.as_deref().unwrap_or_default();
    Ok(Laid {
        title: table.title,
        about: table.about,
        columns: columns.map(head).collect(),
        rows,
        totals: squares(table, &seen, totals, coin),
        left_out,
    })
}

fn squares(table: &Table, seen: &[bool], row: &[Cell], coin: Coin) -> Vec<Square> {
    let square = |((column, cell), _): ((&Column, &Cell), &bool)| Square {
        text: cell.plain(coin).into_owned(),
        class: match column.kind {
            Kind::Amount | Kind::Number => "n",
            Kind::Words => "w",
            Kind::Text => "",
        },
    };
    let cells = table.columns.iter().zip(row).zip(seen);
    cells.filter(|(_, seen)| **seen).map(square).collect()
}
