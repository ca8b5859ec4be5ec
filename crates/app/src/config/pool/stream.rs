//! `[pool.NAME.stream.NAME]`: income that is kept, reported and queried on its own.

use paydirt_schedule::Day;

use super::vesting::VestingConfig;
use crate::config::fault::Fault;
use crate::config::section::Section;

/// A stream of income.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// Where its income comes from.
    pub source: IncomeSource,
    /// What a settlement credits.
    pub credit: Credit,
    /// When what is credited may be claimed.
    pub vesting: VestingConfig,
    /// Which days wait for income.
    pub due: Due,
    /// The first day that it is due; `None`: the pool's first.
    pub from: Option<Day>,
    /// The first day that it is no more due; `None`: it goes on.
    pub until: Option<Day>,
}

/// Where income comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncomeSource {
    /// It is observed on the chain.
    Chain,
    /// A person enters it.
    Entry,
}

/// What a settlement credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// The available balance.
    Available,
    /// What is to be transferred, until a person runs the transfer.
    Transfer,
}

/// Which days of its span wait for income.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Each one: a day without income needs an explicit 0.
    Daily,
    /// Only those for which income was recorded.
    WhenRecorded,
}

impl StreamConfig {
    /// Whether `day` is in the span in which it is due.
    #[must_use]
    pub fn is_due_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    pub(super) fn read(section: Section<'_>) -> Option<StreamConfig> {
        let words = [
            ("chain", IncomeSource::Chain),
            ("entry", IncomeSource::Entry),
        ];
        let source = section.choice("source", "entry", &words);
        let words = [
            ("available", Credit::Available),
            ("transfer", Credit::Transfer),
        ];
        let credit = section.choice("credit", "available", &words);
        let words = [("daily", Due::Daily), ("when_recorded", Due::WhenRecorded)];
        let due = section.choice("due", "daily", &words);
        let span = read_span(&section);
        let vesting = VestingConfig::read(section.below("vesting"));
        section.finish();
        let (from, until) = span?;
        Some(StreamConfig {
            source: source?,
            credit: credit?,
            vesting: vesting?,
            due: due?,
            from,
            until,
        })
    }
}

fn read_span(section: &Section<'_>) -> Option<(Option<Day>, Option<Day>)> {
    let day = |key: &'static str| {
        let set = section.is_set(key);
        let day = section.optional(key, |text| Ok(text.parse::<Day>()?));
        (day.is_some() || !set).then_some(day)
    };
    let (from, until) = (day("from"), day("until"));
    let (from, until) = (from?, until?);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let what = format!("is not after from, {from}: there would be no day");
        let cure = "write the first day on which the stream is no more due";
        section.fault("until", Fault::new(what, cure));
        return None;
    }
    Some((from, until))
}
