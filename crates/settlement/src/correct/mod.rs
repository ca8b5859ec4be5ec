//! Corrections: a settled day computed again from what it was made of, but for what is overridden.
//!
//! A correction begins with the day's newest revision: its items, the versions of orders that
//! counted, the whole, its rules and terms. What comes out otherwise is planned in full before
//! anything is written: each line, each member's figures, each account. A line that gives more is
//! paid what it would have given by now; one that gives less is taken from what is unvested of it,
//! then from what its member has (what the stream has collected first, where it collects), and what
//! is missing then the member owes.
//!
//! The differences are booked on the day of the correction, whatever day it corrects: what was
//! reported of a day stays what was booked, and a closed month needs no rule of its own.

mod detail;
mod lines;
mod members;
mod orders;
mod plan;
mod post;

use paydirt_books::{
    Account, Computed, CorrectionTerms, CorrectionVersion, Entry, Item, Line, SettlementNumber,
    TotalChange, VersionNumber,
};
use paydirt_ledger::MemberId;
use paydirt_money::{Amount, BaseUnits, Coefficient, Coin, FeeRate, PoolPower, Power};
use paydirt_schedule::Day;

pub(crate) use orders::Counted;
pub use plan::plan_correction;
pub use post::post_correction;

/// The name of what two persons decide.
pub const CORRECT: &str = "settle correct";

/// What is to be otherwise than it was settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The day's income instead of its items, base units.
    pub income: Option<BaseUnits>,
    /// The same for its deductions.
    pub deductions: Option<BaseUnits>,
    /// Whether items of that day that came after it was settled become part of it.
    pub late_items: bool,
    /// The pool's power at the day's end, where that is the whole.
    pub pool_power: Option<PoolPower>,
    /// Orders that count, by what is given of them.
    pub orders: Vec<OrderOverride>,
    /// Orders that don't count.
    pub without: Vec<String>,
}

/// What of an order is otherwise; an order that didn't count does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderOverride {
    /// The order.
    pub order: String,
    /// How much.
    pub power: Option<Power>,
    /// The pool's part.
    pub fee_rate: Option<FeeRate>,
    /// What its power is multiplied by.
    pub coefficient: Option<Coefficient>,
    /// Whose.
    pub member: Option<MemberId>,
}

/// A figure, before and after, as people read it. `None`: there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub what: String,
    /// Before.
    pub was: Option<String>,
    /// After.
    pub is: Option<String>,
}

/// An order's line, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// The order.
    pub order: String,
    /// Whose.
    pub member: MemberId,
    /// Before the service fee: was, is.
    pub gross: (Amount, Amount),
    /// The service fee.
    pub fee: (Amount, Amount),
    /// What the member earned.
    pub net: (Amount, Amount),
}

/// What changes of a member's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The member.
    pub member: MemberId,
    /// Of what is vesting.
    pub vesting: Amount,
    /// Of what the stream has collected.
    pub to_transfer: Amount,
    /// Of what may be withdrawn.
    pub available: Amount,
    /// Of what the member owes the pool.
    pub receivable: Amount,
}

/// A correction, planned: nothing is written.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The day.
    pub day: Day,
    /// Which correction of it: 1, 2, ….
    pub revision: i64,
    /// The pool's coin.
    pub coin: Coin,
    /// The hash of the revision that it restates, hexadecimal.
    pub corrects: String,
    /// What is overridden.
    pub overrides: Vec<Change>,
    /// The day's figures.
    pub figures: Vec<Change>,
    /// What is posted on each account of the pool, and on members' accounts together.
    pub accounts: Vec<(Account, Amount)>,
    /// The orders whose lines change, by id.
    pub orders: Vec<OrderChange>,
    /// The members whose figures change, by code.
    pub members: Vec<MemberChange>,
    planned: Planned,
}

impl Correction {
    /// The name of its stream's day, of which one correction at a time is proposed.
    #[must_use]
    pub fn subject(&self, stream: &str) -> String {
        format!("{stream} {}", self.day)
    }
}

/// What is posted; numbers of new versions are those that they would have now.
#[derive(Clone, Debug)]
struct Planned {
    first: SettlementNumber,
    computed: Computed,
    terms: CorrectionTerms,
    items: Vec<Item>,
    counting: u64,
    lines: Vec<Line>,
    entries: Vec<Entry>,
    new: Vec<(VersionNumber, CorrectionVersion)>,
    vesting: Option<PlannedVesting>,
}

#[derive(Clone, Debug)]
struct PlannedVesting {
    steps: u32,
    done: u32,
    dates: Option<Vec<Day>>,
    released_through: Day,
    changes: Vec<TotalChange>,
}
