//! One document in each format: the same figures, opened again, and nothing that runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use paydirt_money::{BaseUnits, Coin};
use paydirt_reports::chart::{Chart, Series};
use paydirt_reports::{
    Cell, Column, Document, Fact, Kind, Rows, Table, csv, html, json, table, xlsx,
};
use paydirt_schedule::Day;

/// What a spreadsheet, a browser or a terminal could be made to run by.
const HOSTILE: [&str; 12] = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=cmd|' /C calc'!A0",
    "\n=1",
    "＝1+1",
    "＠x",
    "\u{feff}=1",
    "<script>alert(1)</script>\"'&",
    "a\u{1b}[2J\u{0}_x0041_,\"b\"",
];

fn day(number: u32) -> Day {
    Day::from_ymd(2026, 11, number).unwrap()
}

fn document(names: &[&str]) -> Document {
    let columns = vec![
        Column::new("name", "Name", Kind::Text, "Who <b>.").narrow(),
        Column::new("day", "Day", Kind::Text, "When.").narrow(),
        Column::new("amount", "Amount", Kind::Amount, "How much.").narrow(),
        Column::new("fee", "Fee", Kind::Amount, "In base units."),
        Column::new("members", "Members", Kind::Number, "How many."),
        Column::new("bytes", "Bytes", Kind::Number, "Of power."),
        Column::new("words", "Words", Kind::Words, "In words.").on_page(),
    ];
    let row = |(at, name): (usize, &&str)| {
        let at = i64::try_from(at).unwrap();
        vec![
            Cell::Id((*name).to_owned()),
            Cell::Day(day(1)),
            Cell::Amount(at * 1_000_000_001 - 1_500_000_000),
            Cell::Base(BaseUnits::new(1)),
            Cell::Count(4),
            Cell::Bytes(118_950_000_000_000_000),
            Cell::Text((*name).to_owned()),
        ]
    };
    let sum: i64 = (0..names.len())
        .map(|at| i64::try_from(at).unwrap() * 1_000_000_001 - 1_500_000_000)
        .sum();
    let mut totals = vec![Cell::from("total"), Cell::Nothing, Cell::Amount(sum)];
    totals.resize(7, Cell::Nothing);
    Document {
        title: format!("Report of {}", names[0]),
        coin: Coin::FIL,
        facts: vec![Fact::new("first", "First", names[0])],
        notes: vec![names.join(" ")],
        charts: vec![Chart {
            title: names[0].to_owned(),
            days: vec![day(1), day(2)],
            bars: Some(Series {
                name: names[0].to_owned(),
                values: vec![Some(1), Some(2)],
            }),
            lines: Vec::new(),
        }],
        tables: vec![Table {
            key: "rows",
            title: "Rows",
            about: "All of them.",
            columns,
            rows: Rows::kept(names.iter().enumerate().map(row).collect()),
            totals: Some(totals),
            in_json: true,
        }],
        main: "rows",
    }
}

fn written(
    write: impl Fn(&Document, &mut Cursor<Vec<u8>>) -> Result<(), paydirt_reports::ReportError>,
    document: &Document,
) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    write(document, &mut out).unwrap();
    out.into_inner()
}

fn is_safe(text: &str) -> bool {
    let unseen = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let seen = text.trim_start_matches(unseen);
    !seen.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[test]
fn hostile_names_are_read_again_from_csv_as_texts() {
    let bytes = written(csv::write, &document(&HOSTILE));
    let mut reader = ::csv::Reader::from_reader(&bytes[..]);
    let columns: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let expected = [
        "name",
        "day",
        "amount",
        "amount_exact",
        "fee",
        "fee_exact",
        "members",
        "bytes",
        "words",
    ];
    assert_eq!(columns, expected);
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), HOSTILE.len());
    for (row, name) in rows.iter().zip(HOSTILE) {
        for place in [0, 8] {
            let text = &row[place];
            assert!(is_safe(text), "{text:?}");
            assert_eq!(text.strip_prefix('\'').unwrap_or(text), name);
        }
        assert!(is_safe(&row[3]) && row[3].starts_with("FIL "), "{row:?}");
    }
    assert_eq!(&rows[0][2], "-1.500000000");
    assert_eq!(&rows[0][3], "FIL -1.500000000");
    assert_eq!(&rows[0][5], "FIL 0.000000000000000001");
}

