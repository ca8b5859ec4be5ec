use proptest::prelude::*;

use super::*;

const BERLIN: Tz = Tz::Europe__Berlin;

fn utc(text: &str) -> Timestamp {
    text.parse::<DateTime<Utc>>().unwrap().into()
}

fn spec(text: &str) -> CronSpec {
    CronSpec::parse(text).unwrap()
}

/// The first `count` runs after `after`, as RFC 3339 without seconds' fractions.
fn runs(text: &str, after: &str, zone: Tz, count: usize) -> Vec<String> {
    let spec = spec(text);
    let first = spec.next_after(utc(after), zone);
    std::iter::successors(first, |run| spec.next_after(*run, zone))
        .take(count)
        .map(|run| run.to_string().replace(".000Z", "Z"))
        .collect()
}

#[test]
fn a_quarter_past_midnight_in_shanghai_is_the_afternoon_before_in_utc() {
    let zone = crate::parse_zone("Asia/Shanghai").unwrap();
    let found = runs("15 0 * * *", "2026-01-01T00:00:00Z", zone, 2);
    assert_eq!(found, ["2026-01-01T16:15:00Z", "2026-01-02T16:15:00Z"]);
    assert_eq!(found, runs("0 15 0 * * *", "2026-01-01T00:00:00Z", zone, 2));
}

#[test]
fn weekdays_count_from_sunday_as_0_or_7_in_five_fields_and_as_1_in_six() {
    // 2026-01-04 is a Sunday.
    let first = |text| runs(text, "2026-01-03T00:00:00Z", Tz::UTC, 1).remove(0);
    for sunday in [
        "0 0 * * 0",
        "0 0 * * 7",
        "0 0 * * sun",
        "0 0 0 * * 1",
        "0 0 0 * * SUN",
    ] {
        assert_eq!(first(sunday), "2026-01-04T00:00:00Z", "{sunday}");
    }
    for monday in ["0 0 * * 1", "0 0 * * Mon", "0 0 0 * * 2", "0 0 0 * * MON *"] {
        assert_eq!(first(monday), "2026-01-05T00:00:00Z", "{monday}");
    }
    assert!(CronSpec::parse("0 0 0 * * 0").is_err());
    assert!(CronSpec::parse("0 0 * * 8").is_err());
}

#[test]
fn weekday_ranges_lists_and_steps_translate() {
    for (text, same) in [
        ("0 0 * * 1-5", "0 0 * * MON-FRI"),
        ("0 0 * * 5-7", "0 0 * * SUN,FRI,SAT"),
        ("0 0 * * fri-sun", "0 0 * * SUN,FRI,SAT"),
        ("0 0 * * 0-7", "0 0 * * SUN-SAT"),
        ("0 0 * * 0-6", "0 0 * * SUN-SAT"),
        ("0 0 * * 0,7", "0 0 * * SUN"),
        ("0 0 * * 0-6/2", "0 0 * * SUN,TUE,THU,SAT"),
        ("0 0 * * 1-7/3", "0 0 * * SUN,MON,THU"),
        ("0 0 * * */2", "0 0 * * */2"),
        (
            "*/15 8-18/2 1,15 jan-mar *",
            "0,15,30,45 8,10,12,14,16,18 1,15 1-3 *",
        ),
        ("0-59 0-23 1-31 1-12 *", "* * 1-31 * *"),
        ("  15   0 * * *  ", "15 0 * * *"),
        ("@weekly", "0 0 * * SUN"),
        ("@hourly", "0 * * * *"),
        ("0 15 0 * * 2-6", "0 15 0 * * MON-FRI"),
        (
            "0 */20 0 ? * 1,7 2026-2030",
            "0 0,20,40 0 * * SUN,SAT 2026-2030",
        ),
    ] {
        assert_eq!(spec(text).normalised(), same, "{text}");
        assert_eq!(spec(same), spec(text), "{same}");
    }
    // 2026-01-04 is a Sunday: */2 is Sunday, Tuesday, Thursday, Saturday.
    let found = runs("0 0 * * */2", "2026-01-04T00:00:00Z", Tz::UTC, 4);
    let days: Vec<&str> = found.iter().map(|run| &run[8..10]).collect();
    assert_eq!(days, ["06", "08", "10", "11"]);
}

