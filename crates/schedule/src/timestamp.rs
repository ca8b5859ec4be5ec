//! An instant.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::ScheduleError;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, as the journal stores them.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// `ms` milliseconds after 1970 (before it, if negative).
    #[must_use]
    pub const fn from_ms(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    /// `secs` seconds after 1970.
    ///
    /// # Errors
    /// [`ScheduleError::OutOfRange`] if it does not fit 64 bits of milliseconds.
    pub fn from_secs(secs: i64) -> Result<Timestamp, ScheduleError> {
        let ms = secs.checked_mul(1000);
        ms.map(Timestamp).ok_or_else(|| ScheduleError::OutOfRange {
            what: format!("{secs} s"),
        })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded towards the past: what chains and Redis rows carry.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant `ms` milliseconds later.
    ///
    /// # Errors
    /// [`ScheduleError::OutOfRange`] if it does not fit 64 bits.
    pub fn checked_add_ms(self, ms: u64) -> Result<Timestamp, ScheduleError> {
        let sum = self.0.checked_add_unsigned(ms);
        sum.map(Timestamp).ok_or_else(|| ScheduleError::OutOfRange {
            what: format!("{self} and {ms} ms"),
        })
    }

    /// The instant `ms` milliseconds later, or the last one there is: for deadlines.
    #[must_use]
    pub const fn saturating_add_ms(self, ms: u64) -> Timestamp {
        Timestamp(self.0.saturating_add_unsigned(ms))
    }

    /// The instant 1 ms earlier, or the first one there is.
    pub(crate) const fn just_before(self) -> Timestamp {
        Timestamp(self.0.saturating_sub(1))
    }

    /// Milliseconds since `earlier`; 0 if that is in fact later (clocks may step back).
    #[must_use]
    pub fn ms_since(self, earlier: Timestamp) -> u64 {
        if self <= earlier {
            0
        } else {
            self.0.abs_diff(earlier.0)
        }
    }

    /// In UTC; `None` some 262,000 years from now.
    #[must_use]
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Timestamp {
        Timestamp(at.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(utc) => f.pad(&utc.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{} ms since 1970", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({} = {self})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_towards_the_past() {
        assert_eq!(Timestamp::from_ms(1999).as_secs(), 1);
        assert_eq!(Timestamp::from_ms(-1).as_secs(), -1);
        assert_eq!(Timestamp::from_secs(2).unwrap().as_ms(), 2000);
        assert!(Timestamp::from_secs(i64::MAX).is_err());
    }

    #[test]
    fn additions_are_checked_or_saturate() {
        let last = Timestamp::from_ms(i64::MAX);
        assert!(last.checked_add_ms(1).is_err());
        assert_eq!(last.saturating_add_ms(1), last);
        assert_eq!(Timestamp::EPOCH.checked_add_ms(5).unwrap().as_ms(), 5);
        assert_eq!(Timestamp::from_ms(3).ms_since(Timestamp::from_ms(5)), 0);
        assert_eq!(last.ms_since(Timestamp::from_ms(i64::MIN)), u64::MAX);
    }

    #[test]
    fn instants_print_as_rfc_3339() {
        assert_eq!(
            Timestamp::from_ms(1_767_323_045_678).to_string(),
            "2026-01-02T03:04:05.678Z"
        );
        assert_eq!(
            Timestamp::from_ms(i64::MAX).to_string(),
            "9223372036854775807 ms since 1970"
        );
    }
}
