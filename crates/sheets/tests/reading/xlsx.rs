//! XLSX as spreadsheet programs write it.

use paydirt_sheets::{Field, Limits, SheetError, Source, read};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use crate::support::{
    LAYOUT, file, message, read_with, refused, refused_with, sheet, shown, texts, workbook,
};

fn date(text: &str) -> ExcelDateTime {
    ExcelDateTime::parse_from_str(text).unwrap()
}

#[test]
fn text_numbers_and_days_are_read_as_they_would_be_from_csv() {
    let days = Format::new().set_num_format("yyyy-mm-dd");
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 0, ["o-1", "茗 1", "900 TB", "0.10"])?;
        sheet.write(2, 0, 123_456_789_012_345_i64)?;
        sheet.write(2, 1, "m,\"2\"")?;
        sheet.write(2, 2, "1 PiB")?;
        sheet.write(2, 3, 0.15)?;
        sheet.write_with_format(2, 4, date("2026-11-20"), &days)
    });
    let read = sheet(bytes);
    assert_eq!(texts(&read, "order"), ["o-1", "123456789012345"]);
    assert_eq!(texts(&read, "member"), ["茗 1", "m,\"2\""]);
    assert_eq!(texts(&read, "fee_rate"), ["0.10", "0.15"]);
    assert_eq!(texts(&read, "end"), ["-", "2026-11-20"]);
    let first = read.row(0).unwrap();
    assert_eq!(
        (first.field("end"), first.field("note")),
        (Field::Empty, Field::Absent)
    );
    assert_eq!(
        read.rows().map(|row| row.number()).collect::<Vec<_>>(),
        [2, 3]
    );
}

#[test]
fn an_id_of_16_digits_that_became_a_number_is_refused() {
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 1, ["m", "1 TB", "0"])?;
        sheet.write(1, 0, 1_234_567_890_123_456.0)?;
        sheet.write_row(2, 0, ["1234567890123456", "m", "1 TB"])?;
        sheet.write(2, 3, 0.1 + 0.2)
    });
    assert_eq!(
        refused(bytes),
        [
            "row 2, order \"1234567890123456\": is a number of more than 15 digits, which sheets \
             change; format the cell as text and write the value anew",
            "row 3, fee_rate \"0.30000000000000004\": is a number of more than 15 digits, which \
             sheets change; format the cell as text and write the value anew",
        ]
    );
}

#[test]
fn formulas_truth_values_and_errors_are_refused() {
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 0, ["o-1", "m", "1 TB"])?;
        sheet.write(1, 3, Formula::new("=1/10").set_result("0.1"))?;
        sheet.write(2, 0, true)?;
        sheet.write(2, 1, Formula::new("=1/0").set_result("#DIV/0!"))?;
        sheet.write(3, 0, "o-3")?;
        sheet.write(3, 2, Formula::new("=C2"))
    });
    let paste = "is a formula; paste its value as text in its place";
    assert_eq!(
        refused(bytes),
        [
            format!("row 2, fee_rate \"0.1\": {paste}"),
            "row 3, order \"TRUE\": is a truth value; format the cell as text and write the value \
             anew"
                .to_owned(),
            format!("row 3, member \"#DIV/0!\": {paste}"),
            format!("row 4, power \"0\": {paste}"),
        ]
    );
}

#[test]
fn dates_belong_to_columns_of_days_and_are_whole_days() {
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let bytes = workbook(|sheet| {
        sheet.write_with_format(1, 0, date("2026-11-20"), &time)?;
        sheet.write_with_format(1, 4, date("2026-11-20T08:30:00"), &time)?;
        sheet.write(2, 0, "o")?;
        sheet.write(2, 4, 46_346)
    });
    assert_eq!(
        refused(bytes),
        [
            "row 2, order \"2026-11-20\": is a date, which does not belong here; format the cell \
             as text and write the value anew",
            "row 2, end \"2026-11-20 08:30:00\": is a time, or no day of a calendar; write the day \
             alone, as 2026-11-20",
            "row 3, end \"46346\": is a number where a day belongs; format the cell as a date, or \
             write it as text, as 2026-11-20",
        ]
    );
}

#[test]
fn a_number_shown_with_leading_zeros_is_refused_unless_it_fills_them() {
    let padded = Format::new().set_num_format("00000");
    let bytes = workbook(|sheet| {
        sheet.write_with_format(1, 0, 12_345, &padded)?;
        sheet.write_with_format(2, 0, 123, &padded)?;
        sheet.write_with_format(3, 0, "00123", &padded)?;
        sheet.write_with_format(4, 1, 7, &padded)
    });
    let cure = "is a number that the sheet shows with leading zeros which it does not hold; format \
                the cell as text and write it as it is shown";
    assert_eq!(
        refused(bytes),
        [
            format!("row 3, order \"123\": {cure}"),
            format!("row 5, member \"7\": {cure}")
        ]
    );
}

#[test]
fn merged_cells_are_refused() {
    let bytes = workbook(|sheet| {
        sheet.merge_range(1, 0, 1, 1, "o-1", &Format::new())?;
        sheet.merge_range(2, 2, 4, 2, "1 TB", &Format::new())
    });
    let found = refused(bytes);
    assert_eq!(
        found.get(..2).unwrap(),
        [
            "row 2: the cells of its columns 1 to 2 are merged; unmerge them and fill each cell",
            "row 3: cells of columns 3 to 3 are merged down to row 5; unmerge them and fill each \
             cell",
        ]
    );
}

