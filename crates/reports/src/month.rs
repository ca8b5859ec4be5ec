//! A pool's month: what each member had and got, and the pool's accounts, which must agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use paydirt_books::{Account, AccountMoved, MemberMonth, StreamNumber, WithdrawnRow};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Month;

use crate::daily::{self, Daily};
use crate::error::same;
use crate::member::{ABOUT, BUCKETS, figures};
use crate::{Cell, Column, Document, Fact, Kind, ReportError, Rows, Table};

/// A member and its month.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its code.
    pub code: String,
    /// What it had and got.
    pub month: MemberMonth,
}

/// A pool's accounts, by account and stream.
pub type Accounts = BTreeMap<(Account, Option<StreamNumber>), AccountMoved>;

/// What a month's report is made of.
#[derive(Debug)]
pub struct PoolMonth {
    /// The month.
    pub month: Month,
    /// Its days.
    pub daily: Daily,
    /// By code.
    pub members: Vec<MemberRow>,
    /// The pool's accounts.
    pub accounts: Accounts,
    /// Names of the streams.
    pub streams: Vec<(StreamNumber, String)>,
    /// What members asked for, and what went out.
    pub withdrawn: Vec<WithdrawnRow>,
}

const fn of(key: &'static str, title: &'static str, kind: Kind, about: &'static str) -> Column {
    Column::new(key, title, kind, about)
}

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

fn too_much(what: &str) -> ReportError {
    ReportError::DoesNotAddUp {
        what: what.to_owned(),
        left: "more than 64 bits".into(),
        right: "64 bits".into(),
    }
}

/// The sums of all members' figures, each member's checked.
struct Sums {
    amounts: Vec<i64>,
    opening: [i64; 7],
    closing: [i64; 7],
}

