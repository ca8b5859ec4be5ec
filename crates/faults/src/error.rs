//! What can be wrong with a script.

/// Why a script can't be read. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// Not the name of a point.
    #[error(
        "{text:?} names no point: write it as journal.save:after#1, with :before, :after or \
         :midway, and counted from 1; nothing was started"
    )]
    BadPoint {
        /// What was given.
        text: String,
    },
    /// An environment variable is no text.
    #[error("the environment variable {variable} is no text; nothing was started")]
    BadVariable {
        /// Its name.
        variable: String,
    },
    /// The list of points can't be written.
    #[error("{file}, the list of reached points, can't be written: {error}; nothing was started")]
    NoList {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
}
