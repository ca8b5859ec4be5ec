//! Postings: every change of a balance, chained by hash.
//!
//! A posting's entries sum to 0. It holds the hash of the one before in its pool, so that none can
//! be changed, taken out or put in between without showing. Cost: five statements however many
//! entries; pools don't wait for each other.

use std::collections::BTreeMap;

use paydirt_schedule::{Day, Timestamp};

use crate::accounts::Account;
use crate::balances;
use crate::db::{Connection, Many, many, query};
use crate::digest::{Digest, Hash};
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber, StreamNumber};
use crate::pools::LockedPool;
use crate::{BooksError, Session, recovery};

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPosting {
    /// What kind of thing caused it: `settlement`, `release`, `transfer`, `hold`, ….
    pub kind: &'static str,
    /// The stream that it is of, if it is of one.
    pub stream: Option<StreamNumber>,
    /// The accounting day.
    pub day: Day,
    /// When it is posted.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What caused it, in words and ids.
    pub cause: String,
}

/// A change of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// The stream, where the account has one a stream.
    pub stream: Option<StreamNumber>,
    /// Whose, for an account of members. `None` there: the sum of lines that stand elsewhere.
    pub member: Option<MemberNumber>,
    /// Ledger units; above 0 credits.
    pub amount: i64,
}

impl Entry {
    /// On an account of the pool.
    #[must_use]
    pub fn of_pool(account: Account, amount: i64) -> Self {
        Self {
            account,
            stream: None,
            member: None,
            amount,
        }
    }

    /// On an account of a member.
    #[must_use]
    pub fn of_member(account: Account, member: MemberNumber, amount: i64) -> Self {
        Self {
            account,
            stream: None,
            member: Some(member),
            amount,
        }
    }
}

/// The hash of entries, with that of the lines that some are sums of.
pub(crate) struct EntriesDigest(Digest);

impl EntriesDigest {
    pub(crate) fn new() -> Self {
        Self(Digest::of("entries"))
    }

    pub(crate) fn add(
        &mut self,
        account: &str,
        stream: Option<i64>,
        member: Option<i64>,
        amount: i64,
    ) {
        let digest = std::mem::take(&mut self.0).text(account);
        self.0 = digest
            .maybe_number(stream)
            .maybe_number(member)
            .number(amount);
    }

    pub(crate) fn finish(self, lines: Option<&Hash>) -> Hash {
        self.0.maybe_bytes(lines.map(|lines| &lines[..])).finish()
    }
}

pub(crate) fn digest_of(entries: &[Entry], lines: Option<&Hash>) -> Hash {
    let mut digest = EntriesDigest::new();
    for entry in entries {
        let (stream, member) = (entry.stream, entry.member);
        digest.add(
            entry.account.name(),
            stream.map(StreamNumber::get),
            member.map(MemberNumber::get),
            entry.amount,
        );
    }
    digest.finish(lines)
}

/// A posting as it is hashed.
pub(crate) struct Link<'a> {
    pub(crate) pool: &'a str,
    pub(crate) seq: i64,
    pub(crate) kind: &'a str,
    pub(crate) stream: Option<i64>,
    pub(crate) day: i64,
    pub(crate) at: i64,
    pub(crate) by: &'a str,
    pub(crate) cause: &'a str,
    pub(crate) digest: &'a [u8],
}

impl Link<'_> {
    /// The hash of this posting after `previous`.
    pub(crate) fn hash(&self, previous: &Hash) -> Hash {
        Digest::of("posting")
            .bytes(previous)
            .text(self.pool)
            .number(self.seq)
            .text(self.kind)
            .maybe_number(self.stream)
            .number(self.day)
            .number(self.at)
            .text(self.by)
            .text(self.cause)
            .bytes(self.digest)
            .finish()
    }
}

/// Posts: adds to the chain, and changes the balances of the members that entries name, and the
/// sums by day. `lines` is the hash of lines whose sums stand among the entries without a member;
/// the caller changes their balances, and then lets debts be [recovered](crate::recovery).
pub(crate) async fn post(
    connection: &mut Connection,
    locked: &mut LockedPool,
    posting: &NewPosting,
    entries: &[Entry],
    lines: Option<&Hash>,
) -> Result<PostingNumber, BooksError> {
    let entries: Vec<Entry> = entries.iter().filter(|e| e.amount != 0).copied().collect();
    check_balanced(posting, &entries)?;
    check_open(locked, posting)?;
    let seq = locked.postings.checked_add(1);
    let seq = seq.ok_or_else(|| BooksError::corrupt("number of postings", locked.postings))?;
    let digest = digest_of(&entries, lines);
    let link = Link {
        pool: locked.pool.id.as_str(),
        seq,
        kind: posting.kind,
        stream: posting.stream.map(StreamNumber::get),
        day: i64::from(posting.day.days_since_epoch()),
        at: posting.at.as_ms(),
        by: &posting.by,
        cause: &posting.cause,
        digest: &digest,
    };
    let hash = link.hash(&locked.head);
    let number = insert(connection, locked.pool.number, &link, &hash).await?;
    insert_entries(connection, number, &entries).await?;
    query("UPDATE pool SET postings = $2, head = $3 WHERE number = $1")
        .bind(locked.pool.number.get())
        .bind(seq)
        .bind(&hash[..])
        .execute(connection)
        .await?;
    add_to_day(connection, locked.pool.number, link.day, &entries).await?;
    balances::apply(connection, locked.pool.number, &entries).await?;
    (locked.postings, locked.head) = (seq, hash);
    Ok(number)
}

