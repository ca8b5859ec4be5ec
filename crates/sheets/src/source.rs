//! Which file is read, and which sheet of it.

use std::path::{Path, PathBuf};

/// A file of rows. A path alone is one, too.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) sheet: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// The file at `path`; of a workbook the only sheet that has data.
    #[must_use]
    pub fn new(path: &'a Path) -> Source<'a> {
        Source { path, sheet: None }
    }

    /// The sheet of this name; a CSV file has none.
    #[must_use]
    pub fn sheet(self, name: &'a str) -> Source<'a> {
        Source {
            sheet: Some(name),
            ..self
        }
    }
}

impl<'a> From<&'a Path> for Source<'a> {
    fn from(path: &'a Path) -> Source<'a> {
        Source::new(path)
    }
}

impl<'a> From<&'a PathBuf> for Source<'a> {
    fn from(path: &'a PathBuf) -> Source<'a> {
        Source::new(path)
    }
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(path: &'a str) -> Source<'a> {
        Source::new(Path::new(path))
    }
}
