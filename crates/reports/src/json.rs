//! JSON: facts and tables by their names, amounts as exact texts.

use std::io::Write;

use serde_json::Value;

use crate::{Cell, Document, ReportError, Table};

/// Writes a report as one object on one line.
///
/// # Errors
/// `Write`.
pub fn write(document: &Document, out: &mut impl Write) -> Result<(), ReportError> {
    write!(out, "{{")?;
    let mut between = "";
    for fact in &document.facts {
        if let Some(key) = fact.key {
            write!(
                out,
                "{between}{}:{}",
                Value::from(key),
                value(&fact.value, document)
            )?;
            between = ",";
        }
    }
    for table in document.tables.iter().filter(|table| table.in_json) {
        write!(out, "{between}{}:[", Value::from(table.key))?;
        between = ",";
        let mut comma = "";
        table.rows.for_each(&mut |row| {
            write!(out, "{comma}")?;
            comma = ",";
            object(document, table, row, out)
        })?;
        write!(out, "]")?;
        if let Some(totals) = &table.totals {
            let key = match table.key {
                "rows" => "totals".to_owned(),
                key => format!("{key}_totals"),
            };
            write!(out, ",{}:", Value::from(key))?;
            object(document, table, totals, out)?;
        }
    }
    writeln!(out, "}}")?;
    Ok(())
}

fn object(
    document: &Document,
    table: &Table,
    row: &[Cell],
    out: &mut impl Write,
) -> Result<(), ReportError> {
    write!(out, "{{")?;
    let mut comma = "";
    for (column, cell) in table.columns.iter().zip(row) {
        write!(
            out,
            "{comma}{}:{}",
            Value::from(column.key),
            value(cell, document)
        )?;
        comma = ",";
    }
    write!(out, "}}")?;
    Ok(())
}

fn value(cell: &Cell, document: &Document) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Count(number) => Value::from(*number),
        Cell::Flag(flag) => Value::from(*flag),
        other => Value::from(other.plain(document.coin)),
    }
}
