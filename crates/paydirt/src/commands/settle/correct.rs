//! `paydirt settle correct`.

use paydirt_app::approvals::Second;
use paydirt_app::settle::{CorrectRequest, Corrected, correct};
use paydirt_money::Amount;
use paydirt_settlement::{Change, Correction};
use serde::Serialize;

use super::super::{figures, wait};
use crate::cli_books::CorrectArguments;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{Cell, Format, Rows, print, print_json};

/// Rows of orders and of members that a table shows.
const ROWS: usize = 20;

#[derive(Serialize)]
struct Shown<'c, C: Serialize, A: Serialize, O: Serialize, M: Serialize> {
    state: &'c str,
    proposal: Option<i64>,
    settlement: Option<i64>,
    day: String,
    revision: i64,
    overrides: C,
    figures: C,
    accounts: A,
    orders: O,
    members: M,
}

pub(super) fn run(globals: &Globals, arguments: CorrectArguments) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let request = CorrectRequest {
        pool: arguments.of.pool,
        stream: arguments.stream,
        day: Some(arguments.day),
        reason: arguments.reason,
        income: arguments.income,
        deductions: arguments.deductions,
        late_items: arguments.late_items,
        pool_power: arguments.pool_power,
        orders: arguments.orders,
        without: arguments.without,
        dry_run: arguments.dry_run,
    };
    let done = wait(async { Ok(correct(&settings, &request).await?) })?;
    match globals.output() {
        Format::Json => json(&done)?,
        Format::Csv => all(&done.correction).print(Format::Csv)?,
        Format::Table => text(&done)?,
    }
    Ok(Exit::Done)
}

fn state(done: &Corrected) -> &'static str {
    match &done.second {
        None => "dry run",
        Some(Second::Proposed { .. }) => "proposed",
        Some(Second::Done { .. }) => "corrected",
    }
}

fn json(done: &Corrected) -> anyhow::Result<()> {
    let correction = &done.correction;
    let (overrides, figures) = (changes(&correction.overrides), changes(&correction.figures));
    let (orders, members) = (
        orders(correction, usize::MAX),
        members(correction, usize::MAX),
    );
    let (proposal, settlement) = match &done.second {
        None => (None, None),
        Some(Second::Proposed { proposal, .. }) => (Some(proposal.number.get()), None),
        Some(Second::Done { proposal, done }) => (Some(proposal.number.get()), Some(done.get())),
    };
    Ok(print_json(&Shown {
        state: state(done),
        proposal,
        settlement,
        day: correction.day.to_string(),
        revision: correction.revision,
        overrides: overrides.list(),
        figures: figures.list(),
        accounts: accounts(correction).list(),
        orders: orders.list(),
        members: members.list(),
    })?)
}

fn text(done: &Corrected) -> anyhow::Result<()> {
    let correction = &done.correction;
    let mut parts = vec![
        changes(&correction.overrides).to_table(),
        changes(&correction.figures).to_table(),
        accounts(correction).to_table(),
    ];
    let more = |all: usize| match all.checked_sub(ROWS) {
        None | Some(0) => String::new(),
        Some(more) => format!("and {more} more: --output json or csv has all {all}\n"),
    };
    let (of_orders, of_members) = (correction.orders.len(), correction.members.len());
    if of_orders > 0 {
        parts.push(orders(correction, ROWS).to_table() + &more(of_orders));
    }
    if of_members > 0 {
        parts.push(members(correction, ROWS).to_table() + &more(of_members));
    }
    let (day, revision) = (correction.day, correction.revision);
    parts.push(match &done.second {
        None => "A dry run: nothing was written.\n".to_owned(),
        Some(Second::Proposed { proposal, replaced }) => {
            let instead = replaced.as_ref().map_or_else(String::new, |old| {
                format!(" in place of proposal {}", old.number)
            });
            format!(
                "Proposed as {}{instead}. Nothing is posted until another person gives the same \
                 command.\n",
                proposal.number
            )
        }
        Some(Second::Done { proposal, done }) => format!(
            "{day} is corrected: settlement {done}, revision {revision}, as {} proposed it.\n",
            proposal.by
        ),
    });
    Ok(print(&parts.join("\n"))?)
}

fn changes(all: &[Change]) -> Rows<3> {
    let mut rows = Rows::new(["what", "was", "is"]);
    for change in all {
        rows.push([
            change.what.as_str().into(),
            Cell::from(change.was.as_deref()),
            Cell::from(change.is.as_deref()),
        ]);
    }
    rows
}

fn accounts(correction: &Correction) -> Rows<2> {
    let mut rows = Rows::new(["account", "difference"]);
    for (account, amount) in &correction.accounts {
        rows.push([account.name().into(), figures::amount(*amount)]);
    }
    rows
}

fn orders(correction: &Correction, most: usize) -> Rows<8> {
    let mut rows = Rows::new([
        "order",
        "member",
        "gross_was",
        "gross_is",
        "fee_was",
        "fee_is",
        "net_was",
        "net_is",
    ]);
    for order in correction.orders.iter().take(most) {
        rows.push([
            order.order.as_str().into(),
            order.member.as_str().into(),
            figures::amount(order.gross.0),
            figures::amount(order.gross.1),
            figures::amount(order.fee.0),
            figures::amount(order.fee.1),
            figures::amount(order.net.0),
            figures::amount(order.net.1),
        ]);
    }
    rows
}

fn members(correction: &Correction, most: usize) -> Rows<5> {
    let mut rows = Rows::new([
        "member",
        "vesting",
        "to_transfer",
        "available",
        "receivable",
    ]);
    for member in correction.members.iter().take(most) {
        rows.push([
            member.member.as_str().into(),
            figures::amount(member.vesting),
            figures::amount(member.to_transfer),
            figures::amount(member.available),
            figures::amount(member.receivable),
        ]);
    }
    rows
}

/// Every difference as a row of its own.
fn all(correction: &Correction) -> Rows<7> {
    let mut rows = Rows::new(["of", "name", "member", "what", "was", "is", "difference"]);
    let stated = [
        ("override", &correction.overrides),
        ("figure", &correction.figures),
    ];
    for (of, changes) in stated {
        for change in changes {
            let (was, is) = (change.was.as_deref(), change.is.as_deref());
            rows.push([
                of.into(),
                change.what.as_str().into(),
                Cell::Nothing,
                Cell::Nothing,
                Cell::from(was),
                Cell::from(is),
                Cell::Nothing,
            ]);
        }
    }
    for (account, amount) in &correction.accounts {
        let difference = figures::amount(*amount);
        let name = account.name().into();
        rows.push([
            "account".into(),
            name,
            Cell::Nothing,
            Cell::Nothing,
            Cell::Nothing,
            Cell::Nothing,
            difference,
        ]);
    }
    for order in &correction.orders {
        for (what, (was, is)) in [
            ("gross", order.gross),
            ("fee", order.fee),
            ("net", order.net),
        ] {
            rows.push([
                "order".into(),
                order.order.as_str().into(),
                order.member.as_str().into(),
                what.into(),
                figures::amount(was),
                figures::amount(is),
                Cell::Nothing,
            ]);
        }
    }
    for member in &correction.members {
        let differences: [(&str, Amount); 4] = [
            ("vesting", member.vesting),
            ("to_transfer", member.to_transfer),
            ("available", member.available),
            ("receivable", member.receivable),
        ];
        for (what, difference) in differences {
            rows.push([
                "member".into(),
                Cell::Nothing,
                member.member.as_str().into(),
                what.into(),
                Cell::Nothing,
                Cell::Nothing,
                figures::amount(difference),
            ]);
        }
    }
    rows
}
