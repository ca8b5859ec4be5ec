//! `vesting = { … }` of a stream: when what is credited may be claimed.

use paydirt_money::FeeRate;
use paydirt_schedule::Day;

use crate::config::fault::Fault;
use crate::config::section::Section;

const WHOLE: u32 = 1_000_000;
/// Ten years.
const DAYS_MAX: u64 = 3_660;
const DATES_MAX: usize = 1_000;

/// When what is credited may be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VestingConfig {
    /// At once, all of it.
    AtOnce,
    /// A part at once, the rest in equal parts on each of so many days after.
    Linear {
        /// The part at once, in millionths, below 1,000,000.
        immediate_millionths: u32,
        /// Days, 1 to 3660.
        days: u32,
    },
    /// A part at once, the rest in equal parts on these days.
    Dates {
        /// The part at once, in millionths, below 1,000,000.
        immediate_millionths: u32,
        /// At least one, in order.
        dates: Vec<Day>,
    },
}

impl VestingConfig {
    pub(super) fn read(section: Section<'_>) -> Option<VestingConfig> {
        let immediate = section.word_or_number("immediate", Some("1"), immediate);
        let set = (section.is_set("linear_days"), section.is_set("dates"));
        let days = section.whole("linear_days", 1..=DAYS_MAX);
        let dates = section.list("dates", |text| Ok(text.parse::<Day>()?));
        let vesting = read(&section, immediate, set, days, dates);
        section.finish();
        vesting
    }
}

fn read(
    section: &Section<'_>,
    immediate: Option<u32>,
    set: (bool, bool),
    days: Option<u64>,
    dates: Option<Vec<Day>>,
) -> Option<VestingConfig> {
    let immediate_millionths = immediate?;
    let refused = |key, what: &str, cure: &str| {
        section.fault(key, Fault::new(what, cure));
        None
    };
    match (immediate_millionths, set) {
        (WHOLE, (false, false)) => Some(VestingConfig::AtOnce),
        (WHOLE, _) => {
            let cure = "write which part is not to wait, as immediate = \"0.25\"";
            refused("immediate", "is 1: nothing would be left to wait", cure)
        }
        (_, (false, false)) => {
            let cure = "write when the rest comes: linear_days = 180, or dates = [\"2027-01-01\"]";
            refused(
                "immediate",
                "is not all, and nothing says when the rest comes",
                cure,
            )
        }
        (_, (true, true)) => refused("dates", "linear_days is set too", "remove one of them"),
        (_, (true, false)) => Some(VestingConfig::Linear {
            immediate_millionths,
            days: u32::try_from(days?).ok()?,
        }),
        (_, (false, true)) => {
            let dates = dates?;
            if dates.is_empty() || dates.len() > DATES_MAX || !dates.is_sorted() {
                let cure = "write 1 to 1000 days, the earliest first";
                return refused("dates", "is no list of days in their order", cure);
            }
            Some(VestingConfig::Dates {
                immediate_millionths,
                dates,
            })
        }
    }
}

/// A part, 0 to 1, in millionths.
fn immediate(text: &str) -> Result<u32, Fault> {
    let cure = "write 0 to 1 with at most 6 decimals, in quotes, as immediate = \"0.25\"";
    // A rate of the same range and precision.
    let part = FeeRate::parse(text).map_err(|_| Fault::new("is no part of a whole", cure))?;
    Ok(part.millionths())
}
