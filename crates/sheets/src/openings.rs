//! Balances from before the books, as a file has them: a row for each member and bucket, and for
//! each part that is vesting.
//!
//! Columns: `member,bucket,amount`, and optionally `stream,day,steps,done,order`. What a bucket's
//! rows need of these must be filled, and the others left empty:
//!
//! | bucket | needs |
//! |---|---|
//! | `available`, `frozen`, `paid`, `receivable` | nothing |
//! | `to_transfer` | `stream` |
//! | `vesting` | `stream`, `day`, `steps`, `done`; and `order` where a member has two parts of a day |

use std::fmt;

use paydirt_money::{Amount, Coin};
use paydirt_schedule::Day;

use crate::cell::Fault;
use crate::seen::Seen;
use crate::typed::{Cells, day, id, text_of_at_most};
use crate::{Column, Columns, Field, Layout, Limits, Problems, Row, SheetError, Source};

const MEMBER: usize = 0;
const BUCKET: usize = 1;
const AMOUNT: usize = 2;
const STREAM: usize = 3;
const DAY: usize = 4;
const STEPS: usize = 5;
const DONE: usize = 6;
const ORDER: usize = 7;

/// The columns of a file of opening balances.
pub const LAYOUT: Layout = Layout {
    columns: &[
        Column::required("member"),
        Column::required("bucket"),
        Column::required("amount"),
        Column::optional("stream"),
        Column::optional("day").day(),
        Column::optional("steps"),
        Column::optional("done"),
        Column::optional("order"),
    ],
};

const MAX_STREAM_CHARS: usize = 40;
/// Between the parts of what a row is of: no cell has it.
const APART: char = '\u{1f}';

/// Where a member's money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// What it may withdraw.
    Available,
    /// What it asked for, and has not got.
    Frozen,
    /// What is still to be released.
    Vesting,
    /// What a stream has collected for it.
    ToTransfer,
    /// What it was paid, from the beginning on.
    Paid,
    /// What it owes the pool.
    Receivable,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Bucket; 6] = [
        Bucket::Available,
        Bucket::Frozen,
        Bucket::Vesting,
        Bucket::ToTransfer,
        Bucket::Paid,
        Bucket::Receivable,
    ];

    /// Its name, as in a file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Bucket::Available => "available",
            Bucket::Frozen => "frozen",
            Bucket::Vesting => "vesting",
            Bucket::ToTransfer => "to_transfer",
            Bucket::Paid => "paid",
            Bucket::Receivable => "receivable",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Bucket> {
        Bucket::ALL.into_iter().find(|bucket| bucket.name() == name)
    }

    /// All names, as `available, frozen`.
    #[must_use]
    pub fn names() -> String {
        Bucket::ALL.map(Bucket::name).join(", ")
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One balance, or one part that is vesting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningRow {
    /// The row in the file, from 2.
    pub row: u64,
    /// The member's id: 1 to 64 characters.
    pub member: Box<str>,
    /// What it has; of what is vesting all that was to be released, above 0.
    pub amount: Amount,
    /// Where.
    pub held: Held,
}

/// Where an amount is, with what must be known of it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// May be withdrawn.
    Available,
    /// Asked for, and not got.
    Frozen,
    /// Paid, from the beginning on.
    Paid,
    /// Owed by the member.
    Receivable,
    /// Collected by this stream.
    ToTransfer(Box<str>),
    /// Vesting.
    Vesting(VestingPart),
}

/// When a part is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VestingPart {
    /// The stream that it was earned of.
    pub stream: Box<str>,
    /// The day on which it was earned.
    pub day: Day,
    /// In how many steps it is released, at least 1.
    pub steps: u32,
    /// How many of them are released, at most all.
    pub done: u32,
}