#[test]
fn a_restricted_day_and_a_restricted_weekday_each_suffice_in_five_fields() {
    // crontab(5): "30 4 1,15 * 5" runs on the 1st and 15th, and every Friday.
    let found = runs("30 4 1,15 * 5", "2026-01-01T00:00:00Z", Tz::UTC, 6);
    let days: Vec<&str> = found.iter().map(|run| &run[..10]).collect();
    let expected = [
        "2026-01-01",
        "2026-01-02",
        "2026-01-09",
        "2026-01-15",
        "2026-01-16",
        "2026-01-23",
    ];
    assert_eq!(days, expected);
    // Six fields: both must match. The first Friday that is a 1st or a 15th is 2026-05-01.
    let found = runs("0 30 4 1,15 * FRI", "2026-01-01T00:00:00Z", Tz::UTC, 1);
    assert_eq!(found, ["2026-05-01T04:30:00Z"]);
}

#[test]
fn a_day_field_that_begins_with_a_star_restricts_together_with_the_other() {
    // As in Vixie cron: Mondays that are odd days.
    let found = runs("0 0 */2 * 1", "2026-01-01T00:00:00Z", Tz::UTC, 3);
    let days: Vec<&str> = found.iter().map(|run| &run[..10]).collect();
    assert_eq!(days, ["2026-01-05", "2026-01-19", "2026-02-09"]);
}

#[test]
fn a_run_in_a_spring_gap_comes_at_its_end_and_once() {
    let found = runs("30 2 * * *", "2026-03-28T00:00:00Z", BERLIN, 3);
    let expected = [
        "2026-03-28T01:30:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:30:00Z",
    ];
    assert_eq!(found, expected);
    // Two runs in the gap and one at its end are one.
    let found = runs("15,45 2,3 29 3 *", "2026-03-29T00:00:00Z", BERLIN, 3);
    let expected = [
        "2026-03-29T01:00:00Z",
        "2026-03-29T01:15:00Z",
        "2026-03-29T01:45:00Z",
    ];
    assert_eq!(found, expected);
    let found = runs("0 0 2,3 29 3 *", "2026-03-29T00:00:00Z", BERLIN, 1);
    assert_eq!(found, ["2026-03-29T01:00:00Z"]);
}