#[test]
fn the_cells_of_xlsx_are_held_to_the_rules_of_csv() {
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 0, [" o-1", "m\n1", "1 TB", "0"])?;
        sheet.write_row(2, 0, ["o\u{200b}", "m\t1", "1 TB", "0"])?;
        sheet.write(3, 5, "x")
    });
    let found = refused(bytes);
    for (found, wanted) in found.iter().zip([
        "row 2, order \" o-1\": begins or ends with a blank",
        "row 2, member \"m\\n1\": has a line break",
        "row 3, order \"o\\u{200b}\": has the invisible character U+200B",
        "row 3, member \"m\\t1\": has a tab",
        "row 4: it has a cell in column 6, 5 are named in row 1; delete it",
    ]) {
        assert!(found.starts_with(wanted), "{found}\nis not\n{wanted}");
    }
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn empty_rows_are_refused_between_rows_and_nothing_at_the_end() {
    let grey = Format::new().set_background_color("gray");
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 0, ["o-1", "m", "1 TB", "0"])?;
        sheet.write_blank(5, 0, &grey)
    });
    assert_eq!(texts(&sheet(bytes), "order"), ["o-1"]);
    let bytes = workbook(|sheet| {
        sheet.write_blank(2, 0, &grey)?;
        sheet.write_row(3, 0, ["o-1", "m", "1 TB", "0"])?;
        sheet.write_row(5, 0, ["o-2", "m", "1 TB", "0"])
    });
    assert_eq!(
        refused(bytes),
        [
            "row 2: it is empty, as all to row 3, but rows follow; delete it",
            "row 5: it is empty, but rows follow; delete it",
        ]
    );
}

#[test]
fn the_header_is_in_row_1_and_within_the_limit_of_columns() {
    let mut workbook = Workbook::new();
    workbook
        .add_worksheet()
        .write_row(1, 0, ["order", "member", "power", "fee_rate"])
        .unwrap();
    let found = refused(workbook.save_to_buffer().unwrap());
    assert!(found[0].starts_with("row 1: it is no header"), "{found:?}");
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(0, 64, "order").unwrap();
    assert_eq!(
        refused(workbook.save_to_buffer().unwrap()),
        ["row 1: it has a cell in column 65, 64 at most are read; delete it"]
    );
    let mut workbook = Workbook::new();
    workbook.add_worksheet();
    let found = refused(workbook.save_to_buffer().unwrap());
    assert!(found[0].starts_with("the file is empty"), "{found:?}");
}

#[test]
fn of_several_sheets_with_data_one_must_be_named() {
    let mut book = Workbook::new();
    let _empty = book.add_worksheet();
    let orders = book.add_worksheet();
    orders.set_name("Orders").unwrap();
    orders
        .write_row(0, 0, ["order", "member", "power", "fee_rate"])
        .unwrap();
    orders.write_row(1, 0, ["o-1", "m", "1 TB", "0"]).unwrap();
    let alone = book.save_to_buffer().unwrap();
    let hidden = book.add_worksheet();
    hidden.set_name("Old").unwrap().set_hidden(true);
    hidden
        .write_row(0, 0, ["order", "member", "power", "fee_rate"])
        .unwrap();
    hidden.write_row(1, 0, ["o-old", "m", "1 TB", "0"]).unwrap();
    let both = file(book.save_to_buffer().unwrap());

    assert_eq!(texts(&sheet(alone), "order"), ["o-1"]);
    let read_sheet = |name: Option<&str>| {
        let source = Source::new(both.path());
        let source = name.map_or(source, |name| source.sheet(name));
        read(source, &LAYOUT, &Limits::default())
    };
    assert_eq!(
        shown(&read_sheet(None).unwrap_err()),
        [
            "the file has data in several sheets: \"Orders\", \"Old\"; say which one to read, or \
          delete the others"
        ]
    );
    assert_eq!(texts(&read_sheet(Some("Old")).unwrap(), "order"), ["o-old"]);
    assert_eq!(
        texts(&read_sheet(Some("Orders")).unwrap(), "order"),
        ["o-1"]
    );
    assert_eq!(
        shown(&read_sheet(Some("orders")).unwrap_err()),
        ["the file has no sheet \"orders\"; name one that it has: \"Sheet1\", \"Orders\", \"Old\""]
    );
    let csv = file("order,member,power,fee_rate\n");
    let source = Source::new(csv.path()).sheet("Orders");
    let error = read(source, &LAYOUT, &Limits::default()).unwrap_err();
    assert!(
        error.to_string().contains("is CSV, which has no sheets"),
        "{error}"
    );
}

#[test]
fn rows_above_the_limit_are_refused_where_they_begin() {
    let bytes = workbook(|sheet| {
        for row in 1..10 {
            sheet.write_row(row, 0, ["o", "m", "1 TB", "0"])?;
        }
        Ok(sheet)
    });
    let limits = Limits {
        rows: 4,
        ..Limits::default()
    };
    assert_eq!(
        refused_with(&bytes, &limits),
        ["row 6: there are more than 4 rows; split the file, or raise the limit"]
    );
    let limits = Limits {
        rows: 9,
        ..Limits::default()
    };
    assert_eq!(read_with(&bytes, &limits).unwrap().len(), 9);
    let limits = Limits {
        unpacked_bytes: 10_000,
        ..Limits::default()
    };
    let error = read_with(&bytes, &limits).unwrap_err();
    assert!(matches!(error, SheetError::TooLarge { .. }), "{error}");
}

#[test]
fn a_workbook_cut_short_is_damaged() {
    let bytes = workbook(|sheet| sheet.write(1, 0, "o"));
    for length in [bytes.len() - 1, bytes.len() / 2, 100, 4] {
        let error = message(bytes.get(..length).unwrap());
        assert!(
            error.contains("is damaged") && error.contains("save it anew"),
            "{error}"
        );
    }
}
