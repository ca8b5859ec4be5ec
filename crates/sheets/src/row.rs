//! One row, and its cells.

use crate::{Columns, Problem};

/// What a file says about one value.
///
/// An absent column leaves a value alone; an empty cell says that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Field<T> {
    /// The file has no such column.
    #[default]
    Absent,
    /// The cell is empty.
    Empty,
    /// What stands in the cell.
    Value(T),
}

impl<T> Field<T> {
    /// What stands in the cell, if anything.
    pub fn value(self) -> Option<T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Empty => None,
        }
    }

    /// The same with another value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Absent => Field::Absent,
            Field::Empty => Field::Empty,
            Field::Value(value) => Field::Value(convert(value)),
        }
    }

    /// A look at the value.
    pub const fn as_ref(&self) -> Field<&T> {
        match self {
            Field::Absent => Field::Absent,
            Field::Empty => Field::Empty,
            Field::Value(value) => Field::Value(value),
        }
    }
}

/// One data row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(crate) number: u64,
    pub(crate) columns: &'a Columns,
    /// The cells of known columns one after the other, as they stand in the file.
    pub(crate) text: &'a str,
    /// Where each ends in `text`.
    pub(crate) ends: &'a [u32],
    /// Which of them were refused; nothing where none can have been.
    pub(crate) refused: &'a [bool],
}

impl<'a> Row<'a> {
    /// Its number in the file, from 2: the line of a CSV file, the row of a spreadsheet.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The text in the column of this name; `None` if the cell is empty or there is no such column.
    #[must_use]
    pub fn cell(&self, name: &str) -> Option<&'a str> {
        self.field(name).value()
    }

    /// The same, telling an absent column from an empty cell.
    #[must_use]
    pub fn field(&self, name: &str) -> Field<&'a str> {
        let index = self.columns.layout().index_of(name);
        index.map_or(Field::Absent, |index| self.at(index))
    }

    /// The same by the column's place in the layout.
    #[must_use]
    pub fn at(&self, index: usize) -> Field<&'a str> {
        let Some(place) = self.columns.place(index) else {
            return Field::Absent;
        };
        let end_of = |place: usize| self.ends.get(place).copied().unwrap_or(0);
        let start = place.checked_sub(1).map_or(0, end_of);
        let range = usize::try_from(start)
            .ok()
            .zip(usize::try_from(end_of(place)).ok());
        match range.and_then(|(start, end)| self.text.get(start..end)) {
            None | Some("") => Field::Empty,
            Some(text) => Field::Value(text),
        }
    }

    /// Whether there is a problem already with the cell in the column at this place in the layout,
    /// or the whole column is missing though it must be there: nothing is to be said of its value.
    #[must_use]
    pub fn is_refused(&self, index: usize) -> bool {
        match self.columns.place(index) {
            Some(place) => self.refused.get(place).copied().unwrap_or(false),
            None => {
                let column = self.columns.layout().columns.get(index);
                column.is_some_and(|column| column.required)
            }
        }
    }

    /// A problem with the cell in the column at this place in the layout.
    #[must_use]
    pub fn problem(
        &self,
        index: usize,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Problem {
        let column = self.columns.layout().columns.get(index);
        let name = column.map_or("", |column| column.name);
        let value = self.at(index).value().unwrap_or("");
        Problem::of_cell(self.number, name, value, what, cure)
    }
}
