//! XLSX, read by calamine from memory after [`package`] has found the file fit to be read.

mod package;
mod padding;
mod part;
mod sheets;
mod value;
mod workbook;

use calamine::{DataRef, Dimensions, XlsxCellFormulaMetadataRecord};

use crate::cell::{Cut, Fault};
use crate::intake::{Intake, Next};
use crate::{Limits, Problem};
use padding::Padded;
use workbook::Workbook;

/// Why a workbook is not read at all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is something else.
    Other { what: String, cure: String },
    /// It unpacks to more than may be read.
    TooLarge(String),
    /// Something in it is wrong.
    Problem(Problem),
}

impl Refusal {
    fn other(what: impl Into<String>, cure: impl Into<String>) -> Refusal {
        Refusal::Other {
            what: what.into(),
            cure: cure.into(),
        }
    }

    fn damaged(how: impl std::fmt::Display) -> Refusal {
        // Another's message may hold as much as the file does.
        let how: String = how
            .to_string()
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        let what = format!("is damaged: {how}");
        let cure = "open it in a spreadsheet program and save it anew, or save it as CSV";
        Refusal::Problem(Problem::of_file(what, cure))
    }
}

/// Reads one sheet: the one of this name, or the only one that has data.
pub(crate) fn read(
    bytes: &[u8],
    sheet: Option<&str>,
    limits: &Limits,
    intake: &mut Intake<'_>,
) -> Result<(), Refusal> {
    let found = package::check(bytes, limits)?;
    let mut workbook = workbook::open(bytes)?;
    let Some(name) = sheets::chosen(&mut workbook, sheet)? else {
        return Ok(());
    };
    if found.merged_cells {
        let merged = workbook::contained(|| workbook.merge_cells_by_sheet_name(&name))?;
        merged
            .into_iter()
            .for_each(|area| intake.problem(merged_cells(area)));
    }
    let padded = padding::find(&mut workbook, &name)?;
    read_cells(&mut workbook, &name, padded, intake)
}

fn merged_cells(area: Dimensions) -> Problem {
    let from_one = |index: u32| u64::from(index).saturating_add(1);
    let (first, last) = (from_one(area.start.0), from_one(area.end.0));
    let (left, right) = (from_one(area.start.1), from_one(area.end.1));
    let what = match first == last {
        true => format!("the cells of its columns {left} to {right} are merged"),
        false => format!("cells of columns {left} to {right} are merged down to row {last}"),
    };
    Problem::of_row(first, what, "unmerge them and fill each cell")
}

fn read_cells(
    workbook: &mut Workbook<'_>,
    sheet: &str,
    mut padded: Padded,
    intake: &mut Intake<'_>,
) -> Result<(), Refusal> {
    let mut cells = workbook::contained(|| workbook.worksheet_cells_reader(sheet))?;
    let mut at: Option<(u32, u32)> = None;
    while let Some(cell) = workbook::contained(|| cells.next_cell_with_formula_metadata())? {
        if cell.value == DataRef::Empty && cell.formula.is_none() {
            continue;
        }
        if at.is_some_and(|at| cell.pos <= at) {
            return Err(Refusal::damaged("its cells are not in order"));
        }
        let row_before = at.map(|(row, _)| row);
        if row_before != Some(cell.pos.0) {
            if row_before.is_some() && end(intake) == Next::Stop {
                return Ok(());
            }
            if row_before.is_none() && cell.pos.0 > 0 {
                // Row 1 is empty: it names no columns.
                intake.begin(1);
                if intake.end() == Next::Stop {
                    return Ok(());
                }
            }
            intake.begin(u64::from(cell.pos.0).saturating_add(1));
        }
        at = Some(cell.pos);
        take(&cell, padded.contains(cell.pos), intake);
    }
    if at.is_some() {
        let _last = end(intake);
    }
    Ok(())
}

/// Ends a row: cells that are not in the file are empty.
fn end(intake: &mut Intake<'_>) -> Next {
    while intake.cells() < intake.width() {
        intake.cell(Cut::Text(""));
    }
    intake.end()
}

fn take(cell: &XlsxCellFormulaMetadataRecord<'_>, padded: bool, intake: &mut Intake<'_>) {
    let column = usize::try_from(cell.pos.1).unwrap_or(usize::MAX);
    let (most, which) = match intake.width() {
        0 => (usize::from(intake.limits().columns), "at most are read"),
        width => (width, "are named in row 1"),
    };
    if column >= most {
        let what = format!(
            "it has a cell in column {}, {most} {which}",
            column.saturating_add(1)
        );
        return intake.spoil(Fault::new(what, "delete it"));
    }
    while intake.cells() < column {
        intake.cell(Cut::Text(""));
    }
    let (text, mut fault) = value::text_of(&cell.value, intake.next_is_day());
    if padded {
        fault = fault.or_else(|| Some(padding::fault()));
    }
    if cell.formula.is_some() {
        fault = Some(Fault::new(
            "is a formula",
            "paste its value as text in its place",
        ));
    }
    intake.cell(match fault {
        None => Cut::Text(&text),
        Some(fault) => Cut::Bad(&text, fault),
    });
}