#[test]
fn a_workbook_has_numbers_exact_texts_and_no_formula() {
    let bytes = written(xlsx::write, &document(&HOSTILE));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["about", "rows", "columns"]);
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.is_empty(), "{name}");
        for cell in book.worksheet_range(&name).unwrap().used_cells() {
            if let Data::String(text) = cell.2 {
                assert!(is_safe(text), "{name}: {text:?}");
                assert!(!text.contains(char::is_control), "{text:?}");
            }
        }
    }
    let rows = book.worksheet_range("rows").unwrap();
    let at = |row, place| rows.get_value((row, place)).cloned().unwrap_or_default();
    assert_eq!(at(1, 0), Data::String("'=1+1".into()));
    assert_eq!(at(1, 2), Data::Float(-1.5));
    assert_eq!(at(1, 3), Data::String("FIL -1.500000000".into()));
    assert_eq!(at(1, 6), Data::Float(4.0));
    // More than 15 digits are no number of a spreadsheet.
    assert_eq!(at(1, 7), Data::String("118950000000000000".into()));
    assert!(matches!(at(1, 1), Data::DateTime(_)), "{:?}", at(1, 1));
    // What looks like an escape of the format is the text that it was.
    let last = at(12, 0).to_string();
    assert_eq!(last, "a\\u{1b}[2J\\u{0}_x0041_,\"b\"");
    let totals = u32::try_from(HOSTILE.len() + 1).unwrap();
    assert_eq!(at(totals, 0), Data::String("total".into()));
    let exact = at(totals, 3).to_string();
    assert_eq!(exact, "FIL 48.000000066");
    let sum: f64 = (1..totals)
        .map(|row| match at(row, 2) {
            Data::Float(number) => number,
            other => panic!("{other:?}"),
        })
        .sum();
    assert!((sum - 48.000_000_066).abs() < 1e-9, "{sum}");
}

#[test]
fn a_page_has_no_script_no_address_and_every_text_escaped() {
    let page = String::from_utf8(written(html::write, &document(&HOSTILE))).unwrap();
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
    assert!(
        !page.contains("<script") && !page.contains("alert(1)</script>"),
        "{page}"
    );
    assert!(
        page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"),
        "{page}"
    );
    for outside in [
        "http:", "https:", "src=", "href=", "url(", "@import", "onerror", "<link",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("<svg") && page.contains("@media print"));
    assert!(page.contains("Who &#60;b&#62;."));
    // Columns that only files have room for are not there.
    assert!(!page.contains("In base units."));
}

#[test]
fn json_has_exact_texts_under_stable_names() {
    let bytes = written(json::write, &document(&HOSTILE));
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["first"], "=1+1");
    let rows = value["rows"].as_array().unwrap();
    for (row, name) in rows.iter().zip(HOSTILE) {
        assert_eq!(row["name"], name);
    }
    assert_eq!(rows[0]["amount"], "-1.500000000");
    assert_eq!(rows[0]["fee"], "0.000000000000000001");
    assert_eq!(rows[0]["members"], 4);
    assert_eq!(rows[0]["bytes"], "118950000000000000");
    assert_eq!(value["totals"]["amount"], "48.000000066");
    assert_eq!(value["totals"]["day"], serde_json::Value::Null);
}

#[test]
fn a_terminal_gets_what_fits_and_no_control_character() {
    let text = String::from_utf8(written(table::write, &document(&HOSTILE))).unwrap();
    let lines_of_names = text
        .lines()
        .filter(|line| line.contains("2026-11-01"))
        .count();
    assert_eq!(lines_of_names, HOSTILE.len(), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{0}', '\r', '\t']), "{text:?}");
    assert!(text.contains("NAME") && text.contains("AMOUNT") && !text.contains("BYTES"));
    assert!(text.contains("--format csv, json, xlsx or html"), "{text}");
}

#[test]
fn rows_that_are_made_one_by_one_are_all_there() {
    let count = 30_000;
    let made = |count: usize| Document {
        tables: vec![Table {
            key: "rows",
            title: "Rows",
            about: "",
            columns: vec![Column::new("n", "N", Kind::Amount, "").narrow()],
            rows: Rows::made(count, move |each| {
                let mut numbers = 0..i64::try_from(count).unwrap();
                numbers.try_for_each(|number| each(&[Cell::Amount(number)]))
            }),
            totals: None,
            in_json: true,
        }],
        ..document(&HOSTILE[..1])
    };
    let bytes = written(xlsx::write, &made(count));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let rows = book.worksheet_range("rows").unwrap();
    assert_eq!(rows.height(), count + 1);
    let page = String::from_utf8(written(html::write, &made(count))).unwrap();
    assert!(page.contains("The first 20000 rows are here, 10000 more are not"));
}