fn sums(of: &PoolMonth) -> Result<Sums, ReportError> {
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

fn add(sums: &mut [i64], amounts: &[i64]) -> Result<(), ReportError> {
    for (sum, amount) in sums.iter_mut().zip(amounts) {
        *sum = sum
            .checked_add(*amount)
            .ok_or_else(|| too_much("a sum of all members"))?;
    }
    Ok(())
}

fn coins(units: i128, coin: Coin) -> String {
    let fits = i64::try_from(units);
    fits.map_or_else(
        |_| format!("{units} ledger units"),
        |units| Amount::from_units(units, coin).to_string(),
    )
}

/// One comparison of two ways to a figure.
struct Check {
    what: String,
    members: i64,
    accounts: i64,
}

/// What members have, against the pool's accounts.
fn checks(of: &PoolMonth, sums: &Sums) -> Result<Vec<Check>, ReportError> {
    let mut checks = Vec::new();
    let balances = sums.opening.iter().zip(sums.closing);
    for ((account, name, _), (opening, closing)) in BUCKETS.iter().zip(balances) {
        let mut all = AccountMoved::default();
        for ((other, _), moved) in &of.accounts {
            if other == account {
                let parts = [
                    (&mut all.opening, moved.opening),
                    (&mut all.debits, moved.debits),
                    (&mut all.credits, moved.credits),
                    (&mut all.closing, moved.closing),
                ];
                for (sum, amount) in parts {
                    add(std::slice::from_mut(sum), &[amount])?;
                }
            }
        }
        let credits = all.credits.checked_sub(all.debits);
        let moved = credits.ok_or_else(|| too_much("what an account moved by"))?;
        // A member's debt is a debit.
        let sign = |units: i64| match account {
            Account::Receivable => units.saturating_neg(),
            _ => units,
        };
        let check = |when: &str, members: i64, accounts: i64| Check {
            what: format!("{name}, {when}: members, and the trial balance"),
            members,
            accounts,
        };
        let moved_by_members = closing.saturating_sub(*opening);
        checks.extend([
            check("before the month", *opening, sign(all.opening)),
            check("moved by in it", moved_by_members, sign(moved)),
            check("after it", closing, sign(all.closing)),
        ]);
    }
    let mut sides = [0_i64; 2];
    for moved in of.accounts.values() {
        add(&mut sides, &[moved.debits, moved.credits])?;
    }
    let [members, accounts] = sides;
    checks.push(Check {
        what: "debits, and credits, of all accounts".into(),
        members,
        accounts,
    });
    Ok(checks)
}

/// A pool's month.
///
/// # Errors
/// `DoesNotAddUp` when a member's row doesn't add up, or members don't come to the pool's accounts.
pub fn document(of: PoolMonth) -> Result<Document, ReportError> {
    let coin = of.daily.coin;
    let sums = sums(&of)?;
    let checks = checks(&of, &sums)?;
    for check in &checks {
        let what = || format!("{}, {}", of.month, check.what);
        same(what, check.members, check.accounts, |units| {
            coins(units.into(), coin)
        })?;
    }
    for ((account, _), moved) in &of.accounts {
        let after = moved
            .opening
            .saturating_add(moved.credits)
            .saturating_sub(moved.debits);
        let what = || {
            format!(
                "{}, account {account}: opening and entries, and closing",
                of.month
            )
        };
        same(what, after, moved.closing, |units| {
            coins(units.into(), coin)
        })?;
    }
    let (opening, closing) = (sums.amounts.first(), sums.amounts.last());
    let fact = |key, title, units: Option<&i64>| Fact::new(key, title, cell(units));
    let of_pool = &of.daily.pool;
    let mut facts = vec![
        Fact::new("pool", "Pool", of_pool.as_str()),
        Fact::new("month", "Month", of.month.to_string()),
        Fact::new("coin", "Coin", coin.symbol()),
        fact("opening_owed", "Owed before", opening),
        fact("closing_owed", "Owed after", closing),
    ];
    facts.push(Fact::new(
        "difference",
        "Difference to the trial balance",
        Cell::Amount(0),
    ));
    let mut tables = vec![
        members(of.members, sums.amounts),
        daily::table(&of.daily, "days"),
        accounts(&of.accounts, &of.streams),
    ];
    if !of.withdrawn.is_empty() {
        tables.push(withdrawals(&of.withdrawn));
    }
    tables.push(table_of_checks(&checks));
    Ok(Document {
        title: format!("Pool {of_pool}: {}", of.month),
        coin,
        facts,
        notes: vec![
            "Owed before + net - paid + corrections + other = owed after, for each member; the sums \
             are the pool's trial balance: checked when this was made."
                .to_owned(),
        ],
        charts: daily::charts(&of.daily),
        tables,
        main: "members",
    })
}

fn cell(units: Option<&i64>) -> Cell {
    Cell::amount(units.copied())
}

fn members(members: Vec<MemberRow>, sums: Vec<i64>) -> Table {
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

fn accounts(accounts: &Accounts, streams: &[(StreamNumber, String)]) -> Table {
    use Kind::{Amount, Text};
    let columns = vec![
        of(
            "account",
            "Account",
            Text,
            "The account; members' accounts as sums.",
        )
        .narrow(),
        of(
            "stream",
            "Stream",
            Text,
            "The stream, where the account has one a stream.",
        )
        .narrow(),
        of(
            "opening",
            "Opening",
            Amount,
            "Before the month; credits above 0, debits below.",
        )
        .narrow(),
        of("debits", "Debits", Amount, "What its debits come to.").narrow(),
        of("credits", "Credits", Amount, "What its credits come to.").narrow(),
        of("closing", "Closing", Amount, "Opening + credits - debits.").narrow(),
    ];
    let named = |number: &StreamNumber| {
        let found = streams.iter().find(|(other, _)| other == number);
        found.map_or_else(|| number.to_string(), |(_, name)| name.clone())
    };
    let row = |((account, stream), moved): (&(Account, Option<StreamNumber>), &AccountMoved)| {
        let AccountMoved {
            opening,
            debits,
            credits,
            closing,
        } = *moved;
        let mut row = vec![account.name().into(), stream.as_ref().map(named).into()];
        row.extend([opening, debits, credits, closing].map(Cell::Amount));
        row
    };
    Table {
        key: "accounts",
        title: "Accounts",
        about: "The pool's accounts: what was owed or earned stands above 0, what the pool has or \
                spent below; all of them sum to 0.",
        columns,
        rows: Rows::kept(accounts.iter().map(row).collect()),
        totals: None,
        in_json: true,
    }
}

/// Withdrawals as this and a member's report have them.
pub(crate) fn withdrawals(withdrawn: &[WithdrawnRow]) -> Table {
    use Kind::{Amount, Text};
    let columns = vec![
        of("id", "Id", Text, "The withdrawal.").narrow(),
        of("member", "Member", Text, "The member's code.").narrow(),
        of("amount", "Amount", Amount, "What was asked for.").narrow(),
        of("state", "State", Text, "How far it has come by now.").narrow(),
        of(
            "requested_on",
            "Requested",
            Text,
            "The day on which it was asked for.",
        )
        .narrow(),
        of("requested_by", "By", Text, "Who asked for it.").on_page(),
        of(
            "decided_by",
            "Decided by",
            Text,
            "Who approved or rejected it.",
        )
        .on_page(),
        of(
            "held_on",
            "Went out",
            Text,
            "The day on which it went out first.",
        )
        .narrow(),
        of("address", "Address", Text, "Where it goes.").on_page(),
        of("tx", "Transaction", Text, "What paid it on the chain.").on_page(),
        of("reason", "Reason", Text, "Why it is in this state.").on_page(),
    ];
    let id = |text: &str| Cell::Id(text.to_owned());
    let row = |it: &WithdrawnRow| {
        vec![
            id(&it.number.to_string()),
            id(&it.member),
            Cell::Amount(it.amount),
            it.state.name().into(),
            it.requested_on.into(),
            it.requested_by.as_str().into(),
            Cell::text(it.decided_by.as_deref()),
            it.held_on.into(),
            id(&it.address),
            it.tx.as_deref().map_or(Cell::Nothing, id),
            Cell::text(it.reason.as_deref()),
        ]
    };
    Table {
        key: "withdrawals",
        title: "Withdrawals",
        about: "What was asked for or went out on these days.",
        columns,
        rows: Rows::kept(withdrawn.iter().map(row).collect()),
        totals: None,
        in_json: true,
    }
}

fn table_of_checks(checks: &[Check]) -> Table {
    use Kind::{Amount, Text};
    let columns = vec![
        of("what", "What", Text, "Two ways to one figure.").narrow(),
        of("one", "One", Amount, "The first.").narrow(),
        of("other", "Other", Amount, "The second.").narrow(),
        of(
            "difference",
            "Difference",
            Amount,
            "0, or this was not made.",
        )
        .narrow(),
    ];
    let row = |check: &Check| {
        let difference = check.members.saturating_sub(check.accounts);
        let amounts = [check.members, check.accounts, difference];
        let mut row = vec![check.what.as_str().into()];
        row.extend(amounts.map(Cell::Amount));
        row
    };
    Table {
        key: "checks",
        title: "Checks",
        about: "Sums over members, against the pool's accounts.",
        columns,
        rows: Rows::kept(checks.iter().map(row).collect()),
        totals: None,
        in_json: true,
    }
}
