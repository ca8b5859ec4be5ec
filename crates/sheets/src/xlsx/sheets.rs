//! Which sheet of a workbook is read.

use calamine::{DataRef, Reader as _, SheetType};

use super::Refusal;
use super::workbook::{Workbook, contained};
use crate::Problem;

/// The sheet of this name, or else the only one that has data; none if none has.
///
/// Hidden sheets count: what is in them must not be passed over in silence.
pub(super) fn chosen(
    workbook: &mut Workbook<'_>,
    wanted: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    if let Some(wanted) = wanted {
        return match names.iter().any(|name| name == wanted) {
            true => Ok(Some(wanted.to_owned())),
            false => Err(no_such(wanted, &names)),
        };
    }
    let mut with_data = Vec::new();
    for name in names {
        if has_data(workbook, &name)? {
            with_data.push(name);
        }
    }
    match with_data.len() {
        0 | 1 => Ok(with_data.pop()),
        _ => {
            let what = format!("has data in several sheets: {}", listed(&with_data));
            let cure = "say which one to read, or delete the others";
            Err(Refusal::Problem(Problem::of_file(what, cure)))
        }
    }
}

fn no_such(wanted: &str, names: &[String]) -> Refusal {
    let what = format!("has no sheet {wanted:?}");
    let cure = format!("name one that it has: {}", listed(names));
    Refusal::Problem(Problem::of_file(what, cure))
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(10)
        .map(|name| format!("{name:?}"))
        .collect();
    shown.join(", ")
}

fn has_data(workbook: &mut Workbook<'_>, name: &str) -> Result<bool, Refusal> {
    let mut cells = contained(|| workbook.worksheet_cells_reader(name))?;
    while let Some(cell) = contained(|| cells.next_cell_with_formula_metadata())? {
        if cell.value != DataRef::Empty || cell.formula.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
