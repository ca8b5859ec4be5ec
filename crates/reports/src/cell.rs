//! Cells: typed values, and how each is spelled.

use std::borrow::Cow;

use paydirt_earnings::Ratio;
use paydirt_money::{Amount, BaseUnits, Coin};
use paydirt_schedule::Day;

/// A value of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known, or there is none.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// A name or number by which something is found: a text wherever it goes.
    Id(String),
    /// A count, or the books' number of something.
    Count(u64),
    /// Yes or no.
    Flag(bool),
    /// A calendar day.
    Day(Day),
    /// Ledger units of the document's coin.
    Amount(i64),
    /// Base units of the document's coin.
    Base(BaseUnits),
    /// Bytes of power.
    Bytes(u128),
    /// A part of a whole.
    Ratio(Ratio),
    /// Millionths of a whole.
    Millionths(i64),
    /// A decimal as it prints.
    Decimal(String),
}

/// Decimals of a ratio.
const RATIO_PLACES: usize = 12;
/// 10^-18 in 10^-12.
const ATTO_IN_PICO: u128 = 1_000_000;
const PICO: u128 = 1_000_000_000_000;
const MILLION: u64 = 1_000_000;

impl Cell {
    /// Text, or nothing.
    #[must_use]
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(text.to_owned()))
    }

    /// Ledger units, or nothing.
    #[must_use]
    pub fn amount(units: Option<i64>) -> Self {
        units.map_or(Self::Nothing, Self::Amount)
    }

    /// As it is spelled everywhere but in a spreadsheet's numbers: exact, amounts with all
    /// decimals and without the coin.
    #[must_use]
    pub fn plain(&self, coin: Coin) -> Cow<'_, str> {
        match self {
            Self::Nothing => "".into(),
            Self::Text(text) | Self::Id(text) | Self::Decimal(text) => text.into(),
            Self::Count(number) => number.to_string().into(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            Self::Day(day) => day.to_string().into(),
            Self::Amount(units) => Amount::from_units(*units, coin).to_fixed().into(),
            Self::Base(base) => coins(*base, coin).into(),
            Self::Bytes(bytes) => bytes.to_string().into(),
            Self::Ratio(ratio) => ratio_text(*ratio).into(),
            Self::Millionths(millionths) => millionths_text(*millionths).into(),
        }
    }

    /// An amount exactly and with its coin, so that no spreadsheet takes it for a number.
    pub(crate) fn exact(&self, coin: Coin) -> Option<String> {
        match self {
            Self::Amount(_) | Self::Base(_) => Some(format!("{coin} {}", self.plain(coin))),
            _ => None,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Count(number)
    }
}

impl From<Day> for Cell {
    fn from(day: Day) -> Self {
        Self::Day(day)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// 9 decimals, or, where they are too few, as many as there are.
fn coins(base: BaseUnits, coin: Coin) -> String {
    if let Ok((whole, rest)) = Amount::from_base_units(base, coin)
        && rest.is_zero()
    {
        return whole.to_fixed();
    }
    let text = base.to_coin_text(coin);
    let number = text.split_once(' ').map(|(number, _)| number.to_owned());
    number.unwrap_or(text)
}

/// Rounded down to 12 decimals.
fn ratio_text(ratio: Ratio) -> String {
    let pico = ratio.atto() / ATTO_IN_PICO;
    format!("{}.{:0RATIO_PLACES$}", pico / PICO, pico % PICO)
}

fn millionths_text(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", size / MILLION, size % MILLION)
}

/// A text for a spreadsheet: one that would be run as a formula gets an apostrophe before it.
///
/// Run would be what begins with `=`, `+`, `-` or `@`, also full-width ones, which some
/// spreadsheets read alike, behind whatever blanks, control characters and marks that nobody sees.
/// A text that begins with a tab or a line break is defused too: what reads the file again may take
/// it off.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    let begins = text.starts_with(['\t', '\r', '\n']);
    let unseen = |c: char| c.is_whitespace() || c.is_control() || UNSEEN.contains(&c);
    let seen = text.trim_start_matches(unseen);
    match begins || seen.starts_with(FORMULA) {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// Marks without width, and a byte order mark.
const UNSEEN: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// Control characters could rewrite what a terminal shows, and no workbook holds them: they are
/// spelled out.
#[must_use]
pub fn spelled_out(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => spelled.extend(c.escape_default()),
            false => spelled.push(c),
        }
    }
    spelled.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        for text in [
            "=1+1",
            "+1",
            "-1+2",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n1",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            " =1",
            "\u{feff}=1",
            "\u{200b}\u{a0}@x",
            "-",
            "=",
            "\u{1}=1",
        ] {
            assert_eq!(defused(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "u1", "张三", "a=1", "'=1", "1-2", "f01234", " x", "é"] {
            assert_eq!(defused(text), text);
        }
    }

    #[test]
    fn each_kind_of_cell_is_spelled_exactly() {
        let coin = Coin::FIL;
        let of = |cell: Cell| cell.plain(coin).into_owned();
        assert_eq!(of(Cell::Amount(-1_500_000_000)), "-1.500000000");
        assert_eq!(of(Cell::Base(BaseUnits::new(1))), "0.000000000000000001");
        assert_eq!(of(Cell::Base(BaseUnits::new(2_000_000_000))), "0.000000002");
        assert_eq!(of(Cell::Millionths(-1_250_000)), "-1.250000");
        assert_eq!(of(Cell::Bytes(u128::MAX)), u128::MAX.to_string());
        let exact = Cell::Amount(-1).exact(coin).unwrap();
        assert_eq!(exact, "FIL -0.000000001");
        assert_eq!(defused(&exact), exact);
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(spelled_out("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert!(matches!(spelled_out("张三"), Cow::Borrowed("张三")));
    }
}
