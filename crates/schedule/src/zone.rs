//! Time zones, and where wall-clock times lie in them.

use chrono::{
    DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
pub use chrono_tz::Tz;

use crate::{ScheduleError, Timestamp};

/// The zone of an IANA name, such as `Asia/Shanghai`.
///
/// # Errors
/// [`ScheduleError::UnknownZone`].
pub fn parse_zone(name: &str) -> Result<Tz, ScheduleError> {
    name.parse().map_err(|_| ScheduleError::UnknownZone {
        name: name.chars().take(80).collect(),
    })
}

/// The wall-clock time of `at` in `zone`.
pub(crate) fn wall(at: DateTime<Utc>, zone: Tz) -> Option<NaiveDateTime> {
    at.naive_utc().checked_add_signed(offset(at, zone))
}

/// How far `zone` is ahead of UTC at `at`.
pub(crate) fn offset(at: DateTime<Utc>, zone: Tz) -> TimeDelta {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    TimeDelta::seconds(i64::from(offset.local_minus_utc()))
}

/// Where a wall-clock time lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Once(Timestamp),
    /// In an overlap: clocks were set back over it.
    Twice(Timestamp, Timestamp),
    /// In a gap: clocks were set ahead over it, at this instant.
    Gap(Timestamp),
}

impl Place {
    pub(crate) fn first(self) -> Timestamp {
        match self {
            Place::Once(at) | Place::Twice(at, _) | Place::Gap(at) => at,
        }
    }
}

/// Where `wall` lies in `zone`; `None` beyond chrono's years.
pub(crate) fn place(wall: NaiveDateTime, zone: Tz) -> Option<Place> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) => Some(Place::Once(at.to_utc().into())),
        LocalResult::Ambiguous(a, b) => {
            let (first, last) = (a.min(b).to_utc(), a.max(b).to_utc());
            Some(Place::Twice(first.into(), last.into()))
        }
        LocalResult::None => gap_end(wall, zone).map(Place::Gap),
    }
}

/// The first instant of `date` in `zone`; of a date that it skips, the first after it.
pub(crate) fn midnight(date: NaiveDate, zone: Tz) -> Option<Timestamp> {
    place(date.and_time(NaiveTime::MIN), zone).map(Place::first)
}

/// The instant at which clocks jumped over `wall`, found by halving the two days around it.
fn gap_end(wall: NaiveDateTime, zone: Tz) -> Option<Timestamp> {
    let day = TimeDelta::days(1);
    let mut before = wall.and_utc().checked_sub_signed(day)?;
    let mut after = wall.and_utc().checked_add_signed(day)?;
    // Wall-clock time only passes `wall` at the jump, as it is in none of the overlaps.
    while after.signed_duration_since(before) > TimeDelta::seconds(1) {
        let half = after.signed_duration_since(before).checked_div(2)?;
        let middle = before.checked_add_signed(TimeDelta::seconds(half.num_seconds().max(1)))?;
        if self::wall(middle, zone)? > wall {
            after = middle;
        } else {
            before = middle;
        }
    }
    Some(after.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    #[test]
    fn zones_go_by_their_iana_names() {
        assert_eq!(parse_zone("Asia/Shanghai").unwrap(), Tz::Asia__Shanghai);
        for bad in ["Shanghai", "UTC+8", "", "asia/shanghai "] {
            let error = parse_zone(bad).unwrap_err().to_string();
            assert!(error.contains("IANA name"), "{error}");
        }
    }

    #[test]
    fn a_wall_clock_time_lies_once_twice_or_in_a_gap() {
        let at = |month, day, hour, minute, zone| {
            let date = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            place(date.and_hms_opt(hour, minute, 0).unwrap(), zone).unwrap()
        };
        let berlin = Tz::Europe__Berlin;
        assert_eq!(
            at(3, 29, 1, 59, berlin),
            Place::Once(utc("2026-03-29T00:59:00Z"))
        );
        assert_eq!(
            at(3, 29, 2, 0, berlin),
            Place::Gap(utc("2026-03-29T01:00:00Z"))
        );
        assert_eq!(
            at(3, 29, 2, 59, berlin),
            Place::Gap(utc("2026-03-29T01:00:00Z"))
        );
        assert_eq!(
            at(3, 29, 3, 0, berlin),
            Place::Once(utc("2026-03-29T01:00:00Z"))
        );
        let (first, last) = (utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z"));
        assert_eq!(at(10, 25, 2, 30, berlin), Place::Twice(first, last));
        // Half an hour, on the southern half.
        let howe = Tz::Australia__Lord_Howe;
        assert_eq!(
            at(10, 4, 2, 15, howe),
            Place::Gap(utc("2026-10-03T15:30:00Z"))
        );
    }
}
