//! Members from a file.

use std::collections::BTreeMap;
use std::path::Path;

use paydirt_books::{Member, MemberData, MemberNumber, Pool, Session};
use paydirt_ledger::MemberId;
use paydirt_schedule::Timestamp;
use paydirt_sheets::members::MemberRow;
use paydirt_sheets::{Field, Problem, Problems, SheetError};
use serde_json::json;

use super::{FieldChange, Imported, RowChange};
use crate::SettlementError;

/// An address in its chain's canonical text, or why it is none that can be paid.
pub type AddressCheck<'a> = dyn Fn(&str) -> Result<String, String> + Send + Sync + 'a;

/// What is imported, by whom.
pub struct MembersImport<'a> {
    /// The file, for messages.
    pub path: &'a Path,
    /// Its rows.
    pub rows: &'a [MemberRow<Box<str>>],
    /// The pool that addresses are of, and what checks them.
    pub pool: Option<(&'a Pool, &'a AddressCheck<'a>)>,
    /// Milliseconds after which an address that is not its member's first can be used.
    pub cool_down_ms: u64,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// Problems that are listed.
    pub problems: usize,
}

/// Adds and changes members in this session, which the caller commits, or not in a dry run.
///
/// # Errors
/// `Sheet` with every problem; the books'.
pub async fn import_members(
    session: &mut Session,
    import: &MembersImport<'_>,
) -> Result<Imported, SettlementError> {
    let addresses = checked_addresses(import)?;
    let codes = import.rows.iter().map(|row| &*row.member);
    let known = session.members_by_code(codes).await?;
    let mut done = Imported::default();
    let (mut new, mut changed, mut adding) = (Vec::new(), Vec::new(), Vec::new());
    let mut told: BTreeMap<u64, RowChange> = BTreeMap::new();
    for row in import.rows {
        let before = known.get(&*row.member);
        let after = applied(row, before);
        let fields = changes(before, &after);
        let address = addresses.get(&row.row);
        if before.is_some() && fields.is_empty() && address.is_none() {
            done.unchanged = done.unchanged.saturating_add(1);
            continue;
        }
        match before {
            None => new.push(after),
            Some(member) if !fields.is_empty() => changed.push((member.number, after)),
            Some(_) => {}
        }
        if let Some(address) = address {
            adding.push((row.row, row.member.to_string(), address.clone()));
        }
        let change = RowChange {
            row: row.row,
            id: row.member.to_string(),
            is_new: before.is_none(),
            fields,
            note: None,
        };
        told.insert(row.row, change);
    }
    session.add_members(&new, import.now).await?;
    session.change_members(&changed).await?;
    let cooling_down = add_addresses(session, import, adding, &mut told).await?;
    for change in told.into_values() {
        match change.is_new || !change.fields.is_empty() {
            true => done.tell(change),
            false => done.unchanged = done.unchanged.saturating_add(1),
        }
    }
    let detail = json!({
        "file": import.path.display().to_string(),
        "new": done.new, "changed": done.changed, "unchanged": done.unchanged,
        "addresses_cooling_down": cooling_down,
    });
    session
        .audit(import.by, "members import", "members", &detail, import.now)
        .await?;
    Ok(done)
}

