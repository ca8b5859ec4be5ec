//! Withdrawals as a file has them: those of the program before, to be imported, and an accountant's
//! sheet, to be compared.
//!
//! To be imported: columns `withdrawal,member,address,amount,status,requested`. `status` is a word
//! or the operators' number:
//!
//! | status | |
//! |---|---|
//! | `requested`, `0` | waits for approval |
//! | `approved`, `1` | may be paid |
//! | `failed`, `3` | was not paid |
//! | `6` | failed, and was queued again: may be paid |
//!
//! To be compared: columns `withdrawal,member,amount`, and optionally `address,tx`. What else
//! `paydirt withdrawals list` prints may stand there, and is not looked at.

use paydirt_money::{Amount, Coin};
use paydirt_schedule::Day;

use crate::cell::Fault;
use crate::seen::Seen;
use crate::typed::{Cells, day, id, text_of_at_most};
use crate::{Column, Field, Layout, Limits, Problems, Row, SheetError, Source};

const WITHDRAWAL: usize = 0;
const MEMBER: usize = 1;
const AMOUNT: usize = 2;
const ADDRESS: usize = 3;
/// Of those to be imported.
const STATUS: usize = 4;
const REQUESTED: usize = 5;
/// Of those to be compared.
const TX: usize = 4;

const MAX_ADDRESS_CHARS: usize = 128;
const MAX_TX_CHARS: usize = 128;

/// The columns of a file of withdrawals to be imported.
pub const IMPORT: Layout = Layout {
    columns: &[
        Column::required("withdrawal"),
        Column::required("member"),
        Column::required("amount"),
        Column::required("address"),
        Column::required("status"),
        Column::required("requested").day(),
    ],
};

/// The columns of an accountant's sheet.
pub const COMPARE: Layout = Layout {
    columns: &[
        Column::required("withdrawal"),
        Column::required("member"),
        Column::required("amount"),
        Column::optional("address"),
        Column::optional("tx"),
        Column::ignored("pool"),
        Column::ignored("coin"),
        Column::ignored("state"),
        Column::ignored("reason"),
        Column::ignored("former"),
        Column::ignored("key"),
        Column::ignored("requested_at"),
        Column::ignored("requested_by"),
        Column::ignored("decided_by"),
        Column::ignored("updated_at"),
    ],
};

/// How far a withdrawal had come in the program before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for approval.
    Requested,
    /// May be paid.
    Approved,
    /// Was not paid.
    Failed,
    /// Failed, and was queued again.
    QueuedAgain,
}

/// A withdrawal of the program before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The row in the file, from 2.
    pub row: u64,
    /// Its id there, in no other row of the file.
    pub withdrawal: Box<str>,
    /// The member's id.
    pub member: Box<str>,
    /// How much, above 0.
    pub amount: Amount,
    /// 1 to 128 visible ASCII characters.
    pub address: Box<str>,
    /// How far it had come.
    pub status: Status,
    /// When it was asked for.
    pub requested: Day,
}

/// A withdrawal as an accountant has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareRow {
    /// The row in the file, from 2.
    pub row: u64,
    /// Its id, in no other row of the file.
    pub withdrawal: Box<str>,
    /// The member's id.
    pub member: Box<str>,
    /// How much.
    pub amount: Amount,
    /// Where to.
    pub address: Field<Box<str>>,
    /// What paid it.
    pub tx: Field<Box<str>>,
}

/// All rows of a file to be imported, in its order; amounts are of `coin`.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of every row.
pub fn read_import<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    coin: Coin,
) -> Result<Vec<ImportRow>, SheetError> {
    let (mut rows, mut seen) = (Vec::new(), Seen::default());
    crate::for_each_row(source, &IMPORT, limits, |row, problems| {
        rows.extend(import_row(row, coin, problems, &mut seen));
    })?;
    Ok(rows)
}

/// All rows of a sheet to be compared, in its order; amounts are of `coin`.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of every row.
pub fn read_compare<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    coin: Coin,
) -> Result<Vec<CompareRow>, SheetError> {
    let (mut rows, mut seen) = (Vec::new(), Seen::default());
    crate::for_each_row(source, &COMPARE, limits, |row, problems| {
        rows.extend(compare_row(row, coin, problems, &mut seen));
    })?;
    Ok(rows)
}

/// Reads all cells before it gives up on any, so that each problem is found.
fn import_row(
    row: Row<'_>,
    coin: Coin,
    problems: &mut Problems,
    seen: &mut Seen,
) -> Option<ImportRow> {
    let mut cells = Cells { row, problems };
    let withdrawal = cells.required_once(WITHDRAWAL, seen);
    let member = cells.required(MEMBER, id);
    let amount = cells.required(AMOUNT, |text| positive(text, coin));
    let address = cells.required(ADDRESS, address);
    let status = cells.required(STATUS, status);
    let requested = cells.required(REQUESTED, day);
    Some(ImportRow {
        row: row.number(),
        withdrawal: withdrawal?.into(),
        member: member?.into(),
        amount: amount?,
        address: address?.into(),
        status: status?,
        requested: requested?,
    })
}

fn compare_row(
    row: Row<'_>,
    coin: Coin,
    problems: &mut Problems,
    seen: &mut Seen,
) -> Option<CompareRow> {
    let mut cells = Cells { row, problems };
    let withdrawal = cells.required_once(WITHDRAWAL, seen);
    let member = cells.required(MEMBER, id);
    let amount = cells.required(AMOUNT, |text| positive(text, coin));
    let address = cells.field(ADDRESS, address);
    let tx = cells.field(TX, text_of_at_most(MAX_TX_CHARS));
    Some(CompareRow {
        row: row.number(),
        withdrawal: withdrawal?.into(),
        member: member?.into(),
        amount: amount?,
        address: address?.map(Into::into),
        tx: tx?.map(Into::into),
    })
}

fn positive(text: &str, coin: Coin) -> Result<Amount, Fault> {
    let amount = Amount::parse(text, coin)?;
    match amount.is_positive() {
        true => Ok(amount),
        false => Err(Fault::new("is nothing", "delete the row")),
    }
}

fn address(text: &str) -> Result<&str, Fault> {
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic()) {
        let what = format!("has {c:?}, which is in no address");
        return Err(Fault::new(what, "copy the address anew"));
    }
    text_of_at_most(MAX_ADDRESS_CHARS)(text)
}

fn status(text: &str) -> Result<Status, Fault> {
    let over = |what: &str| {
        let cure = "import what is open: requested (0), approved (1), failed (3), queued again (6)";
        Err(Fault::new(what, cure))
    };
    match text {
        "requested" | "0" => Ok(Status::Requested),
        "approved" | "1" => Ok(Status::Approved),
        "failed" | "3" => Ok(Status::Failed),
        "6" => Ok(Status::QueuedAgain),
        "processing" | "2" => {
            over("is on its way in the program before: wait until it is paid or has failed there")
        }
        "paid" | "4" => over("is paid: it is in the opening's paid bucket"),
        "rejected" | "cancelled" | "5" => over("is over"),
        _ => over("is no status"),
    }
}
