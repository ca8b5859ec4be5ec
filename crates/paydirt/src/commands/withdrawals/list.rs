//! `paydirt withdrawals list`, and withdrawals as every command here prints them.

use paydirt_app::withdrawals::{self, ListAsked, WithdrawalShown};

use super::{figures, wait};
use crate::cli_withdrawals::ListArguments;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print_json};

/// Of a withdrawal. `withdrawals compare` reads them back.
const COLUMNS: [&str; 15] = [
    "withdrawal",
    "pool",
    "member",
    "amount",
    "coin",
    "address",
    "state",
    "reason",
    "tx",
    "requested_at",
    "requested_by",
    "decided_by",
    "updated_at",
    "former",
    "key",
];

/// What programs call a withdrawal's own number.
const ID: &str = "id";

pub(super) fn run(globals: &Globals, arguments: ListArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let asked = ListAsked {
        pool: arguments.pool,
        states: arguments.state,
        member: arguments.member,
        after: arguments.after,
        limit: arguments.limit,
    };
    let found = wait(async { Ok(withdrawals::list(&settings, &asked).await?) })?;
    print(globals, &found)?;
    Ok(Exit::Done)
}

pub(super) fn print(globals: &Globals, found: &[WithdrawalShown]) -> anyhow::Result<()> {
    Ok(rows(found, globals.output()).print(globals.output())?)
}

/// One alone: in JSON an object of its own.
pub(super) fn one(globals: &Globals, shown: &WithdrawalShown) -> anyhow::Result<()> {
    match globals.output() {
        Format::Json => Ok(print_json(&object(shown))?),
        _ => print(globals, std::slice::from_ref(shown)),
    }
}

pub(super) fn rows(found: &[WithdrawalShown], format: Format) -> Rows<15> {
    let mut columns = COLUMNS;
    if format == Format::Json {
        columns[0] = ID;
    }
    let mut rows = Rows::new(columns);
    for shown in found {
        rows.push(cells(shown));
    }
    rows
}

/// As a JSON object.
pub(super) fn object(shown: &WithdrawalShown) -> serde_json::Value {
    let rows = rows(std::slice::from_ref(shown), Format::Json);
    let list = serde_json::to_value(rows.list()).unwrap_or_default();
    list.get(0).cloned().unwrap_or_default()
}

fn cells(shown: &WithdrawalShown) -> [Cell; 15] {
    let it = &shown.withdrawal;
    [
        figures::number(it.number.get()),
        shown.pool.as_str().into(),
        it.code.as_str().into(),
        figures::units(it.amount, shown.coin),
        shown.coin.to_string().into(),
        it.address.as_str().into(),
        it.state.name().into(),
        it.reason.as_deref().map(on_one_line).into(),
        Cell::from(it.tx.as_deref()),
        it.requested_at.to_string().into(),
        it.requested_by.as_str().into(),
        Cell::from(it.decided_by.as_deref()),
        it.updated_at.to_string().into(),
        Cell::from(it.former.as_deref()),
        Cell::from(it.key.as_deref()),
    ]
}

/// A row is a line: `withdrawals compare` reads no cell with a line break.
fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}
