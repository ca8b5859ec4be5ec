//! What is logged, and how.

use super::section::Section;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged: this and everything more important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What someone should know.
    Warn,
    /// Each change of state.
    Info,
    /// What was asked and answered.
    Debug,
    /// Everything.
    Trace,
}

/// What is logged, and how. Logs go to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// How.
    pub format: LogFormat,
    /// What, of Paydirt's own; of libraries, only warnings and errors.
    pub level: LogLevel,
}

impl Log {
    pub(super) fn read(section: Section<'_>) -> Option<Log> {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let levels = [
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("info", LogLevel::Info),
            ("debug", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ];
        let format = section.choice("format", "text", &formats);
        let level = section.choice("level", "info", &levels);
        section.finish();
        Some(Log {
            format: format?,
            level: level?,
        })
    }
}
