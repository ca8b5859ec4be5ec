//! What is wrong with a configuration, and how to put it right.

use std::fmt;

use paydirt_money::MoneyError;
use paydirt_schedule::ScheduleError;

/// One thing that is wrong. Never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `chain.eth.endpoints`; or the file, where it is not about a key.
    pub key: String,
    /// Where it was set; `None` where it was not.
    pub origin: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(origin) = &self.origin {
            write!(f, " (in {origin})")?;
        }
        write!(f, ": {}; {}", self.what, self.cure)
    }
}

/// Why there are no settings: all problems at once, in the order of the sections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be used, nothing was started:{}", listed(.problems))]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect()
}

/// What is wrong with one value, before it is known whose.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) cure: String,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>, cure: impl Into<String>) -> Fault {
        Fault {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Fault {
        match error {
            MoneyError::Unreadable {
                text,
                what,
                problem,
                write,
            } => Fault::new(
                format!("{text:?} is not {what}: {problem}"),
                format!("write {write}"),
            ),
            other => Fault::new(other.to_string(), "correct the value"),
        }
    }
}

impl From<ScheduleError> for Fault {
    fn from(error: ScheduleError) -> Fault {
        match error {
            ScheduleError::BadCron {
                spec,
                problem,
                cure,
            } => Fault::new(
                format!("cannot read the cron spec {spec:?}: {problem}"),
                cure,
            ),
            ScheduleError::BadDuration { text, problem } => Fault::new(
                format!("cannot read the duration {text:?}: {problem}"),
                "write it in h, m, s, ms, as 120m or 1h30m",
            ),
            ScheduleError::UnknownZone { name } => Fault::new(
                format!("{name:?} is no time zone known here"),
                "write its IANA name, as Asia/Shanghai or UTC",
            ),
            ScheduleError::BadDay {
                what,
                text,
                problem,
                cure,
            } => Fault::new(format!("cannot read the {what} {text:?}: {problem}"), cure),
            ScheduleError::ZoneTwice { from } => Fault::new(
                format!("two time zones are to hold from {from} on"),
                "remove one of them",
            ),
            other => Fault::new(other.to_string(), "correct the value"),
        }
    }
}

/// `; did you mean …`, if one of `known` is near to `found`.
pub(super) fn nearest<'k>(
    found: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let limit = (found.chars().count() / 3).max(2);
    let near = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(found, name), name));
    near.filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}