/// The addresses by row, each as its chain writes it.
fn checked_addresses(import: &MembersImport<'_>) -> Result<BTreeMap<u64, String>, SettlementError> {
    let mut problems = Problems::new(import.problems);
    let mut addresses = BTreeMap::new();
    for row in import.rows {
        let Field::Value(text) = &row.address else {
            continue;
        };
        let checked = match import.pool {
            Some((_, check)) => check(text),
            None => Err("no pool says which chain it is of".to_owned()),
        };
        match checked {
            Ok(address) => {
                addresses.insert(row.row, address);
            }
            Err(what) => {
                let cure = "correct it, or leave it out";
                problems.push(Problem::of_cell(row.row, "address", text, what, cure));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(addresses),
        false => Err(refused(import.path, problems)),
    }
}

pub(super) fn refused(path: &Path, problems: Problems) -> SettlementError {
    SettlementError::Sheet(SheetError::Refused {
        path: path.to_owned(),
        problems,
    })
}

/// The member as the row says; what the file has no column of stays.
fn applied(row: &MemberRow<Box<str>>, before: Option<&Member>) -> MemberData {
    let field = |field: &Field<Box<str>>, before: Option<&String>| match field {
        Field::Absent => before.cloned(),
        Field::Empty => None,
        Field::Value(text) => Some(text.to_string()),
    };
    MemberData {
        code: MemberId::new(&*row.member),
        name: field(&row.name, before.and_then(|member| member.name.as_ref())),
        phone: field(&row.phone, before.and_then(|member| member.phone.as_ref())),
    }
}

fn changes(before: Option<&Member>, after: &MemberData) -> Vec<FieldChange> {
    let pair = |field, before: Option<&String>, after: &Option<String>| {
        let (before, after) = (before.cloned().unwrap_or_default(), after.clone());
        let after = after.unwrap_or_default();
        (before != after).then_some(FieldChange {
            field,
            before,
            after,
        })
    };
    let name = pair("name", before.and_then(|it| it.name.as_ref()), &after.name);
    let phone = pair(
        "phone",
        before.and_then(|it| it.phone.as_ref()),
        &after.phone,
    );
    name.into_iter().chain(phone).collect()
}

/// Adds those addresses that their members don't have as the newest. How many of them can't be used
/// at once: they are not their members' first.
async fn add_addresses(
    session: &mut Session,
    import: &MembersImport<'_>,
    adding: Vec<(u64, String, String)>,
    told: &mut BTreeMap<u64, RowChange>,
) -> Result<usize, SettlementError> {
    let Some((pool, _)) = import.pool.filter(|_| !adding.is_empty()) else {
        return Ok(0);
    };
    let codes: Vec<&str> = adding.iter().map(|(_, code, _)| code.as_str()).collect();
    let members = session.members_by_code(codes).await?;
    let numbers = || members.values().map(|member| member.number);
    let there = session.addresses_of(pool.number, numbers()).await?;
    let had = session.had_addresses(pool.number, numbers()).await?;
    let cooled_down = import.now.saturating_add_ms(import.cool_down_ms);
    let mut new: BTreeMap<Timestamp, Vec<(MemberNumber, String)>> = BTreeMap::new();
    for (row, code, address) in adding {
        let Some(member) = members.get(&code) else {
            continue;
        };
        let known = there
            .get(&member.number)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let newest = known.last().map(|known| known.address.clone());
        if newest.as_ref() == Some(&address) {
            continue;
        }
        let mut usable_from = match had.contains(&member.number) {
            true => cooled_down,
            false => import.now,
        };
        if let Some(same) = known.iter().find(|known| known.address == address) {
            usable_from = same.usable_from;
            session
                .remove_address(pool.number, member.number, &address, import.now)
                .await?;
        }
        if let Some(change) = told.get_mut(&row) {
            change.fields.push(FieldChange {
                field: "address",
                before: newest.unwrap_or_default(),
                after: address.clone(),
            });
        }
        let from_then = new.entry(usable_from).or_default();
        from_then.push((member.number, address));
    }
    let mut cooling_down: usize = 0;
    for (usable_from, addresses) in &new {
        session
            .add_addresses(pool.number, addresses, import.now, *usable_from)
            .await?;
        if *usable_from > import.now {
            cooling_down = cooling_down.saturating_add(addresses.len());
        }
    }
    if cooling_down > 0 {
        tracing::warn!(
            "{cooling_down} addresses are not their members' first, and can be used from \
             {cooled_down} on; let those members know"
        );
    }
    Ok(cooling_down)
}
