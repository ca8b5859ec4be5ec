//! A settled day: what it is made of, and the sums that must match.

use std::collections::BTreeMap;
use std::time::Duration;

use paydirt_books::{EarnedLine, Item, ItemKind, Settlement, StreamNumber};
use paydirt_money::{Amount, BaseUnits, Coin};
use paydirt_schedule::Day;
use paydirt_settlement::{Explained, Explainer};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, named, stream_names};

/// All lines of a day may take so long to read.
const LONG: Duration = Duration::from_secs(600);

/// A settled day of a stream.
#[derive(Clone, Debug)]
pub struct SettlementShown {
    /// The pool's coin.
    pub coin: Coin,
    /// The stream.
    pub stream: String,
    /// The settlement.
    pub settlement: Settlement,
    /// What came in and was deducted.
    pub items: Vec<Item>,
    /// The sums that must match.
    pub sums: Vec<Sum>,
    /// Its lines, if they were asked for.
    pub lines: Vec<LineShown>,
}

/// Two ways to one figure, base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What is added up on each side.
    pub what: &'static str,
    /// One side; `None` beyond 128 bits.
    pub left: Option<u128>,
    /// The other.
    pub right: Option<u128>,
}

impl Sum {
    /// Whether it is the same figure.
    #[must_use]
    pub fn matches(&self) -> bool {
        self.left.is_some() && self.left == self.right
    }
}

/// What an order earned, and why so much.
#[derive(Clone, Debug)]
pub struct LineShown {
    /// The line.
    pub line: EarnedLine,
    /// How it came about.
    pub explained: Explained,
}

/// The settlements of a pool's day, of one stream or of all, with their lines if `lines`.
///
/// # Errors
/// `Usage`; `NotSettled`; the books'.
pub async fn show(
    settings: &Settings,
    pool: &str,
    stream: Option<&str>,
    day: Day,
    lines: bool,
) -> Result<Vec<SettlementShown>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    if let Some(name) = stream {
        of.stream(name)?;
    }
    let not_settled = || AppError::NotSettled {
        pool: pool.to_owned(),
        day,
    };
    let (mut session, found) = of.look().await?;
    session.allow(LONG).await?;
    let pool = found.ok_or_else(not_settled)?;
    let streams = stream_names(&mut session, &pool).await?;
    let mut all = Vec::new();
    let mut before: BTreeMap<StreamNumber, (u128, u128)> = BTreeMap::new();
    let mut explainers: BTreeMap<StreamNumber, Explainer> = BTreeMap::new();
    for settlement in session.settlements(pool.number, day, day).await? {
        let name = named(&streams, settlement.stream);
        if stream.is_some_and(|only| only != name) {
            continue;
        }
        let mut explainer = Explainer::of(&settlement)?;
        if let Some(before) = explainers.get(&settlement.stream) {
            explainer = explainer.after(before);
        }
        let items = session.items_of_settlement(settlement.number).await?;
        let (mut kept, mut totals) = (Vec::new(), Totals::default());
        let each = |line: EarnedLine| {
            let explained = explainer.explain(&line);
            totals.add(&line, &explained);
            if lines && explainer.counts(&line) {
                kept.push(LineShown { line, explained });
            }
            Ok::<(), AppError>(())
        };
        match settlement.is_correction() {
            true => session.for_each_as_corrected(&settlement, each).await?,
            false => session.for_each_earned(settlement.number, each).await?,
        }
        kept.sort_by(|a, b| a.line.order.cmp(&b.line.order));
        let was = before.remove(&settlement.stream);
        let of_items = of_items(&settlement, &items, was, &explainer);
        let (income, deductions) = (&settlement.computed.items, &settlement.computed.deductions);
        before.insert(settlement.stream, (income.get(), deductions.get()));
        explainers.insert(settlement.stream, explainer);
        all.push(SettlementShown {
            coin: pool.coin,
            stream: name,
            sums: [of_items, sums(&settlement, &totals, pool.coin)].concat(),
            settlement,
            items,
            lines: kept,
        });
    }
    session.end().await?;
    match all.is_empty() {
        true => Err(not_settled()),
        false => Ok(all),
    }
}

/// Sums over lines, ledger units.
#[derive(Default)]
struct Totals {
    net: i128,
    fee: i128,
    vested_now: i128,
}

impl Totals {
    fn add(&mut self, line: &EarnedLine, explained: &Explained) {
        // Each is below 2^63, and there are fewer than 2^63.
        self.net = self.net.saturating_add(explained.net.into());
        self.fee = self.fee.saturating_add(line.fee.into());
        self.vested_now = self.vested_now.saturating_add(explained.vested_now.into());
    }
}

/// What items come to, beside what the revision before had; not where a correction states a sum
/// instead of them.
fn of_items(
    settlement: &Settlement,
    items: &[Item],
    before: Option<(u128, u128)>,
    explainer: &Explainer,
) -> Vec<Sum> {
    let (income, deductions) = before.unwrap_or_default();
    let of_kind = |wanted: ItemKind, before: u128| {
        let of_kind = items.iter().filter(|item| item.item.kind == wanted);
        let mut units = of_kind.map(|item| item.item.amount.get());
        units.try_fold(before, u128::checked_add)
    };
    let computed = &settlement.computed;
    let (states_income, states_deductions) = explainer.states();
    let mut sums = Vec::new();
    if !states_income {
        sums.push(Sum {
            what: "items of income = income of the settlement",
            left: of_kind(ItemKind::Income, income),
            right: Some(computed.items.get()),
        });
    }
    if !states_deductions {
        sums.push(Sum {
            what: "items of deductions = deductions of the settlement",
            left: of_kind(ItemKind::Deduction, deductions),
            right: Some(computed.deductions.get()),
        });
    }
    sums
}

fn sums(settlement: &Settlement, totals: &Totals, coin: Coin) -> Vec<Sum> {
    let computed = &settlement.computed;
    let base = |units: i64| {
        let amount = Amount::from_units(units, coin).to_base_units();
        amount.ok().map(BaseUnits::get)
    };
    let total = |sum: i128| i64::try_from(sum).ok().and_then(base);
    let add = |parts: &[Option<u128>]| {
        let mut parts = parts.iter();
        parts.try_fold(0_u128, |sum, part| sum.checked_add((*part)?))
    };
    let get = |units: BaseUnits| Some(units.get());
    let sum = |what, left, right| Sum { what, left, right };
    vec![
        sum(
            "income + carried in + loss = deductions + loss carried in + shared + carried out",
            add(&[
                get(computed.items),
                get(computed.carried_in),
                get(computed.loss),
                get(computed.loss_out),
            ]),
            add(&[
                get(computed.deductions),
                get(computed.loss_in),
                base(computed.income),
                get(computed.carried_out),
            ]),
        ),
        sum(
            "net + fees + retained = shared",
            add(&[
                base(computed.net),
                base(computed.fee),
                base(computed.retained),
            ]),
            base(computed.income),
        ),
        sum(
            "net of the lines = net",
            total(totals.net),
            base(computed.net),
        ),
        sum(
            "fees of the lines = fees",
            total(totals.fee),
            base(computed.fee),
        ),
        sum(
            "free at once of the lines = free at once",
            total(totals.vested_now),
            base(computed.immediate),
        ),
    ]
}