fn check_balanced(posting: &NewPosting, entries: &[Entry]) -> Result<(), BooksError> {
    let sum: i128 = entries.iter().map(|entry| i128::from(entry.amount)).sum();
    if sum == 0 {
        return Ok(());
    }
    Err(BooksError::Unbalanced {
        posting: format!("{}: {}", posting.kind, posting.cause),
        sum,
    })
}

/// A closed month takes no postings.
fn check_open(locked: &LockedPool, posting: &NewPosting) -> Result<(), BooksError> {
    let Some(closed) = locked.closed.filter(|closed| posting.day <= *closed) else {
        return Ok(());
    };
    let (kind, day, cause) = (posting.kind, posting.day, &posting.cause);
    Err(BooksError::Refused {
        what: format!(
            "the {kind} of {day} ({cause}) is in a closed month of pool {}: it is closed up to \
             {closed}",
            locked.pool.id
        ),
        cure: format!(
            "book it on an open day, after {closed}; `paydirt settle correct` posts what changes \
             of a settled day on today"
        ),
    })
}

async fn insert(
    connection: &mut Connection,
    pool: PoolNumber,
    link: &Link<'_>,
    hash: &Hash,
) -> Result<PostingNumber, BooksError> {
    let sql = "INSERT INTO posting \
         (pool, seq, kind, stream, day, posted_at, posted_by, cause, digest, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number";
    let inserted = query(sql)
        .bind(pool.get())
        .bind(link.seq)
        .bind(link.kind)
        .bind(link.stream)
        .bind(link.day)
        .bind(link.at)
        .bind(link.by)
        .bind(link.cause)
        .bind(link.digest)
        .bind(&hash[..]);
    let (number,): (i64,) = inserted.fetch_one(connection).await?;
    Ok(PostingNumber(number))
}

async fn insert_entries(
    connection: &mut Connection,
    posting: PostingNumber,
    entries: &[Entry],
) -> Result<(), BooksError> {
    let statement = Many {
        before: "INSERT INTO entry (posting, place, account, stream, member, amount)",
        after: "",
    };
    let placed = (0_i64..).zip(entries);
    many(connection, &statement, placed, |(place, entry), values| {
        values.extend([
            posting.get().into(),
            place.into(),
            entry.account.name().into(),
            entry.stream.map(StreamNumber::get).into(),
            entry.member.map(MemberNumber::get).into(),
            entry.amount.into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

/// Adds entries to the sums by account and day.
async fn add_to_day(
    connection: &mut Connection,
    pool: PoolNumber,
    day: i64,
    entries: &[Entry],
) -> Result<(), BooksError> {
    let mut sums: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for entry in entries {
        let stream = entry.stream.map_or(0, StreamNumber::get);
        let sum = sums.entry((entry.account.name(), stream)).or_default();
        *sum = sum
            .checked_add(entry.amount)
            .ok_or_else(|| BooksError::corrupt("sum of entries", entry.amount))?;
    }
    sums.retain(|_, sum| *sum != 0);
    let statement = Many {
        before: "INSERT INTO account_day (pool, account, stream, day, amount)",
        after: " ON CONFLICT (pool, day, account, stream) \
                DO UPDATE SET amount = account_day.amount + excluded.amount",
    };
    many(
        connection,
        &statement,
        sums,
        |((account, stream), sum), values| {
            values.extend([
                pool.get().into(),
                account.into(),
                stream.into(),
                day.into(),
                sum.into(),
            ]);
            Ok(())
        },
    )
    .await?;
    Ok(())
}

impl Session {
    /// Posts entries of single members and of the pool. What a member owes is recovered at once
    /// from what becomes available for it.
    ///
    /// # Errors
    /// `Refused` for a day of a closed month; `Unbalanced`; `Constraint` when a balance would fall
    /// below 0; `Database`.
    pub async fn post(
        &mut self,
        locked: &mut LockedPool,
        posting: &NewPosting,
        entries: &[Entry],
    ) -> Result<PostingNumber, BooksError> {
        let number = post(&mut self.connection, locked, posting, entries, None).await?;
        recovery::of_entries(&mut self.connection, locked, posting, entries).await?;
        Ok(number)
    }
}
