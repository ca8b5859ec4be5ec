use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::{Clock, DrivenClock, Tz};

const DAY_MS: u64 = 86_400_000;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A wall-clock time of a zone that comes once.
fn at(wall: &str, zone: Tz) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap();
    let placed = wall.and_local_timezone(zone).unwrap();
    placed.to_utc().into()
}

fn schedule(spec: &str, zones: impl Into<ZoneHistory>) -> DaySchedule {
    DaySchedule::new(spec.parse().unwrap(), zones.into())
}

/// The wall-clock time in `zone` at which a day is due.
fn due_at(schedule: &DaySchedule, of: &str, zone: Tz) -> String {
    let due: DateTime<Utc> = schedule.due_at(day(of)).unwrap().to_utc().unwrap();
    due.with_timezone(&zone).format("%F %H:%M").to_string()
}

fn days(found: impl Iterator<Item = DueDay>) -> Vec<String> {
    found.map(|due| due.day.to_string()).collect()
}

#[test]
fn a_day_is_due_at_the_first_run_after_its_end() {
    let zone = Tz::Asia__Shanghai;
    for (spec, due) in [
        ("15 0 * * *", "2026-11-21 00:15"),
        ("0 15 0 * * *", "2026-11-21 00:15"),
        ("0 0 * * *", "2026-11-21 00:00"),
        ("30 * * * *", "2026-11-21 00:30"),
        ("0 23 * * *", "2026-11-21 23:00"),
        ("15 0 * * MON", "2026-11-23 00:15"),
        ("15 0 1 * *", "2026-12-01 00:15"),
    ] {
        assert_eq!(
            due_at(&schedule(spec, zone), "2026-11-20", zone),
            due,
            "{spec}"
        );
    }
}

#[test]
fn days_become_due_one_by_one_or_several_at_once_as_the_spec_runs() {
    let zone = Tz::Asia__Shanghai;
    let first = day("2026-11-20");
    let daily = schedule("15 0 * * *", zone);
    assert_eq!(
        days(daily.due(first, at("2026-11-21 00:14", zone))),
        [""; 0]
    );
    let now = at("2026-11-21 00:15", zone);
    assert_eq!(days(daily.due(first, now)), ["2026-11-20"]);
    assert_eq!(days(daily.due(day("2026-11-21"), now)), [""; 0]);
    // The 20th is a Friday.
    let weekly = schedule("15 0 * * MON", zone);
    assert_eq!(
        days(weekly.due(first, at("2026-11-23 00:14", zone))),
        [""; 0]
    );
    let found: Vec<DueDay> = weekly.due(first, at("2026-11-29 12:00", zone)).collect();
    let monday = at("2026-11-23 00:15", zone);
    assert!(found.iter().all(|due| due.due_at == monday), "{found:?}");
    assert_eq!(
        days(found.into_iter()),
        ["2026-11-20", "2026-11-21", "2026-11-22"]
    );
}

#[test]
fn a_run_in_a_gap_at_midnight_makes_the_day_before_due_at_its_end() {
    // Clocks went from 2018-11-04 00:00 to 01:00.
    let zone = Tz::America__Sao_Paulo;
    let schedule = schedule("15 0 * * *", zone);
    assert_eq!(due_at(&schedule, "2018-11-03", zone), "2018-11-04 01:00");
    assert_eq!(due_at(&schedule, "2018-11-04", zone), "2018-11-05 00:15");
}

#[test]
fn a_run_that_comes_twice_makes_a_day_due_once() {
    // Clocks went from 2025-11-02 01:00 back to 00:00.
    let zone = Tz::America__Havana;
    let schedule = schedule("15 0 * * *", zone);
    let first = day("2025-11-01");
    let once = "2025-11-02T04:15:00Z"
        .parse::<DateTime<Utc>>()
        .unwrap()
        .into();
    assert_eq!(schedule.due_at(first), Some(once));
    let next = schedule.next_due(first, once).unwrap();
    assert_eq!(next.day, day("2025-11-02"));
    assert_eq!(next.due_at, at("2025-11-03 00:15", zone));
}

#[test]
fn a_day_that_a_zone_skips_is_due_with_the_one_before() {
    let zone = Tz::Pacific__Apia;
    let schedule = schedule("15 0 * * *", zone);
    // The run of the skipped day comes at the end of the gap, as any does.
    for of in ["2011-12-29", "2011-12-30"] {
        assert_eq!(due_at(&schedule, of, zone), "2011-12-31 00:00");
    }
    assert_eq!(due_at(&schedule, "2011-12-31", zone), "2012-01-01 00:15");
}

