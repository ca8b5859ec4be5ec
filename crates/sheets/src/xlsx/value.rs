//! The text of a cell that may be no text.

use std::borrow::Cow;

use calamine::{DataRef, ExcelDateTime};

use crate::cell::Fault;

/// What a sheet keeps of a number: an IEEE double is exact for so many decimal digits.
const EXACT_DIGITS: usize = 15;

const AS_TEXT: &str = "format the cell as text and write the value anew";

/// The text of a cell, in a column of days or another, and what is wrong with it.
pub(super) fn text_of<'v>(value: &'v DataRef<'_>, of_days: bool) -> (Cow<'v, str>, Option<Fault>) {
    match value {
        DataRef::Empty => (Cow::Borrowed(""), None),
        DataRef::String(text) => (Cow::Borrowed(text), None),
        DataRef::SharedString(text) => (Cow::Borrowed(text), None),
        DataRef::Int(number) => number_text(number.to_string(), of_days),
        DataRef::Float(number) => number_text(number.to_string(), of_days),
        DataRef::Bool(truth) => {
            let text = if *truth { "TRUE" } else { "FALSE" };
            (
                Cow::Borrowed(text),
                Some(Fault::new("is a truth value", AS_TEXT)),
            )
        }
        DataRef::DateTime(date) => day(whole_day(date), stated(date), of_days),
        DataRef::DateTimeIso(text) => day(day_of_iso(text), text.clone(), of_days),
        DataRef::DurationIso(text) => day(None, text.clone(), of_days),
        DataRef::Error(error) => {
            let fault = Fault::new(
                "is an error of the sheet",
                "correct it, then paste its value",
            );
            (Cow::Owned(error.to_string()), Some(fault))
        }
    }
}

/// The shortest decimal text of a number, which says the same double, if that is what was written.
fn number_text(text: String, of_days: bool) -> (Cow<'static, str>, Option<Fault>) {
    // A double has a zero below zero.
    let text = if text == "-0" { "0".to_owned() } else { text };
    let digits = text.trim_start_matches(['-', '0', '.']);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let is_number = text
        .bytes()
        .all(|byte| matches!(byte, b'-' | b'.' | b'0'..=b'9'));
    let fault = if !is_number {
        Some(Fault::new("is no number", AS_TEXT))
    } else if count > EXACT_DIGITS {
        let what = format!("is a number of more than {EXACT_DIGITS} digits, which sheets change");
        Some(Fault::new(what, AS_TEXT))
    } else if of_days {
        let cure = "format the cell as a date, or write it as text, as 2026-11-20";
        Some(Fault::new("is a number where a day belongs", cure))
    } else {
        None
    };
    (Cow::Owned(text), fault)
}

fn day(day: Option<String>, stated: String, of_days: bool) -> (Cow<'static, str>, Option<Fault>) {
    match (day, of_days) {
        (Some(day), true) => (Cow::Owned(day), None),
        (Some(day), false) => {
            let fault = Fault::new("is a date, which does not belong here", AS_TEXT);
            (Cow::Owned(day), Some(fault))
        }
        (None, true) => {
            let cure = "write the day alone, as 2026-11-20";
            (
                Cow::Owned(stated),
                Some(Fault::new("is a time, or no day of a calendar", cure)),
            )
        }
        (None, false) => {
            let fault = Fault::new("is a time, which does not belong here", AS_TEXT);
            (Cow::Owned(stated), Some(fault))
        }
    }
}

