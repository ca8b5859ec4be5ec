//! Members as a file has them.
//!
//! Columns: `member`, and optionally `name,phone,address`. An address is text here: whether it is
//! one, the pool's chain says.

use crate::cell::Fault;
use crate::seen::Seen;
use crate::typed::{Cells, text_of_at_most};
use crate::{Column, Columns, Field, Layout, Limits, Problems, Row, SheetError, Source};

const MEMBER: usize = 0;
const NAME: usize = 1;
const PHONE: usize = 2;
const ADDRESS: usize = 3;

/// The columns of a file of members.
pub const LAYOUT: Layout = Layout {
    columns: &[
        Column::required("member"),
        Column::optional("name"),
        Column::optional("phone"),
        Column::optional("address"),
        // As `paydirt members list` prints them.
        Column::ignored("frozen"),
        Column::ignored("added_at"),
    ],
};

const MAX_NAME_CHARS: usize = 100;
const MAX_PHONE_CHARS: usize = 32;
const MAX_ADDRESS_CHARS: usize = 128;

/// One member. `T` is its kind of text: `&str` while a file is read, [`Box<str>`] to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow<T> {
    /// The row in the file, from 2.
    pub row: u64,
    /// The member's id: 1 to 64 characters, in no other row of the file.
    pub member: T,
    /// At most 100 characters.
    pub name: Field<T>,
    /// 1 to 32 of ASCII digits, blanks and `+-().`, with a digit.
    pub phone: Field<T>,
    /// 1 to 128 visible ASCII characters.
    pub address: Field<T>,
}

impl MemberRow<&str> {
    /// The same with texts of its own.
    #[must_use]
    pub fn to_boxed(&self) -> MemberRow<Box<str>> {
        MemberRow {
            row: self.row,
            member: self.member.into(),
            name: self.name.map(Into::into),
            phone: self.phone.map(Into::into),
            address: self.address.map(Into::into),
        }
    }
}

/// All members of a file, in its order.
///
/// # Errors
/// [`SheetError`]; one of [`SheetError::Refused`] lists every problem of every row.
pub fn read<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
) -> Result<Vec<MemberRow<Box<str>>>, SheetError> {
    let mut rows = Vec::new();
    for_each(source, limits, |row| rows.push(row.to_boxed()))?;
    Ok(rows)
}

/// Shows each member of a file that has no problem to `visit`; the columns that the file has.
///
/// # Errors
/// [`SheetError`]; then whatever was made of the rows must not be used.
pub fn for_each<'a>(
    source: impl Into<Source<'a>>,
    limits: &Limits,
    mut visit: impl FnMut(MemberRow<&str>),
) -> Result<Columns, SheetError> {
    let mut seen = Seen::default();
    crate::for_each_row(source, &LAYOUT, limits, |row, problems| {
        if let Some(member) = member(row, problems, &mut seen) {
            visit(member);
        }
    })
}

fn member<'a>(
    row: Row<'a>,
    problems: &mut Problems,
    seen: &mut Seen,
) -> Option<MemberRow<&'a str>> {
    let mut cells = Cells { row, problems };
    let member = cells.required_once(MEMBER, seen);
    let name = cells.field(NAME, text_of_at_most(MAX_NAME_CHARS));
    let phone = cells.field(PHONE, phone);
    let address = cells.field(ADDRESS, address);
    Some(MemberRow {
        row: row.number(),
        member: member?,
        name: name?,
        phone: phone?,
        address: address?,
    })
}

fn phone(text: &str) -> Result<&str, Fault> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.');
    if let Some(c) = text.chars().find(|&c| !known(c)) {
        let cure = "write digits 0-9, blanks and +-(). only, as +86 138 0013 8000";
        return Err(Fault::new(
            format!("has {c:?}, which is in no phone number"),
            cure,
        ));
    }
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return Err(Fault::new("has no digit", "write the number, or nothing"));
    }
    text_of_at_most(MAX_PHONE_CHARS)(text)
}

fn address(text: &str) -> Result<&str, Fault> {
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic()) {
        let what = format!("has {c:?}, which is in no address");
        return Err(Fault::new(what, "copy the address anew"));
    }
    text_of_at_most(MAX_ADDRESS_CHARS)(text)
}
