//! Rows, one an entry, and what is exported compared with the books again.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};

use super::{Header, Transaction, hex};
use crate::cell::defused;
use crate::csv::of_csv;
use crate::{Cell, ReportError};

const COLUMNS: [&str; 13] = [
    "posting",
    "entry",
    "day",
    "posted_at",
    "kind",
    "of_stream",
    "cause",
    "posted_by",
    "account",
    "stream",
    "member",
    "amount",
    "amount_exact",
];
const HASH: &str = "hash";

pub(super) fn begin(out: &mut impl Write) -> Result<(), ReportError> {
    let mut writer = Writer::from_writer(out);
    let names = COLUMNS.iter().copied().chain([HASH]);
    writer.write_record(names).map_err(of_csv)?;
    Ok(writer.flush()?)
}

/// The rows of a transaction, one an entry.
fn rows(header: &Header, it: &Transaction) -> Vec<StringRecord> {
    let text = |text: &str| defused(text).into_owned();
    let maybe = |name: Option<&String>| name.map(|name| text(name)).unwrap_or_default();
    let row = |(place, line): (u64, &super::Line)| {
        let amount = Cell::Amount(line.amount);
        let fields = [
            it.posting.to_string(),
            place.to_string(),
            it.day.to_string(),
            it.at.to_string(),
            text(&it.kind),
            maybe(it.stream.as_ref()),
            text(&it.cause),
            text(&it.by),
            line.purse.account.name().to_owned(),
            maybe(line.purse.stream.as_ref()),
            maybe(line.purse.member.as_ref()),
            amount.plain(header.coin).into_owned(),
            amount.exact(header.coin).unwrap_or_default(),
            hex(&it.hash),
        ];
        StringRecord::from(fields.to_vec())
    };
    (1..).zip(&it.lines).map(row).collect()
}

pub(super) fn transaction(
    header: &Header,
    it: &Transaction,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    let mut writer = WriterBuilder::new().from_writer(out);
    for row in rows(header, it) {
        writer.write_record(&row).map_err(of_csv)?;
    }
    Ok(writer.flush()?)
}

/// How a file's rows and the books' entries compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Rows that are the books' entries.
    pub equal: u64,
    /// What is not: where, and how.
    pub differences: Vec<Comparison>,
}

/// A row that is not an entry of the books, or the reverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The posting.
    pub posting: String,
    /// Which of its entries.
    pub entry: String,
    /// `different`, `not in the books`, `not in the file`, `twice in the file`.
    pub state: &'static str,
    /// Which column differs.
    pub column: &'static str,
    /// What the file has there.
    pub file: String,
    /// What the books have.
    pub books: String,
}

/// A file's rows, by posting and entry.
#[derive(Debug, Default)]
pub struct Rows {
    rows: BTreeMap<(String, String), StringRecord>,
    compared: Compared,
}

impl Comparison {
    fn of((posting, entry): (&str, &str), state: &'static str) -> Self {
        Self {
            posting: posting.to_owned(),
            entry: entry.to_owned(),
            state,
            column: "",
            file: String::new(),
            books: String::new(),
        }
    }
}

impl Rows {
    /// Reads an exported file.
    ///
    /// # Errors
    /// `File` for one that has other columns or can't be read.
    pub fn read(file: impl Read) -> Result<Self, ReportError> {
        let refused = |what: String| ReportError::File { what };
        let mut reader = ReaderBuilder::new().from_reader(file);
        let names: Vec<&str> = COLUMNS.iter().copied().chain([HASH]).collect();
        let header = reader
            .headers()
            .map_err(|error| refused(error.to_string()))?;
        if header != &StringRecord::from(names) {
            let found = header.iter().collect::<Vec<&str>>().join(",");
            return Err(refused(format!("its columns are {found:?}")));
        }
        let mut read = Self::default();
        for row in reader.records() {
            let row = row.map_err(|error| refused(error.to_string()))?;
            let field = |place: usize| row.get(place).unwrap_or_default().to_owned();
            let key = (field(0), field(1));
            if let Some(twice) = read.rows.insert(key.clone(), row) {
                let found = Comparison::of((&key.0, &key.1), "twice in the file");
                read.rows.insert(key, twice);
                read.compared.differences.push(found);
            }
        }
        Ok(read)
    }

    /// Compares its rows of a transaction with the books' entries.
    pub fn compare(&mut self, header: &Header, transaction: &Transaction) {
        for wanted in rows(header, transaction) {
            let field = |row: &StringRecord, at: usize| row.get(at).unwrap_or_default().to_owned();
            let key = (field(&wanted, 0), field(&wanted, 1));
            let Some(found) = self.rows.remove(&key) else {
                let missing = Comparison::of((&key.0, &key.1), "not in the file");
                self.compared.differences.push(missing);
                continue;
            };
            let names = COLUMNS.iter().copied().chain([HASH]);
            let differs = |at: &(usize, &'static str)| found.get(at.0) != wanted.get(at.0);
            let differing = names.enumerate().find(differs);
            match differing {
                None => self.compared.equal = self.compared.equal.saturating_add(1),
                Some((at, column)) => self.compared.differences.push(Comparison {
                    column,
                    file: field(&found, at),
                    books: field(&wanted, at),
                    ..Comparison::of((&key.0, &key.1), "different")
                }),
            }
        }
    }

    /// What came out; what is left of the file is not in the books.
    #[must_use]
    pub fn end(mut self) -> Compared {
        for (posting, entry) in self.rows.keys() {
            let more = Comparison::of((posting, entry), "not in the books");
            self.compared.differences.push(more);
        }
        self.compared
    }
}
