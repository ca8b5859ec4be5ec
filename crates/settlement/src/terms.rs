//! What an operator decided about a pool and its streams, as far as settling needs it.

use paydirt_books::{CorrectionTerms, CreditTo, PowerBasis, Settlement};
use paydirt_earnings::{Oversold, Release, Vesting};
use paydirt_ledger::PoolId;
use paydirt_money::{Coefficient, Coin, Portion};
use paydirt_schedule::{Day, DaySchedule, ZoneHistory};
use serde::{Deserialize, Serialize};

use crate::SettlementError;

/// The whole that members hold parts of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The pool's power, counted so, at the end of the day.
    Pool(PowerBasis),
    /// The sum of what was sold.
    Sold,
}

/// What counts where a day's power is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PowerFallback {
    /// Nothing: the day waits.
    #[default]
    None,
    /// That of the last day before that has one.
    Previous,
}

/// What becomes of a day whose deductions are more than its income.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Losses {
    /// The pool bears it.
    #[default]
    Book,
    /// The next days' income makes it good.
    Carry,
}

/// Where a stream's income comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// A person enters it.
    #[default]
    Entry,
    /// It is observed on chain.
    Chain,
}

/// What members get of a stream at settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credit {
    /// It is available.
    #[default]
    Available,
    /// It is collected until it is transferred.
    Transfer,
}

impl Credit {
    pub(crate) fn to(self) -> CreditTo {
        match self {
            Self::Available => CreditTo::Available,
            Self::Transfer => CreditTo::Stream,
        }
    }
}

/// Which days of a stream are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Due {
    /// Every day: one without income waits.
    #[default]
    Daily,
    /// Those that have income.
    WhenRecorded,
}

/// How a stream's earnings vest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VestingTerms {
    /// What is free at once.
    pub immediate: Portion,
    /// Days over which the rest is released, in equal parts; or, if empty, see `dates`.
    pub linear_days: Option<u32>,
    /// The days on which it is released, in equal parts.
    pub dates: Vec<Day>,
}

impl VestingTerms {
    /// The terms of what is earned on `day`.
    pub(crate) fn on(&self, day: Day) -> Result<Vesting, SettlementError> {
        let release = match self.linear_days {
            Some(days) => Release::Linear { days },
            None => Release::Dates {
                count: u32::try_from(self.dates_after(day).len()).unwrap_or(u32::MAX),
            },
        };
        Ok(Vesting::new(self.immediate, release)?)
    }

    pub(crate) fn dates_after(&self, day: Day) -> Vec<Day> {
        let mut dates: Vec<Day> = self
            .dates
            .iter()
            .filter(|date| **date > day)
            .copied()
            .collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }
}

/// A stream of income.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamTerms {
    /// Its name.
    pub name: String,
    /// Where its income comes from.
    pub source: Source,
    /// What members get at settlement.
    pub credit: Credit,
    /// How it vests; `None`: all at once.
    pub vesting: Option<VestingTerms>,
    /// Its first day, if that is after the pool's.
    pub from: Option<Day>,
    /// Its last day.
    pub until: Option<Day>,
    /// Which of its days are due.
    pub due: Due,
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolTerms {
    /// Its name.
    pub id: PoolId,
    /// Its coin.
    pub coin: Coin,
    /// The day that settling begins with.
    pub first_day: Day,
    /// When its days are settled.
    pub schedule: DaySchedule,
    /// The whole of a split.
    pub whole: Whole,
    /// What counts where the pool's power is not known.
    pub power_fallback: PowerFallback,
    /// What happens when more was sold than there is.
    pub oversold: Oversold,
    /// The coefficient of orders that have none, nor their import.
    pub coefficient: Coefficient,
    /// What becomes of losses.
    pub losses: Losses,
    /// Its streams, by name.
    pub streams: Vec<StreamTerms>,
}

impl PoolTerms {
    /// When its days begin and end.
    #[must_use]
    pub fn zones(&self) -> &ZoneHistory {
        self.schedule.zones()
    }

