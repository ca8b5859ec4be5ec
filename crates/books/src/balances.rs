//! Balances: what each member has, by bucket.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Account;
use crate::db::{Connection, Many, Value, many, query};
use crate::numbers::{MemberNumber, PoolNumber, StreamNumber};
use crate::postings::Entry;
use crate::{BooksError, Session};

/// The buckets of a `member_balance` row, in the order of its columns.
const BUCKETS: [Account; 6] = [
    Account::Available,
    Account::Frozen,
    Account::Vesting,
    Account::InFlight,
    Account::Paid,
    Account::Receivable,
];

/// A member's figures in a pool, ledger units, none below 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// May be withdrawn.
    pub available: i64,
    /// Asked for, not on its way.
    pub frozen: i64,
    /// Earned, not released.
    pub vesting: i64,
    /// In payments that are not final.
    pub in_flight: i64,
    /// Paid, from the beginning on.
    pub paid: i64,
    /// Owed by the member.
    pub receivable: i64,
    /// Collected until it is transferred, over all streams.
    pub to_transfer: i64,
}

/// Makes sure that these members have a row, of zeros if it is new.
pub(crate) async fn open(
    connection: &mut Connection,
    pool: PoolNumber,
    members: impl IntoIterator<Item = MemberNumber>,
) -> Result<(), BooksError> {
    let statement = Many {
        before: "INSERT INTO member_balance (pool, member)",
        after: " ON CONFLICT (pool, member) DO NOTHING",
    };
    many(connection, &statement, members, |member, values| {
        values.extend([pool.get().into(), member.get().into()]);
        Ok(())
    })
    .await?;
    Ok(())
}

/// The same for what streams collect.
pub(crate) async fn open_in_streams(
    connection: &mut Connection,
    members: impl IntoIterator<Item = (StreamNumber, MemberNumber)>,
) -> Result<(), BooksError> {
    let statement = Many {
        before: "INSERT INTO stream_balance (stream, member)",
        after: " ON CONFLICT (stream, member) DO NOTHING",
    };
    many(
        connection,
        &statement,
        members,
        |(stream, member), values| {
            values.extend([stream.get().into(), member.get().into()]);
            Ok(())
        },
    )
    .await?;
    Ok(())
}

/// Changes the balances of the members that entries name.
pub(crate) async fn apply(
    connection: &mut Connection,
    pool: PoolNumber,
    entries: &[Entry],
) -> Result<(), BooksError> {
    let mut buckets: BTreeMap<MemberNumber, [i64; BUCKETS.len()]> = BTreeMap::new();
    let mut collected: BTreeMap<(StreamNumber, MemberNumber), i64> = BTreeMap::new();
    for entry in entries {
        let Some(member) = entry.member else { continue };
        let change = match (entry.stream, entry.account) {
            (Some(stream), Account::ToTransfer) => collected.entry((stream, member)).or_default(),
            (_, account) => {
                let bucket = BUCKETS.iter().position(|bucket| *bucket == account);
                let row = buckets.entry(member).or_default();
                bucket
                    .and_then(|bucket| row.get_mut(bucket))
                    .ok_or_else(|| BooksError::corrupt("account of a member", account.name()))?
            }
        };
        // A receivable is a debit: its column counts what its entries take away.
        let amount = match entry.account {
            Account::Receivable => entry.amount.checked_neg(),
            _ => Some(entry.amount),
        };
        *change = amount
            .and_then(|amount| change.checked_add(amount))
            .ok_or_else(|| BooksError::corrupt("change of a balance", entry.amount))?;
    }
    // A member has a row of a pool also where only a stream collects for it.
    let members = buckets
        .keys()
        .chain(collected.keys().map(|(_, member)| member));
    let members: BTreeSet<MemberNumber> = members.copied().collect();
    open(connection, pool, members).await?;
    change_buckets(connection, pool, &buckets).await?;
    change_collected(connection, &collected).await
}

async fn change_buckets(
    connection: &mut Connection,
    pool: PoolNumber,
    changes: &BTreeMap<MemberNumber, [i64; BUCKETS.len()]>,
) -> Result<(), BooksError> {
    if changes.is_empty() {
        return Ok(());
    }
    let statement = Many {
        before: "UPDATE member_balance SET available = available + new.column3, \
                 frozen = frozen + new.column4, vesting = vesting + new.column5, \
                 in_flight = in_flight + new.column6, paid = paid + new.column7, \
                 receivable = receivable + new.column8 FROM (",
        after: ") AS new WHERE member_balance.pool = new.column1 \
                AND member_balance.member = new.column2",
    };
    let changed = many(connection, &statement, changes, |(member, row), values| {
        values.extend([pool.get().into(), member.get().into()]);
        values.extend(row.iter().map(|amount| Value::from(*amount)));
        Ok(())
    })
    .await?;
    all_changed("balances", changed, changes.len())
}

async fn change_collected(
    connection: &mut Connection,
    changes: &BTreeMap<(StreamNumber, MemberNumber), i64>,
) -> Result<(), BooksError> {
    if changes.is_empty() {
        return Ok(());
    }
    open_in_streams(connection, changes.keys().copied()).await?;
    let statement = Many {
        before: "UPDATE stream_balance SET to_transfer = to_transfer + new.column3 FROM (",
        after: ") AS new WHERE stream_balance.stream = new.column1 \
                AND stream_balance.member = new.column2",
    };
    let changed = many(
        connection,
        &statement,
        changes,
        |((stream, member), amount), values| {
            values.extend([stream.get().into(), member.get().into(), (*amount).into()]);
            Ok(())
        },
    )
    .await?;
    all_changed("amounts to be transferred", changed, changes.len())
}

/// An update that misses rows would lose money.
pub(crate) fn all_changed(what: &str, changed: u64, wanted: usize) -> Result<(), BooksError> {
    if u64::try_from(wanted).is_ok_and(|wanted| wanted == changed) {
        return Ok(());
    }
    Err(BooksError::corrupt(
        what,
        format!("{wanted} to be changed, {changed} found"),
    ))
}

impl Session {
    /// A member's figures in a pool; zeros where there are none.
    ///
    /// # Errors
    /// `Database`.
    pub async fn balance(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
    ) -> Result<Balance, BooksError> {
        let sql = "SELECT available, frozen, vesting, in_flight, paid, receivable \
                   FROM member_balance WHERE pool = $1 AND member = $2";
        let row = query(sql).bind(pool.get()).bind(member.get());
        let row: Option<(i64, i64, i64, i64, i64, i64)> =
            row.fetch_optional(&mut self.connection).await?;
        let (available, frozen, vesting, in_flight, paid, receivable) = row.unwrap_or_default();
        let sql = "SELECT CAST(COALESCE(SUM(to_transfer), 0) AS BIGINT) FROM stream_balance \
                   JOIN stream ON stream.number = stream_balance.stream \
                   WHERE stream.pool = $1 AND stream_balance.member = $2";
        let sum = query(sql).bind(pool.get()).bind(member.get());
        let (to_transfer,): (i64,) = sum.fetch_one(&mut self.connection).await?;
        Ok(Balance {
            available,
            frozen,
            vesting,
            in_flight,
            paid,
            receivable,
            to_transfer,
        })
    }
}
