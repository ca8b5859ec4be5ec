//! Reading a file.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};

use crate::intake::{Intake, Visit};
use crate::kind::{self, Kind, Other};
use crate::sheet::Rows;
use crate::xlsx::{self, Refusal};
use crate::{Columns, Layout, Limits, Problem, Problems, Row, Sheet, SheetError, Source, csv};

const BUFFER: usize = 1 << 18;

/// All rows of a file.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of the file.
pub fn read<'a>(
    source: impl Into<Source<'a>>,
    layout: &Layout,
    limits: &Limits,
) -> Result<Sheet, SheetError> {
    let mut rows = Rows::default();
    let columns = for_each_row(source, layout, limits, |row, _| rows.push(row))?;
    Ok(Sheet::new(columns, rows))
}

/// Shows each row of a file to `visit`, which may add problems of its own.
///
/// Rows that can't be cut into cells are not shown. Cells that were refused are
/// ([`Row::is_refused`]), so that all problems of a row are found at once.
///
/// # Errors
/// [`SheetError`]; then whatever was made of the rows must not be used.
pub fn for_each_row<'a>(
    source: impl Into<Source<'a>>,
    layout: &Layout,
    limits: &Limits,
    mut visit: impl FnMut(Row<'_>, &mut Problems),
) -> Result<Columns, SheetError> {
    let source = source.into();
    let failed = |error| read_error(source, error);
    let file = File::open(source.path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > limits.bytes {
        let what = format!("has {length} bytes, at most {} are read", limits.bytes);
        return Err(too_large(source, what));
    }
    visit_rows(source, file, layout, limits, &mut visit)
}

fn visit_rows(
    source: Source<'_>,
    mut file: File,
    layout: &Layout,
    limits: &Limits,
    visit: Visit<'_>,
) -> Result<Columns, SheetError> {
    let failed = |error| read_error(source, error);
    let kind = kind::of(&head(&mut file).map_err(failed)?);
    let kind = kind.map_err(|Other { what, cure }| other_kind(source, what, cure))?;
    let mut intake = Intake::new(*layout, *limits, visit);
    // A file that grows while it is read ends where the limit is.
    let mut file = file.take(limits.bytes);
    match kind {
        Kind::Csv if source.sheet.is_some() => {
            let cure = "leave the sheet's name out";
            intake.problem(Problem::of_file("is CSV, which has no sheets", cure));
        }
        Kind::Csv => {
            let file = BufReader::with_capacity(BUFFER, file);
            csv::read(file, &mut intake).map_err(failed)?;
        }
        Kind::Zip => {
            // In memory: what was checked is what is read then.
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(failed)?;
            match xlsx::read(&bytes, source.sheet, limits, &mut intake) {
                Ok(()) => {}
                Err(Refusal::Problem(problem)) => intake.problem(problem),
                Err(Refusal::TooLarge(what)) => return Err(too_large(source, what)),
                Err(Refusal::Other { what, cure }) => return Err(other_kind(source, what, cure)),
            }
        }
    }
    intake.finish().map_err(|problems| SheetError::Refused {
        path: source.path.to_owned(),
        problems,
    })
}

fn read_error(source: Source<'_>, error: io::Error) -> SheetError {
    SheetError::Read {
        path: source.path.to_owned(),
        source: error,
    }
}

fn too_large(source: Source<'_>, what: String) -> SheetError {
    SheetError::TooLarge {
        path: source.path.to_owned(),
        what,
    }
}

fn other_kind(source: Source<'_>, what: impl Into<String>, cure: impl Into<String>) -> SheetError {
    SheetError::OtherKind {
        path: source.path.to_owned(),
        what: what.into(),
        cure: cure.into(),
    }
}

/// The first bytes; the file is at its beginning again.
fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(kind::HEAD);
    let most = u64::try_from(kind::HEAD).unwrap_or_default();
    file.by_ref().take(most).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}
