//! Reading a file.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::intake::{Intake, Visit};
use crate::kind::{self, Kind, Other};
use crate::sheet::Sheet;
use crate::{Columns, Layout, Limits, Problems, Row, SheetError, csv};

const BUFFER: usize = 1 << 18;

/// All rows of a file.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of the file.
pub fn read(path: &Path, layout: &Layout, limits: &Limits) -> Result<Sheet, SheetError> {
    let mut rows = crate::sheet::Rows::default();
    let columns = for_each_row(path, layout, limits, |row, _| rows.push(row))?;
    Ok(Sheet::new(columns, rows))
}

/// Shows each row of a file to `visit`, which may add problems of its own.
///
/// Rows that can't be cut into cells are not shown. Cells that were refused are
/// ([`Row::is_refused`]), so that all problems of a row are found at once.
///
/// # Errors
/// [`SheetError`]; then whatever was made of the rows must not be used.
pub fn for_each_row(
    path: &Path,
    layout: &Layout,
    limits: &Limits,
    mut visit: impl FnMut(Row<'_>, &mut Problems),
) -> Result<Columns, SheetError> {
    let failed = |source| SheetError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > limits.bytes {
        let what = format!("has {length} bytes, at most {} are read", limits.bytes);
        return Err(SheetError::TooLarge {
            path: path.to_owned(),
            what,
        });
    }
    visit_file(path, file, layout, limits, &mut visit)
}

fn visit_file(
    path: &Path,
    mut file: File,
    layout: &Layout,
    limits: &Limits,
    visit: Visit<'_>,
) -> Result<Columns, SheetError> {
    let failed = |source| SheetError::Read {
        path: path.to_owned(),
        source,
    };
    let kind = kind::of(&head(&mut file).map_err(failed)?);
    let kind = kind.map_err(|other| other_kind(path, &other))?;
    let mut intake = Intake::new(*layout, *limits, visit);
    match kind {
        Kind::Csv => {
            // A file that grows while it is read ends where it ended.
            let file = BufReader::with_capacity(BUFFER, file.take(limits.bytes));
            csv::read(file, &mut intake).map_err(failed)?;
        }
        Kind::Zip => {
            let what = "a ZIP archive";
            let cure = "save it as CSV (UTF-8, comma delimited)";
            return Err(other_kind(path, &Other { what, cure }));
        }
    }
    intake.finish().map_err(|problems| SheetError::Refused {
        path: path.to_owned(),
        problems,
    })
}

fn other_kind(path: &Path, other: &Other) -> SheetError {
    SheetError::OtherKind {
        path: path.to_owned(),
        what: other.what.to_owned(),
        cure: other.cure.to_owned(),
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
