//! Fields of a spec in one spelling.

use std::collections::BTreeSet;

use cron::{Schedule, TimeUnitSpec};

pub(super) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// `values` as a list with ranges of three and more: `1-5`, `0,30`; all of `all` are `*`.
pub(super) fn field(values: &BTreeSet<u32>, all: usize, name: impl Fn(u32) -> String) -> String {
    if values.len() == all {
        return "*".to_owned();
    }
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*value) => *end = *value,
            _ => runs.push((*value, *value)),
        }
    }
    let texts: Vec<String> = runs
        .into_iter()
        .map(|(start, end)| match end.abs_diff(start) {
            0 => name(start),
            1 => format!("{},{}", name(start), name(end)),
            _ => format!("{}-{}", name(start), name(end)),
        })
        .collect();
    texts.join(",")
}

/// A number as it is.
pub(super) fn number(value: u32) -> String {
    value.to_string()
}

/// The name of a weekday by Unix cron's number, 0 = Sunday.
pub(super) fn weekday(unix: u32) -> String {
    let name = usize::try_from(unix).ok().and_then(|at| WEEKDAYS.get(at));
    name.map_or_else(|| number(unix), |name| (*name).to_owned())
}

/// Six fields, or seven if years are restricted.
pub(super) fn seconds_first(schedule: &Schedule) -> String {
    let weekdays: BTreeSet<u32> = schedule
        .days_of_week()
        .iter()
        .map(|day| day.saturating_sub(1))
        .collect();
    let mut fields = vec![
        unit(schedule.seconds()),
        unit(schedule.minutes()),
        unit(schedule.hours()),
        unit(schedule.days_of_month()),
        unit(schedule.months()),
        field(&weekdays, WEEKDAYS.len(), weekday),
    ];
    if !schedule.years().is_all() {
        fields.push(unit(schedule.years()));
    }
    fields.join(" ")
}

fn unit(spec: &impl TimeUnitSpec) -> String {
    let values: BTreeSet<u32> = spec.iter().collect();
    let all = if spec.is_all() {
        values.len()
    } else {
        usize::MAX
    };
    field(&values, all, number)
}