#[test]
fn after_a_change_of_zone_runs_go_by_the_new_wall_clock() {
    let (east, west) = (Tz::Asia__Shanghai, Tz::Europe__Berlin);
    let change = day("2027-01-01");
    let zones = ZoneHistory::new(east, [(change, west)]).unwrap();
    let daily = schedule("15 0 * * *", zones);
    assert_eq!(due_at(&daily, "2026-12-30", east), "2026-12-31 00:15");
    // It ended at 17:00 of the same day in Berlin.
    assert_eq!(due_at(&daily, "2026-12-31", west), "2027-01-01 00:15");
    assert_eq!(due_at(&daily, "2027-01-01", west), "2027-01-02 00:15");
    // It was 07:00 of the first day in Shanghai: two days wait for the run after that.
    let zones = ZoneHistory::new(west, [(change, east)]).unwrap();
    let daily = schedule("15 0 * * *", zones);
    assert_eq!(due_at(&daily, "2026-12-31", east), "2027-01-02 00:15");
    assert_eq!(due_at(&daily, "2027-01-01", east), "2027-01-02 00:15");
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_due() {
    let zone = Tz::Asia__Shanghai;
    let schedule = schedule("15 0 * * *", zone);
    let (not_done, back) = (day("2026-11-21"), at("2026-11-10 09:00", zone));
    assert_eq!(schedule.due(not_done, back).count(), 0);
    let next = schedule.next_due(not_done, back).unwrap();
    assert_eq!(
        (next.day, next.due_at),
        (not_done, at("2026-11-22 00:15", zone))
    );
    let before_all = Timestamp::from_ms(i64::MIN);
    assert_eq!(schedule.next_due(not_done, before_all), Some(next));
    assert_eq!(schedule.due(not_done, before_all).count(), 0);
}

#[test]
fn what_waits_does_not_hide_what_becomes_due_next() {
    let zone = Tz::Asia__Shanghai;
    let weekly = schedule("15 0 * * MON", zone);
    let now = at("2026-11-25 12:00", zone);
    let next = weekly.next_due(day("2026-01-01"), now).unwrap();
    assert_eq!(
        (next.day, next.due_at),
        (day("2026-11-23"), at("2026-11-30 00:15", zone))
    );
    let on_the_run = weekly.next_due(day("2026-01-01"), next.due_at).unwrap();
    assert_eq!(on_the_run.day, day("2026-11-30"));
}

#[test]
fn a_spec_that_ends_makes_no_day_due_after_it() {
    let zone = Tz::UTC;
    let ends = schedule("0 15 0 * * * 2026", zone);
    let last = day("2026-12-30");
    assert_eq!(due_at(&ends, "2026-12-30", zone), "2026-12-31 00:15");
    assert_eq!(ends.due_at(day("2026-12-31")), None);
    let now = at("2026-12-30 12:00", zone);
    assert_eq!(
        ends.next_due(day("2026-01-01"), now).map(|due| due.day),
        Some(last)
    );
    assert_eq!(
        ends.next_due(day("2026-01-01"), at("2026-12-31 00:15", zone)),
        None
    );
    assert_eq!(
        days(ends.due(last, at("2027-06-01 00:00", zone))),
        ["2026-12-30"]
    );
    assert_eq!(ends.next_run(Timestamp::from_ms(i64::MAX)), None);
}

/// A scheduler as a pool has it: it sleeps, does what is due, and remembers what it did.
struct Scheduler {
    clock: Arc<DrivenClock>,
    schedule: DaySchedule,
    first: Day,
    done: Vec<(Day, Timestamp)>,
}

impl Scheduler {
    /// Runs until `end`.
    async fn run_to(&mut self, end: Timestamp) {
        loop {
            let now = self.clock.now();
            let due: Vec<DueDay> = self.schedule.due(self.first, now).collect();
            for DueDay { day, .. } in due {
                self.done.push((day, now));
                self.first = day.next().unwrap();
            }
            let next = self.schedule.next_due(self.first, now).unwrap();
            if next.due_at > end {
                self.clock.sleep_until(end).await;
                return;
            }
            self.clock.sleep_until(next.due_at).await;
        }
    }
}

#[tokio::test]
async fn sixty_days_with_a_missed_week_a_clock_set_back_and_a_dst_change_are_done_once_each() {
    // Clocks go from 2026-03-29 02:00 to 03:00, when the run is.
    let zone = Tz::Europe__Berlin;
    let start = at("2026-03-01 12:00", zone);
    let mut scheduler = Scheduler {
        clock: Arc::new(DrivenClock::jumping(start)),
        schedule: schedule("30 2 * * *", zone),
        first: day("2026-03-01"),
        done: Vec::new(),
    };
    scheduler.run_to(at("2026-03-10 12:00", zone)).await;
    assert_eq!(scheduler.done.len(), 9);
    // Nobody is there for a week.
    let again = at("2026-03-17 12:00", zone);
    scheduler.clock.set(again);
    scheduler.run_to(again.saturating_add_ms(DAY_MS)).await;
    // A person sets the clock back over runs that were done, past a month's end.
    scheduler.clock.set(at("2026-02-26 01:00", zone));
    scheduler.run_to(at("2026-04-30 12:00", zone)).await;

    let Scheduler { done, .. } = scheduler;
    let found: Vec<Day> = done.iter().map(|(day, _)| *day).collect();
    let expected: Vec<Day> = day("2026-03-01").through(day("2026-04-29")).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 60);
    for (of, now) in done {
        let next = of.next().unwrap();
        let missed = (day("2026-03-10")..=day("2026-03-16")).contains(&of);
        let wall = match next == day("2026-03-29") {
            true => "03:00",
            false => "02:30",
        };
        let due_at = at(&format!("{next} {wall}"), zone);
        assert_eq!(now, if missed { again } else { due_at }, "{of}");
    }
}

