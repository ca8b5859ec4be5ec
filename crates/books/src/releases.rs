//! Releases: what vested on a day, of everything that a stream earned before it.

use paydirt_schedule::{Day, Timestamp};

use crate::bulk::{self, CreditTo};
use crate::codec::{day, instant, natural};
use crate::db::query;
use crate::digest::{Digest, Hash};
use crate::lines::Credit;
use crate::numbers::{PoolNumber, StreamNumber, VersionNumber};
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::{Account, BooksError, Session, recovery};

/// A release to be posted.
pub struct NewRelease<'a> {
    /// The stream.
    pub stream: StreamNumber,
    /// The day.
    pub day: Day,
    /// Version and amount, in ascending order of version, without zeros.
    pub parts: &'a [(VersionNumber, i64)],
    /// In ascending order of member.
    pub credits: &'a [Credit],
    /// Where it goes.
    pub to: CreditTo,
    /// When it is posted.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
}

impl NewRelease<'_> {
    fn posting(&self) -> NewPosting {
        NewPosting {
            kind: "release",
            stream: Some(self.stream),
            day: self.day,
            at: self.at,
            by: self.by.to_owned(),
            cause: format!("vested on {}", self.day),
        }
    }
}

/// A release in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The stream.
    pub stream: StreamNumber,
    /// The day.
    pub day: Day,
    /// How much, ledger units.
    pub amount: i64,
    /// To how many members.
    pub members: u64,
    /// The hash of its parts.
    pub digest: Hash,
    /// When it was posted.
    pub released_at: Timestamp,
}

/// The hash of a release's parts.
#[must_use]
pub fn release_digest(parts: &[(VersionNumber, i64)]) -> Hash {
    let mut digest = Digest::of("release");
    for (version, amount) in parts {
        digest.row(&[version.get(), *amount]);
    }
    digest.finish()
}

impl Session {
    /// Posts what vested on a day.
    ///
    /// # Errors
    /// `Constraint` when that day is released already; `Database`.
    pub async fn post_release(
        &mut self,
        locked: &mut LockedPool,
        new: &NewRelease<'_>,
    ) -> Result<i64, BooksError> {
        let amount = self.record_release(locked, new).await?;
        let (pool, credits) = (locked.pool.number, new.credits);
        let connection = &mut self.connection;
        bulk::credit(connection, pool, new.stream, new.to, credits).await?;
        recovery::of_credits(connection, locked, &new.posting(), new.to, credits).await?;
        Ok(amount)
    }

    /// A release; its credits are the caller's to make.
    pub(crate) async fn record_release(
        &mut self,
        locked: &mut LockedPool,
        new: &NewRelease<'_>,
    ) -> Result<i64, BooksError> {
        let sum: i128 = new.parts.iter().map(|(_, part)| i128::from(*part)).sum();
        let amount =
            i64::try_from(sum).map_err(|_| BooksError::corrupt("sum of a release", sum))?;
        let digest = release_digest(new.parts);
        let (account, of_stream) = match new.to {
            CreditTo::Available => (Account::Available, None),
            CreditTo::Stream => (Account::ToTransfer, Some(new.stream)),
        };
        let mut posting = None;
        if amount > 0 {
            let header = new.posting();
            let entries = [
                Entry::of_pool(Account::Vesting, amount.saturating_neg()),
                Entry {
                    stream: of_stream,
                    ..Entry::of_pool(account, amount)
                },
            ];
            let connection = &mut self.connection;
            posting =
                Some(postings::post(connection, locked, &header, &entries, Some(&digest)).await?);
        }
        let members = i64::try_from(new.credits.len()).unwrap_or(i64::MAX);
        let pool = locked.pool.number;
        self.forget_statistics(new.stream, new.day).await?;
        let sql = "INSERT INTO release \
             (pool, stream, day, posting, amount, members, digest, released_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        query(sql)
            .bind(pool.get())
            .bind(new.stream.get())
            .bind(new.day.days_since_epoch())
            .bind(posting.map(|posting| posting.get()))
            .bind(amount)
            .bind(members)
            .bind(&digest[..])
            .bind(new.at.as_ms())
            .execute(&mut self.connection)
            .await?;
        Ok(amount)
    }

    /// The releases of a pool on these days, by day and stream.
    ///
    /// # Errors
    /// `Database`.
    pub async fn releases(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<Release>, BooksError> {
        let sql = "SELECT stream, day, amount, members, digest, released_at FROM release \
                   WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, stream";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<(i64, i64, i64, i64, Vec<u8>, i64)> =
            asked.fetch_all(&mut self.connection).await?;
        let release =
            |(stream, on, amount, members, digest, at): (i64, i64, i64, i64, Vec<u8>, i64)| {
                Ok(Release {
                    stream: StreamNumber(stream),
                    day: day(on)?,
                    amount,
                    members: natural("members", members)?,
                    digest: Hash::try_from(digest.as_slice())
                        .map_err(|_| BooksError::corrupt("digest", &digest))?,
                    released_at: instant(at),
                })
            };
        rows.into_iter().map(release).collect()
    }

    /// The next day of a stream that something may vest on; `None` while nothing is vesting.
    ///
    /// # Errors
    /// `Database`.
    pub async fn next_release(&mut self, stream: StreamNumber) -> Result<Option<Day>, BooksError> {
        let open = self.open_vestings(stream).await?;
        let Some(first) = open.first() else {
            return Ok(None);
        };
        let begins = first.day.next()?;
        Ok(Some(match self.last_release(stream).await? {
            Some(last) => begins.max(last.next()?),
            None => begins,
        }))
    }

    /// The last day of a stream whose release is posted.
    ///
    /// # Errors
    /// `Database`.
    pub async fn last_release(&mut self, stream: StreamNumber) -> Result<Option<Day>, BooksError> {
        let sql = "SELECT MAX(day) FROM release WHERE stream = $1";
        let asked = query(sql).bind(stream.get());
        let (last,): (Option<i64>,) = asked.fetch_one(&mut self.connection).await?;
        Ok(last.map(day).transpose()?)
    }
}
