//! Which days are due: a job that is done once for each day, after it is over.

use crate::{CronSpec, Day, Timestamp, ZoneHistory};

/// A day and when its turn came, or comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDay {
    /// The day. It may be [empty](ZoneHistory::instants).
    pub day: Day,
    /// The first run of the spec at or after the day's end: the earliest time.
    pub due_at: Timestamp,
}

/// When each day of a pool is due: at the first run of a cron spec at or after the day's end.
///
/// So `15 0 * * *` in Asia/Shanghai makes 2026-11-20 due on the 21st at 00:15 there. A spec that
/// runs less often than daily makes several days due at once; one that runs more often, a day at
/// its first run. It doesn't matter whether anybody was there at a run: days are counted, not runs.
///
/// Who asks names the first day that isn't done yet. Whatever a clock that was set back says,
/// no day before it is due again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaySchedule {
    spec: CronSpec,
    zones: ZoneHistory,
}

impl DaySchedule {
    /// By the wall clock of the zone that holds at a run.
    #[must_use]
    pub fn new(spec: CronSpec, zones: ZoneHistory) -> DaySchedule {
        DaySchedule { spec, zones }
    }

    /// When runs come.
    #[must_use]
    pub fn spec(&self) -> &CronSpec {
        &self.spec
    }

    /// When days begin and end.
    #[must_use]
    pub fn zones(&self) -> &ZoneHistory {
        &self.zones
    }

    /// The first run after `after`; `None` if there is none to 2100.
    #[must_use]
    pub fn next_run(&self, after: Timestamp) -> Option<Timestamp> {
        self.spec.next_in(after, &self.zones)
    }

    /// When `day` is due; `None` if the spec doesn't run again after it.
    #[must_use]
    pub fn due_at(&self, day: Day) -> Option<Timestamp> {
        self.next_run(self.zones.instants(day).end.just_before())
    }

    /// The days from `first` on that are due at `now`, oldest first.
    pub fn due(&self, first: Day, now: Timestamp) -> impl Iterator<Item = DueDay> + '_ {
        let days = first.through(Day::LAST);
        let dated = |day| self.due_at(day).map(|due_at| DueDay { day, due_at });
        days.map_while(dated)
            .take_while(move |due| due.due_at <= now)
    }

    /// The next days to become due after `now`, not before `first`: the oldest of them, for a
    /// scheduler that sleeps. `None` if the spec doesn't run again.
    #[must_use]
    pub fn next_due(&self, first: Day, now: Timestamp) -> Option<DueDay> {
        // The day that it is has not ended, so that it is not due.
        let mut day = self.zones.day_of(now).unwrap_or(first).max(first);
        let mut next = self.due_at(day).map(|due_at| DueDay { day, due_at });
        while let Some(before) = day.prev().ok().filter(|before| *before >= first) {
            day = before;
            match self.due_at(day) {
                Some(due_at) if due_at > now => next = Some(DueDay { day, due_at }),
                Some(_) => break,
                // The spec has ended before it did.
                None => {}
            }
        }
        next
    }
}

#[cfg(test)]
mod tests;
