//! Numbers that are shown with leading zeros: an id 00123 whose cell holds 123.

use calamine::DataRef;

use super::Refusal;
use super::workbook::{Workbook, contained};
use crate::cell::Fault;

/// More are not noted: the file is refused for these already.
const MOST: usize = 10_000;

/// The cells, in the order of the sheet, that show more digits than they hold.
#[derive(Default)]
pub(super) struct Padded {
    cells: std::collections::VecDeque<(u32, u32)>,
}

impl Padded {
    /// Whether the next cell to be read is one of them; cells come in the same order.
    pub(super) fn contains(&mut self, cell: (u32, u32)) -> bool {
        let found = self.cells.front() == Some(&cell);
        if found {
            self.cells.pop_front();
        }
        found
    }
}

pub(super) fn fault() -> Fault {
    Fault::new(
        "is a number that the sheet shows with leading zeros which it does not hold",
        "format the cell as text and write it as it is shown",
    )
}

pub(super) fn find(workbook: &mut Workbook<'_>, sheet: &str) -> Result<Padded, Refusal> {
    let mut cells = contained(|| workbook.worksheet_cells_reader(sheet))?;
    let styles = cells.styles().iter();
    let widths: Vec<usize> = styles
        .map(|style| {
            style
                .number_format
                .as_ref()
                .map_or(0, |format| width(&format.format_code))
        })
        .collect();
    let mut padded = Padded::default();
    if widths.iter().all(|&width| width < 2) {
        return Ok(padded);
    }
    while let Some((cell, style)) = contained(|| cells.next_cell_with_style_id())? {
        let width = widths.get(style).copied().unwrap_or(0);
        let digits = match cell.get_value() {
            DataRef::Int(number) => digits_before_point(&number.to_string()),
            DataRef::Float(number) => digits_before_point(&number.to_string()),
            _ => continue,
        };
        if digits < width && padded.cells.len() < MOST {
            padded.cells.push_back(cell.get_position());
        }
    }
    Ok(padded)
}

fn digits_before_point(number: &str) -> usize {
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    whole.trim_start_matches('-').len()
}

/// How many digits before the point a number format shows at least.
fn width(format: &str) -> usize {
    let mut zeros = 0_usize;
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            // The first section is that of positive numbers; what follows is behind the point.
            ';' | '.' | 'E' | 'e' | '/' => break,
            '\\' | '_' | '*' => drop(chars.next()),
            '"' => drop(chars.by_ref().find(|&c| c == '"')),
            '[' => drop(chars.by_ref().find(|&c| c == ']')),
            '0' => zeros = zeros.saturating_add(1),
            _ => {}
        }
    }
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_that_a_format_shows_at_least_are_counted() {
        for (format, digits) in [
            ("General", 0),
            ("0", 1),
            ("#,##0.00", 1),
            ("0.00E+00", 1),
            ("##0.0E+0", 1),
            ("0%", 1),
            ("00000", 5),
            ("000-0000", 7),
            ("0000;-0", 4),
            ("[Red]000", 3),
            ("\"000\"0", 1),
            ("\\00", 1),
            ("_(* #,##0_);_(* (#,##0)", 1),
            ("# ??/??", 0),
            ("@", 0),
        ] {
            assert_eq!(width(format), digits, "{format}");
        }
        for (number, digits) in [("7", 1), ("-12.5", 2), ("0.25", 1), ("100", 3)] {
            assert_eq!(digits_before_point(number), digits, "{number}");
        }
    }
}
