//! What can be wrong with a time, and how to put it right.

/// Why a spec, a zone or a duration was not read. Nothing was scheduled or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// An instant does not fit.
    #[error("{what} is beyond the last instant that fits, nothing was computed: check the input")]
    OutOfRange {
        /// What was computed.
        what: String,
    },
}
