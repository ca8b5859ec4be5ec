//! Which columns a file may have.

/// The columns that a file may have, in any order. Others are refused.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// All of them. Their places here are the indexes of [`Row::at`](crate::Row::at).
    pub columns: &'static [Column],
}

/// One column that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in row 1, exactly so.
    pub name: &'static str,
    /// Whether a file without it is refused. An empty cell in it is the reader's to judge.
    pub required: bool,
    /// Whether it holds days: a date cell of XLSX becomes `YYYY-MM-DD` here and is refused
    /// elsewhere.
    pub day: bool,
    /// Whether it may stand there and is not looked at: its cells are not read.
    pub ignored: bool,
}

impl Column {
    /// A column that must be there.
    #[must_use]
    pub const fn required(name: &'static str) -> Column {
        Column {
            name,
            required: true,
            day: false,
            ignored: false,
        }
    }

    /// A column that may be absent.
    #[must_use]
    pub const fn optional(name: &'static str) -> Column {
        Column {
            name,
            required: false,
            day: false,
            ignored: false,
        }
    }

    /// A column that may stand there, and is not looked at.
    #[must_use]
    pub const fn ignored(name: &'static str) -> Column {
        Column {
            ignored: true,
            ..Column::optional(name)
        }
    }

    /// The same column, of days.
    #[must_use]
    pub const fn day(self) -> Column {
        Column { day: true, ..self }
    }
}

impl Layout {
    /// The place of a column.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether the column of this place is not looked at.
    pub(crate) fn is_ignored(&self, index: usize) -> bool {
        self.columns.get(index).is_some_and(|column| column.ignored)
    }

    /// All names of columns that are read, as `order, member, power`.
    pub(crate) fn names(&self) -> String {
        let read = self.columns.iter().filter(|column| !column.ignored);
        let names: Vec<&str> = read.map(|column| column.name).collect();
        names.join(", ")
    }

    /// The name that `found` was probably meant to be.
    pub(crate) fn nearest(&self, found: &str) -> Option<&'static str> {
        let found = found.trim().to_lowercase();
        let most = found.chars().count().div_ceil(3).clamp(1, 3);
        let near = self.columns.iter().map(|column| {
            let distance = strsim::damerau_levenshtein(&found, column.name);
            (distance, column.name)
        });
        near.filter(|(distance, _)| *distance <= most)
            .min()
            .map(|(_, name)| name)
    }
}
