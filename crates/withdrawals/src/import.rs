//! The open withdrawals of the program before.

use std::collections::BTreeMap;
use std::path::Path;

use paydirt_books::{LockedPool, NewImported, Session, WithdrawalState};
use paydirt_money::Amount;
use paydirt_schedule::{Timestamp, ZoneHistory};
use paydirt_sheets::withdrawals::{ImportRow, Status};
use paydirt_sheets::{Problem, Problems, SheetError};
use serde_json::json;

use crate::WithdrawalError;

/// An address in its chain's canonical text, or why it is none that can be paid.
pub type AddressCheck<'a> = dyn Fn(&str) -> Result<String, String> + Send + Sync + 'a;

/// What is imported, by whom.
pub struct Importing<'a> {
    /// The file, for messages.
    pub path: &'a Path,
    /// Its rows.
    pub rows: &'a [ImportRow],
    /// Checks addresses.
    pub address: &'a AddressCheck<'a>,
    /// Above it a second person approves here what was approved there; `None`: each time.
    pub approve_above: Option<Amount>,
    /// The zone of the pool's days.
    pub zones: &'a ZoneHistory,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// Problems that are listed.
    pub problems: usize,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Former id and new id of those that are new.
    pub new: Vec<(String, i64)>,
    /// How many were there already.
    pub unchanged: u64,
}

/// Imports withdrawals in this session, which the caller commits, or not in a dry run: all rows or
/// none. Each needs as much of its member's frozen amount that no withdrawal stands for.
///
/// # Errors
/// `Sheet` with every problem; the books'.
pub async fn import(
    session: &mut Session,
    locked: &LockedPool,
    importing: &Importing<'_>,
) -> Result<Imported, WithdrawalError> {
    let codes = importing.rows.iter().map(|row| &*row.member);
    let members = session.members_by_code(codes).await?;
    let mut problems = Problems::new(importing.problems);
    let mut done = Imported::default();
    for row in importing.rows {
        let Some(member) = members.get(&*row.member) else {
            let cure = "import the member first";
            let what = "is no member of the books";
            problems.push(Problem::of_cell(row.row, "member", &row.member, what, cure));
            continue;
        };
        let address = match (importing.address)(&row.address) {
            Ok(address) => address,
            Err(what) => {
                let cure = "correct it";
                problems.push(Problem::of_cell(
                    row.row,
                    "address",
                    &row.address,
                    what,
                    cure,
                ));
                continue;
            }
        };
        let new = new(row, member.number, &address, importing);
        match one(session, locked, row, &new).await? {
            Ok(Some(number)) => done.new.push((row.withdrawal.to_string(), number)),
            Ok(None) => done.unchanged = done.unchanged.saturating_add(1),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(WithdrawalError::Sheet(SheetError::Refused {
            path: importing.path.to_owned(),
            problems,
        }));
    }
    let ids: BTreeMap<&str, i64> = done.new.iter().map(|(id, no)| (&**id, *no)).collect();
    let detail = json!({
        "file": importing.path.display().to_string(), "new": ids, "unchanged": done.unchanged,
    });
    let (by, subject) = (importing.by, locked.pool.id.as_str());
    session
        .audit(by, "withdrawals import", subject, &detail, importing.now)
        .await?;
    Ok(done)
}

fn new<'a>(
    row: &'a ImportRow,
    member: paydirt_books::MemberNumber,
    address: &'a str,
    importing: &'a Importing<'_>,
) -> NewImported<'a> {
    let waits = importing
        .approve_above
        .is_none_or(|above| row.amount > above);
    NewImported {
        former: &row.withdrawal,
        member,
        amount: row.amount.units(),
        address,
        state: match row.status {
            Status::Requested => WithdrawalState::Requested,
            Status::Approved | Status::QueuedAgain if waits => WithdrawalState::Requested,
            Status::Approved | Status::QueuedAgain => WithdrawalState::Approved,
            Status::Failed => WithdrawalState::Failed,
        },
        queued_again: row.status == Status::QueuedAgain,
        requested_at: importing.zones.instants(row.requested).start,
        requested_on: row.requested,
        by: importing.by,
        at: importing.now,
    }
}

/// The new id of a row, nothing where it is there already, or what is wrong with it.
async fn one(
    session: &mut Session,
    locked: &LockedPool,
    row: &ImportRow,
    new: &NewImported<'_>,
) -> Result<Result<Option<i64>, Problem>, WithdrawalError> {
    let pool = locked.pool.number;
    let problem = |column: &str, value: &str, what: String, cure: &str| {
        Ok(Err(Problem::of_cell(row.row, column, value, what, cure)))
    };
    if let Some(there) = session.withdrawal_of_former(pool, new.former).await? {
        let same = there.member == new.member
            && there.amount == new.amount
            && there.address == new.address;
        if same {
            return Ok(Ok(None));
        }
        let what = format!(
            "was imported as withdrawal {} of another member, amount or address",
            there.number
        );
        let cure = "an imported withdrawal never changes: correct the row";
        return problem("withdrawal", &row.withdrawal, what, cure);
    }
    if new.requested_at > new.at {
        let what = "is in the future".to_owned();
        return problem("requested", &row.requested.to_string(), what, "correct it");
    }
    let free = session.frozen_for_nothing(pool, new.member).await?;
    if free < new.amount {
        let free = Amount::from_units(free, locked.pool.coin);
        let what = format!("is above {free}, what of the member's frozen amount stands for none");
        let cure = "correct it, or open the pool with what it had set aside (bucket frozen)";
        return problem("amount", &row.amount.to_fixed(), what, cure);
    }
    let written = session.import_withdrawal(locked, new).await?;
    Ok(Ok(Some(written.number.get())))
}
