//! What can be wrong with a time, and how to put it right.

use crate::Day;

/// Why a spec, a day, a zone or a duration was not read. Nothing was scheduled or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// An instant does not fit.
    #[error("{what} is beyond the last instant that fits, nothing was computed: check the input")]
    OutOfRange {
        /// What was computed.
        what: String,
    },
    /// A day or a month is not read.
    #[error("cannot read the {what} {text:?}: {problem}; nothing was changed; {cure}")]
    BadDay {
        /// `day` or `month`.
        what: &'static str,
        /// The refused text, cut to 80 characters.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// How to write it.
        cure: &'static str,
    },
    /// A day is not from 1970-01-01 to 9999-12-31, or does not exist.
    #[error(
        "{what} is no day from 1970-01-01 to 9999-12-31, nothing was computed: check the input"
    )]
    DayOutOfRange {
        /// What was computed.
        what: String,
    },
    /// A cron spec is not read.
    #[error("cannot read the cron spec {spec:?}: {problem}; nothing was scheduled; {cure}")]
    BadCron {
        /// The refused spec, cut to 80 characters.
        spec: String,
        /// What is wrong with it.
        problem: String,
        /// How to write it.
        cure: &'static str,
    },
    /// A duration is not read.
    #[error(
        "cannot read the duration {text:?}: {problem}; nothing was changed; write whole \
         milliseconds in h, m, s, ms, as 120m, 1h30m or 500ms"
    )]
    BadDuration {
        /// The refused text, cut to 80 characters.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two zones are to hold from one day on.
    #[error("two time zones are to hold from {from} on; nothing was changed; remove one of them")]
    ZoneTwice {
        /// The day.
        from: Day,
    },
    /// A time zone is not known.
    #[error(
        "{name:?} is no time zone known here; nothing was changed; write its IANA name, as \
         Asia/Shanghai or UTC"
    )]
    UnknownZone {
        /// The refused name, cut to 80 characters.
        name: String,
    },
}