    /// The stream of this name.
    ///
    /// # Errors
    /// `Refused`, naming those that there are.
    pub fn stream(&self, name: &str) -> Result<&StreamTerms, SettlementError> {
        let found = self.streams.iter().find(|stream| stream.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.streams.iter().map(|it| it.name.as_str()).collect();
            SettlementError::refused(
                format!("pool {} has no stream {name:?}", self.id),
                format!("name one of: {}", names.join(", ")),
            )
        })
    }

    /// The first day of a stream.
    #[must_use]
    pub fn first_day_of(&self, stream: &StreamTerms) -> Day {
        stream
            .from
            .map_or(self.first_day, |from| from.max(self.first_day))
    }

    /// What a settlement keeps of all this.
    pub(crate) fn kept(
        &self,
        stream: &StreamTerms,
        vesting: Option<(&Vesting, Option<Vec<Day>>)>,
    ) -> KeptTerms {
        let (whole, power_basis) = match self.whole {
            Whole::Pool(basis) => ("pool", Some(basis.name())),
            Whole::Sold => ("sold", None),
        };
        KeptTerms {
            whole: whole.to_owned(),
            power_basis: power_basis.map(str::to_owned),
            oversold: match self.oversold {
                Oversold::Refuse => "refuse",
                Oversold::Scale => "scale",
            }
            .to_owned(),
            coefficient: self.coefficient.to_string(),
            losses: match self.losses {
                Losses::Book => "book",
                Losses::Carry => "carry",
            }
            .to_owned(),
            credit: match stream.credit {
                Credit::Available => "available",
                Credit::Transfer => "transfer",
            }
            .to_owned(),
            vesting: vesting.map(|(vesting, dates)| KeptVesting {
                immediate_millionths: vesting.immediate().millionths(),
                steps: vesting.steps(),
                dates,
            }),
            correction: None,
        }
    }
}

/// The terms of a settlement, as it keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptTerms {
    pub(crate) whole: String,
    pub(crate) power_basis: Option<String>,
    pub(crate) oversold: String,
    pub(crate) coefficient: String,
    pub(crate) losses: String,
    pub(crate) credit: String,
    pub(crate) vesting: Option<KeptVesting>,
    /// What a correction says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) correction: Option<CorrectionTerms>,
}

impl KeptTerms {
    /// Those of a settlement.
    pub(crate) fn of(settlement: &Settlement) -> Result<Self, SettlementError> {
        serde_json::from_str(&settlement.computed.terms).map_err(|error| {
            SettlementError::refused(
                format!("the terms of {} can't be read: {error}", settlement.day),
                "run `paydirt ledger verify`, and restore a backup if it fails",
            )
        })
    }

    /// What becomes of a loss.
    pub(crate) fn losses(&self) -> Losses {
        match self.losses.as_str() {
            "carry" => Losses::Carry,
            _ => Losses::Book,
        }
    }

    /// What happens when more was sold.
    pub(crate) fn oversold(&self) -> Oversold {
        match self.oversold.as_str() {
            "scale" => Oversold::Scale,
            _ => Oversold::Refuse,
        }
    }

    /// What members got at settlement.
    pub(crate) fn credit(&self) -> Credit {
        match self.credit.as_str() {
            "transfer" => Credit::Transfer,
            _ => Credit::Available,
        }
    }

    /// How its lines vest.
    pub(crate) fn vesting(&self) -> Result<Vesting, SettlementError> {
        let Some(terms) = &self.vesting else {
            return Ok(Vesting::AT_ONCE);
        };
        let immediate = Portion::from_millionths(terms.immediate_millionths)?;
        let (count, days) = (terms.steps, terms.steps);
        let release = match terms.dates {
            Some(_) => Release::Dates { count },
            None => Release::Linear { days },
        };
        Ok(Vesting::new(immediate, release)?)
    }
}

/// How the lines of a settlement vest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptVesting {
    pub(crate) immediate_millionths: u32,
    pub(crate) steps: u32,
    pub(crate) dates: Option<Vec<Day>>,
}
