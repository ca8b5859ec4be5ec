//! Files, and what is said of them.

use std::io::Write as _;

use paydirt_sheets::{Column, Layout, Limits, Sheet, SheetError, read};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use tempfile::NamedTempFile;

const COLUMNS: &[Column] = &[
    Column::required("order"),
    Column::required("member"),
    Column::required("power"),
    Column::required("fee_rate"),
    Column::optional("coefficient"),
    Column::optional("end").day(),
    Column::optional("note"),
];
pub(crate) const LAYOUT: Layout = Layout { columns: COLUMNS };

pub(crate) fn file(content: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_ref()).unwrap();
    file
}

pub(crate) fn read_with(content: impl AsRef<[u8]>, limits: &Limits) -> Result<Sheet, SheetError> {
    read(file(content).path(), &LAYOUT, limits)
}

pub(crate) fn sheet(content: impl AsRef<[u8]>) -> Sheet {
    read_with(content, &Limits::default()).unwrap()
}

/// The problems, each as it is shown.
pub(crate) fn refused(content: impl AsRef<[u8]>) -> Vec<String> {
    refused_with(content, &Limits::default())
}

pub(crate) fn refused_with(content: impl AsRef<[u8]>, limits: &Limits) -> Vec<String> {
    shown(&read_with(content, limits).unwrap_err())
}

pub(crate) fn shown(error: &SheetError) -> Vec<String> {
    assert!(
        error.to_string().contains("nothing was taken from it"),
        "{error}"
    );
    error.problems().iter().map(ToString::to_string).collect()
}

/// All of a message about a file that is refused for what it is.
pub(crate) fn message(content: impl AsRef<[u8]>) -> String {
    read_with(content, &Limits::default())
        .unwrap_err()
        .to_string()
}

pub(crate) fn texts(sheet: &Sheet, column: &str) -> Vec<String> {
    let cells = sheet
        .rows()
        .map(|row| row.cell(column).unwrap_or("-").to_owned());
    cells.collect()
}

/// A workbook of one sheet under the header `order,member,power,fee_rate,end`.
pub(crate) fn workbook(
    fill: impl FnOnce(&mut Worksheet) -> Result<&mut Worksheet, XlsxError>,
) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet
        .write_row(0, 0, ["order", "member", "power", "fee_rate", "end"])
        .unwrap();
    fill(sheet).unwrap();
    workbook.save_to_buffer().unwrap()
}
