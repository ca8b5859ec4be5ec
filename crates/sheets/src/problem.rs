//! What is wrong with a file of rows, and how to put it right.

use std::fmt;

/// A value is shown up to so many characters.
const SHOWN: usize = 60;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The row as an editor or a spreadsheet numbers it: 1 is the header. `None`: the whole file.
    pub row: Option<u64>,
    /// The column's name; `None` where it is about the whole row.
    pub column: Option<String>,
    /// What stands there, cut to 60 characters.
    pub value: Option<String>,
    /// What is wrong, as "is out of range".
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl Problem {
    /// Something about the whole file.
    pub fn of_file(what: impl Into<String>, cure: impl Into<String>) -> Problem {
        Problem {
            row: None,
            column: None,
            value: None,
            what: what.into(),
            cure: cure.into(),
        }
    }

    /// Something about a whole row.
    pub fn of_row(row: u64, what: impl Into<String>, cure: impl Into<String>) -> Problem {
        Problem {
            row: Some(row),
            ..Problem::of_file(what, cure)
        }
    }

    /// Something about the cell of a row in `column`, where `value` stands.
    pub fn of_cell(
        row: u64,
        column: impl Into<String>,
        value: &str,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Problem {
        Problem {
            column: Some(column.into()),
            value: Some(excerpt(value)),
            ..Problem::of_row(row, what, cure)
        }
    }
}

impl fmt::Display for Problem {
    /// `row 7, fee_rate "1.5": it is out of range, 0 to 1; write …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(row) = self.row else {
            return write!(f, "the file {}; {}", self.what, self.cure);
        };
        write!(f, "row {row}")?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        if let Some(value) = &self.value {
            write!(f, " {value:?}")?;
        }
        write!(f, ": {}; {}", self.what, self.cure)
    }
}

/// All that is wrong with a file, in the order in which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<Problem>,
    more: u64,
    most: usize,
}

/// How many problems there were at some time.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    listed: usize,
    more: u64,
}

impl Problems {
    /// None yet; at most `most` will be listed (at least one), the rest counted.
    #[must_use]
    pub fn new(most: usize) -> Problems {
        Problems {
            listed: Vec::new(),
            more: 0,
            most: most.max(1),
        }
    }

    /// One more.
    pub fn push(&mut self, problem: Problem) {
        if self.listed.len() < self.most {
            self.listed.push(problem);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Those that are listed.
    #[must_use]
    pub fn listed(&self) -> &[Problem] {
        &self.listed
    }

    /// How many there are beyond those listed.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.more
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            listed: self.listed.len(),
            more: self.more,
        }
    }

    /// Forgets what came after the mark.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.listed.truncate(mark.listed);
        self.more = mark.more;
    }
}

impl Extend<Problem> for Problems {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        for problem in problems {
            self.push(problem);
        }
    }
}

impl fmt::Display for Problems {
    /// A line each, and `and N more` where not all are listed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.listed {
            write!(f, "\n  {problem}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// As much of a text as belongs into a message.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
