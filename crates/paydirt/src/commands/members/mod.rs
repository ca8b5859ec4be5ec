//! `paydirt members`.

mod income;
mod show;

use paydirt_app::members::{self, AddressChange, IncomeRequest};
use paydirt_books::{Member, MemberAddress};

use super::{figures, imports, orders, wait};
use crate::cli_members::MembersCommand;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Rows};

pub(super) fn run(globals: &Globals, command: MembersCommand) -> anyhow::Result<Exit> {
    let command = match command {
        MembersCommand::Import(arguments) => return imports::members(globals, arguments),
        other => other,
    };
    let settings = globals.settings()?;
    match command {
        MembersCommand::Import(_) => {}
        MembersCommand::List { page } => {
            let after = page.after.as_deref();
            let list = async { Ok(members::list(&settings, after, page.limit).await?) };
            print(globals, &wait(list)?)?;
        }
        MembersCommand::Find { text, limit } => {
            let find = async { Ok(members::find(&settings, &text, limit).await?) };
            print(globals, &wait(find)?)?;
        }
        MembersCommand::Show { member } => {
            let shown = wait(async { Ok(members::show(&settings, &member).await?) })?;
            show::print_member(globals, &shown)?;
        }
        MembersCommand::Income {
            member,
            days,
            pool,
            stream,
            as_booked,
        } => {
            let asked = IncomeRequest {
                member,
                pool,
                stream,
                as_booked,
                from: days.from,
                to: days.to,
            };
            let found = wait(async { Ok(members::income(&settings, &asked).await?) })?;
            income::print_income(globals, &found)?;
        }
        MembersCommand::Freeze { member, reason } => {
            let freeze = members::freeze(&settings, &member, true, &reason.reason);
            print(globals, &[wait(async { Ok(freeze.await?) })?])?;
        }
        MembersCommand::Unfreeze { member, reason } => {
            let unfreeze = members::freeze(&settings, &member, false, &reason.reason);
            print(globals, &[wait(async { Ok(unfreeze.await?) })?])?;
        }
        MembersCommand::Address {
            member,
            of,
            add,
            remove,
        } => {
            let change = add.map(AddressChange::Add);
            let change = change.or(remove.map(AddressChange::Remove));
            let found = wait(async {
                Ok(match change {
                    Some(change) => {
                        members::change_address(&settings, &of.pool, &member, &change).await?
                    }
                    None => members::addresses(&settings, &of.pool, &member).await?,
                })
            })?;
            let mut rows = Rows::new(ADDRESS_COLUMNS);
            for address in &found {
                rows.push(address_cells(&of.pool, address));
            }
            rows.print(globals.output())?;
        }
    }
    Ok(Exit::Done)
}

fn print(globals: &Globals, members: &[Member]) -> anyhow::Result<()> {
    let mut rows = Rows::new(["member", "name", "phone", "frozen", "added_at"]);
    for member in members {
        rows.push([
            member.code.as_str().into(),
            Cell::from(member.name.as_deref()),
            Cell::from(member.phone.as_deref()),
            Cell::from(member.frozen.as_deref()),
            member.added_at.to_string().into(),
        ]);
    }
    Ok(rows.print(globals.output())?)
}

const ADDRESS_COLUMNS: [&str; 4] = ["pool", "address", "added_at", "usable_from"];

fn address_cells(pool: &str, address: &MemberAddress) -> [Cell; 4] {
    [
        pool.into(),
        address.address.as_str().into(),
        address.added_at.to_string().into(),
        address.usable_from.to_string().into(),
    ]
}
