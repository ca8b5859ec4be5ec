//! A calendar month: what books are closed by.

use std::fmt;
use std::str::FromStr;

use chrono::Datelike;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::day::fields;
use crate::{Day, ScheduleError};

/// A month from 1970-01 to 9999-12, written `YYYY-MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The first of it, so that months sort as days do.
    first: Day,
}

const WRITE: &str = "write YYYY-MM, as 2026-11";

impl Month {
    /// The month of `day`.
    #[must_use]
    pub fn of(day: Day) -> Month {
        let date = day.date();
        let first = date.with_day(1).and_then(Day::of);
        Month {
            // Every month from 1970 on has a first day.
            first: first.unwrap_or(day),
        }
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> Day {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Day {
        match self.next() {
            Ok(next) => next.first.prev().unwrap_or(Day::LAST),
            Err(_) => Day::LAST,
        }
    }

    /// The month after.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] after 9999-12.
    pub fn next(self) -> Result<Month, ScheduleError> {
        // 31 days after the first of any month lie in the next one.
        self.first.checked_add_days(31).map(Month::of)
    }

    /// The month before.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] before 1970-01.
    pub fn prev(self) -> Result<Month, ScheduleError> {
        self.first.prev().map(Month::of)
    }

    /// Its days.
    pub fn days(self) -> impl DoubleEndedIterator<Item = Day> + Clone + use<> {
        self.first.through(self.last_day())
    }

    fn read(text: &str) -> Result<Month, String> {
        let [year, month] = fields(text, [0..=3, 5..=6])?;
        let year = i32::try_from(year).unwrap_or_default();
        let first = Day::from_ymd(year, month, 1);
        let problem = |_| "there is no such month from 1970 to 9999".to_owned();
        first.map(|first| Month { first }).map_err(problem)
    }
}

impl fmt::Display for Month {
    /// `YYYY-MM`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, _) = self.first.ymd();
        f.pad(&format!("{year:04}-{month:02}"))
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

impl FromStr for Month {
    type Err = ScheduleError;

    /// Reads `YYYY-MM`: ASCII digits, exactly this form, from 1970.
    fn from_str(text: &str) -> Result<Month, ScheduleError> {
        Month::read(text).map_err(|problem| ScheduleError::BadDay {
            what: "month",
            text: text.chars().take(80).collect(),
            problem,
            cure: WRITE,
        })
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_has_all_its_days_and_neighbours() {
        let february = month("2028-02");
        assert_eq!(february.first_day().to_string(), "2028-02-01");
        assert_eq!(february.last_day().to_string(), "2028-02-29");
        assert_eq!(february.days().count(), 29);
        assert!(february.days().all(|day| day.month() == february));
        assert_eq!(month("2026-12").next().unwrap(), month("2027-01"));
        assert_eq!(month("2027-01").prev().unwrap(), month("2026-12"));
        assert_eq!(month("9999-12").last_day(), Day::LAST);
        assert!(month("9999-12").next().is_err() && month("1970-01").prev().is_err());
    }

    #[test]
    fn all_months_print_and_read_back_in_their_order() {
        let (mut at, mut count) = (month("1970-01"), 1);
        while let Ok(next) = at.next() {
            assert!(at < next && at.last_day().next().unwrap() == next.first_day());
            assert_eq!(month(&next.to_string()), next);
            (at, count) = (next, count + 1);
        }
        assert_eq!(count, (9999 - 1970 + 1) * 12);
    }

    #[test]
    fn what_is_not_exactly_a_month_is_refused_with_the_cure() {
        for bad in [
            "",
            "2026",
            "2026-1",
            "2026-13",
            "2026-00",
            "1969-12",
            "2026-11-20",
            "２０26-1",
        ] {
            let error = bad.parse::<Month>().unwrap_err().to_string();
            assert!(error.contains("write YYYY-MM, as 2026-11"), "{error}");
        }
    }
}
