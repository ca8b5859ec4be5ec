//! For terminals.

use std::io::Write;

use comfy_table::{CellAlignment, Table as Text, presets};

use crate::cell::spelled_out;
use crate::{Cell, Column, Document, Kind, ReportError, Room, Table};

/// Rows of a long table between two headers: a table takes two kilobytes of memory a row.
const PAGE: usize = 5000;

/// Writes a report as text for people, with the columns that fit.
///
/// # Errors
/// `Write`.
pub fn write(document: &Document, out: &mut impl Write) -> Result<(), ReportError> {
    writeln!(out, "{}", spelled_out(&document.title))?;
    for fact in &document.facts {
        let value = fact.value.plain(document.coin);
        writeln!(out, "{}: {}", fact.title, spelled_out(&value))?;
    }
    let mut is_whole = true;
    for table in &document.tables {
        is_whole &= table
            .columns
            .iter()
            .all(|column| column.room == Room::Terminal);
        writeln!(out, "\n{} ({})", table.title, document.coin)?;
        rows(table, document, out)?;
    }
    if !is_whole {
        writeln!(
            out,
            "\nMore columns, and what each means: --format csv, json, xlsx or html"
        )?;
    }
    Ok(())
}

fn rows(table: &Table, document: &Document, out: &mut impl Write) -> Result<(), ReportError> {
    let places = |column: &(usize, &Column)| column.1.room == Room::Terminal;
    let narrow: Vec<(usize, &Column)> = table.columns.iter().enumerate().filter(places).collect();
    let shown = |row: &[Cell]| -> Vec<String> {
        let cell = |place: usize| row.get(place).map(|cell| cell.plain(document.coin));
        let cells = narrow
            .iter()
            .map(|(place, _)| cell(*place).unwrap_or_default());
        cells.map(|text| spelled_out(&text).into_owned()).collect()
    };
    let fresh = || {
        let mut text = Text::new();
        let titles = narrow.iter().map(|(_, column)| column.key.to_uppercase());
        text.load_preset(presets::NOTHING).set_header(titles);
        for (place, (_, column)) in narrow.iter().enumerate() {
            if let (Kind::Amount | Kind::Number, Some(made)) = (column.kind, text.column_mut(place))
            {
                made.set_cell_alignment(CellAlignment::Right);
            }
        }
        text
    };
    let (mut page, mut count) = (fresh(), 0_usize);
    table.rows.for_each(&mut |row| {
        page.add_row(shown(row));
        count = count.saturating_add(1);
        if count == PAGE {
            writeln!(out, "{}", page.trim_fmt())?;
            (page, count) = (fresh(), 0);
        }
        Ok(())
    })?;
    if let Some(totals) = &table.totals {
        page.add_row(shown(totals));
    }
    writeln!(out, "{}", page.trim_fmt())?;
    Ok(())
}
