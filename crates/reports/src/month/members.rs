//! The members' rows of a month, and their sums.

use std::sync::Arc;

use paydirt_books::MemberMonth;

use super::{MemberRow, PoolMonth, coins, of, too_much};
use crate::error::same;
use crate::member::{ABOUT, BUCKETS, figures};
use crate::{Cell, Column, Kind, ReportError, Rows, Table};

/// Names of the columns of opening and closing balances.
const OPENING: [&str; 7] = [
    "opening_available",
    "opening_frozen",
    "opening_vesting",
    "opening_to_transfer",
    "opening_in_flight",
    "opening_paid",
    "opening_receivable",
];
const CLOSING: [&str; 7] = [
    "closing_available",
    "closing_frozen",
    "closing_vesting",
    "closing_to_transfer",
    "closing_in_flight",
    "closing_paid",
    "closing_receivable",
];

fn columns() -> Vec<Column> {
    use Kind::{Amount, Text};
    let mut columns = vec![
        of("member", "Member", Text, "The member's code.").narrow(),
        of(
            "opening_owed",
            "Owed before",
            Amount,
            "What the member could claim before the month: available, frozen, vesting, to be \
             transferred and in flight, less what it owed.",
        )
        .narrow(),
    ];
    let buckets = BUCKETS.iter().zip(ABOUT);
    for (key, ((_, _, title), about)) in OPENING.into_iter().zip(buckets.clone()) {
        columns.push(of(key, title, Amount, about));
    }
    columns.extend([
        of(
            "gross",
            "Gross",
            Amount,
            "What its orders earned, before the service fee.",
        )
        .on_page(),
        of("fee", "Fee", Amount, "The service fee.").on_page(),
        of("net", "Net", Amount, "What its orders earned.").narrow(),
        of(
            "vested",
            "Vested",
            Amount,
            "What was released of earlier days: from vesting to available.",
        )
        .narrow(),
        of(
            "transferred",
            "Transferred",
            Amount,
            "What streams had collected and became available.",
        )
        .on_page(),
        of(
            "paid",
            "Paid",
            Amount,
            "What payments that became final paid.",
        )
        .narrow(),
        of(
            "corrections",
            "Corrections",
            Amount,
            "What corrections of settled days changed the claim by.",
        )
        .narrow(),
        of(
            "other",
            "Other",
            Amount,
            "What else changed the claim: balances from before these books, unvested parts that \
             went with an order to another member, what a reconciliation found.",
        )
        .on_page(),
    ]);
    for (key, ((_, _, title), about)) in CLOSING.into_iter().zip(buckets) {
        columns.push(of(key, title, Amount, about).on_page());
    }
    columns.push(
        of(
            "closing_owed",
            "Owed after",
            Amount,
            "Owed before + net - paid + corrections + other.",
        )
        .narrow(),
    );
    columns
}

/// The figures of a member's row.
fn amounts(it: &MemberMonth) -> Result<Vec<i64>, ReportError> {
    let owed = |balance: &paydirt_books::Balance| {
        i64::try_from(balance.owed()).map_err(|_| too_much("what a member can claim"))
    };
    let mut amounts = vec![owed(&it.opening)?];
    amounts.extend(figures(&it.opening));
    amounts.extend([
        it.gross,
        it.fee,
        it.net(),
        it.vested,
        it.transferred,
        it.paid,
    ]);
    amounts.extend([it.corrected, it.other]);
    amounts.extend(figures(&it.closing));
    amounts.push(owed(&it.closing)?);
    Ok(amounts)
}

/// The sums of all members' figures, each member's checked.
pub(super) struct Sums {
    pub(super) amounts: Vec<i64>,
    pub(super) opening: [i64; 7],
    pub(super) closing: [i64; 7],
}

pub(super) fn sums(of: &PoolMonth) -> Result<Sums, ReportError> {
    let coin = of.daily.coin;
    let mut sums = Sums {
        amounts: Vec::new(),
        opening: [0; 7],
        closing: [0; 7],
    };
    for MemberRow { code, month } in &of.members {
        let came = [month.net(), month.corrected, month.other].map(i128::from);
        let came: i128 = came
            .into_iter()
            .sum::<i128>()
            .saturating_sub(month.paid.into());
        let expected = month.opening.owed().saturating_add(came);
        let what = || format!("what member {code} can claim at the month's end");
        same(what, expected, month.closing.owed(), |units| {
            coins(units, coin)
        })?;
        let negative = figures(&month.opening)
            .into_iter()
            .find(|figure| *figure < 0);
        if let Some(figure) = negative {
            let what = || format!("a balance of member {code} before the month");
            same(what, 0, figure.into(), |units| coins(units, coin))?;
        }
        let amounts = amounts(month)?;
        sums.amounts.resize(amounts.len(), 0);
        add(&mut sums.amounts, &amounts)?;
        add(&mut sums.opening, &figures(&month.opening))?;
        add(&mut sums.closing, &figures(&month.closing))?;
    }
    sums.amounts.resize(columns().len().saturating_sub(1), 0);
    Ok(sums)
}

pub(super) fn add(sums: &mut [i64], amounts: &[i64]) -> Result<(), ReportError> {
    for (sum, amount) in sums.iter_mut().zip(amounts) {
        *sum = sum
            .checked_add(*amount)
            .ok_or_else(|| too_much("a sum of all members"))?;
    }
    Ok(())
}

pub(super) fn table(members: Vec<MemberRow>, sums: Vec<i64>) -> Table {
    let members = Arc::new(members);
    let mut totals = vec![Cell::from("total")];
    totals.extend(sums.into_iter().map(Cell::Amount));
    Table {
        key: "members",
        title: "Members",
        about: "One row a member: what it had before, what came and went, what it has after.",
        columns: columns(),
        rows: Rows::made(members.len(), move |each| {
            for MemberRow { code, month } in members.iter() {
                let mut row = vec![Cell::Id(code.clone())];
                row.extend(amounts(month)?.into_iter().map(Cell::Amount));
                each(&row)?;
            }
            Ok(())
        }),
        totals: Some(totals),
        in_json: true,
    }
}
