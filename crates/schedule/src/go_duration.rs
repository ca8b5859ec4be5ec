//! Durations as Go writes them: open-ethereum-pool's `interval`, such as `120m`.

use crate::ScheduleError;

/// Units and their nanoseconds. <https://pkg.go.dev/time#ParseDuration>
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
const NANOS_PER_MS: u64 = 1_000_000;

/// Reads a duration as Go's `time.ParseDuration` does, to whole milliseconds: `120m`, `1h30m`,
/// `1.5s`, `0`.
///
/// Unlike Go's, no signs, a digit on both sides of a point, and no part of a millisecond.
///
/// # Errors
/// [`ScheduleError::BadDuration`], also beyond Go's 2^63 - 1 nanoseconds (292 years).
pub fn parse_go_duration_ms(text: &str) -> Result<u64, ScheduleError> {
    read(text).map_err(|problem| ScheduleError::BadDuration {
        text: text.chars().take(80).collect(),
        problem,
    })
}

fn read(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let (mut rest, mut nanos) = (text, 0_u64);
    while !rest.is_empty() {
        let (term, after) = next_term(rest)?;
        let sum = nanos.checked_add(term).filter(|sum| *sum <= u64::MAX >> 1);
        nanos = sum.ok_or("it is longer than 292 years")?;
        rest = after;
    }
    if nanos.checked_rem(NANOS_PER_MS) != Some(0) {
        return Err("it is no whole number of milliseconds".to_owned());
    }
    Ok(nanos.checked_div(NANOS_PER_MS).unwrap_or(0))
}

/// The nanoseconds of the first number and unit, and what follows.
fn next_term(text: &str) -> Result<(u64, &str), String> {
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if number.is_empty() {
        let found = rest.chars().next().unwrap_or_default();
        return Err(format!("{found:?} stands where a digit belongs"));
    }
    let (unit, rest) = rest.split_at(rest.find(is_digit).unwrap_or(rest.len()));
    if unit.is_empty() {
        return Err(format!("{number} has no unit"));
    }
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, size) = found.ok_or_else(|| format!("{unit:?} is no unit of time"))?;
    Ok((term(number, *size)?, rest))
}

fn term(number: &str, size: u64) -> Result<u64, String> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let well_placed = |part: &str| !part.is_empty() && !part.contains('.');
    if !well_placed(whole) || !fraction.is_none_or(well_placed) {
        return Err(format!(
            "the point of {number} does not stand alone between digits"
        ));
    }
    let fraction = fraction.unwrap_or_default();
    let too_long = || format!("{number} is too long a number");
    let digits: u128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| too_long())?;
    let places = u32::try_from(fraction.len()).map_err(|_| too_long())?;
    let scale = 10_u128.checked_pow(places).ok_or_else(too_long)?;
    let product = digits.checked_mul(u128::from(size)).ok_or_else(too_long)?;
    if product.checked_rem(scale) != Some(0) {
        return Err(format!(
            "{number} of that unit is no whole number of nanoseconds"
        ));
    }
    let nanos = product
        .checked_div(scale)
        .and_then(|nanos| u64::try_from(nanos).ok());
    nanos.ok_or_else(too_long)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, ms) in [
            ("120m", 7_200_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("2h45m10s", 9_910_000),
            ("1.5h", 5_400_000),
            ("0.001s", 1),
            ("1000us", 1),
            ("1000µs", 1),
            ("2000000ns", 2),
            ("0", 0),
            ("0s", 0),
            ("10s1h", 3_610_000),
        ] {
            assert_eq!(parse_go_duration_ms(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_cure() {
        for bad in [
            "",
            "120",
            "m",
            "-5m",
            "+5m",
            "5 m",
            " 5m",
            "5m ",
            "5d",
            "5M",
            "1.5",
            ".5s",
            "5.s",
            "1.2.3s",
            "1us",
            "0.1ms",
            "1e3s",
            "５m",
            "2562048h",
            "1h-5m",
            "00",
            "99999999999999999999999999999999999999999h",
        ] {
            let error = parse_go_duration_ms(bad).unwrap_err().to_string();
            assert!(error.contains("as 120m, 1h30m or 500ms"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn hours_minutes_seconds_and_milliseconds_add_up(
            h in 0..10_000_u64,
            m in 0..60_u64,
            s in 0..60_u64,
            ms in 0..1000_u64,
        ) {
            let sum = ((h * 60 + m) * 60 + s) * 1000 + ms;
            prop_assert_eq!(parse_go_duration_ms(&format!("{h}h{m}m{s}s{ms}ms")), Ok(sum));
            prop_assert_eq!(parse_go_duration_ms(&format!("{h}h{m}m{s}.{ms:03}s")), Ok(sum));
        }
    }
}
