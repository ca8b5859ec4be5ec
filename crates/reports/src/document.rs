//! What a report says, before it has a format.

use paydirt_money::Coin;

use crate::chart::Chart;
use crate::{Cell, ReportError};

/// A report.
#[derive(Debug)]
pub struct Document {
    /// What it is of.
    pub title: String,
    /// The coin of all its amounts.
    pub coin: Coin,
    /// Single figures.
    pub facts: Vec<Fact>,
    /// What a reader should know first, in sentences.
    pub notes: Vec<String>,
    /// Drawn where the format can.
    pub charts: Vec<Chart>,
    /// In the order of reading.
    pub tables: Vec<Table>,
    /// Which of them a file with room for one has.
    pub main: &'static str,
}

/// A single figure.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its name in JSON; without one it isn't there.
    pub key: Option<&'static str>,
    /// Its name for people.
    pub title: &'static str,
    /// Its value.
    pub value: Cell,
}

impl Fact {
    /// One that JSON has too.
    #[must_use]
    pub fn new(key: &'static str, title: &'static str, value: impl Into<Cell>) -> Self {
        Self {
            key: Some(key),
            title,
            value: value.into(),
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Texts and days, and ids.
    Text,
    /// Long texts.
    Words,
    /// Numbers that are no amounts.
    Number,
    /// Amounts: where numbers are rounded, they stand as exact texts too.
    Amount,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in JSON, CSV and XLSX.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What its figures are, in a sentence.
    pub about: &'static str,
    /// Where there is room for it.
    pub room: Room,
}

/// Where there is room for a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// In files for programs: CSV, XLSX and JSON have all columns.
    File,
    /// On a page, too.
    Page,
    /// On a terminal, too.
    Terminal,
}

impl Column {
    /// One that only files have room for.
    #[must_use]
    pub const fn new(
        key: &'static str,
        title: &'static str,
        kind: Kind,
        about: &'static str,
    ) -> Self {
        Self {
            key,
            title,
            kind,
            about,
            room: Room::File,
        }
    }

    /// One that a page has room for.
    #[must_use]
    pub const fn on_page(self) -> Self {
        Self {
            room: Room::Page,
            ..self
        }
    }

    /// One that a terminal has room for.
    #[must_use]
    pub const fn narrow(self) -> Self {
        Self {
            room: Room::Terminal,
            ..self
        }
    }
}

/// Whoever is handed rows.
pub type Each<'a> = dyn FnMut(&[Cell]) -> Result<(), ReportError> + 'a;

type Give = dyn Fn(&mut Each<'_>) -> Result<(), ReportError> + Send + Sync;

/// Rows, kept or made one by one; they are asked for once or more.
pub struct Rows {
    count: usize,
    give: Box<Give>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows", self.count)
    }
}

impl Rows {
    /// These.
    #[must_use]
    pub fn kept(rows: Vec<Vec<Cell>>) -> Self {
        let count = rows.len();
        Self::made(count, move |each| rows.iter().try_for_each(|row| each(row)))
    }

    /// So many, made when they are asked for.
    pub fn made(
        count: usize,
        give: impl Fn(&mut Each<'_>) -> Result<(), ReportError> + Send + Sync + 'static,
    ) -> Self {
        let give = Box::new(give);
        Self { count, give }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Hands each on.
    ///
    /// # Errors
    /// Those of `each`.
    pub fn for_each(&self, each: &mut Each<'_>) -> Result<(), ReportError> {
        (self.give)(each)
    }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name in JSON, and of its sheet.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it shows, in sentences.
    pub about: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// As many cells each as there are columns.
    pub rows: Rows,
    /// A row of sums.
    pub totals: Option<Vec<Cell>>,
    /// Whether JSON has it.
    pub in_json: bool,
}
