//! When a pool's days begin and end: by its time zone, and that may change.

use std::ops::Range;

use chrono::{DateTime, NaiveDate};

use crate::zone::{Tz, midnight};
use crate::{Day, ScheduleError, Timestamp};

const DAY_MS: i64 = 86_400_000;
/// Zones are up to 26 hours apart, so that a midnight may come after one of the next day
/// elsewhere, and never after those of the day after that.
const LOOK_BACK_DAYS: i32 = 2;
/// A day begins less than 16 hours before or after it does in UTC.
const AROUND_DAYS: i64 = 2;

/// The zones of a pool, each from a day on.
///
/// Days tile: each begins where the one before it ended, and ends at the next midnight of its own
/// zone, so that a change of zone touches no earlier day.
/// - A midnight that clocks skip is the first instant after it; of one that comes twice, the first
///   counts.
/// - The first day in a zone is longer or shorter by the difference of the zones. It is empty
///   where that leaves nothing, as is a day that a zone skips (2011-12-30 in Pacific/Apia).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneHistory {
    first: Tz,
    /// Strictly ascending by day.
    changes: Vec<(Day, Tz)>,
}

impl ZoneHistory {
    /// The zone `first` until the first of the `changes`, each of which holds from its day on.
    ///
    /// # Errors
    /// [`ScheduleError::ZoneTwice`] if two changes are of one day.
    pub fn new(
        first: Tz,
        changes: impl IntoIterator<Item = (Day, Tz)>,
    ) -> Result<ZoneHistory, ScheduleError> {
        let mut changes: Vec<(Day, Tz)> = changes.into_iter().collect();
        changes.sort_by_key(|(from, _)| *from);
        let same_day = |pair: &&[(Day, Tz)]| matches!(pair, [(a, _), (b, _)] if a == b);
        if let Some([(from, _), ..]) = changes.windows(2).find(same_day) {
            return Err(ScheduleError::ZoneTwice { from: *from });
        }
        Ok(ZoneHistory { first, changes })
    }

    /// The zone of `day`.
    #[must_use]
    pub fn zone_on(&self, day: Day) -> Tz {
        self.zone(day.days_since_epoch())
    }

    /// The zone before any change, then each with the day from which it holds.
    #[must_use]
    pub fn zones(&self) -> (Tz, &[(Day, Tz)]) {
        (self.first, &self.changes)
    }

    /// When `day` begins, and when it is over. It may be empty.
    #[must_use]
    pub fn instants(&self, day: Day) -> Range<Timestamp> {
        let day = day.days_since_epoch();
        self.start(day)..self.start(day.saturating_add(1))
    }

    /// The same for a day before which days were closed up to `start`: by earlier time zone data,
    /// or before a change of zone came to be known. What was closed stays, and days still tile.
    #[must_use]
    pub fn instants_from(&self, start: Timestamp, day: Day) -> Range<Timestamp> {
        start..self.instants(day).end.max(start)
    }

    /// The day that `at` belongs to. In an hour that clocks repeat around midnight, they may show
    /// the day before.
    ///
    /// # Errors
    /// [`ScheduleError::DayOutOfRange`] for an instant before 1970-01-01 or after 9999-12-31.
    pub fn day_of(&self, at: Timestamp) -> Result<Day, ScheduleError> {
        let out_of_range = || ScheduleError::DayOutOfRange {
            what: at.to_string(),
        };
        let day = at.as_ms().div_euclid(DAY_MS);
        let around = day.saturating_sub(AROUND_DAYS)..=day.saturating_add(AROUND_DAYS);
        let days = around.rev().filter_map(|day| i32::try_from(day).ok());
        // The last that has begun: any before it that begin at the same instant are empty.
        let found = days
            .filter_map(|day| Day::from_days_since_epoch(day).ok())
            .find(|day| self.start(day.days_since_epoch()) <= at);
        // Past the end of the last day that there is, or before the first.
        let within = |day: &Day| *day < Day::LAST || at < self.instants(Day::LAST).end;
        found.filter(within).ok_or_else(out_of_range)
    }

    /// Where the wall clock goes by one zone: that of `at`, and until when.
    pub(crate) fn span(&self, at: Timestamp) -> (Tz, Option<Timestamp>) {
        let begins = |(from, _): &(Day, Tz)| self.start(from.days_since_epoch());
        let past = self.changes.partition_point(|change| begins(change) <= at);
        let zone = match past.checked_sub(1).and_then(|last| self.changes.get(last)) {
            Some((_, zone)) => *zone,
            None => self.first,
        };
        (zone, self.changes.get(past).map(begins))
    }

    fn zone(&self, day: i32) -> Tz {
        let began = |(from, _): &(Day, Tz)| from.days_since_epoch() <= day;
        let past = self.changes.partition_point(began);
        let last = past.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map_or(self.first, |(_, zone)| *zone)
    }

    /// The midnight before `day`, in the zone of the day before; no earlier than the day before
    /// began.
    fn start(&self, day: i32) -> Timestamp {
        let midnights = (day.saturating_sub(LOOK_BACK_DAYS)..=day).filter_map(|day| {
            let zone = self.zone(day.saturating_sub(1));
            midnight(NaiveDate::from_epoch_days(day)?, zone)
        });
        // Chrono knows all days that a `Day` may be.
        midnights
            .max()
            .unwrap_or_else(|| DateTime::UNIX_EPOCH.into())
    }
}

impl From<Tz> for ZoneHistory {
    /// One zone for all days.
    fn from(zone: Tz) -> ZoneHistory {
        ZoneHistory {
            first: zone,
            changes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
