//! How long it takes to read orders from CSV and XLSX, and how much the rows take in memory.
//! `cargo bench -p paydirt-sheets --bench reading`, with `-- ROWS` for another number of CSV rows.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a measurement"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use paydirt_sheets::{Column, Layout, Limits, for_each_row, orders, read};
use rust_xlsxwriter::Workbook;

const ROUNDS: usize = 5;
const NAMES: [&str; 7] = [
    "order",
    "member",
    "power",
    "fee_rate",
    "coefficient",
    "start",
    "end",
];
const COLUMNS: &[Column] = &[
    Column::required(NAMES[0]),
    Column::required(NAMES[1]),
    Column::required(NAMES[2]),
    Column::required(NAMES[3]),
    Column::optional(NAMES[4]),
    Column::required(NAMES[5]).day(),
    Column::optional(NAMES[6]).day(),
];
const LAYOUT: Layout = Layout { columns: COLUMNS };
const LIMITS: Limits = Limits {
    rows: 10_000_000,
    bytes: 2 << 30,
    unpacked_bytes: 1 << 30,
    cell_bytes: 1000,
    columns: 64,
    problems: 100,
};
const XLSX_ROWS: u32 = 100_000;

fn row(number: usize) -> [String; 7] {
    [
        format!("o-{number:08}"),
        format!("m-{:06}", number % 500_000),
        format!("{} TB", number % 5000),
        format!("0.{:02}", number % 50),
        String::new(),
        "2026-01-01".to_owned(),
        if number.is_multiple_of(10) {
            "2027-01-01".to_owned()
        } else {
            String::new()
        },
    ]
}

fn main() {
    let rows = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("orders.csv");
    let mut text = NAMES.join(",") + "\n";
    (0..rows).for_each(|number| writeln!(text, "{}", row(number).join(",")).unwrap());
    std::fs::write(&csv, &text).unwrap();
    println!("{:<28} {:>10} {:>10}  (ms; rows)", "", "min", "median");
    let bytes = text.len();
    drop(text);
    measure(&format!("CSV, seen once: {rows}"), || seen(&csv));
    measure(&format!("CSV, kept: {rows}"), || kept(&csv));
    measure(&format!("CSV, orders seen: {rows}"), || {
        let mut orders = 0;
        orders::for_each(csv.as_path(), &LIMITS, |_| orders += 1).unwrap();
        orders
    });
    measure(&format!("CSV, orders kept: {rows}"), || {
        orders::read(csv.as_path(), &LIMITS).unwrap().len()
    });
    println!("the file has {} bytes a row", bytes / rows);

    let xlsx = folder.path().join("orders.xlsx");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, NAMES).unwrap();
    for number in 0..XLSX_ROWS {
        let cells = row(usize::try_from(number).unwrap());
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(number + 1, column, cell).unwrap();
        }
    }
    workbook.save(&xlsx).unwrap();
    measure(&format!("XLSX, kept: {XLSX_ROWS}"), || kept(&xlsx));
}

fn seen(path: &Path) -> usize {
    let mut bytes = 0;
    let count = |row: paydirt_sheets::Row<'_>| {
        (0..NAMES.len())
            .map(|at| row.at(at).value().map_or(0, str::len))
            .sum::<usize>()
    };
    for_each_row(path, &LAYOUT, &LIMITS, |row, _| bytes += count(row)).unwrap();
    bytes
}

fn kept(path: &Path) -> usize {
    read(path, &LAYOUT, &LIMITS).unwrap().len()
}

fn measure(what: &str, work: impl Fn() -> usize) {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert!(std::hint::black_box(work()) > 0);
            start.elapsed().as_micros() as f64 / 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    println!("{what:<28} {:10.0} {:10.0}", at(0), at(ROUNDS / 2));
}
