//! Rows, printed as a table, JSON or CSV: the one place where results become text.

use std::borrow::{Borrow, Cow};
use std::io::{self, BufWriter, Write};

use comfy_table::{Table, presets};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Rows of a long table between two headers.
const PAGE: usize = 5000;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// `{"rows":[…]}`, one object a row.
    Json,
    /// With a line of column names.
    Csv,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    /// A count or a number by which something is found; never an amount of money, which is a text.
    Number(u64),
    Flag(bool),
    Nothing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Cell {
        Cell::Flag(flag)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Nothing, Into::into)
    }
}

/// Rows under named columns.
#[derive(Debug)]
pub(crate) struct Rows<const N: usize> {
    columns: [&'static str; N],
    rows: Vec<[Cell; N]>,
}

impl<const N: usize> Rows<N> {
    pub(crate) fn new(columns: [&'static str; N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// Prints to standard output.
    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        print(&self.rendered(format)?)
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as a JSON list, to stand beside other things.
    pub(crate) fn list(&self) -> impl Serialize + '_ {
        List(self)
    }

    /// As text for people.
    pub(crate) fn to_table(&self) -> String {
        self.table()
    }

    /// As it would be printed.
    pub(crate) fn rendered(&self, format: Format) -> io::Result<String> {
        match format {
            Format::Table => Ok(self.table()),
            Format::Json => Ok(serde_json::to_string(self)? + "\n"),
            Format::Csv => self.csv(),
        }
    }

    fn table(&self) -> String {
        table(self.columns, self.rows.iter())
    }

    fn csv(&self) -> io::Result<String> {
        let mut bytes = Vec::new();
        write_csv(&mut bytes, self.columns, self.rows.iter())?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }
}

fn table<const N: usize>(
    columns: [&'static str; N],
    rows: impl Iterator<Item = impl Borrow<[Cell; N]>>,
) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(columns.map(str::to_uppercase));
    for row in rows {
        table.add_row(row.borrow().iter().map(for_terminal));
    }
    table.trim_fmt() + "\n"
}

fn write_csv<const N: usize>(
    out: impl Write,
    columns: [&'static str; N],
    rows: impl Iterator<Item = impl Borrow<[Cell; N]>>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns)?;
    for row in rows {
        for cell in row.borrow() {
            writer.write_field(for_spreadsheet(cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

/// Prints rows to standard output as they come, as CSV.
pub(crate) fn print_csv<const N: usize>(
    columns: [&'static str; N],
    rows: impl Iterator<Item = [Cell; N]>,
) -> io::Result<()> {
    enough(write_csv(io::stdout().lock(), columns, rows))
}

/// Prints rows to standard output as they come, as text for people: in pages, each a table, as a
/// table takes two kilobytes of memory a row.
pub(crate) fn print_table<const N: usize>(
    columns: [&'static str; N],
    mut rows: impl Iterator<Item = [Cell; N]>,
) -> io::Result<()> {
    let mut page: Vec<[Cell; N]> = rows.by_ref().take(PAGE).collect();
    loop {
        print(&table(columns, page.iter()))?;
        page.clear();
        page.extend(rows.by_ref().take(PAGE));
        if page.is_empty() {
            return Ok(());
        }
    }
}

/// Prints text to standard output; a reader who has seen enough is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    enough(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints something as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer(&mut out, value).map_err(io::Error::from);
    enough(
        written
            .and_then(|()| writeln!(out))
            .and_then(|()| out.flush()),
    )
}

/// A reader who has seen enough is no error.
pub(crate) fn enough(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Control characters could rewrite what a terminal shows: they are spelled out.
fn for_terminal(cell: &Cell) -> String {
    let mut text = String::new();
    for c in plain(cell).chars() {
        match c.is_control() {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
    text
}

/// A text that a spreadsheet would run as a formula gets an apostrophe before it, and so does one
/// that begins as these then do, so that an import can take it off again; numbers stay.
fn for_spreadsheet(cell: &Cell) -> Cow<'_, str> {
    let text = plain(cell);
    let bare = text.trim_start_matches('\'');
    let runs = bare.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match runs && !is_number(&text) {
        true => format!("'{text}").into(),
        false => text,
    }
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

fn plain(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Number(number) => number.to_string().into(),
        Cell::Flag(flag) => flag.to_string().into(),
        Cell::Nothing => "".into(),
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Number(number) => serializer.serialize_u64(*number),
            Cell::Flag(flag) => serializer.serialize_bool(*flag),
            Cell::Nothing => serializer.serialize_none(),
        }
    }
}

/// One row as an object, its keys in the order of the columns.
struct Row<'r, const N: usize>(&'r [&'static str; N], &'r [Cell; N]);

impl<const N: usize> Serialize for Row<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(N))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            map.serialize_entry(column, cell)?;
        }
        map.end()
    }
}

struct List<'r, const N: usize>(&'r Rows<N>);

impl<const N: usize> Serialize for List<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            list.serialize_element(&Row(&self.0.columns, row))?;
        }
        list.end()
    }
}

impl<const N: usize> Serialize for Rows<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("rows", &List(self))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Rows<3> {
        let mut rows = Rows::new(["name", "z", "a"]);
        rows.push([text.into(), true.into(), Cell::Nothing]);
        rows
    }

    #[test]
    fn json_keeps_the_order_of_columns() {
        let text = rows("x\u{1b}").rendered(Format::Json).unwrap();
        assert_eq!(
            text,
            "{\"rows\":[{\"name\":\"x\\u001b\",\"z\":true,\"a\":null}]}\n"
        );
        let none = Rows::<1>::new(["name"]).rendered(Format::Json).unwrap();
        assert_eq!(none, "{\"rows\":[]}\n");
    }

    #[test]
    fn a_number_is_one_in_json_and_plain_digits_elsewhere() {
        let mut rows = Rows::new(["nonce"]);
        rows.push([u64::MAX.into()]);
        let shown = |format| rows.rendered(format).unwrap();
        assert_eq!(
            shown(Format::Json),
            "{\"rows\":[{\"nonce\":18446744073709551615}]}\n"
        );
        assert_eq!(shown(Format::Csv), "nonce\n18446744073709551615\n");
    }

    #[test]
    fn csv_defuses_formulas_and_leaves_numbers() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-1.5", "-1.5"),
            ("-1.", "'-1."),
            ("@x", "'@x"),
            ("'@x", "''@x"),
            ("'x", "'x"),
            ("a,b", "\"a,b\""),
            ("0x12", "0x12"),
        ] {
            let csv = rows(text).rendered(Format::Csv).unwrap();
            assert_eq!(csv, format!("name,z,a\n{cell},true,\n"));
        }
    }

    #[test]
    fn a_table_spells_out_control_characters() {
        let table = rows("a\u{1b}[2Jb\nc").rendered(Format::Table).unwrap();
        assert!(
            table.contains("a\\u{1b}[2Jb\\nc") && !table.contains('\u{1b}'),
            "{table}"
        );
        assert!(
            table.contains("NAME") && table.lines().count() == 2,
            "{table}"
        );
    }
}
