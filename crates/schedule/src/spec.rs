//! Cron specs: when a job is due.
//!
//! Five fields are Unix cron (0 and 7 are Sunday; a restricted day-of-month and a restricted
//! day-of-week each suffice). Six or seven are those of the crate `cron` 0.17: seconds first, a
//! year last, 1 is Sunday, and all fields must match.
//!
//! Specs are read on the zone's wall clock, and placed in real time here:
//! - A run in a gap (clocks set ahead) comes at the first instant after it.
//! - A run in an overlap (clocks set back) comes once, the first time.
//! - A spec for every hour goes by real time through both, as Unix cron's wildcard jobs do: it
//!   neither pauses for the repeated hour nor doubles after the lost one.

mod print;
mod unix;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use cron::{Schedule, TimeUnitSpec};

use crate::zone::{Place, Tz, offset, place, wall};
use crate::{ScheduleError, Timestamp, ZoneHistory};

const COUNT_CURE: &str = "write five fields, minute hour day month weekday, as 15 0 * * *, or six \
                          with seconds first, as 0 15 0 * * *";
const SIX_CURE: &str = "write second minute hour day month weekday [year], as 0 15 0 * * MON-FRI \
                        (by number, 1 is Sunday here)";
/// The last year that specs are followed to, that of the crate `cron`.
const LAST_YEAR: i32 = 2100;

/// When a job is due, on the wall clock of a zone.
#[derive(Clone, Debug)]
pub struct CronSpec {
    /// A run is due when either is: there are two where Unix cron's days are an OR.
    schedules: Vec<Schedule>,
    every_hour: bool,
    normalised: String,
}

impl CronSpec {
    /// Reads a spec of five (Unix), six or seven fields, or `@hourly`, `@daily` (`@midnight`),
    /// `@weekly`, `@monthly`, `@yearly` (`@annually`).
    ///
    /// # Errors
    /// [`ScheduleError::BadCron`], also for a spec whose day never comes.
    pub fn parse(text: &str) -> Result<CronSpec, ScheduleError> {
        let bad = |(problem, cure)| ScheduleError::BadCron {
            spec: text.chars().take(80).collect(),
            problem,
            cure,
        };
        let spec = Self::read(text).map_err(bad)?;
        if spec
            .schedules
            .iter()
            .all(|s| s.after(&DateTime::UNIX_EPOCH).next().is_none())
        {
            return Err(bad((
                "its day never comes".to_owned(),
                "name days that exist",
            )));
        }
        Ok(spec)
    }

    fn read(text: &str) -> Result<CronSpec, (String, &'static str)> {
        let text = unix::nickname(text.trim()).unwrap_or(text);
        let fields: Vec<&str> = text.split_whitespace().collect();
        match (fields.len(), fields.as_slice()) {
            (_, [minute, hour, day, month, weekday]) => {
                let days = unix::Fields::read(minute, hour, day, month, weekday);
                let days = days.map_err(|problem| (problem, unix::CURE))?;
                let schedules = days.schedules().map_err(|problem| (problem, unix::CURE))?;
                Ok(Self::of(schedules, days.normalised()))
            }
            (6 | 7, _) => {
                let schedule = six_or_seven(&fields).map_err(|problem| (problem, SIX_CURE))?;
                let normalised = print::seconds_first(&schedule);
                Ok(Self::of(vec![schedule], normalised))
            }
            (count, _) => Err((format!("it has {count} fields"), COUNT_CURE)),
        }
    }

    fn of(schedules: Vec<Schedule>, normalised: String) -> CronSpec {
        let every_hour = schedules.iter().all(|schedule| schedule.hours().is_all());
        CronSpec {
            schedules,
            every_hour,
            normalised,
        }
    }

    /// The spec in one spelling, weekdays by name: it reads back as the same spec.
    #[must_use]
    pub fn normalised(&self) -> &str {
        &self.normalised
    }

    /// The first run after `after`, by the wall clock of `zone`; `None` if there is none to 2100.
    #[must_use]
    pub fn next_after(&self, after: Timestamp, zone: Tz) -> Option<Timestamp> {
        let after = after.max(Timestamp::from_ms(-1)).to_utc()?;
        if after.year() > LAST_YEAR {
            return None;
        }
        let next = |schedule| self.next_of(schedule, after, zone);
        self.schedules.iter().filter_map(next).min()
    }

