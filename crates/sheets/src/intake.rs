//! What CSV and XLSX have in common: cells come in one by one and leave as checked rows.

use crate::cell::{Cut, Fault, fault_of, undefused};
use crate::row::Row;
use crate::{Columns, Layout, Limits, Problem, Problems, header};

/// What sees the rows.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(Row<'_>, &mut Problems);

/// Takes the cells of one row after the other.
pub(crate) struct Intake<'a> {
    layout: Layout,
    limits: Limits,
    visit: Visit<'a>,
    problems: Problems,
    header: Vec<(String, Option<Fault>)>,
    columns: Option<Columns>,
    /// The first of the empty rows just before this one: at the end of a file they are nothing.
    empty_from: Option<u64>,
    row: Current,
}

/// The row that is coming in.
struct Current {
    number: u64,
    cells: usize,
    is_empty: bool,
    /// What makes all of it unreadable.
    fault: Option<Fault>,
    /// The problems before it.
    mark: crate::problem::Mark,
    text: String,
    ends: Vec<u32>,
    refused: Vec<bool>,
}

/// Whether more rows are wanted.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    More,
    Stop,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(layout: Layout, limits: Limits, visit: Visit<'a>) -> Intake<'a> {
        let problems = Problems::new(limits.problems);
        let row = Current {
            number: 0,
            cells: 0,
            is_empty: true,
            fault: None,
            mark: problems.mark(),
            text: String::new(),
            ends: Vec::new(),
            refused: Vec::new(),
        };
        Intake {
            layout,
            limits,
            visit,
            problems,
            header: Vec::new(),
            columns: None,
            empty_from: None,
            row,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A problem that belongs to no cell.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// How many cells of the row have come.
    pub(crate) fn cells(&self) -> usize {
        self.row.cells
    }

    /// Whether the next cell is one of a column of days.
    pub(crate) fn next_is_day(&self) -> bool {
        let columns = self.columns.as_ref();
        let index = columns.and_then(|columns| columns.in_layout(self.row.cells));
        let column = index.and_then(|index| self.layout.columns.get(index));
        column.is_some_and(|column| column.day)
    }

    /// How many a row must have; 0 before there is a header.
    pub(crate) fn width(&self) -> usize {
        self.columns.as_ref().map_or(0, Columns::width)
    }

    /// A row begins.
    pub(crate) fn begin(&mut self, number: u64) {
        let expected = self.row.number.saturating_add(1);
        if number > expected {
            self.empty_from.get_or_insert(expected);
        }
        self.row.number = number;
        self.row.cells = 0;
        self.row.is_empty = true;
        self.row.fault = None;
        self.row.mark = self.problems.mark();
        self.row.text.clear();
        self.row.ends.clear();
        self.row.refused.clear();
    }

    /// Its next cell.
    pub(crate) fn cell(&mut self, cell: Cut<'_>) {
        let (text, fault) = match cell {
            Cut::Text(text) => (text, None),
            Cut::Bad(text, fault) => (text, Some(fault)),
        };
        self.row.is_empty &= text.is_empty() && fault.is_none();
        let place = self.row.cells;
        self.row.cells = place.saturating_add(1);
        let Some(columns) = &self.columns else {
            if self.header.len() <= usize::from(self.limits.columns) {
                self.header.push((text.to_owned(), fault));
            }
            return;
        };
        let Some(index) = columns.in_layout(place) else {
            return;
        };
        let text = undefused(text);
        let fault = fault.or_else(|| fault_of(text, self.limits.cell_bytes));
        self.row.refused.push(fault.is_some());
        match fault {
            None => self.row.text.push_str(text),
            Some(fault) => {
                let name = self
                    .layout
                    .columns
                    .get(index)
                    .map_or("", |column| column.name);
                let Fault { what, cure } = fault;
                self.problems
                    .push(Problem::of_cell(self.row.number, name, text, what, cure));
            }
        }
        // 2^16 cells of 2^16 bytes each: below 2^32.
        let end = u32::try_from(self.row.text.len()).unwrap_or(u32::MAX);
        self.row.ends.push(end);
    }

    /// The row can't be cut into cells.
    pub(crate) fn spoil(&mut self, fault: Fault) {
        self.row.fault.get_or_insert(fault);
        self.row.is_empty = false;
    }

    /// The row ends: it is checked, and seen.
    pub(crate) fn end(&mut self) -> Next {
        let number = self.row.number;
        if self.columns.is_none() {
            return self.end_of_header();
        }
        if self.row.is_empty {
            self.empty_from.get_or_insert(number);
            return Next::More;
        }
        let most = self.limits.rows;
        if number > most.saturating_add(1) {
            let what = format!("there are more than {most} rows");
            self.problems.push(Problem::of_row(
                number,
                what,
                "split the file, or raise the limit",
            ));
            return Next::Stop;
        }
        if let Some(first) = self.empty_from.take() {
            self.refuse_empty(first, number);
        }
        if let Some(problem) = self.uncut() {
            self.problems.back_to(self.row.mark);
            self.problems.push(problem);
        } else if let Some(columns) = &self.columns {
            let Current {
                text,
                ends,
                refused,
                ..
            } = &self.row;
            (self.visit)(
                Row {
                    number,
                    columns,
                    text,
                    ends,
                    refused,
                },
                &mut self.problems,
            );
        }
        Next::More
    }

    fn end_of_header(&mut self) -> Next {
        let fault = self.row.fault.take();
        if let Some(Fault { what, cure }) = fault {
            self.problems.push(Problem::of_row(1, what, cure));
            return Next::Stop;
        }
        self.columns = header::columns(&self.header, self.layout, &self.limits, &mut self.problems);
        match self.columns {
            Some(_) => Next::More,
            None => Next::Stop,
        }
    }

    /// What is wrong with the row as a whole.
    fn uncut(&mut self) -> Option<Problem> {
        let (number, cells) = (self.row.number, self.row.cells);
        if let Some(Fault { what, cure }) = self.row.fault.take() {
            return Some(Problem::of_row(number, what, cure));
        }
        let width = self.width();
        if cells == width {
            return None;
        }
        let what = format!("it has {cells} cells, row 1 has {width}");
        let cure = match cells > width {
            true => "delete what is too much; a cell with a comma in it stands between quotes",
            false => "add what is missing; an empty cell needs its comma too",
        };
        Some(Problem::of_row(number, what, cure))
    }

    fn refuse_empty(&mut self, first: u64, next: u64) {
        let last = next.saturating_sub(1);
        let what = match first == last {
            true => "it is empty, but rows follow".to_owned(),
            false => format!("it is empty, as all to row {last}, but rows follow"),
        };
        self.problems
            .push(Problem::of_row(first, what, "delete it"));
    }

    /// The file ends.
    pub(crate) fn finish(mut self) -> Result<Columns, Problems> {
        if self.columns.is_none() && self.problems.is_empty() {
            let cure = format!("name the columns in row 1: {}", self.layout.names());
            self.problems.push(Problem::of_file("is empty", cure));
        }
        match self.columns {
            Some(columns) if self.problems.is_empty() => Ok(columns),
            _ => Err(self.problems),
        }
    }
}
