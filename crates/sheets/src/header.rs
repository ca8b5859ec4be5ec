//! Row 1: which columns a file has, and where.

use crate::cell::{Fault, fault_of};
use crate::{Layout, Limits, Problem, Problems};

/// What else may stand between columns where a comma should.
const DELIMITERS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// The columns that a file has.
#[derive(Debug, Clone)]
pub struct Columns {
    layout: Layout,
    /// For each column of the file its place in the layout, if it is known.
    in_layout: Vec<Option<usize>>,
    /// For each column of the layout its place among the known ones of the file.
    in_file: Vec<Option<usize>>,
}

impl Columns {
    /// Whether the file has the column of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let index = self.layout.index_of(name);
        index.is_some_and(|index| self.place(index).is_some())
    }

    /// The columns that the file has, in its order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let known = self.in_layout.iter().flatten();
        known.filter_map(|&index| Some(self.layout.columns.get(index)?.name))
    }

    /// All columns that it may have.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many columns the file has.
    pub(crate) fn width(&self) -> usize {
        self.in_layout.len()
    }

    /// How many of them are known.
    pub(crate) fn known(&self) -> usize {
        self.in_layout.iter().flatten().count()
    }

    /// The column of the layout that the file's column is.
    pub(crate) fn in_layout(&self, column: usize) -> Option<usize> {
        self.in_layout.get(column).copied().flatten()
    }

    /// Where the cell of a column of the layout is among those of known columns.
    pub(crate) fn place(&self, index: usize) -> Option<usize> {
        self.in_file.get(index).copied().flatten()
    }
}

/// The columns that row 1 names. Where it is wrong, problems say so; where the rows can't be read
/// by it at all, there are no columns.
pub(crate) fn columns(
    cells: &[(String, Option<Fault>)],
    layout: Layout,
    limits: &Limits,
    problems: &mut Problems,
) -> Option<Columns> {
    if let Some(problem) = unreadable(cells, &layout, limits) {
        problems.push(problem);
        return None;
    }
    let mut columns = Columns {
        layout,
        in_layout: Vec::with_capacity(cells.len()),
        in_file: vec![None; layout.columns.len()],
    };
    for (place, (name, cut)) in (1_usize..).zip(cells) {
        let index = layout.index_of(name);
        if cut.is_none() && index.is_some_and(|index| layout.is_ignored(index)) {
            columns.in_layout.push(None);
            continue;
        }
        let first = index.filter(|&index| columns.place(index).is_none());
        let fault = cut.clone().or_else(|| match (first, index) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(Fault::new("names a column twice", "delete one of the two")),
            (None, None) => Some(unknown(name, place, &layout, limits)),
        });
        let column = format!("column {place}");
        problems
            .extend(fault.map(|fault| Problem::of_cell(1, column, name, fault.what, fault.cure)));
        let known = columns.known();
        if let Some(entry) = first.and_then(|index| columns.in_file.get_mut(index)) {
            *entry = Some(known);
        }
        columns.in_layout.push(first);
    }
    let missing = layout.columns.iter().filter(|column| column.required);
    let missing: Vec<&str> = missing
        .map(|column| column.name)
        .filter(|name| !columns.has(name))
        .collect();
    problems.extend(missing.iter().map(|name| {
        let what = format!("the column {name} is missing");
        Problem::of_row(
            1,
            what,
            format!("add it; the columns are: {}", layout.names()),
        )
    }));
    (columns.known() > 0).then_some(columns)
}

fn unknown(name: &str, place: usize, layout: &Layout, limits: &Limits) -> Fault {
    if name.is_empty() {
        let what = format!("column {place} has no name");
        return Fault::new(what, "name it, or delete the column");
    }
    if let Some(fault) = fault_of(name, limits.cell_bytes) {
        return fault;
    }
    let cure = match layout.nearest(name) {
        Some(near) => format!("did you mean {near}? The columns are: {}", layout.names()),
        None => format!("delete it; the columns are: {}", layout.names()),
    };
    Fault::new("is no column known here", cure)
}

/// Why no row can be read by this header, if so.
fn unreadable(
    cells: &[(String, Option<Fault>)],
    layout: &Layout,
    limits: &Limits,
) -> Option<Problem> {
    let known = |name: &str| layout.index_of(name).is_some();
    let most = usize::from(limits.columns);
    if cells.len() > most {
        let what = format!("there are more than {most} columns");
        return Some(Problem::of_row(1, what, "delete those that are not needed"));
    }
    if let [(only, _)] = cells {
        for (delimiter, called) in DELIMITERS {
            let mut names = only
                .split(delimiter)
                .map(|name| name.trim_matches('"').trim());
            if only.contains(delimiter) && names.any(known) {
                let what = format!("its columns are separated by {called}");
                let cure = "save the file with commas between the columns, or as XLSX";
                return Some(Problem::of_row(1, what, cure));
            }
        }
    }
    let near = |name: &str| known(name) || layout.nearest(name).is_some();
    if !cells.iter().any(|(name, _)| near(name)) {
        let what = "it is no header: none of its cells names a column";
        let cure = format!("name the columns in row 1: {}", layout.names());
        return Some(Problem::of_row(1, what, cure));
    }
    None
}
