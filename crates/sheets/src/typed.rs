//! From texts to values: one problem for each cell that is none.

use paydirt_money::MoneyError;
use paydirt_schedule::{Day, ScheduleError};

use crate::cell::Fault;
use crate::seen::Seen;
use crate::{Field, Problems, Row};

const MAX_ID_CHARS: usize = 64;
const CORRECT: &str = "correct it";

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Fault {
        match error {
            MoneyError::Unreadable { problem, write, .. } => {
                Fault::new(problem.to_string(), format!("write {write}"))
            }
            other => Fault::new(other.to_string(), CORRECT),
        }
    }
}

impl From<ScheduleError> for Fault {
    fn from(error: ScheduleError) -> Fault {
        match error {
            ScheduleError::BadDay { problem, cure, .. } => Fault::new(problem, cure),
            other => Fault::new(other.to_string(), CORRECT),
        }
    }
}

/// The cells of one row, being made into values. `None` is a value that there is a problem with.
pub(crate) struct Cells<'a, 'p> {
    pub(crate) row: Row<'a>,
    pub(crate) problems: &'p mut Problems,
}

impl<'a> Cells<'a, '_> {
    /// A value that must be there.
    pub(crate) fn required<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&'a str) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.field(index, read)? {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Empty => {
                self.refuse(index, Fault::new("is empty", "fill it"));
                None
            }
        }
    }

    /// A value that may be left empty, in a column that may be absent.
    pub(crate) fn field<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&'a str) -> Result<T, Fault>,
    ) -> Option<Field<T>> {
        if self.row.is_refused(index) {
            return None;
        }
        match self.row.at(index).map(read) {
            Field::Absent => Some(Field::Absent),
            Field::Empty => Some(Field::Empty),
            Field::Value(Ok(value)) => Some(Field::Value(value)),
            Field::Value(Err(fault)) => {
                self.refuse(index, fault);
                None
            }
        }
    }

    /// An id that must be there, and in no row before.
    pub(crate) fn required_once(&mut self, index: usize, seen: &mut Seen) -> Option<&'a str> {
        let found = self.required(index, id)?;
        match seen.before(found, self.row.number()) {
            None => Some(found),
            Some(before) => {
                let what = format!("stands in row {before} already");
                self.refuse(index, Fault::new(what, "keep one of the two rows"));
                None
            }
        }
    }

    pub(crate) fn refuse(&mut self, index: usize, fault: Fault) {
        let problem = self.row.problem(index, fault.what, fault.cure);
        self.problems.push(problem);
    }
}

pub(crate) fn day(text: &str) -> Result<Day, Fault> {
    Ok(text.parse::<Day>()?)
}

/// An id: 1 to 64 characters, kept as they are; single blanks may stand between others.
pub(crate) fn id(text: &str) -> Result<&str, Fault> {
    let odd = |c: char| (c.is_whitespace() && c != ' ') || matches!(c, '\u{200c}' | '\u{200d}');
    if let Some(c) = text.chars().find(|&c| odd(c)) {
        let what = format!(
            "has the character U+{:04X}, which looks like another",
            u32::from(c)
        );
        return Err(Fault::new(what, "write the id without it"));
    }
    if text.contains("  ") {
        return Err(Fault::new(
            "has two blanks side by side",
            "write the id with one or none",
        ));
    }
    text_of_at_most(MAX_ID_CHARS)(text)
}

/// Any text of at most so many characters.
pub(crate) fn text_of_at_most(most: usize) -> impl FnOnce(&str) -> Result<&str, Fault> {
    move |text| match text.chars().count() {
        count if count > most => {
            let what = format!("has {count} characters, at most {most} are kept");
            Err(Fault::new(what, "shorten it"))
        }
        _ => Ok(text),
    }
}
