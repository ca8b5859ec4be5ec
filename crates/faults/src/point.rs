//! Where something may go wrong.

use std::fmt;
use std::str::FromStr;

use crate::FaultsError;

/// The n-th time that a named place is reached: `journal.write[plan]:after#1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The call, and on which side of its effect: `ledger.hold:before`.
    pub name: String,
    /// Counted from 1.
    pub nth: u32,
}

impl Point {
    /// This place, for the `nth` time.
    pub fn new(name: impl Into<String>, nth: u32) -> Self {
        Self {
            name: name.into(),
            nth,
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.nth)
    }
}

impl FromStr for Point {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || FaultsError::BadPoint {
            text: text.to_owned(),
        };
        let (name, nth) = text.rsplit_once('#').ok_or_else(bad)?;
        let nth: u32 = nth.parse().map_err(|_| bad())?;
        let (call, side) = name.rsplit_once(':').ok_or_else(bad)?;
        let known = ["before", "midway", "after"].contains(&side);
        if !known || nth == 0 || !call.contains('.') {
            return Err(bad());
        }
        Ok(Self::new(name, nth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_as_it_is_written() {
        for text in [
            "journal.write[moved+closed]:after#12",
            "chain.submit:midway#1",
        ] {
            assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_point_is_refused() {
        for text in [
            "",
            "ledger.hold:before",
            "ledger.hold#1",
            "ledger.hold:during#1",
            "ledger.hold:before#0",
            "ledger.hold:before#x",
            "hold:before#1",
        ] {
            assert!(text.parse::<Point>().is_err(), "{text}");
        }
    }
}
