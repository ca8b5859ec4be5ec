//! XLSX: a sheet a table, for accountants.
//!
//! Numbers are a spreadsheet's own, with 9 decimals shown and 15 digits kept; beside each amount
//! stands its exact text. Totals are values: the exact sums, not what the sheet's numbers add up
//! to. Texts are cells of text, defused as in CSV. Rows go to the disk as they are made.

use std::io::{Seek, Write};

use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::cell::{defused, spelled_out};
use crate::{Cell, Column, Document, Kind, ReportError, Table};

/// Rows of a sheet; what is more goes to a further one.
const ROWS: u32 = 1_000_000;
/// Characters of a cell.
const LONGEST: usize = 32_000;
const AMOUNT: &str = "#,##0.000000000;[Red]-#,##0.000000000";

struct Formats {
    title: Format,
    header: Format,
    words: Format,
    text: Format,
    day: Format,
    amount: Format,
    number: Format,
    total: Format,
    total_amount: Format,
}

impl Formats {
    fn new() -> Self {
        let text = Format::new().set_num_format("@");
        let total = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            header: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Top)
                .set_border_bottom(FormatBorder::Thin),
            words: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            text,
            day: Format::new().set_num_format("yyyy-mm-dd"),
            amount: Format::new().set_num_format(AMOUNT),
            number: Format::new().set_num_format("General"),
            total_amount: total.clone().set_num_format(AMOUNT),
            total,
        }
    }
}

/// Writes a report as a workbook: what it is, a sheet a table, and what each column means.
///
/// # Errors
/// `Workbook`, `Write`.
pub fn write(document: &Document, out: &mut (impl Write + Seek + Send)) -> Result<(), ReportError> {
    let formats = Formats::new();
    let mut workbook = Workbook::new();
    about(
        document,
        &formats,
        workbook.add_worksheet_with_constant_memory()?,
    )?;
    for table in &document.tables {
        sheets(document, table, &formats, &mut workbook)?;
    }
    legend(
        document,
        &formats,
        workbook.add_worksheet_with_constant_memory()?,
    )?;
    Ok(workbook.save_to_writer(out)?)
}

fn about(document: &Document, formats: &Formats, sheet: &mut Worksheet) -> Result<(), ReportError> {
    sheet.set_name("about")?;
    sheet.set_column_width(0, 34)?.set_column_width(1, 40)?;
    sheet.set_column_width(2, 34)?;
    sheet.write_with_format(0, 0, safe(&document.title), &formats.title)?;
    let mut row: u32 = 2;
    for fact in &document.facts {
        sheet.write(row, 0, fact.title)?;
        cell(sheet, (row, 1), &fact.value, document, formats)?;
        if let Some(exact) = fact.value.exact(document.coin) {
            sheet.write_with_format(row, 2, exact, &formats.text)?;
        }
        row = row.saturating_add(1);
    }
    row = row.saturating_add(1);
    for note in &document.notes {
        sheet.write(row, 0, safe(note))?;
        row = row.saturating_add(1);
    }
    sheet.write(row, 0, NOTE)?;
    Ok(())
}

const NOTE: &str = "A spreadsheet keeps 15 digits of a number: the columns named …_exact have each \
     amount to the last digit, as text. A text that would be run as a formula begins with '.";

/// A table's sheet, or sheets.
fn sheets(
    document: &Document,
    table: &Table,
    formats: &Formats,
    workbook: &mut Workbook,
) -> Result<(), ReportError> {
    let mut count: u32 = 1;
    let mut sheet = begin(table, formats, workbook, count)?;
    let mut row: u32 = 1;
    table.rows.for_each(&mut |cells| {
        if row > ROWS {
            count = count.saturating_add(1);
            sheet = begin(table, formats, workbook, count)?;
            row = 1;
        }
        line(
            worksheet(workbook, sheet)?,
            row,
            document,
            (table, cells),
            formats,
        )?;
        row = row.saturating_add(1);
        Ok(())
    })?;
    if let Some(totals) = &table.totals {
        let sheet = worksheet(workbook, sheet)?;
        let bold = Formats {
            amount: formats.total_amount.clone(),
            number: formats.total.clone(),
            text: formats.total.clone(),
            ..Formats::new()
        };
        line(sheet, row, document, (table, totals), &bold)?;
    }
    Ok(())
}

fn worksheet(workbook: &mut Workbook, place: usize) -> Result<&mut Worksheet, XlsxError> {
    workbook.worksheet_from_index(place)
}

