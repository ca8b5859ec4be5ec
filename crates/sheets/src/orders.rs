//! Orders as a file has them: who holds how much power, from when to when, at which rates.
//!
//! Columns: `order,member,power,fee_rate,start`, and optionally
//! `coefficient,end,streams,valid_from,note`. Values are those of `paydirt-money` and
//! `paydirt-schedule`, read exactly or refused with their row.

use std::collections::HashSet;

use paydirt_money::{Coefficient, FeeRate, Power};
use paydirt_schedule::Day;

use crate::cell::Fault;
use crate::seen::Seen;
use crate::typed::{Cells, day, id, text_of_at_most};
use crate::{Column, Columns, Field, Layout, Limits, Problems, Row, SheetError, Source};

const ORDER: usize = 0;
const MEMBER: usize = 1;
const POWER: usize = 2;
const FEE_RATE: usize = 3;
const COEFFICIENT: usize = 4;
const START: usize = 5;
const END: usize = 6;
const STREAMS: usize = 7;
const VALID_FROM: usize = 8;
const NOTE: usize = 9;

/// The columns of a file of orders.
pub const LAYOUT: Layout = Layout {
    columns: &[
        Column::required("order"),
        Column::required("member"),
        Column::required("power"),
        Column::required("fee_rate"),
        Column::optional("coefficient"),
        Column::required("start").day(),
        Column::optional("end").day(),
        Column::optional("streams"),
        Column::optional("valid_from").day(),
        Column::optional("note"),
        // As `paydirt orders list` prints them.
        Column::ignored("power_bytes"),
        Column::ignored("valid_until"),
    ],
};

const MAX_STREAMS: usize = 64;
const MAX_STREAM_CHARS: usize = 40;
const MAX_NOTE_CHARS: usize = 500;

/// One order. `T` is its kind of text: `&str` while a file is read, [`Box<str>`] to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow<T> {
    /// The row in the file, from 2.
    pub row: u64,
    /// The order's id: 1 to 64 characters, in no other row of the file.
    pub order: T,
    /// The id of the member that holds it: 1 to 64 characters.
    pub member: T,
    /// Its power, whole bytes.
    pub power: Power,
    /// The pool's part of what it earns.
    pub fee_rate: FeeRate,
    /// What its power counts by; empty or absent: as its batch or pool says.
    pub coefficient: Field<Coefficient>,
    /// The first day that it counts on.
    pub start: Day,
    /// The first day, after `start`, that it does not count on any more; empty: open.
    pub end: Field<Day>,
    /// Names of the streams that it takes part in, at least one; empty: all.
    pub streams: Field<Vec<T>>,
    /// The day from which the row counts as a change.
    pub valid_from: Field<Day>,
    /// At most 500 characters.
    pub note: Field<T>,
}

impl OrderRow<&str> {
    /// The same with texts of its own.
    #[must_use]
    pub fn to_boxed(&self) -> OrderRow<Box<str>> {
        OrderRow {
            row: self.row,
            order: self.order.into(),
            member: self.member.into(),
            power: self.power,
            fee_rate: self.fee_rate,
            coefficient: self.coefficient,
            start: self.start,
            end: self.end,
            streams: self
                .streams
                .as_ref()
                .map(|names| names.iter().map(|&name| name.into()).collect()),
            valid_from: self.valid_from,
            note: self.note.map(Into::into),
        }
    }
}

/// All orders of a file, in its order.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of every row.
pub fn read<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
) -> Result<Vec<OrderRow<Box<str>>>, SheetError> {
    let mut rows = Vec::new();
    for_each(source, limits, |row| rows.push(row.to_boxed()))?;
    Ok(rows)
}

/// Shows each order of a file that has no problem to `visit`; the columns that the file has.
///
/// # Errors
/// [`SheetError`]; then whatever was made of the rows must not be used.
pub fn for_each<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    mut visit: impl FnMut(OrderRow<&str>),
) -> Result<Columns, SheetError> {
    let mut seen = Seen::default();
    crate::for_each_row(source, &LAYOUT, limits, |row, problems| {
        if let Some(order) = order(row, problems, &mut seen) {
            visit(order);
        }
    })
}

/// Reads all cells before it gives up on any, so that each problem is found.
fn order<'a>(row: Row<'a>, problems: &mut Problems, seen: &mut Seen) -> Option<OrderRow<&'a str>> {
    let mut cells = Cells { row, problems };
    let order = cells.required_once(ORDER, seen);
    let member = cells.required(MEMBER, id);
    let power = cells.required(POWER, |text| Ok(Power::parse(text)?));
    let fee_rate = cells.required(FEE_RATE, |text| Ok(FeeRate::parse(text)?));
    let coefficient = cells.field(COEFFICIENT, |text| Ok(Coefficient::parse(text)?));
    let start = cells.required(START, day);
    let end = cells.field(END, day);
    let end = end.filter(|end| is_after(start, *end, &mut cells));
    let streams = cells.field(STREAMS, streams);
    let valid_from = cells.field(VALID_FROM, day);
    let note = cells.field(NOTE, text_of_at_most(MAX_NOTE_CHARS));
    Some(OrderRow {
        row: row.number(),
        order: order?,
        member: member?,
        power: power?,
        fee_rate: fee_rate?,
        coefficient: coefficient?,
        start: start?,
        end: end?,
        streams: streams?,
        valid_from: valid_from?,
        note: note?,
    })
}

fn is_after(start: Option<Day>, end: Field<Day>, cells: &mut Cells<'_, '_>) -> bool {
    let (Some(start), Field::Value(end)) = (start, end) else {
        return true;
    };
    if end <= start {
        let what = format!("is not after its start, {start}");
        let cure = "write the first day that it does not count on, or nothing while it is open";
        cells.refuse(END, Fault::new(what, cure));
    }
    end > start
}

/// Names between blanks or bars, as `mainnet|spacerace`.
fn streams(text: &str) -> Result<Vec<&str>, Fault> {
    let names = text.split([' ', '|']).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let is_name = |name: &str| name.len() <= MAX_STREAM_CHARS && name.chars().all(letter);
    let cure = "write names of a-z, 0-9, _ and - with | between them, as mainnet|spacerace, or \
                nothing for all streams";
    if names.is_empty() || names.len() > MAX_STREAMS {
        let what = format!("names {} streams, 1 to {MAX_STREAMS} are read", names.len());
        return Err(Fault::new(what, cure));
    }
    if let Some(bad) = names.iter().find(|name| !is_name(name)) {
        return Err(Fault::new(
            format!("has {bad:?}, which is no name of a stream"),
            cure,
        ));
    }
    let mut before = HashSet::new();
    if let Some(twice) = names.iter().find(|&&name| !before.insert(name)) {
        return Err(Fault::new(
            format!("names {twice} twice"),
            "delete one of the two",
        ));
    }
    Ok(names)
}