#[test]
fn a_run_in_an_autumn_overlap_comes_once_whenever_it_is_asked_for() {
    let found = runs("30 2 * * *", "2026-10-24T12:00:00Z", BERLIN, 2);
    assert_eq!(found, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    // Asked during the second pass, at 02:10 and at 02:30 again.
    for again in ["2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"] {
        assert_eq!(
            runs("30 2 * * *", again, BERLIN, 1),
            ["2026-10-26T01:30:00Z"]
        );
    }
}

#[test]
fn a_spec_for_every_hour_goes_by_real_time_through_gap_and_overlap() {
    let found = runs("15 * * * *", "2026-10-24T23:30:00Z", BERLIN, 4);
    let expected = [
        "2026-10-25T00:15:00Z",
        "2026-10-25T01:15:00Z",
        "2026-10-25T02:15:00Z",
        "2026-10-25T03:15:00Z",
    ];
    assert_eq!(found, expected);
    let found = runs("15 * * * *", "2026-03-28T23:30:00Z", BERLIN, 3);
    let expected = [
        "2026-03-29T00:15:00Z",
        "2026-03-29T01:15:00Z",
        "2026-03-29T02:15:00Z",
    ];
    assert_eq!(found, expected);
}

#[test]
fn every_ten_minutes_is_every_ten_minutes_on_days_of_23_and_25_hours() {
    let spec = spec("*/10 * * * *");
    for (from, to) in [
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ] {
        let (from, to) = (utc(from), utc(to));
        let mut before = from;
        for run in spec.missed(from, to, BERLIN) {
            assert_eq!(run.ms_since(before), 600_000, "{before} to {run}");
            before = run;
        }
        assert_eq!(before, to);
    }
}

#[test]
fn midnight_that_a_zone_skips_comes_at_the_first_instant_of_the_day() {
    // Cairo's clocks go from 2026-04-24 00:00 to 01:00.
    let cairo = Tz::Africa__Cairo;
    let found = runs("15 0 * * *", "2026-04-23T12:00:00Z", cairo, 2);
    assert_eq!(found, ["2026-04-23T22:00:00Z", "2026-04-24T21:15:00Z"]);
}

#[test]
fn missed_runs_are_those_after_the_last_up_to_now() {
    let zone = Tz::Asia__Shanghai;
    let spec = spec("15 0 * * *");
    let (last, now) = (utc("2026-01-01T16:15:00Z"), utc("2026-01-04T16:15:00Z"));
    let missed: Vec<Timestamp> = spec.missed(last, now, zone).collect();
    let days = ["2026-01-02", "2026-01-03", "2026-01-04"].map(|d| utc(&format!("{d}T16:15:00Z")));
    assert_eq!(missed, days);
    assert_eq!(spec.missed(now, now, zone).count(), 0);
    assert_eq!(
        spec.missed(last, utc("2026-01-02T16:14:59Z"), zone).count(),
        0
    );
}

#[test]
fn runs_are_after_the_instant_asked_for_to_the_millisecond() {
    let next = |ms| {
        spec("15 0 * * *")
            .next_after(Timestamp::from_ms(ms), Tz::UTC)
            .unwrap()
    };
    assert_eq!(next(899_999), Timestamp::from_ms(900_000));
    assert_eq!(next(900_000), Timestamp::from_ms(900_000 + 86_400_000));
    assert_eq!(next(i64::MIN), Timestamp::from_ms(900_000));
    let never = spec("15 0 * * *").next_after(Timestamp::from_ms(i64::MAX), Tz::UTC);
    assert_eq!(never, None);
    assert_eq!(
        spec("0 0 0 1 1 * 2020").next_after(utc("2026-01-01T00:00:00Z"), Tz::UTC),
        None
    );
    assert_eq!(
        runs("0 0 29 2 *", "2026-01-01T00:00:00Z", Tz::UTC, 1),
        ["2028-02-29T00:00:00Z"]
    );
}

#[test]
fn what_is_no_spec_is_refused_with_the_cure() {
    for (bad, part) in [
        ("", "it has 0 fields"),
        ("15 0 * *", "it has 4 fields"),
        ("1 2 3 4 5 6 7 8", "it has 8 fields"),
        ("60 0 * * *", "\"60\" is no minute, which go from 0 to 59"),
        ("0 24 * * *", "is no hour"),
        ("0 0 0 * *", "is no day"),
        ("0 0 * 13 *", "is no month"),
        ("0 0 * * 8", "is no weekday"),
        ("0 0 * * ?", "is no weekday"),
        ("0 0 L * *", "is no day"),
        ("5-1 0 * * *", "runs backwards"),
        ("0 0 * * fri-mon", "runs backwards"),
        ("*/0 0 * * *", "step"),
        ("*/ 0 * * *", "step"),
        ("5/10 0 * * *", "needs a range, as 5-59"),
        ("1,,2 0 * * *", "is no minute"),
        ("-1 0 * * *", "is no minute"),
        ("+1 0 * * *", "is no minute"),
        ("１ 0 * * *", "is no minute"),
        ("0x1 0 * * *", "is no minute"),
        ("0 0 31 2 *", "its day never comes"),
        ("0 0 0 30 2 *", "its day never comes"),
        ("0 15 24 * * *", "\"24\" is no hour"),
        ("0 15 0 * * 0", "\"0\" is no weekday"),
        ("0 15 0 * * * 1969", "\"1969\" is no year"),
        ("0 5 -7 * * *", "begins or ends"),
        ("0 5- 7 * * * *", "begins or ends"),
        ("@reboot", "it has 1 fields"),
    ] {
        let error = CronSpec::parse(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{bad:?}: {error}");
        assert!(error.contains("nothing was scheduled"), "{error}");
    }
    let error = CronSpec::parse("0 15 0 * * 0").unwrap_err().to_string();
    assert!(
        error.ends_with("as 0 15 0 * * MON-FRI (by number, 1 is Sunday here)"),
        "{error}"
    );
}

/// A field, and what it matches, written down apart from the parser.
fn day_field(first: u32, last: u32) -> impl Strategy<Value = (String, bool, Vec<u32>)> {
    let star = Just(("*".to_owned(), true, (first..=last).collect()));
    let stepped = (2..=5_usize).prop_map(move |step| {
        (
            format!("*/{step}"),
            true,
            (first..=last).step_by(step).collect(),
        )
    });
    let range = (first..=last, first..=last).prop_map(|(a, b)| {
        let (a, b) = (a.min(b), a.max(b));
        (format!("{a}-{b}"), false, (a..=b).collect())
    });
    let list = prop::collection::vec(first..=last, 1..4).prop_map(|days| {
        let texts: Vec<String> = days.iter().map(u32::to_string).collect();
        (texts.join(","), false, days)
    });
    prop_oneof![star, stepped, range, list]
}

proptest! {
    #[test]
    fn next_runs_agree_with_a_walk_through_the_days(
        (day, day_star, days) in day_field(1, 31),
        (weekday, weekday_star, weekdays) in day_field(0, 6),
        minute in 0..60_i64,
        hour in 0..24_i64,
        start in 0..4_000_000_000_000_i64,
    ) {
        let text = format!("{minute} {hour} {day} * {weekday}");
        let spec = spec(&text);
        prop_assert_eq!(&CronSpec::parse(spec.normalised()).unwrap(), &spec);
        let after = Timestamp::from_ms(start);
        let day_ms = 86_400_000;
        let first_day = start / day_ms;
        let walk = (first_day..first_day + 800).find_map(|at| {
            let run = Timestamp::from_ms(at * day_ms + (hour * 60 + minute) * 60_000);
            let date = run.to_utc().unwrap();
            let by_day = days.contains(&date.day());
            let by_weekday = weekdays.contains(&date.weekday().num_days_from_sunday());
            let both = day_star || weekday_star;
            let due = if both { by_day && by_weekday } else { by_day || by_weekday };
            (due && run > after).then_some(run)
        });
        prop_assert_eq!(spec.next_after(after, Tz::UTC), walk);
    }

    #[test]
    fn a_daily_run_comes_once_a_day_in_every_zone_through_every_change(
        zone in prop::sample::select(vec![
            BERLIN, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Africa__Cairo,
            Tz::America__St_Johns, Tz::Asia__Shanghai, Tz::Pacific__Apia, Tz::Africa__Casablanca,
        ]),
        minute in 0..60_u32,
        hour in 0..24_u32,
        year in 2013..2040_i32,
    ) {
        let spec = spec(&format!("{minute} {hour} * * *"));
        let start = utc(&format!("{year}-01-01T00:00:00Z"));
        let end = utc(&format!("{}-01-02T00:00:00Z", year + 1));
        let mut seen = std::collections::BTreeSet::new();
        for run in spec.missed(start, end, zone) {
            let local = run.to_utc().unwrap().with_timezone(&zone);
            prop_assert!(seen.insert(local.date_naive()), "twice on {}", local);
        }
        // January 1st may lie partly before the start, by the zone's offset.
        let whole = |day: &chrono::NaiveDate| day.year() == year && day.ordinal() > 1;
        let days = if year % 4 == 0 { 365 } else { 364 };
        prop_assert_eq!(seen.iter().filter(|day| whole(day)).count(), days);
    }
}
