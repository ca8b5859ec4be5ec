use chrono::Utc;
use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn utc(text: &str) -> Timestamp {
    text.parse::<DateTime<Utc>>().unwrap().into()
}

/// The instants of a day, as RFC 3339 without milliseconds.
fn instants(zones: &ZoneHistory, of: &str) -> [String; 2] {
    let Range { start, end } = zones.instants(day(of));
    [start, end].map(|at| at.to_string().replace(".000Z", "Z"))
}

fn hours(zones: &ZoneHistory, of: &str) -> u64 {
    let Range { start, end } = zones.instants(day(of));
    end.ms_since(start) / 3_600_000
}

fn history(first: Tz, changes: &[(&str, Tz)]) -> ZoneHistory {
    let changes = changes.iter().map(|(from, zone)| (day(from), *zone));
    ZoneHistory::new(first, changes).unwrap()
}

#[test]
fn a_day_in_shanghai_begins_at_16_o_clock_of_the_day_before_in_utc() {
    let zones = ZoneHistory::from(Tz::Asia__Shanghai);
    let expected = ["2026-11-19T16:00:00Z", "2026-11-20T16:00:00Z"];
    assert_eq!(instants(&zones, "2026-11-20"), expected);
    for (at, of) in [
        ("2026-11-19T15:59:59.999Z", "2026-11-19"),
        ("2026-11-19T16:00:00Z", "2026-11-20"),
        ("2026-11-20T15:59:59.999Z", "2026-11-20"),
    ] {
        assert_eq!(zones.day_of(utc(at)), Ok(day(of)), "{at}");
    }
    // Shanghai set its clocks ahead and back until 1991.
    assert_eq!(hours(&zones, "1991-04-14"), 23);
    assert_eq!(hours(&zones, "1991-09-15"), 25);
}

