//! A settled day: what it is made of, and the sums that must match.

use std::time::Duration;

use paydirt_books::{EarnedLine, Item, Settlement};
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
    for settlement in session.settlements(pool.number, day, day).await? {
        let name = named(&streams, settlement.stream);
        if stream.is_some_and(|only| only != name) {
            continue;
        }
        let explainer = Explainer::of(&settlement)?;
        let items = session.items_of_settlement(settlement.number).await?;
        let (mut kept, mut totals) = (Vec::new(), Totals::default());
        session
            .for_each_earned(settlement.number, |line| {
                let explained = explainer.explain(&line);
                totals.add(&line, &explained);
                if lines {
                    kept.push(LineShown { line, explained });
                }
                Ok::<(), AppError>(())
            })
            .await?;
        kept.sort_by(|a, b| a.line.order.cmp(&b.line.order));
        all.push(SettlementShown {
            coin: pool.coin,
            stream: name,
            sums: sums(&settlement, &items, &totals, pool.coin),
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

fn sums(settlement: &Settlement, items: &[Item], totals: &Totals, coin: Coin) -> Vec<Sum> {
    let computed = &settlement.computed;
    let of_kind = |wanted: paydirt_books::ItemKind| {
        let of_kind = items.iter().filter(|item| item.item.kind == wanted);
        let mut units = of_kind.map(|item| item.item.amount.get());
        units.try_fold(0_u128, u128::checked_add)
    };
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
            "items of income = income of the settlement",
            of_kind(paydirt_books::ItemKind::Income),
            get(computed.items),
        ),
        sum(
            "items of deductions = deductions of the settlement",
            of_kind(paydirt_books::ItemKind::Deduction),
            get(computed.deductions),
        ),
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
