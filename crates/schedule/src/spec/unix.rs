//! Five-field specs, as Unix cron reads them (crontab(5) of Vixie cron and cronie).

use std::collections::BTreeSet;
use std::str::FromStr;

use cron::Schedule;

use super::print;

pub(super) const CURE: &str = "write minute hour day month weekday, as 15 0 * * * or 0 8-18/2 * * \
                               MON-FRI (by number, 0 and 7 are Sunday here)";

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

/// The five fields of a nickname of crontab(5).
pub(super) fn nickname(text: &str) -> Option<&'static str> {
    match text {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        _ => None,
    }
}

/// What one field may hold.
struct Kind {
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the values, from `first` on.
    names: &'static [&'static str],
}

const MINUTE: Kind = Kind {
    name: "minute",
    first: 0,
    last: 59,
    names: &[],
};
const HOUR: Kind = Kind {
    name: "hour",
    first: 0,
    last: 23,
    names: &[],
};
const DAY: Kind = Kind {
    name: "day",
    first: 1,
    last: 31,
    names: &[],
};
const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    names: &MONTHS,
};
const WEEKDAY: Kind = Kind {
    name: "weekday",
    first: 0,
    last: 7,
    names: &print::WEEKDAYS,
};

/// A spec's five fields: the values they name, Sunday as 0.
pub(super) struct Fields {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: BTreeSet<u32>,
    months: BTreeSet<u32>,
    weekdays: BTreeSet<u32>,
    /// The text of a day or weekday field that begins with a star: it restricts both together.
    day_star: Option<String>,
    weekday_star: Option<String>,
}

impl Fields {
    pub(super) fn read(
        minute: &str,
        hour: &str,
        day: &str,
        month: &str,
        weekday: &str,
    ) -> Result<Fields, String> {
        let star = |text: &str| text.starts_with('*').then(|| text.to_ascii_uppercase());
        let weekdays = WEEKDAY.read(weekday)?;
        Ok(Fields {
            minutes: MINUTE.read(minute)?,
            hours: HOUR.read(hour)?,
            days: DAY.read(day)?,
            months: MONTH.read(month)?,
            weekdays: weekdays
                .into_iter()
                .map(|day| if day == 7 { 0 } else { day })
                .collect(),
            day_star: star(day),
            weekday_star: star(weekday),
        })
    }

    /// One schedule, or two where either day suffices: when neither field begins with a star.
    pub(super) fn schedules(&self) -> Result<Vec<Schedule>, String> {
        let days = print::field(&self.days, 31, print::number);
        // The crate counts 1 = Sunday.
        let weekdays = print::field(&self.weekdays, 7, |day| day.saturating_add(1).to_string());
        if self.day_star.is_some() || self.weekday_star.is_some() {
            Ok(vec![self.schedule(&days, &weekdays)?])
        } else {
            Ok(vec![
                self.schedule(&days, "*")?,
                self.schedule("*", &weekdays)?,
            ])
        }
    }

    fn schedule(&self, days: &str, weekdays: &str) -> Result<Schedule, String> {
        let text = format!("0 {} {days} {} {weekdays}", self.time(), self.month());
        Schedule::from_str(&text).map_err(|error| format!("it does not translate: {error}"))
    }

    /// The five fields in one spelling, weekdays by name.
    pub(super) fn normalised(&self) -> String {
        // A list for `*/2` would turn AND into OR, a star for `1-31` OR into AND.
        let listed = || print::field(&self.days, usize::MAX, print::number);
        let days = self.day_star.clone().unwrap_or_else(listed);
        let listed = || print::field(&self.weekdays, usize::MAX, print::weekday);
        let weekdays = self.weekday_star.clone().unwrap_or_else(listed);
        format!("{} {days} {} {weekdays}", self.time(), self.month())
    }

    fn time(&self) -> String {
        let minutes = print::field(&self.minutes, 60, print::number);
        format!("{minutes} {}", print::field(&self.hours, 24, print::number))
    }

    fn month(&self) -> String {
        print::field(&self.months, 12, print::number)
    }
}

impl Kind {
    fn read(&self, field: &str) -> Result<BTreeSet<u32>, String> {
        let mut values = BTreeSet::new();
        for item in field.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step, item)?)),
                None => (item, None),
            };
            let (start, end) = self.range(range, item)?;
            if step.is_some() && start == end {
                let last = self.last;
                return Err(format!(
                    "the step of {item:?} needs a range, as {start}-{last} in the {} field",
                    self.name
                ));
            }
            let step = step.unwrap_or(1);
            values.extend((start..=end).step_by(step));
        }
        Ok(values)
    }

    fn range(&self, range: &str, item: &str) -> Result<(u32, u32), String> {
        if range == "*" {
            // Seven is Sunday again.
            let last = if self.last == 7 { 6 } else { self.last };
            return Ok((self.first, last));
        }
        let Some((start, end)) = range.split_once('-') else {
            let value = self.value(range, item)?;
            return Ok((value, value));
        };
        let start = self.value(start, item)?;
        let end = if self.last == 7 && end.eq_ignore_ascii_case("SUN") {
            7 // At the end of a week, as in FRI-SUN.
        } else {
            self.value(end, item)?
        };
        if start > end {
            return Err(format!("the {} range {item:?} runs backwards", self.name));
        }
        Ok((start, end))
    }

    fn value(&self, text: &str, item: &str) -> Result<u32, String> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        if let Some(place) = named.and_then(|place| u32::try_from(place).ok()) {
            return Ok(self.first.saturating_add(place));
        }
        let value = digits(text).filter(|value| (self.first..=self.last).contains(value));
        let (name, first, last) = (self.name, self.first, self.last);
        value.ok_or_else(|| format!("{item:?} is no {name}, which go from {first} to {last}"))
    }

    fn step(&self, text: &str, item: &str) -> Result<usize, String> {
        let step = digits(text).filter(|step| (1..=self.last).contains(step));
        let step = step.and_then(|step| usize::try_from(step).ok());
        let (name, last) = (self.name, self.last);
        step.ok_or_else(|| format!("the {name} step of {item:?} is not between 1 and {last}"))
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