/// A sheet with its header; returns its place in the workbook.
fn begin(
    table: &Table,
    formats: &Formats,
    workbook: &mut Workbook,
    count: u32,
) -> Result<usize, ReportError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    match count {
        1 => sheet.set_name(table.key)?,
        _ => sheet.set_name(format!("{} {count}", table.key))?,
    };
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0);
    sheet.set_header("&L&A&R&P / &N");
    let mut place: u16 = 0;
    for column in &table.columns {
        sheet.set_column_width(place, width(column))?;
        sheet.write_with_format(0, place, column.key, &formats.header)?;
        place = place.saturating_add(1);
        if column.kind == Kind::Amount {
            sheet.set_column_width(place, 26)?;
            let exact = format!("{}_exact", column.key);
            sheet.write_with_format(0, place, exact, &formats.header)?;
            place = place.saturating_add(1);
        }
    }
    Ok(workbook.worksheets().len().saturating_sub(1))
}

fn width(column: &Column) -> u16 {
    match column.kind {
        Kind::Amount => 22,
        Kind::Words => 70,
        Kind::Text | Kind::Number => 16,
    }
}

fn line(
    sheet: &mut Worksheet,
    row: u32,
    document: &Document,
    (table, cells): (&Table, &[Cell]),
    formats: &Formats,
) -> Result<(), ReportError> {
    let mut place: u16 = 0;
    for (column, value) in table.columns.iter().zip(cells) {
        match column.kind {
            Kind::Words => {
                let text = value.plain(document.coin);
                sheet.write_with_format(row, place, safe(&text), &formats.words)?;
            }
            _ => cell(sheet, (row, place), value, document, formats)?,
        }
        place = place.saturating_add(1);
        if column.kind == Kind::Amount {
            if let Some(exact) = value.exact(document.coin) {
                sheet.write_with_format(row, place, exact, &formats.text)?;
            }
            place = place.saturating_add(1);
        }
    }
    Ok(())
}

fn cell(
    sheet: &mut Worksheet,
    (row, place): (u32, u16),
    value: &Cell,
    document: &Document,
    formats: &Formats,
) -> Result<(), ReportError> {
    let text = value.plain(document.coin);
    // The nearest that a spreadsheet has; the exact text stands beside an amount.
    let number = text.parse::<f64>();
    match (value, number) {
        (Cell::Nothing, _) => {}
        (Cell::Amount(_) | Cell::Base(_), Ok(number)) => {
            sheet.write_with_format(row, place, number, &formats.amount)?;
        }
        (Cell::Count(_) | Cell::Ratio(_) | Cell::Millionths(_) | Cell::Decimal(_), Ok(number)) => {
            sheet.write_with_format(row, place, number, &formats.number)?;
        }
        // A byte more or less of many is no matter, but 15 digits are no number of bytes.
        (Cell::Bytes(_), Ok(number)) if text.len() <= 15 => {
            sheet.write_with_format(row, place, number, &formats.number)?;
        }
        (Cell::Day(day), _) => {
            let (year, month, date) = day.ymd();
            let parts = (u16::try_from(year), u8::try_from(month), u8::try_from(date));
            match parts {
                (Ok(year), Ok(month), Ok(date)) => {
                    let day = ExcelDateTime::from_ymd(year, month, date)?;
                    sheet.write_with_format(row, place, day, &formats.day)?;
                }
                _ => {
                    sheet.write_with_format(row, place, &*text, &formats.text)?;
                }
            }
        }
        _ => {
            sheet.write_with_format(row, place, safe(&text), &formats.text)?;
        }
    }
    Ok(())
}

/// A text that a cell can hold, and that nothing runs.
fn safe(text: &str) -> String {
    let spelled = spelled_out(text);
    let defused = defused(&spelled);
    match defused.chars().count() > LONGEST {
        true => defused.chars().take(LONGEST).chain(['…']).collect(),
        false => defused.into_owned(),
    }
}

/// What each column means.
fn legend(
    document: &Document,
    formats: &Formats,
    sheet: &mut Worksheet,
) -> Result<(), ReportError> {
    sheet.set_name("columns")?;
    sheet.set_column_width(0, 16)?.set_column_width(1, 26)?;
    sheet.set_column_width(2, 100)?;
    sheet.set_freeze_panes(1, 0)?;
    for (place, title) in (0..).zip(["sheet", "column", "what it says"]) {
        sheet.write_with_format(0, place, title, &formats.header)?;
    }
    let mut row: u32 = 1;
    for table in &document.tables {
        for column in &table.columns {
            sheet.write(row, 0, table.key)?.write(row, 1, column.key)?;
            sheet.write_with_format(row, 2, column.about, &formats.words)?;
            row = row.saturating_add(1);
        }
    }
    Ok(())
}