impl OpeningRow {
    /// Its bucket.
    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        match &self.held {
            Held::Available => Bucket::Available,
            Held::Frozen => Bucket::Frozen,
            Held::Paid => Bucket::Paid,
            Held::Receivable => Bucket::Receivable,
            Held::ToTransfer(_) => Bucket::ToTransfer,
            Held::Vesting(_) => Bucket::Vesting,
        }
    }

    /// Its stream, where it has one.
    #[must_use]
    pub fn stream(&self) -> Option<&str> {
        match &self.held {
            Held::ToTransfer(stream) => Some(stream),
            Held::Vesting(part) => Some(&part.stream),
            Held::Available | Held::Frozen | Held::Paid | Held::Receivable => None,
        }
    }
}

/// All rows of a file, in its order; amounts are of `coin`.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of every row.
pub fn read<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    coin: Coin,
) -> Result<Vec<OpeningRow>, SheetError> {
    let mut rows = Vec::new();
    for_each(source, limits, coin, |row| rows.push(row))?;
    Ok(rows)
}

/// Shows each row of a file that has no problem to `visit`; the columns that the file has.
///
/// # Errors
/// [`SheetError`]; then whatever was made of the rows must not be used.
pub fn for_each<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    coin: Coin,
    mut visit: impl FnMut(OpeningRow),
) -> Result<Columns, SheetError> {
    let mut seen = Seen::default();
    crate::for_each_row(source, &LAYOUT, limits, |row, problems| {
        if let Some(opening) = opening(row, coin, problems, &mut seen) {
            visit(opening);
        }
    })
}

/// The cells of a row that only some buckets have.
struct Particulars<'a> {
    stream: Option<Field<&'a str>>,
    day: Option<Field<Day>>,
    steps: Option<Field<u32>>,
    done: Option<Field<u32>>,
    order: Option<Field<&'a str>>,
}

/// Reads all cells before it gives up on any, so that each problem is found.
fn opening(
    row: Row<'_>,
    coin: Coin,
    problems: &mut Problems,
    seen: &mut Seen,
) -> Option<OpeningRow> {
    let mut cells = Cells { row, problems };
    let member = cells.required(MEMBER, id);
    let bucket = cells.required(BUCKET, bucket);
    let amount = cells.required(AMOUNT, |text| Ok(Amount::parse(text, coin)?));
    let particulars = Particulars {
        stream: cells.field(STREAM, text_of_at_most(MAX_STREAM_CHARS)),
        day: cells.field(DAY, day),
        steps: cells.field(STEPS, |text| count(text, 1)),
        done: cells.field(DONE, |text| count(text, 0)),
        order: cells.field(ORDER, id),
    };
    let order = particulars.order;
    let held = particulars.held(bucket?, amount, &mut cells);
    let (member, amount, held, order) = (member?, amount?, held?, order?.value());
    let opening = OpeningRow {
        row: row.number(),
        member: member.into(),
        amount,
        held,
    };
    is_first(&opening, order, &mut cells, seen).then_some(opening)
}

