//! `paydirt members show`.

use paydirt_app::members::MemberShown;
use serde::Serialize;

use super::{ADDRESS_COLUMNS, address_cells, figures, orders};
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

#[derive(Serialize)]
struct Shown<'m, B: Serialize, O: Serialize, A: Serialize, D: Serialize> {
    member: &'m str,
    name: Option<&'m str>,
    phone: Option<&'m str>,
    frozen: Option<&'m str>,
    balances: B,
    orders: O,
    addresses: A,
    debts: D,
}

pub(super) fn print_member(globals: &Globals, shown: &MemberShown) -> anyhow::Result<()> {
    let (balances, orders, debts) = (balances(shown), orders_of(shown), debts(shown));
    let mut addresses = Rows::new(ADDRESS_COLUMNS);
    for (pool, address) in &shown.addresses {
        addresses.push(address_cells(pool, address));
    }
    let member = &shown.member;
    match globals.output() {
        Format::Json => print_json(&Shown {
            member: member.code.as_str(),
            name: member.name.as_deref(),
            phone: member.phone.as_deref(),
            frozen: member.frozen.as_deref(),
            balances: balances.list(),
            orders: orders.list(),
            addresses: addresses.list(),
            debts: debts.list(),
        })?,
        Format::Csv => balances.print(Format::Csv)?,
        Format::Table => {
            let mut who = Rows::new(["member", "name", "phone", "frozen"]);
            who.push([
                member.code.as_str().into(),
                Cell::from(member.name.as_deref()),
                Cell::from(member.phone.as_deref()),
                Cell::from(member.frozen.as_deref()),
            ]);
            print(&format!(
                "{}\n{}\n{}\n{}",
                who.to_table(),
                balances.to_table(),
                orders.to_table(),
                addresses.to_table()
            ))?;
            if !debts.is_empty() {
                print(&format!("\n{}", debts.to_table()))?;
            }
        }
    }
    Ok(())
}

fn balances(shown: &MemberShown) -> Rows<9> {
    let mut rows = Rows::new([
        "pool",
        "coin",
        "available",
        "frozen",
        "vesting",
        "to_transfer",
        "in_flight",
        "paid",
        "receivable",
    ]);
    for (pool, balance) in &shown.balances {
        let units = |units: i64| figures::units(units, pool.coin);
        rows.push([
            pool.id.as_str().into(),
            pool.coin.to_string().into(),
            units(balance.available),
            units(balance.frozen),
            units(balance.vesting),
            units(balance.to_transfer),
            units(balance.in_flight),
            units(balance.paid),
            units(balance.receivable),
        ]);
    }
    rows
}

/// How what the member owes came and went.
fn debts(shown: &MemberShown) -> Rows<5> {
    let mut rows = Rows::new(["pool", "day", "kind", "owed", "cause"]);
    for (pool, debt) in &shown.debts {
        rows.push([
            pool.id.as_str().into(),
            debt.day.to_string().into(),
            debt.kind.as_str().into(),
            figures::units(debt.amount, pool.coin),
            debt.cause.as_str().into(),
        ]);
    }
    rows
}

/// As `paydirt orders list` shows them, with the pool's name in place of the member's.
fn orders_of(shown: &MemberShown) -> Rows<12> {
    let mut columns = orders::COLUMNS;
    columns.swap(0, 1);
    columns[0] = "pool";
    let mut rows = Rows::new(columns);
    for (pool, version) in &shown.orders {
        let mut cells = orders::cells(version);
        cells.swap(0, 1);
        cells[0] = pool.as_str().into();
        rows.push(cells);
    }
    rows
}
