//! A calendar day.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Month, ScheduleError};

/// A calendar day from 1970-01-01 to 9999-12-31, written `YYYY-MM-DD`.
///
/// It is a name, not a span of time: when it begins and ends, the pool's zone says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

const WRITE: &str = "write YYYY-MM-DD, as 2026-11-20";

impl Day {
    /// 1970-01-01.
    pub const FIRST: Day = Day(0);
    /// 9999-12-31.
    pub const LAST: Day = Day(2_932_896);

    /// The day `days` days after 1970-01-01.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] before that day or after 9999-12-31.
    pub fn from_days_since_epoch(days: i32) -> Result<Day, ScheduleError> {
        if (Self::FIRST.0..=Self::LAST.0).contains(&days) {
            return Ok(Day(days));
        }
        let what = format!("1970-01-01 and {days} days");
        Err(ScheduleError::DayOutOfRange { what })
    }

    /// Days since 1970-01-01: what databases keep, 0 to 2,932,896.
    #[must_use]
    pub const fn days_since_epoch(self) -> i32 {
        self.0
    }

    /// The day of a year, a month from 1 and a day of it from 1.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] if there is none, or not from 1970 to 9999.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Day, ScheduleError> {
        let date = NaiveDate::from_ymd_opt(year, month, day);
        date.and_then(Day::of).ok_or_else(|| {
            let what = format!("{year:04}-{month:02}-{day:02}");
            ScheduleError::DayOutOfRange { what }
        })
    }

    /// The day after.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] after 9999-12-31.
    pub fn next(self) -> Result<Day, ScheduleError> {
        self.checked_add_days(1)
    }

    /// The day before.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] before 1970-01-01.
    pub fn prev(self) -> Result<Day, ScheduleError> {
        self.checked_add_days(-1)
    }

    /// The day `days` days later, or earlier if negative.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] outside of 1970-01-01 to 9999-12-31.
    pub fn checked_add_days(self, days: i32) -> Result<Day, ScheduleError> {
        let sum = self.0.checked_add(days).map(Day::from_days_since_epoch);
        sum.and_then(Result::ok).ok_or_else(|| {
            let what = format!("{self} and {days} days");
            ScheduleError::DayOutOfRange { what }
        })
    }

    /// Days from `earlier` to this one; negative if that is in fact later.
    #[must_use]
    pub const fn days_since(self, earlier: Day) -> i32 {
        // Both are below 2^22: never saturates.
        self.0.saturating_sub(earlier.0)
    }

    /// Days from this one to `later`; negative if that is in fact earlier.
    #[must_use]
    pub const fn days_until(self, later: Day) -> i32 {
        later.days_since(self)
    }

    /// The days from this one up to the one before `end`: none if that is not later.
    pub fn until(self, end: Day) -> impl DoubleEndedIterator<Item = Day> + Clone + use<> {
        (self.0..end.0).map(Day)
    }

    /// The days from this one up to and with `last`: none if that is earlier.
    pub fn through(self, last: Day) -> impl DoubleEndedIterator<Item = Day> + Clone + use<> {
        (self.0..=last.0).map(Day)
    }

    /// Its month.
    #[must_use]
    pub fn month(self) -> Month {
        Month::of(self)
    }

    /// The year, the month from 1, the day of it from 1.
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        let date = self.date();
        (date.year(), date.month(), date.day())
    }

    /// As chrono has it.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        // From 1970 to 9999 chrono knows every day.
        NaiveDate::from_epoch_days(self.0).unwrap_or_default()
    }

    /// The day of chrono's date, if it is one from 1970 to 9999.
    pub(crate) fn of(date: NaiveDate) -> Option<Day> {
        Day::from_days_since_epoch(date.to_epoch_days()).ok()
    }

    fn read(text: &str) -> Result<Day, String> {
        let [year, month, day] = fields(text, [0..=3, 5..=6, 8..=9])?;
        let year = i32::try_from(year).unwrap_or_default();
        Day::from_ymd(year, month, day).map_err(|_| match year {
            1970.. => "there is no such day".to_owned(),
            _ => "years go from 1970 to 9999".to_owned(),
        })
    }
}

/// The numbers of a text of ASCII digits in `places` with single dashes between them.
pub(crate) fn fields<const N: usize>(
    text: &str,
    places: [RangeInclusive<usize>; N],
) -> Result<[u32; N], String> {
    let length = places.last().map_or(0, |last| last.end().saturating_add(1));
    let in_a_number = |at| places.iter().any(|place| place.contains(&at));
    let well_formed = |(at, byte): (usize, u8)| match in_a_number(at) {
        true => byte.is_ascii_digit(),
        false => byte == b'-',
    };
    if text.len() != length || !text.bytes().enumerate().all(well_formed) {
        return Err("it has another form".to_owned());
    }
    let number = |place| text.get(place).and_then(|digits: &str| digits.parse().ok());
    Ok(places.map(|place| number(place).unwrap_or_default()))
}

