//! Recovery: what a member owes is taken from what becomes available for it.
//!
//! Whatever credits `available` is followed, in its transaction, by a posting of its own for those
//! members who owe: the lesser of what is available and what is owed. Who owes is found through an
//! index of those alone, so a day of a million members costs one look where nobody does.

use std::collections::BTreeMap;

use crate::accounts::Account;
use crate::db::{Connection, query};
use crate::lines::Credit;
use crate::numbers::MemberNumber;
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::{BooksError, CreditTo};

/// The kind of its postings.
pub(crate) const KIND: &str = "recovery";

/// After entries of single members were posted.
pub(crate) async fn of_entries(
    connection: &mut Connection,
    locked: &mut LockedPool,
    posting: &NewPosting,
    entries: &[Entry],
) -> Result<(), BooksError> {
    let credits = entries
        .iter()
        .filter(|entry| entry.account == Account::Available && entry.amount > 0);
    let mut credited: Vec<MemberNumber> = credits.filter_map(|entry| entry.member).collect();
    credited.sort_unstable();
    recover(connection, locked, posting, &|member| {
        credited.binary_search(&member).is_ok()
    })
    .await
}

/// After the balances of many members were changed; `credits` are in ascending order of member.
pub(crate) async fn of_credits(
    connection: &mut Connection,
    locked: &mut LockedPool,
    posting: &NewPosting,
    to: CreditTo,
    credits: &[Credit],
) -> Result<(), BooksError> {
    if to != CreditTo::Available {
        return Ok(());
    }
    let is_credited = |member| {
        let place = credits.binary_search_by_key(&member, |credit| credit.member);
        let found = place.ok().and_then(|place| credits.get(place));
        found.is_some_and(|credit| credit.now > 0)
    };
    recover(connection, locked, posting, &is_credited).await
}

/// After all that a stream had collected was moved.
pub(crate) async fn of_transfer(
    connection: &mut Connection,
    locked: &mut LockedPool,
    posting: &NewPosting,
    transfer: i64,
) -> Result<(), BooksError> {
    let sql = "SELECT moved.member FROM member_balance AS has \
         JOIN transfer_line AS moved ON moved.transfer = $2 AND moved.member = has.member \
         WHERE has.pool = $1 AND has.receivable > 0";
    let asked = query(sql).bind(locked.pool.number.get()).bind(transfer);
    let rows: Vec<(i64,)> = asked.fetch_all(connection).await?;
    let mut credited: Vec<i64> = rows.into_iter().map(|(member,)| member).collect();
    credited.sort_unstable();
    recover(connection, locked, posting, &|member| {
        credited.binary_search(&member.get()).is_ok()
    })
    .await
}

async fn recover(
    connection: &mut Connection,
    locked: &mut LockedPool,
    after: &NewPosting,
    is_credited: &(dyn Fn(MemberNumber) -> bool + Sync),
) -> Result<(), BooksError> {
    let sql = "SELECT member, available, receivable FROM member_balance \
         WHERE pool = $1 AND receivable > 0 AND available > 0 ORDER BY member";
    let asked = query(sql).bind(locked.pool.number.get());
    let rows: Vec<(i64, i64, i64)> = asked.fetch_all(connection).await?;
    let owing = rows
        .into_iter()
        .map(|(member, available, owes)| (MemberNumber(member), available.min(owes)))
        .filter(|(member, _)| is_credited(*member));
    let owing: BTreeMap<MemberNumber, i64> = owing.collect();
    if owing.is_empty() {
        return Ok(());
    }
    let entries: Vec<Entry> = owing
        .iter()
        .flat_map(|(member, amount)| {
            let less = amount.saturating_neg();
            [
                Entry::of_member(Account::Available, *member, less),
                Entry::of_member(Account::Receivable, *member, *amount),
            ]
        })
        .collect();
    let posting = NewPosting {
        kind: KIND,
        cause: format!("owed, and recovered from {}: {}", after.kind, after.cause),
        ..after.clone()
    };
    postings::post(connection, locked, &posting, &entries, None).await?;
    Ok(())
}