/// `YYYY-MM-DD`, if it is the beginning of a day that a sheet can name.
fn whole_day(date: &ExcelDateTime) -> Option<String> {
    // Days are counted from 1900 or 1904 on; before March 1900 the count has a day that never was.
    let (first, last) = (61.0, [2_958_465.0, 2_957_003.0]);
    let serial = date.as_f64();
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    // What is beyond the last day is given as that day.
    let is_last = (year, month, day) == (9999, 12, 31);
    let in_range = serial >= first && (!is_last || last.contains(&serial));
    let whole = serial.trunc() == serial && (hour, minute, second, milli) == (0, 0, 0, 0);
    (date.is_datetime() && in_range && whole).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A date with its time, about as the sheet shows it.
fn stated(date: &ExcelDateTime) -> String {
    if !date.is_datetime() {
        return date.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The day of `2026-11-20` or `2026-11-20T00:00:00`.
fn day_of_iso(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T').unwrap_or((text, ""));
    let midnight = time
        .trim_end_matches('Z')
        .bytes()
        .all(|byte| matches!(byte, b'0' | b':' | b'.'));
    midnight.then(|| day.to_owned())
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn read(value: &DataRef<'_>, of_days: bool) -> Result<String, String> {
        match text_of(value, of_days) {
            (text, None) => Ok(text.into_owned()),
            (text, Some(fault)) => Err(format!("{text}: {}", fault.what)),
        }
    }

    fn number(value: f64) -> Result<String, String> {
        read(&DataRef::Float(value), false)
    }

    #[test]
    fn numbers_of_up_to_15_digits_are_their_exact_decimal_text() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (900.0, "900"),
            (999_999_999_999_999.0, "999999999999999"),
            (0.15, "0.15"),
            (0.1, "0.1"),
            (1.1, "1.1"),
            (1e-7, "0.0000001"),
            (123_456.789_012_345, "123456.789012345"),
            (-1.5, "-1.5"),
        ] {
            assert_eq!(number(value).as_deref(), Ok(text));
        }
    }

    #[test]
    fn numbers_of_more_digits_are_refused_and_not_guessed() {
        for value in [
            1e15,
            1_234_567_890_123_456.0,
            1e300,
            0.1 + 0.2,
            1.0 / 3.0,
            f64::MAX,
            f64::MIN_POSITIVE,
        ] {
            assert!(number(value).unwrap_err().contains("more than 15 digits"));
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(number(value).unwrap_err().contains("is no number"));
        }
    }

    fn date(serial: f64, is_1904: bool) -> DataRef<'static> {
        let kind = ExcelDateTimeType::DateTime;
        DataRef::DateTime(ExcelDateTime::new(serial, kind, is_1904))
    }

    #[test]
    fn whole_days_of_both_epochs_are_read_and_times_are_not() {
        assert_eq!(
            read(&date(46_346.0, false), true).as_deref(),
            Ok("2026-11-20")
        );
        assert_eq!(
            read(&date(44_884.0, true), true).as_deref(),
            Ok("2026-11-20")
        );
        assert_eq!(
            read(&date(2_958_465.0, false), true).as_deref(),
            Ok("9999-12-31")
        );
        for serial in [
            46_346.5,
            46_346.000_01,
            2_958_466.0,
            1e9,
            60.0,
            0.0,
            -5.0,
            f64::NAN,
        ] {
            assert!(read(&date(serial, false), true).is_err(), "{serial}");
        }
        let kind = ExcelDateTimeType::TimeDelta;
        let span = DataRef::DateTime(ExcelDateTime::new(46_346.0, kind, false));
        assert!(read(&span, true).is_err());
        let iso = |text: &str| read(&DataRef::DateTimeIso(text.to_owned()), true);
        assert_eq!(iso("2026-11-20").as_deref(), Ok("2026-11-20"));
        assert_eq!(iso("2026-11-20T00:00:00").as_deref(), Ok("2026-11-20"));
        assert_eq!(iso("2026-11-20T00:00:00.000Z").as_deref(), Ok("2026-11-20"));
        assert!(iso("2026-11-20T00:00:01").is_err());
    }

    #[test]
    fn what_is_neither_text_nor_number_nor_day_is_refused() {
        assert!(
            read(&date(46_346.0, false), false)
                .unwrap_err()
                .contains("is a date")
        );
        assert!(
            read(&date(0.5, false), false)
                .unwrap_err()
                .contains("is a time")
        );
        assert!(
            read(&DataRef::Bool(true), false)
                .unwrap_err()
                .contains("truth value")
        );
        assert!(
            read(&DataRef::Float(46_346.0), true)
                .unwrap_err()
                .contains("where a day belongs")
        );
        let error = DataRef::Error(calamine::CellErrorType::Div0);
        assert!(
            read(&error, false)
                .unwrap_err()
                .contains("error of the sheet")
        );
    }
}