impl fmt::Display for Day {
    /// `YYYY-MM-DD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

impl FromStr for Day {
    type Err = ScheduleError;

    /// Reads `YYYY-MM-DD`: ASCII digits, exactly this form, a day that exists, from 1970.
    fn from_str(text: &str) -> Result<Day, ScheduleError> {
        Day::read(text).map_err(|problem| ScheduleError::BadDay {
            what: "day",
            text: text.chars().take(80).collect(),
            problem,
            cure: WRITE,
        })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_and_the_last_day_are_those_of_1970_and_9999() {
        assert_eq!(day("1970-01-01"), Day::FIRST);
        assert_eq!(day("9999-12-31"), Day::LAST);
        assert!(Day::FIRST.prev().is_err());
        let error = Day::LAST.next().unwrap_err().to_string();
        assert!(error.contains("9999-12-31 and 1 days"), "{error}");
        assert!(Day::from_days_since_epoch(-1).is_err());
        assert!(Day::from_days_since_epoch(Day::LAST.0 + 1).is_err());
        assert!(Day::LAST.checked_add_days(i32::MAX).is_err());
        assert!(Day::FIRST.checked_add_days(i32::MIN).is_err());
        assert!(Day::from_ymd(10_000, 1, 1).is_err());
    }

    #[test]
    fn what_is_not_exactly_a_day_is_refused_with_the_cure() {
        for bad in [
            "",
            "2026-11-2",
            "2026-11-020",
            "26-11-20",
            "2026-1-20",
            "2026/11/20",
            "20261120",
            "2026-11-20 ",
            " 2026-11-20",
            "2026-11-20T00:00",
            "2026-13-01",
            "2026-00-10",
            "2026-02-29",
            "2026-04-31",
            "2026-01-00",
            "1969-12-31",
            "0000-01-01",
            "+026-01-01",
            "-026-01-01",
            "２０２６-11-20",
            "2026−11−20",
            "٢٠٢٦-11-20",
            "2026-11-2O",
            "10000-01-01",
        ] {
            let error = bad.parse::<Day>().unwrap_err().to_string();
            assert!(error.contains("write YYYY-MM-DD, as 2026-11-20"), "{error}");
        }
        let error = "2026-02-29".parse::<Day>().unwrap_err().to_string();
        assert!(error.contains("there is no such day"), "{error}");
        assert_eq!(day("2028-02-29").ymd(), (2028, 2, 29));
    }

    #[test]
    fn days_are_counted_and_walked_both_ways() {
        let (from, to) = (day("2026-02-27"), day("2026-03-02"));
        assert_eq!((to.days_since(from), from.days_since(to)), (3, -3));
        assert_eq!((from.days_until(to), to.days_until(from)), (3, -3));
        let found: Vec<String> = from.until(to).map(|day| day.to_string()).collect();
        assert_eq!(found, ["2026-02-27", "2026-02-28", "2026-03-01"]);
        assert_eq!(from.through(to).next_back(), Some(to));
        assert_eq!(to.until(from).count() + to.through(from).count(), 0);
        assert_eq!(from.through(from).count(), 1);
        assert_eq!(Day::LAST.through(Day::LAST).count(), 1);
    }

    #[test]
    fn in_json_a_day_and_a_month_are_text() {
        let (json, text) = ("[\"2026-11-20\",\"2026-11\"]", "2026-11-20");
        let pair = (day(text), day(text).month());
        assert_eq!(serde_json::to_string(&pair).unwrap(), json);
        assert_eq!(serde_json::from_str::<(Day, Month)>(json).unwrap(), pair);
        for bad in ["\"2026-11-31\"", "20778", "null"] {
            assert!(serde_json::from_str::<Day>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn days_print_and_read_back_in_their_order(a in 0..=Day::LAST.0, b in 0..=Day::LAST.0) {
            let (a, b) = (Day(a), Day(b));
            prop_assert_eq!(day(&a.to_string()), a);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.checked_add_days(a.days_until(b)).unwrap(), b);
            let (year, month, of_month) = a.ymd();
            prop_assert_eq!(Day::from_ymd(year, month, of_month).unwrap(), a);
        }

        #[test]
        fn no_other_text_reads_as_a_day(text in "[0-9-]{8,12}") {
            if let Ok(day) = text.parse::<Day>() {
                prop_assert_eq!(day.to_string(), text);
            }
        }
    }
}
