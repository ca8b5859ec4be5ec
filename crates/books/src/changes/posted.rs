//! Postings with their entries, to be read in their order.

use std::collections::BTreeMap;

use paydirt_schedule::{Day, Timestamp};

use crate::codec::{day, instant, named};
use crate::db::query;
use crate::digest::Hash;
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber, StreamNumber};
use crate::{Account, BooksError, Session};

/// A posting of a pool's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// By which what stands behind it is found.
    pub number: PostingNumber,
    /// Its place in the pool's chain, from 1.
    pub seq: i64,
    /// What kind of thing caused it.
    pub kind: String,
    /// The stream that it is of, if it is of one.
    pub stream: Option<StreamNumber>,
    /// The accounting day.
    pub day: Day,
    /// When it was posted.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What caused it.
    pub cause: String,
    /// Its hash, after the one before.
    pub hash: Hash,
    /// They sum to 0.
    pub entries: Vec<PostedEntry>,
}

/// A change of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostedEntry {
    /// The account.
    pub account: Account,
    /// The stream, where the account has one a stream.
    pub stream: Option<StreamNumber>,
    /// Whose; `None`: the pool's, or the sum of many members'.
    pub member: Option<MemberNumber>,
    /// Ledger units; above 0 credits.
    pub amount: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    seq: i64,
    kind: String,
    stream: Option<i64>,
    day: i64,
    posted_at: i64,
    posted_by: String,
    cause: String,
    hash: Vec<u8>,
}

impl Row {
    fn posted(self) -> Result<Posted, BooksError> {
        Ok(Posted {
            number: PostingNumber(self.number),
            seq: self.seq,
            kind: self.kind,
            stream: self.stream.map(StreamNumber),
            day: day(self.day)?,
            at: instant(self.posted_at),
            by: self.posted_by,
            cause: self.cause,
            hash: Hash::try_from(self.hash.as_slice())
                .map_err(|_| BooksError::corrupt("hash", &self.hash))?,
            entries: Vec::new(),
        })
    }
}

type EntryRow = (i64, String, Option<i64>, Option<i64>, i64);

impl Session {
    /// A pool's postings of these days that come after the place `after` in its chain, with their
    /// entries; at most `limit`.
    ///
    /// # Errors
    /// `Database`.
    pub async fn postings_after(
        &mut self,
        pool: PoolNumber,
        (from, to): (Day, Day),
        after: i64,
        limit: u32,
    ) -> Result<Vec<Posted>, BooksError> {
        let sql = "SELECT number, seq, kind, stream, day, posted_at, posted_by, cause, hash \
             FROM posting WHERE pool = $1 AND seq > $2 AND day BETWEEN $3 AND $4 \
             ORDER BY seq LIMIT $5";
        let asked = query(sql).bind(pool.get()).bind(after);
        let asked = asked
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch())
            .bind(limit);
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        let mut page: BTreeMap<i64, Posted> = BTreeMap::new();
        for row in rows {
            page.insert(row.number, row.posted()?);
        }
        let numbers: Vec<i64> = page.keys().copied().collect();
        let sql = "SELECT posting, account, stream, member, amount FROM entry \
                   WHERE posting IN NUMBERS($1) ORDER BY posting, place";
        let asked = query(sql).bind(format!("{numbers:?}"));
        let each = |(posting, account, stream, member, amount): EntryRow| {
            let entry = PostedEntry {
                account: named("account", &account, Account::of_name)?,
                stream: stream.map(StreamNumber),
                member: member.map(MemberNumber),
                amount,
            };
            if let Some(posted) = page.get_mut(&posting) {
                posted.entries.push(entry);
            }
            Ok::<(), BooksError>(())
        };
        asked.for_each(&mut self.connection, each).await?;
        let mut postings: Vec<Posted> = page.into_values().collect();
        postings.sort_by_key(|posted| posted.seq);
        Ok(postings)
    }

    /// The first accounting day of a pool's postings; `None` without any.
    ///
    /// # Errors
    /// `Database`.
    pub async fn first_posted_day(&mut self, pool: PoolNumber) -> Result<Option<Day>, BooksError> {
        let asked = query("SELECT MIN(day) FROM posting WHERE pool = $1").bind(pool.get());
        let (first,): (Option<i64>,) = asked.fetch_one(&mut self.connection).await?;
        Ok(first.map(day).transpose()?)
    }
}
