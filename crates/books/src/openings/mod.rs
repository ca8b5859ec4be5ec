//! Openings: what a pool's members had before these books.
//!
//! Posted once a pool, against opening equity, on the day before the pool's first. Balances are
//! entries of their members. What was vesting goes on as it was to: for a total T of which `done`
//! of n steps are released, T - floor(T * done / n) is vesting, and the next step is released on
//! the pool's first day. Parts that were earned on one day, in as many steps and as far released,
//! are one settlement; their lines are of pseudo-orders (`opening:CODE`) that never count.
//!
//! A hundred thousand members take a few seconds: their rows are written many a statement.

mod check;
mod parts;

use std::collections::BTreeMap;

use paydirt_earnings::released;
use paydirt_schedule::{Day, Timestamp};

use crate::codec::instant;
use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber, StreamNumber};
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::session::LONG;
use crate::{Account, BooksError, Session};

/// A member's balances before these books, ledger units, none below 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningBalance {
    /// The member.
    pub member: MemberNumber,
    /// What it may withdraw.
    pub available: i64,
    /// What it asked for, and has not got.
    pub frozen: i64,
    /// What it was paid, from the beginning on.
    pub paid: i64,
    /// What it owes the pool.
    pub receivable: i64,
    /// What streams have collected for it.
    pub to_transfer: Vec<(StreamNumber, i64)>,
}

/// What a member earned on a day and has not wholly got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningPart {
    /// The member.
    pub member: MemberNumber,
    /// The stream.
    pub stream: StreamNumber,
    /// The day on which it was earned, before the pool's first.
    pub day: Day,
    /// T: what was to be released in all, ledger units, above 0.
    pub total: i64,
    /// n: in how many steps, 1 to 3660, one a day.
    pub steps: u32,
    /// How many of them are released; the next is on the pool's first day.
    pub done: u32,
}

impl OpeningPart {
    /// T - floor(T * done / n): what is still vesting, ledger units.
    #[must_use]
    pub fn unvested(&self) -> i64 {
        let by_now = released(self.total, self.done, self.steps);
        self.total.saturating_sub(by_now)
    }
}

/// Sums by bucket, ledger units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpeningTotals {
    /// What is available.
    pub available: i64,
    /// What is frozen.
    pub frozen: i64,
    /// What is still vesting.
    pub vesting: i64,
    /// What was paid.
    pub paid: i64,
    /// What members owe.
    pub receivable: i64,
    /// What each stream has collected.
    pub to_transfer: BTreeMap<StreamNumber, i64>,
}

/// Balances to be opened with.
#[derive(Clone, Copy, Debug)]
pub struct NewOpening<'a> {
    /// The file's name.
    pub file: &'a str,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// One a member.
    pub balances: &'a [OpeningBalance],
    /// What is vesting.
    pub parts: &'a [OpeningPart],
    /// What the sums must be: known from elsewhere than the rows.
    pub controls: &'a OpeningTotals,
    /// When it is posted.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
}

/// A pool's opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// The posting of the balances; what is vesting has its own.
    pub posting: PostingNumber,
    /// When it was posted.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// The kind of its postings.
pub(crate) const KIND: &str = "opening";

impl Session {
    /// Looks whether a pool can be opened with this, and returns the sums by bucket. Nothing is
    /// written.
    ///
    /// # Errors
    /// `Refused`: the pool is opened already, a stream has released something, rows can't be, or
    /// sums differ from the control totals; all that is wrong is named. `Database`.
    pub async fn check_opening(
        &mut self,
        locked: &LockedPool,
        new: &NewOpening<'_>,
    ) -> Result<OpeningTotals, BooksError> {
        self.check_not_opened(locked).await?;
        check::check(self, locked, new).await
    }

    /// Looks whether a pool is not opened yet.
    ///
    /// # Errors
    /// `Refused` when it is, with who opened it when; `Database`.
    pub async fn check_not_opened(&mut self, locked: &LockedPool) -> Result<(), BooksError> {
        let Some(Opening { file, by, at, .. }) = self.opening(locked.pool.number).await? else {
            return Ok(());
        };
        Err(BooksError::Refused {
            what: format!(
                "pool {} was opened with {file:?} by {by} at {at}",
                locked.pool.id
            ),
            cure: "a pool is opened once".into(),
        })
    }

    /// Opens a pool with balances from before these books. The caller writes the audit log and
    /// commits. `progress` hears how many of the parts that go on vesting are posted, of how many.
    ///
    /// # Errors
    /// As [`Session::check_opening`].
    pub async fn post_opening(
        &mut self,
        locked: &mut LockedPool,
        new: &NewOpening<'_>,
        progress: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<OpeningTotals, BooksError> {
        let totals = self.check_opening(locked, new).await?;
        self.allow(LONG).await?;
        let before = locked.pool.first_day.prev()?;
        let header = NewPosting {
            kind: KIND,
            stream: None,
            day: before,
            at: new.at,
            by: new.by.to_owned(),
            cause: format!("balances before these books, of {}", new.file),
        };
        let entries = entries(new.balances)?;
        let posting = postings::post(&mut self.connection, locked, &header, &entries, None).await?;
        drop(entries);
        parts::post(self, locked, new, before, progress).await?;
        query(
            "INSERT INTO opening (pool, file, digest, posting, imported_by, imported_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(locked.pool.number.get())
        .bind(new.file)
        .bind(&new.digest[..])
        .bind(posting.get())
        .bind(new.by)
        .bind(new.at.as_ms())
        .execute(&mut self.connection)
        .await?;
        Ok(totals)
    }

    /// What a pool was opened with.
    ///
    /// # Errors
    /// `Database`.
    pub async fn opening(&mut self, pool: PoolNumber) -> Result<Option<Opening>, BooksError> {
        let sql = "SELECT file, digest, posting, imported_at, imported_by FROM opening \
                   WHERE pool = $1";
        let asked = query(sql).bind(pool.get());
        let row: Option<(String, Vec<u8>, i64, i64, String)> =
            asked.fetch_optional(&mut self.connection).await?;
        let opening = |(file, digest, posting, at, by): (String, Vec<u8>, i64, i64, String)| {
            Ok(Opening {
                file,
                digest: <[u8; 32]>::try_from(digest.as_slice())
                    .map_err(|_| BooksError::corrupt("digest", &digest))?,
                posting: PostingNumber(posting),
                at: instant(at),
                by,
            })
        };
        row.map(opening).transpose()
    }
}

/// The balances as entries, against opening equity.
fn entries(balances: &[OpeningBalance]) -> Result<Vec<Entry>, BooksError> {
    let mut entries = Vec::with_capacity(balances.len().saturating_mul(3));
    for balance in balances {
        let of = |account, amount| Entry::of_member(account, balance.member, amount);
        let owes = balance.receivable.saturating_neg();
        entries.extend([
            of(Account::Available, balance.available),
            of(Account::Frozen, balance.frozen),
            of(Account::Paid, balance.paid),
            of(Account::Receivable, owes),
        ]);
        for (stream, amount) in &balance.to_transfer {
            entries.push(Entry {
                stream: Some(*stream),
                ..of(Account::ToTransfer, *amount)
            });
        }
    }
    entries.retain(|entry| entry.amount != 0);
    let sum: i128 = entries.iter().map(|entry| i128::from(entry.amount)).sum();
    let equity = sum.checked_neg().and_then(|sum| i64::try_from(sum).ok());
    let equity = equity.ok_or_else(|| BooksError::corrupt("sum of the opening", sum))?;
    entries.push(Entry::of_pool(Account::OpeningEquity, equity));
    Ok(entries)
}
