//! What is read from CSV is what the usual reader reads from it.

use paydirt_sheets::Limits;
use proptest::prelude::*;

use crate::support::read_with;

const NAMES: [&str; 4] = ["order", "member", "power", "fee_rate"];

/// The cells of all rows, by the `csv` crate.
fn by_the_usual_reader(content: &str) -> Option<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(content.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.ok()?;
        Some(row.iter().map(str::to_owned).collect())
    });
    rows.collect()
}

fn by_us(content: &str) -> Option<Vec<Vec<String>>> {
    let sheet = read_with(content, &Limits::default()).ok()?;
    let cell = |row: &paydirt_sheets::Row<'_>, name| row.cell(name).unwrap_or("").to_owned();
    let rows = sheet.rows();
    Some(
        rows.map(|row| NAMES.iter().map(|name| cell(&row, name)).collect())
            .collect(),
    )
}

fn is_empty(row: &[String]) -> bool {
    row.iter().all(String::is_empty)
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9,\"é茗 ]{0,6}",
        Just(String::new()),
        Just("\"".to_owned()),
        Just(",\"\",".to_owned()),
    ]
}

proptest! {
    #[test]
    fn what_a_writer_writes_is_read_as_it_was(
        rows in proptest::collection::vec(proptest::collection::vec(cell(), 4), 0..8),
        crlf in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new();
        if crlf {
            writer.terminator(csv::Terminator::CRLF);
        }
        let mut writer = writer.from_writer(Vec::new());
        writer.write_record(NAMES).unwrap();
        let trimmed = |row: &Vec<String>| -> Vec<String> {
            row.iter().map(|cell| cell.trim().to_owned()).collect()
        };
        let mut rows: Vec<Vec<String>> = rows.iter().map(trimmed).collect();
        rows.retain(|row| !is_empty(row));
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let content = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(by_us(&content), Some(rows));
    }

    #[test]
    fn what_is_read_from_any_text_is_what_the_usual_reader_reads(
        rows in "([a-z\",\r\n]|,|\"\"|\n){0,60}",
    ) {
        let content = format!("order,member,power,fee_rate\n{rows}");
        if let Some(ours) = by_us(&content) {
            let mut theirs = by_the_usual_reader(&content).unwrap();
            while theirs.last().is_some_and(|row| is_empty(row)) {
                theirs.pop();
            }
            prop_assert_eq!(ours, theirs);
        }
    }
}
