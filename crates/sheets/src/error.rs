//! Why a file of rows was not read.

use std::io;
use std::path::PathBuf;

use crate::{Problem, Problems};

/// Why a file of rows was not read. Nothing was taken from it in any case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The system doesn't give the file.
    #[error(
        "can't read {path}: {source}; nothing was taken from it; check the path and its rights"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is another kind of file.
    #[error("{path} is {what}, which is not read; nothing was taken from it; {cure}")]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it is, as "an old Excel file (.xls)".
        what: String,
        /// How to make one that is read.
        cure: String,
    },
    /// It is larger than what may be read.
    #[error("{path} {what}; nothing was taken from it; split it into smaller files")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large, and the limit.
        what: String,
    },
    /// Something in it is wrong.
    #[error(
        "{path} was refused, nothing was taken from it; correct these and read it again:{problems}"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong: at least one.
        problems: Problems,
    },
}

impl SheetError {
    /// What is wrong within the file, if that is why it was refused.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            SheetError::Refused { problems, .. } => problems.listed(),
            _ => &[],
        }
    }
}