    /// The same by the wall clock of the zone that holds at the run.
    #[must_use]
    pub fn next_in(&self, after: Timestamp, zones: &ZoneHistory) -> Option<Timestamp> {
        let mut after = after;
        loop {
            // A run at the very instant of a change goes by the new zone.
            let (zone, until) = zones.span(after.saturating_add_ms(1));
            let run = self.next_after(after, zone);
            match until {
                Some(until) if run.is_none_or(|run| run >= until) => after = until.just_before(),
                _ => return run,
            }
        }
    }

    /// The runs after `last` up to and with `now`, oldest first: those that a job missed.
    pub fn missed(
        &self,
        last: Timestamp,
        now: Timestamp,
        zone: Tz,
    ) -> impl Iterator<Item = Timestamp> + '_ {
        let first = self.next_after(last, zone);
        std::iter::successors(first, move |run| self.next_after(*run, zone))
            .take_while(move |run| *run <= now)
    }

    fn next_of(&self, schedule: &Schedule, after: DateTime<Utc>, zone: Tz) -> Option<Timestamp> {
        let from = self.wall_before(after, zone)?;
        let after = Timestamp::from(after);
        let mut best: Option<Timestamp> = None;
        // The schedule is asked in UTC, which knows no gaps: what it answers is a wall clock's.
        for run in schedule.after(&from.and_utc()) {
            let place = place(run.naive_utc(), zone)?;
            // Later wall-clock times lie no earlier: nothing better follows.
            if best.is_some_and(|best| place.first() >= best) {
                break;
            }
            let found = self
                .instants(place)
                .into_iter()
                .flatten()
                .filter(|at| *at > after)
                .min();
            best = [best, found].into_iter().flatten().min();
            if !self.every_hour && best.is_some() {
                break;
            }
        }
        best
    }

    fn instants(&self, place: Place) -> [Option<Timestamp>; 2] {
        match place {
            Place::Once(at) => [Some(at), None],
            Place::Twice(first, last) => [Some(first), self.every_hour.then_some(last)],
            Place::Gap(end) => [(!self.every_hour).then_some(end), None],
        }
    }

    /// A wall-clock time, in whole seconds, after which every run after `after` is found: earlier
    /// than its own only in the first pass of an overlap, as the second shows earlier times.
    fn wall_before(&self, after: DateTime<Utc>, zone: Tz) -> Option<NaiveDateTime> {
        let wall = wall(after, zone)?.with_nanosecond(0)?;
        let soon = after.checked_add_signed(TimeDelta::hours(3))?;
        let set_back = offset(after, zone).checked_sub(&offset(soon, zone))?;
        if self.every_hour && set_back > TimeDelta::zero() {
            wall.checked_sub_signed(set_back)?
                .checked_sub_signed(TimeDelta::seconds(1))
        } else {
            Some(wall)
        }
    }
}

/// Reads six or seven fields with the crate `cron`, once none can be read as part of another.
fn six_or_seven(fields: &[&str]) -> Result<Schedule, String> {
    for field in fields {
        // The crate skips blanks around numbers: it reads `5 -7` as one field.
        let hangs = |c: char| matches!(c, ',' | '-' | '/');
        if field.starts_with(hangs) || field.ends_with(hangs) {
            return Err(format!("{field:?} begins or ends with {:?}", ",-/"));
        }
    }
    let joined = fields.join(" ");
    let read = Schedule::from_str(&joined).map_err(|_| explain(fields));
    read.map_err(|problem| problem.unwrap_or_else(|| "it is no cron spec".to_owned()))
}

/// Which field the crate refuses: each is tried alone among stars.
fn explain(fields: &[&str]) -> Option<String> {
    const NAMES: [&str; 7] = [
        "second", "minute", "hour", "day", "month", "weekday", "year",
    ];
    fields
        .iter()
        .zip(NAMES)
        .enumerate()
        .find_map(|(tried, (field, name))| {
            let alone: Vec<&str> = (0..NAMES.len())
                .map(|at| if at == tried { *field } else { "*" })
                .collect();
            let refused = Schedule::from_str(&alone.join(" ")).is_err();
            refused.then(|| format!("{field:?} is no {name}"))
        })
}

impl PartialEq for CronSpec {
    fn eq(&self, other: &CronSpec) -> bool {
        self.normalised == other.normalised
    }
}

impl Eq for CronSpec {}

impl fmt::Display for CronSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.normalised)
    }
}

impl FromStr for CronSpec {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<CronSpec, ScheduleError> {
        CronSpec::parse(text)
    }
}

#[cfg(test)]
mod tests;
