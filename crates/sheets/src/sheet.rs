//! All rows of a file, held compactly.

use crate::{Columns, Row};

/// All rows of a file in which nothing is wrong.
#[derive(Debug, Clone)]
pub struct Sheet {
    columns: Columns,
    rows: Rows,
}

/// Texts one behind the other, and where they end: 8 bytes a row and 4 a cell beside the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    text: String,
    /// Where each row ends in `text`.
    row_ends: Vec<usize>,
    /// Where each cell ends in its row, a fixed number a row.
    cell_ends: Vec<u32>,
}

impl Rows {
    pub(crate) fn push(&mut self, row: Row<'_>) {
        self.text.push_str(row.text);
        self.row_ends.push(self.text.len());
        self.cell_ends.extend_from_slice(row.ends);
    }
}

impl Sheet {
    pub(crate) fn new(columns: Columns, rows: Rows) -> Sheet {
        Sheet { columns, rows }
    }

    /// The columns that the file has.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// How many data rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.row_ends.len()
    }

    /// Whether there is no data row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The data row at `index` from 0; its number in the file is two more, as no row is left out.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let end = *self.rows.row_ends.get(index)?;
        let before = index.checked_sub(1);
        let start = before.map_or(Some(0), |before| self.rows.row_ends.get(before).copied())?;
        let width = self.columns.known();
        let first = index.checked_mul(width)?;
        Some(Row {
            number: u64::try_from(index).ok()?.checked_add(2)?,
            columns: &self.columns,
            text: self.rows.text.get(start..end)?,
            ends: self.rows.cell_ends.get(first..first.checked_add(width)?)?,
            refused: &[],
        })
    }

    /// The data rows, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> + '_ {
        (0..self.len()).filter_map(|index| self.row(index))
    }
}
