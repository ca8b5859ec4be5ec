//! What doesn't add up is not made into a report.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use std::collections::BTreeMap;

use paydirt_books::{
    Account, AccountMoved, Balance, Changed, MemberChange, MemberHistory, MemberMonth,
};
use paydirt_money::Coin;
use paydirt_reports::daily::{Daily, View};
use paydirt_reports::member::{Statement, document};
use paydirt_reports::month::{self, MemberRow, PoolMonth};
use paydirt_reports::{Document, ReportError};
use paydirt_schedule::Day;

fn day(number: u32) -> Day {
    Day::from_ymd(2026, 11, number).unwrap()
}

fn available(units: i64) -> Balance {
    Balance {
        available: units,
        ..Balance::default()
    }
}

/// 100 before, 30 more and 5 less, 125 after.
fn history() -> MemberHistory {
    let change = |number, amount| MemberChange {
        day: day(number),
        posting: number.into(),
        what: Changed::Posted {
            kind: "test".into(),
            cause: "made up".into(),
            legs: Vec::new(),
        },
        amounts: vec![(Account::Available, None, amount)],
    };
    MemberHistory {
        opening: available(100),
        changes: vec![change(1, 30), change(2, -5)],
        closing: available(125),
        computed: available(200),
        kept: available(200),
    }
}

fn statement(history: &MemberHistory) -> Result<Document, ReportError> {
    document(&Statement {
        pool: "space",
        coin: Coin::FIL,
        member: "u1",
        name: None,
        days: (day(1), day(30)),
        history,
        sources: &BTreeMap::new(),
        streams: &[],
        withdrawn: &[],
    })
}

#[test]
fn a_statement_whose_changes_are_not_the_difference_is_not_made() {
    assert!(statement(&history()).is_ok());
    for (wrong, what) in [
        (
            MemberHistory {
                closing: available(126),
                ..history()
            },
            "available: opening and changes, and closing",
        ),
        (
            MemberHistory {
                kept: available(201),
                ..history()
            },
            "all changes of available, and what the books keep",
        ),
        (
            MemberHistory {
                changes: Vec::new(),
                ..history()
            },
            "available: opening and changes, and closing",
        ),
    ] {
        let error = statement(&wrong).unwrap_err().to_string();
        assert!(
            error.contains(what) && error.contains("ledger verify"),
            "{error}"
        );
    }
}

/// One member who earned 90 of 100, and the accounts that say so.
fn pool_month() -> PoolMonth {
    let member = MemberMonth {
        opening: available(10),
        gross: 100,
        fee: 10,
        closing: available(100),
        ..MemberMonth::default()
    };
    let moved = |opening, debits, credits, closing| AccountMoved {
        opening,
        debits,
        credits,
        closing,
    };
    PoolMonth {
        month: "2026-11".parse().unwrap(),
        daily: Daily {
            pool: "space".into(),
            coin: Coin::FIL,
            view: View::Booked,
            rows: Vec::new(),
        },
        members: vec![MemberRow {
            code: "u1".into(),
            month: member,
        }],
        accounts: BTreeMap::from([
            ((Account::Available, None), moved(10, 0, 90, 100)),
            ((Account::Fees, None), moved(0, 0, 10, 10)),
            ((Account::Income, None), moved(0, 100, 0, -100)),
            ((Account::OpeningEquity, None), moved(-10, 0, 0, -10)),
        ]),
        streams: Vec::new(),
        withdrawn: Vec::new(),
    }
}

#[test]
fn a_month_whose_members_are_not_the_trial_balance_is_not_made() {
    assert!(month::document(pool_month()).is_ok());
    let refused = |change: &dyn Fn(&mut PoolMonth), what: &str| {
        let mut wrong = pool_month();
        change(&mut wrong);
        let error = month::document(wrong).unwrap_err().to_string();
        assert!(
            error.contains(what) && error.contains("ledger verify"),
            "{error}"
        );
    };
    let available = (Account::Available, None);
    refused(
        &|wrong| wrong.members.push(wrong.members[0].clone()),
        "available, before the month: members, and the trial balance",
    );
    refused(
        &|wrong| wrong.members[0].month.gross += 1,
        "what member u1 can claim at the month's end",
    );
    refused(
        &|wrong| wrong.accounts.get_mut(&available).unwrap().credits += 1,
        "available, moved by in it",
    );
    refused(
        &|wrong| wrong.accounts.get_mut(&available).unwrap().closing += 1,
        "available, after it",
    );
    refused(
        &|wrong| {
            wrong
                .accounts
                .get_mut(&(Account::Fees, None))
                .unwrap()
                .credits += 1
        },
        "debits, and credits",
    );
    refused(
        &|wrong| {
            let month = &mut wrong.members[0].month;
            (month.opening.frozen, month.closing.frozen) = (-1, -1);
        },
        "a balance of member u1 before the month",
    );
}