#[tokio::test]
async fn an_autumn_day_of_25_hours_is_done_once_though_its_run_comes_twice() {
    let zone = Tz::Europe__Berlin;
    let mut scheduler = Scheduler {
        clock: Arc::new(DrivenClock::jumping(at("2026-10-24 12:00", zone))),
        schedule: schedule("30 2 * * *", zone),
        first: day("2026-10-24"),
        done: Vec::new(),
    };
    scheduler.run_to(at("2026-10-27 12:00", zone)).await;
    let found: Vec<String> = scheduler
        .done
        .iter()
        .map(|(_, at)| at.to_string())
        .collect();
    let expected = [
        "2026-10-25T00:30:00.000Z",
        "2026-10-26T01:30:00.000Z",
        "2026-10-27T01:30:00.000Z",
    ];
    assert_eq!(found, expected);
}

fn any_spec() -> impl Strategy<Value = String> {
    let minute = 0..60_u32;
    let days = prop::sample::select(vec!["* * *", "* * MON", "1,15 * *", "* * 1-5", "*/3 * *"]);
    let hours = prop_oneof![
        (0..24_u32).prop_map(|hour| hour.to_string()),
        Just("*".to_owned()),
        Just("9,21".to_owned()),
    ];
    (minute, hours, days).prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}"))
}

fn any_zones() -> impl Strategy<Value = ZoneHistory> {
    let zone = || prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec());
    let changes = prop::collection::btree_map(0..20_000_i32, zone(), 0..4);
    (zone(), changes).prop_map(|(first, changes)| {
        let dated = |(at, zone)| (Day::from_days_since_epoch(at).unwrap(), zone);
        ZoneHistory::new(first, changes.into_iter().map(dated)).unwrap()
    })
}

proptest! {
    #[test]
    fn days_are_due_in_order_after_their_end_and_never_twice_however_often_one_looks(
        spec in any_spec(),
        zones in any_zones(),
        start in 0..20_000_i32,
        looks in prop::collection::btree_set(0..60 * DAY_MS, 1..12),
    ) {
        let schedule = DaySchedule::new(spec.parse().unwrap(), zones);
        let first = Day::from_days_since_epoch(start).unwrap();
        let begin = schedule.zones().instants(first).start;
        let looks: BTreeSet<Timestamp> =
            looks.into_iter().map(|ms| begin.saturating_add_ms(ms)).collect();
        let last = *looks.last().unwrap();
        let (mut done, mut not_done) = (Vec::new(), first);
        for now in looks {
            for due in schedule.due(not_done, now) {
                let end = schedule.zones().instants(due.day).end;
                prop_assert!(end <= due.due_at && due.due_at <= now);
                prop_assert_eq!(Some(due.due_at), schedule.next_run(end.just_before()));
                done.push(due);
                not_done = due.day.next().unwrap();
            }
            let next = schedule.next_due(not_done, now).unwrap();
            prop_assert!(next.due_at > now && next.day == not_done);
            // Who has done nothing yet waits for the same.
            prop_assert_eq!(schedule.next_due(first, now), Some(next));
        }
        let at_once: Vec<DueDay> = schedule.due(first, last).collect();
        prop_assert_eq!(done, at_once);
    }
}