impl Particulars<'_> {
    fn held(
        self,
        bucket: Bucket,
        amount: Option<Amount>,
        cells: &mut Cells<'_, '_>,
    ) -> Option<Held> {
        match bucket {
            Bucket::Vesting => self.vesting(amount, cells),
            Bucket::ToTransfer => {
                let stream = needed(self.stream, (STREAM, bucket), cells);
                let is_plain = self.is_plain(bucket, cells);
                let stream = stream.filter(|_| is_plain)?;
                Some(Held::ToTransfer(stream.into()))
            }
            Bucket::Available => self.alone(bucket, Held::Available, cells),
            Bucket::Frozen => self.alone(bucket, Held::Frozen, cells),
            Bucket::Paid => self.alone(bucket, Held::Paid, cells),
            Bucket::Receivable => self.alone(bucket, Held::Receivable, cells),
        }
    }

    fn alone(&self, bucket: Bucket, held: Held, cells: &mut Cells<'_, '_>) -> Option<Held> {
        let has_stream = unfit(self.stream, (STREAM, bucket), cells);
        let is_plain = self.is_plain(bucket, cells);
        (is_plain && !has_stream).then_some(held)
    }

    fn vesting(self, amount: Option<Amount>, cells: &mut Cells<'_, '_>) -> Option<Held> {
        let of = |index| (index, Bucket::Vesting);
        let stream = needed(self.stream, of(STREAM), cells);
        let day = needed(self.day, of(DAY), cells);
        let steps = needed(self.steps, of(STEPS), cells);
        let done = needed(self.done, of(DONE), cells);
        let is_nothing = amount.is_some_and(Amount::is_zero);
        if is_nothing {
            let what = "is nothing, of which nothing can be released";
            cells.refuse(AMOUNT, Fault::new(what, "delete the row"));
        }
        let beyond = steps.zip(done).filter(|(steps, done)| done > steps);
        if let Some((steps, _)) = beyond {
            let what = format!("is more than all {steps} steps");
            let cure = "write how many steps are released, up to all of them";
            cells.refuse(DONE, Fault::new(what, cure));
        }
        let part = VestingPart {
            stream: stream?.into(),
            day: day?,
            steps: steps?,
            done: done?,
        };
        (!is_nothing && beyond.is_none()).then_some(Held::Vesting(part))
    }

    /// Whether there is nothing that only what is vesting has.
    fn is_plain(&self, bucket: Bucket, cells: &mut Cells<'_, '_>) -> bool {
        let unfit = [
            unfit(self.day, (DAY, bucket), cells),
            unfit(self.steps, (STEPS, bucket), cells),
            unfit(self.done, (DONE, bucket), cells),
            unfit(self.order, (ORDER, bucket), cells),
        ];
        !unfit.contains(&true)
    }
}

/// A value that rows of this bucket must have.
fn needed<T>(
    field: Option<Field<T>>,
    (index, bucket): (usize, Bucket),
    cells: &mut Cells<'_, '_>,
) -> Option<T> {
    match field? {
        Field::Value(value) => Some(value),
        Field::Absent | Field::Empty => {
            let what = format!("is empty, and rows of {bucket} need it");
            cells.refuse(index, Fault::new(what, "fill it"));
            None
        }
    }
}

/// Whether there is a value that rows of this bucket don't have.
fn unfit<T>(
    field: Option<Field<T>>,
    (index, bucket): (usize, Bucket),
    cells: &mut Cells<'_, '_>,
) -> bool {
    let Some(field) = field else { return true };
    let is_there = matches!(field, Field::Value(_));
    if is_there {
        let what = format!("is filled, and rows of {bucket} have none");
        let cure = "empty it, or correct the bucket";
        cells.refuse(index, Fault::new(what, cure));
    }
    is_there
}

/// Whether no row before is of the same.
fn is_first(
    opening: &OpeningRow,
    order: Option<&str>,
    cells: &mut Cells<'_, '_>,
    seen: &mut Seen,
) -> bool {
    let mut of = format!("{}{APART}{}", opening.member, opening.bucket());
    let mut cure = "keep one of the two rows, with the sum if both are meant";
    if let Some(stream) = opening.stream() {
        of.extend([APART]);
        of.push_str(stream);
    }
    if let Held::Vesting(part) = &opening.held {
        of.push_str(&format!("{APART}{}{APART}", part.day));
        of.push_str(order.unwrap_or_default());
        // Parts are rounded each by itself: their sum would be released otherwise.
        cure = "keep one of the two rows; if both are meant, name each one's order in the column \
                order";
    }
    let before = seen.before(&of, opening.row);
    if let Some(before) = before {
        let what = format!("stands in row {before} already for this member");
        cells.refuse(BUCKET, Fault::new(what, cure));
    }
    before.is_none()
}

fn bucket(text: &str) -> Result<Bucket, Fault> {
    Bucket::of_name(text).ok_or_else(|| {
        let cure = format!("write one of: {}", Bucket::names());
        Fault::new("is no bucket", cure)
    })
}

/// A whole number of at least so much, in digits alone.
fn count(text: &str, least: u32) -> Result<u32, Fault> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u32>().ok().filter(|_| is_digits);
    number.filter(|number| *number >= least).ok_or_else(|| {
        let what = format!("is no whole number from {least} on");
        Fault::new(what, "write digits 0-9 only, as 180")
    })
}
