//! What each order of a file earns of an income on a day: calculated, nothing is kept.

use std::path::{Path, PathBuf};

use paydirt_earnings::{Claim, Order, Part, Shared, Whole, share_orders};
use paydirt_money::{Amount, PoolPower};
use paydirt_schedule::Day;
use paydirt_sheets::orders::{self, OrderRow};
use paydirt_sheets::{Field, Limits, Problem, Problems, SheetError};

pub use paydirt_earnings::{Oversold, Ratio};

use crate::AppError;

/// What is to be calculated.
#[derive(Clone, Debug)]
pub struct Question {
    /// The file of orders, CSV or XLSX.
    pub orders: PathBuf,
    /// What is to be shared.
    pub income: Amount,
    /// The day that it was earned on: orders count from their start to the day before their end.
    pub day: Day,
    /// The pool's power; without it, the sum of the orders' weights is the whole.
    pub whole: Option<PoolPower>,
    /// What to do if more was sold than that.
    pub oversold: Oversold,
}

/// What was calculated.
#[derive(Debug)]
pub struct Answer {
    /// Sums, and the whole that was shared by.
    pub shared: Shared,
    /// The orders that don't count on the day.
    pub left_out: usize,
    counting: Vec<Counting>,
    /// Which of them each part belongs to.
    by_id: Vec<usize>,
}

/// What an order earned.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The order's id.
    pub order: &'a str,
    /// The member that holds it.
    pub member: &'a str,
    /// Gross and fee.
    pub part: Part,
    /// Its weight of the whole; none of a whole of 0.
    pub ratio: Option<Ratio>,
    /// The same with the service fee.
    pub net_ratio: Option<Ratio>,
}

#[derive(Debug)]
struct Counting {
    order: Box<str>,
    member: Box<str>,
    claim: Claim,
}

impl Answer {
    /// A line for each order that counts, by order id (bytes).
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line<'_>> + Clone + '_ {
        let whole = self.shared.whole;
        let found = self.by_id.iter().map(|at| self.counting.get(*at));
        let parts = found.zip(&self.shared.parts);
        parts.map(move |(counting, part)| Line {
            order: counting.map_or("", |counting| &counting.order),
            member: counting.map_or("", |counting| &counting.member),
            part: *part,
            ratio: counting.and_then(|counting| counting.claim.ratio(whole)),
            net_ratio: counting.and_then(|counting| counting.claim.net_ratio(whole)),
        })
    }
}

/// Shares the income among the orders that count on the day.
///
/// # Errors
/// [`AppError::Sheet`] for a file that is not read, with all that is wrong with it, and
/// [`AppError::Earnings`].
pub fn calculate(question: &Question) -> Result<Answer, AppError> {
    let (counting, left_out) = counting(&question.orders, question.day)?;
    let orders: Vec<Order<'_>> = counting
        .iter()
        .map(|counting| Order {
            id: &counting.order,
            claim: counting.claim,
        })
        .collect();
    let whole = question.whole.map_or(Whole::Sold, Whole::Pool);
    let earned = share_orders(question.income, &orders, whole, question.oversold)?;
    let by_id = earned.by_id().map(|(at, _)| at).collect();
    Ok(Answer {
        shared: earned.shared,
        left_out,
        counting,
        by_id,
    })
}

/// The orders of a file that count on a day, and how many don't.
fn counting(file: &Path, day: Day) -> Result<(Vec<Counting>, usize), SheetError> {
    let limits = Limits::default();
    let mut counting = Vec::new();
    let mut left_out = 0_usize;
    let mut ours = Problems::new(limits.problems);
    let read = orders::for_each(file, &limits, |row| {
        ours.extend(unclear(&row, day));
        match counts(&row, day) {
            true => counting.push(kept(&row)),
            false => left_out = left_out.saturating_add(1),
        }
    });
    let path = file.to_owned();
    match read {
        Ok(_) if ours.is_empty() => Ok((counting, left_out)),
        Ok(_) => Err(SheetError::Refused {
            path,
            problems: ours,
        }),
        Err(SheetError::Refused { mut problems, .. }) => {
            problems.extend(ours.listed().iter().cloned());
            Err(SheetError::Refused { path, problems })
        }
        Err(other) => Err(other),
    }
}

fn counts(row: &OrderRow<&str>, day: Day) -> bool {
    row.start <= day && row.end.value().is_none_or(|end| day < end)
}

fn kept(row: &OrderRow<&str>) -> Counting {
    Counting {
        order: row.order.into(),
        member: row.member.into(),
        claim: Claim {
            power: row.power,
            coefficient: row.coefficient.value().unwrap_or_default(),
            fee_rate: row.fee_rate,
        },
    }
}

/// What a file for the import may say, and what this calculation can't know.
fn unclear(row: &OrderRow<&str>, day: Day) -> Option<Problem> {
    if let Field::Value(names) = &row.streams {
        let what = "names streams, and one income is shared here, of whichever stream";
        let cure = "leave out the orders that have no part in it, and this cell empty";
        let value = names.join("|");
        return Some(Problem::of_cell(row.row, "streams", &value, what, cure));
    }
    let from = row.valid_from.value().filter(|from| *from > day)?;
    let what = format!("is after {day}: what the order is before that day, the file does not say");
    let cure = "write the row as it is on the day, and leave this cell empty";
    let value = from.to_string();
    Some(Problem::of_cell(row.row, "valid_from", &value, what, cure))
}
