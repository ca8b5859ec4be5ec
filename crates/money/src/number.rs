//! Reading and printing plain decimals: the one scanner behind every type of this crate.
//!
//! A number is ASCII digits, and at most one point between digits. Nothing else is.

use crate::error::Problem;

/// The number that `text` begins with, and what follows it.
pub(crate) fn leading_number(text: &str) -> Result<(&str, &str), Problem> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).ok_or(Problem::Empty)?;
    let mut after = rest.chars();
    match (number.is_empty(), after.next(), after.next()) {
        (true, None, _) => Err(Problem::Empty),
        (_, Some(c @ ('-' | '+' | '−')), _) => Err(Problem::Sign(c)),
        (_, Some(c @ (',' | '_' | '\'')), _) => Err(Problem::Separator(c)),
        (true, Some(c), _) if c.is_whitespace() => Err(Problem::Blank),
        (true, Some(c), _) => Err(Problem::NotADigit(c)),
        (false, Some('e' | 'E'), Some('0'..='9' | '-' | '+')) => Err(Problem::Exponent),
        (false, Some(c), _) if c.is_numeric() => Err(Problem::NotADigit(c)),
        (false, _, _) => Ok((number, rest)),
    }
}

/// The number that is the whole of `text`.
pub(crate) fn only_number(text: &str) -> Result<&str, Problem> {
    let (number, rest) = leading_number(text)?;
    if rest.is_empty() {
        Ok(number)
    } else if rest.trim().is_empty() {
        Err(Problem::Blank)
    } else {
        Err(Problem::Trailing(excerpt(rest)))
    }
}

/// A number, and the name that follows it after one blank, if any.
pub(crate) fn number_and_name(text: &str) -> Result<(&str, Option<&str>), Problem> {
    let (number, rest) = leading_number(text)?;
    if rest.is_empty() {
        return Ok((number, None));
    }
    match rest.strip_prefix(' ') {
        Some(name) if name.is_empty() || name.contains(char::is_whitespace) => Err(Problem::Blank),
        Some(name) => Ok((number, Some(name))),
        None if rest.starts_with(char::is_whitespace) => Err(Problem::Blank),
        None => Err(Problem::Trailing(excerpt(rest))),
    }
}

/// A number, and the unit that must follow it, after one blank or directly.
pub(crate) fn number_and_unit(text: &str) -> Result<(&str, &str), Problem> {
    let (number, rest) = leading_number(text)?;
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    if rest.is_empty() {
        Err(Problem::NoUnit)
    } else if unit.is_empty() || unit.contains(char::is_whitespace) {
        Err(Problem::Blank)
    } else {
        Ok((number, unit))
    }
}

/// `number` * 10^`decimals`, exact; more decimals than that are refused, zeros too.
pub(crate) fn scaled(number: &str, decimals: u8, range: &'static str) -> Result<u128, Problem> {
    let (digits, places) = digits_and_places(number, decimals, range)?;
    let missing = u32::from(decimals.saturating_sub(places));
    10_u128
        .checked_pow(missing)
        .and_then(|scale| digits.checked_mul(scale))
        .ok_or(Problem::OutOfRange(range))
}

/// The digits of `number` without its point, and how many stood behind the point.
pub(crate) fn digits_and_places(
    number: &str,
    max_places: u8,
    range: &'static str,
) -> Result<(u128, u8), Problem> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if fraction.is_empty() || fraction.contains('.') => {
            return Err(if whole.is_empty() && fraction.is_empty() {
                Problem::NotADigit('.')
            } else {
                Problem::Point
            });
        }
        Some(parts) => parts,
        None => (number, ""),
    };
    if whole.is_empty() {
        return Err(Problem::Point);
    }
    let places = u8::try_from(fraction.len())
        .ok()
        .filter(|places| *places <= max_places)
        .ok_or(Problem::TooManyDecimals(max_places))?;
    let mut value = 0_u128;
    for c in whole.chars().chain(fraction.chars()) {
        let digit = c.to_digit(10).ok_or(Problem::NotADigit(c))?;
        value = value
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(u128::from(digit)))
            .ok_or(Problem::OutOfRange(range))?;
    }
    Ok((value, places))
}

/// `value` / 10^`decimals` with all its decimals.
pub(crate) fn fixed(value: u128, decimals: u8) -> String {
    let width = usize::from(decimals).saturating_add(1);
    let mut text = format!("{value:0>width$}");
    if decimals > 0 {
        text.insert(text.len().saturating_sub(usize::from(decimals)), '.');
    }
    text
}

/// `value` / 10^`decimals` without needless zeros.
pub(crate) fn shortest(value: u128, decimals: u8) -> String {
    let text = fixed(value, decimals);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_fixed_and_shortest() {
        assert_eq!(fixed(0, 9), "0.000000000");
        assert_eq!(fixed(1_500_000_000, 9), "1.500000000");
        assert_eq!(fixed(7, 0), "7");
        assert_eq!(shortest(0, 9), "0");
        assert_eq!(shortest(1_500_000_000, 9), "1.5");
        assert_eq!(shortest(100, 0), "100");
        assert_eq!(shortest(10, 1), "1");
    }

    #[test]
    fn each_kind_of_bad_number_is_named() {
        let read = |text: &str| {
            only_number(text)
                .and_then(|n| scaled(n, 9, "small"))
                .unwrap_err()
        };
        assert_eq!(read(""), Problem::Empty);
        assert_eq!(read("+1"), Problem::Sign('+'));
        assert_eq!(read("-1"), Problem::Sign('-'));
        assert_eq!(read("1-"), Problem::Sign('-'));
        assert_eq!(read("1e9"), Problem::Exponent);
        assert_eq!(read("1E-9"), Problem::Exponent);
        assert_eq!(read("1,000"), Problem::Separator(','));
        assert_eq!(read("1_000"), Problem::Separator('_'));
        assert_eq!(read(" 1"), Problem::Blank);
        assert_eq!(read("1 "), Problem::Blank);
        assert_eq!(read("１"), Problem::NotADigit('１'));
        assert_eq!(read("1１"), Problem::NotADigit('１'));
        assert_eq!(read("NaN"), Problem::NotADigit('N'));
        assert_eq!(read("inf"), Problem::NotADigit('i'));
        assert_eq!(read("."), Problem::NotADigit('.'));
        assert_eq!(read(".5"), Problem::Point);
        assert_eq!(read("5."), Problem::Point);
        assert_eq!(read("1.2.3"), Problem::Point);
        assert_eq!(read("0x10"), Problem::Trailing("x10".into()));
        assert_eq!(read("1.0000000000"), Problem::TooManyDecimals(9));
        assert_eq!(read(&"9".repeat(40)), Problem::OutOfRange("small"));
        assert_eq!(
            read(&format!("0.{}", "0".repeat(300))),
            Problem::TooManyDecimals(9)
        );
    }
}
