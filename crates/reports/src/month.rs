//! A pool's month: what each member had and got, and the pool's accounts, which must agree.

mod checks;
mod members;
mod withdrawals;

use std::collections::BTreeMap;

use paydirt_books::{Account, AccountMoved, MemberMonth, StreamNumber, WithdrawnRow};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Month;

use crate::daily::{self, Daily};
use crate::error::same;
use crate::{Cell, Column, Document, Fact, Kind, ReportError, Rows, Table};

pub(crate) use withdrawals::withdrawals;

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

fn too_much(what: &str) -> ReportError {
    ReportError::DoesNotAddUp {
        what: what.to_owned(),
        left: "more than 64 bits".into(),
        right: "64 bits".into(),
    }
}

fn coins(units: i128, coin: Coin) -> String {
    let fits = i64::try_from(units);
    fits.map_or_else(
        |_| format!("{units} ledger units"),
        |units| Amount::from_units(units, coin).to_string(),
    )
}

/// A pool's month.
///
/// # Errors
/// `DoesNotAddUp` when a member's row doesn't add up, or members don't come to the pool's accounts.
pub fn document(of: PoolMonth) -> Result<Document, ReportError> {
    let coin = of.daily.coin;
    let sums = members::sums(&of)?;
    let checks = checks::checks(&of, &sums)?;
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
        members::table(of.members, sums.amounts),
        daily::table(&of.daily, "days"),
        accounts(&of.accounts, &of.streams),
    ];
    if !of.withdrawn.is_empty() {
        tables.push(withdrawals(&of.withdrawn));
    }
    tables.push(checks::table(&checks));
    Ok(Document {
        title: format!("Pool {of_pool}: {}", of.month),
        coin,
        facts,
        notes: vec![
            "Owed before + net - paid + corrections + other = owed after, for each member; the \
             sums are the pool's trial balance: checked when this was made."
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
