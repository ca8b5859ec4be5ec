//! CSV: one table, each amount as a number and as exact text.

use std::io::Write;

use csv::Writer;

use crate::cell::defused;
use crate::{Cell, Document, Kind, ReportError, Table};

/// Writes the main table of a report with a line of column names; totals are left to who adds up.
///
/// # Errors
/// `Write`.
pub fn write(document: &Document, out: &mut impl Write) -> Result<(), ReportError> {
    let is_main = |table: &&Table| table.key == document.main;
    match document.tables.iter().find(is_main) {
        Some(table) => write_table(document, table, out),
        None => Ok(()),
    }
}

/// The same of one of its tables.
///
/// # Errors
/// `Write`.
pub fn write_table(
    document: &Document,
    table: &Table,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    let mut writer = Writer::from_writer(out);
    for column in &table.columns {
        writer.write_field(column.key).map_err(of_csv)?;
        if column.kind == Kind::Amount {
            let exact = format!("{}_exact", column.key);
            writer.write_field(exact).map_err(of_csv)?;
        }
    }
    writer.write_record(None::<&[u8]>).map_err(of_csv)?;
    table.rows.for_each(&mut |row| {
        for (column, cell) in table.columns.iter().zip(row) {
            let text = cell.plain(document.coin);
            let text = match cell {
                Cell::Text(_) | Cell::Id(_) => defused(&text),
                _ => text,
            };
            writer.write_field(text.as_bytes()).map_err(of_csv)?;
            if column.kind == Kind::Amount {
                let exact = cell.exact(document.coin).unwrap_or_default();
                writer.write_field(exact).map_err(of_csv)?;
            }
        }
        writer.write_record(None::<&[u8]>).map_err(of_csv)
    })?;
    Ok(writer.flush()?)
}

pub(crate) fn of_csv(error: csv::Error) -> ReportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReportError::Write(error),
        other => ReportError::Write(std::io::Error::other(format!("{other:?}"))),
    }
}
