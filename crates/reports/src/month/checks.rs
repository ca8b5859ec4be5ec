//! What members have, against the pool's accounts.

use paydirt_books::{Account, AccountMoved};

use super::members::{Sums, add};
use super::{PoolMonth, coins, of, too_much};
use crate::error::same;
use crate::member::BUCKETS;
use crate::{Cell, Kind, ReportError, Rows, Table};

/// One comparison of two ways to a figure.
pub(super) struct Check {
    what: String,
    members: i64,
    accounts: i64,
}

/// What members have against the pool's accounts, which must be the same.
pub(super) fn checks(of: &PoolMonth, sums: &Sums) -> Result<Vec<Check>, ReportError> {
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
    for check in &checks {
        let what = || format!("{}, {}", of.month, check.what);
        let shown = |units: i64| coins(units.into(), of.daily.coin);
        same(what, check.members, check.accounts, shown)?;
    }
    Ok(checks)
}

pub(super) fn table(checks: &[Check]) -> Table {
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