#[test]
fn days_in_berlin_have_23_and_25_hours_when_clocks_change() {
    let zones = ZoneHistory::from(Tz::Europe__Berlin);
    for (of, expected) in [
        ("2026-03-28", 24),
        ("2026-03-29", 23),
        ("2026-10-25", 25),
        ("2026-10-26", 24),
    ] {
        assert_eq!(hours(&zones, of), expected, "{of}");
    }
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_at_the_first_instant_after_it() {
    // Clocks went from 2018-11-04 00:00 to 01:00, and from 2018-02-18 00:00 back to 23:00.
    let zones = ZoneHistory::from(Tz::America__Sao_Paulo);
    let expected = ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"];
    assert_eq!(instants(&zones, "2018-11-04"), expected);
    let expected = ["2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"];
    assert_eq!(instants(&zones, "2018-02-17"), expected);
    assert_eq!(hours(&zones, "2018-02-18"), 24);
}

#[test]
fn a_day_whose_midnight_comes_twice_begins_at_the_first() {
    // Clocks went from 2025-11-02 01:00 back to 00:00.
    let zones = ZoneHistory::from(Tz::America__Havana);
    let expected = ["2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"];
    assert_eq!(instants(&zones, "2025-11-02"), expected);
    // From 2010-11-07 00:01 back to 23:01 of the day before: that hour is of the new day.
    let zones = ZoneHistory::from(Tz::America__St_Johns);
    let first_midnight = utc("2010-11-07T02:30:00Z");
    assert_eq!(zones.instants(day("2010-11-07")).start, first_midnight);
    let repeated = first_midnight.saturating_add_ms(1_800_000);
    assert_eq!(zones.day_of(repeated), Ok(day("2010-11-07")));
}

#[test]
fn a_day_that_a_zone_skips_is_empty() {
    let zones = ZoneHistory::from(Tz::Pacific__Apia);
    let moved = "2011-12-30T10:00:00Z";
    assert_eq!(instants(&zones, "2011-12-29")[1], moved);
    assert_eq!(instants(&zones, "2011-12-30"), [moved, moved]);
    assert_eq!(instants(&zones, "2011-12-31")[0], moved);
    assert_eq!(hours(&zones, "2011-12-31"), 24);
    assert_eq!(zones.day_of(utc(moved)), Ok(day("2011-12-31")));
    let before = Timestamp::from_ms(utc(moved).as_ms() - 1);
    assert_eq!(zones.day_of(before), Ok(day("2011-12-29")));
}

#[test]
fn a_change_of_zone_makes_its_first_day_longer_or_shorter_and_touches_none_before() {
    let west = history(Tz::Asia__Shanghai, &[("2027-01-01", Tz::Europe__Berlin)]);
    let expected = ["2026-12-31T16:00:00Z", "2027-01-01T23:00:00Z"];
    assert_eq!(instants(&west, "2027-01-01"), expected);
    let shanghai = ZoneHistory::from(Tz::Asia__Shanghai);
    let last = day("2026-12-31");
    assert_eq!(west.instants(last), shanghai.instants(last));
    assert_eq!(west.zone_on(last), Tz::Asia__Shanghai);
    assert_eq!(west.zone_on(day("2027-01-01")), Tz::Europe__Berlin);
    let east = history(Tz::Europe__Berlin, &[("2027-01-01", Tz::Asia__Shanghai)]);
    assert_eq!(hours(&east, "2027-01-01"), 17);
    assert_eq!(hours(&east, "2027-01-02"), 24);
    // From the last zone of a day to its first: nothing is left of it, nor of the next.
    let far = history(
        Tz::Etc__GMTPlus12,
        &[("2027-01-01", Tz::Pacific__Kiritimati)],
    );
    assert_eq!(hours(&far, "2027-01-01"), 0);
    assert_eq!(hours(&far, "2027-01-02"), 22);
    assert_eq!(hours(&far, "2027-01-03"), 24);
    let back = history(
        Tz::Pacific__Kiritimati,
        &[("2027-01-01", Tz::Etc__GMTPlus12)],
    );
    assert_eq!(hours(&back, "2027-01-01"), 50);
}

#[test]
fn changes_stand_in_any_order_but_not_twice_on_a_day() {
    let (a, b) = (day("2027-01-01"), day("2028-01-01"));
    let zones = ZoneHistory::new(Tz::UTC, [(b, Tz::Asia__Tokyo), (a, Tz::Asia__Shanghai)]).unwrap();
    let found = [a.prev().unwrap(), a, b.prev().unwrap(), b].map(|day| zones.zone_on(day));
    let expected = [
        Tz::UTC,
        Tz::Asia__Shanghai,
        Tz::Asia__Shanghai,
        Tz::Asia__Tokyo,
    ];
    assert_eq!(found, expected);
    let twice = [(a, Tz::UTC), (b, Tz::UTC), (a, Tz::Asia__Tokyo)];
    let error = ZoneHistory::new(Tz::UTC, twice).unwrap_err().to_string();
    assert!(error.contains("from 2027-01-01 on"), "{error}");
}

#[test]
fn what_was_closed_by_other_data_stays_and_days_still_tile() {
    let zones = ZoneHistory::from(Tz::UTC);
    let of = day("2027-01-02");
    let closed_late = utc("2027-01-02T01:00:00Z");
    let found = zones.instants_from(closed_late, of);
    assert_eq!(found, closed_late..utc("2027-01-03T00:00:00Z"));
    let beyond = utc("2027-01-03T02:00:00Z");
    assert!(zones.instants_from(beyond, of).is_empty());
}

#[test]
fn the_first_and_the_last_day_have_instants_and_what_is_outside_has_no_day() {
    for zone in [Tz::UTC, Tz::Pacific__Kiritimati, Tz::Etc__GMTPlus12] {
        let zones = ZoneHistory::from(zone);
        for of in [Day::FIRST, Day::LAST] {
            let Range { start, end } = zones.instants(of);
            assert_eq!(end.ms_since(start), 86_400_000, "{zone} {of}");
            assert_eq!(zones.day_of(start), Ok(of));
        }
        let before = Timestamp::from_ms(zones.instants(Day::FIRST).start.as_ms() - 1);
        let outside = [before, zones.instants(Day::LAST).end];
        let ends = [i64::MIN, i64::MAX].map(Timestamp::from_ms);
        for at in outside.into_iter().chain(ends) {
            assert!(zones.day_of(at).is_err(), "{zone} {at}");
        }
    }
}

/// Days follow each other without a gap or an overlap, and each instant has the day it lies in.
fn assert_tiled(zones: &ZoneHistory, from: Day, days: i32) -> Result<(), TestCaseError> {
    let mut end = zones.instants(from).start;
    for of in from.until(from.checked_add_days(days).unwrap()) {
        let found = zones.instants(of);
        prop_assert_eq!(found.start, end, "{} in {:?}", of, zones);
        prop_assert!(found.start <= found.end, "{} in {:?}", of, zones);
        if !found.is_empty() {
            let last = Timestamp::from_ms(found.end.as_ms() - 1);
            let middle = Timestamp::from_ms((found.start.as_ms() + last.as_ms()) / 2);
            for at in [found.start, middle, last] {
                prop_assert_eq!(zones.day_of(at), Ok(of), "{} in {:?}", at, zones);
            }
        }
        end = found.end;
    }
    Ok(())
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(TZ_VARIANTS.to_vec())
}

proptest! {
    #[test]
    fn days_tile_in_every_zone(zone in any_zone(), start in 0..40_000_i32) {
        let from = Day::from_days_since_epoch(start).unwrap();
        assert_tiled(&ZoneHistory::from(zone), from, 380)?;
    }

    #[test]
    fn days_tile_through_changes_of_zone_even_on_days_in_a_row(
        first in any_zone(),
        start in 0..40_000_i32,
        changes in prop::collection::btree_map(0..30_i32, any_zone(), 0..12),
    ) {
        let from = Day::from_days_since_epoch(start).unwrap();
        let dated = |(after, zone)| (from.checked_add_days(after).unwrap(), zone);
        let zones = ZoneHistory::new(first, changes.into_iter().map(dated)).unwrap();
        assert_tiled(&zones, from, 40)?;
        for of in from.until(from.checked_add_days(40).unwrap()) {
            // The clock shows the zone of the day that it is.
            let found = zones.instants(of);
            if !found.is_empty() {
                prop_assert_eq!(zones.span(found.start).0, zones.zone_on(of));
                let until = zones.span(found.start).1;
                prop_assert!(until.is_none_or(|until| until >= found.end));
            }
        }
    }
}
