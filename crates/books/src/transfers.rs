//! Transfers: what a stream collected, moved to what is available.
//!
//! A transfer is one posting of all that a stream has collected, and a line a member with its
//! figures before and after. However many members there are: they are read once, in their order,
//! for the hash, and moved by four statements.

use paydirt_ledger::MemberId;
use paydirt_schedule::{Day, Timestamp};

use crate::balances::all_changed;
use crate::codec::{instant, natural};
use crate::db::query;
use crate::digest::{Digest, Hash};
use crate::error::Of;
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber, StreamNumber, TransferNumber};
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::session::LONG;
use crate::{Account, BooksError, Session, recovery};

/// A transfer in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its number.
    pub number: TransferNumber,
    /// The stream that had collected it.
    pub stream: StreamNumber,
    /// Its posting.
    pub posting: PostingNumber,
    /// How much, ledger units.
    pub amount: i64,
    /// Of how many members.
    pub members: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// What a transfer moves, or would move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// How much, ledger units.
    pub amount: i64,
    /// Of how many members.
    pub members: u64,
}

/// A member's figures in a transfer, ledger units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLine {
    /// The member.
    pub member: MemberNumber,
    /// Its code.
    pub code: MemberId,
    /// How much is moved.
    pub amount: i64,
    /// What was available before.
    pub available_before: i64,
    /// What is available after it.
    pub available_after: i64,
}

/// The hash of a transfer's lines, in ascending order of member.
pub(crate) struct LinesDigest(Digest);

impl LinesDigest {
    pub(crate) fn new() -> Self {
        Self(Digest::of("transfer"))
    }

    pub(crate) fn add(&mut self, member: i64, amount: i64, before: i64, after: i64) {
        self.0.row(&[member, amount, before, after]);
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finish()
    }
}

type LineRow = (i64, String, i64, i64, i64);

fn line((member, code, amount, before, after): LineRow) -> TransferLine {
    TransferLine {
        member: MemberNumber(member),
        code: MemberId::new(code),
        amount,
        available_before: before,
        available_after: after,
    }
}

impl Session {
    /// Hands on what a transfer would move now, member by member in ascending order of their
    /// numbers, and returns the sums. Nothing is written.
    ///
    /// # Errors
    /// `Database`, and those of `each`.
    pub async fn for_each_collected<E: From<BooksError> + Send>(
        &mut self,
        pool: PoolNumber,
        stream: StreamNumber,
        mut each: impl FnMut(TransferLine) -> Result<(), E> + Send,
    ) -> Result<Collected, E> {
        let sql = "SELECT collected.member, member.code, collected.to_transfer, \
             COALESCE(has.available, 0), COALESCE(has.available, 0) + collected.to_transfer \
             FROM stream_balance AS collected JOIN member ON member.number = collected.member \
             LEFT JOIN member_balance AS has ON has.pool = $1 AND has.member = collected.member \
             WHERE collected.stream = $2 AND collected.to_transfer > 0 ORDER BY collected.member";
        let mut sums = Collected::default();
        let asked = query(sql).bind(pool.get()).bind(stream.get());
        let done = asked.for_each(&mut self.connection, |row: LineRow| {
            let line = line(row);
            let amount = sums.amount.checked_add(line.amount);
            let amount = amount.ok_or_else(|| BooksError::corrupt("sum collected", line.amount));
            sums.amount = amount.map_err(|error| Of(error.into()))?;
            sums.members = sums.members.saturating_add(1);
            each(line).map_err(Of)
        });
        done.await.map_err(|Of(error)| error)?;
        Ok(sums)
    }

    /// What a stream has collected and not transferred, ledger units.
    ///
    /// # Errors
    /// `Database`.
    pub async fn collected(&mut self, stream: StreamNumber) -> Result<i64, BooksError> {
        let sql = "SELECT CAST(COALESCE(SUM(to_transfer), 0) AS BIGINT) FROM stream_balance \
                   WHERE stream = $1";
        let asked = query(sql).bind(stream.get());
        let (sum,): (i64,) = asked.fetch_one(&mut self.connection).await?;
        Ok(sum)
    }

    /// Moves all that a stream has collected to what is available; `None` when that is nothing.
    /// The caller has written the audit log and commits.
    ///
    /// # Errors
    /// `Database`.
    pub async fn transfer(
        &mut self,
        locked: &mut LockedPool,
        stream: StreamNumber,
        day: Day,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Transfer>, BooksError> {
        let pool = locked.pool.number;
        self.allow(LONG).await?;
        let mut digest = LinesDigest::new();
        let sums = self.for_each_collected(pool, stream, |line| {
            let (before, after) = (line.available_before, line.available_after);
            digest.add(line.member.get(), line.amount, before, after);
            Ok::<(), BooksError>(())
        });
        let sums = sums.await?;
        if sums.members == 0 {
            return Ok(None);
        }
        let posting = NewPosting {
            kind: "transfer",
            stream: Some(stream),
            day,
            at: now,
            by: by.to_owned(),
            cause: format!("all that it had collected for {} members", sums.members),
        };
        let entries = [
            Entry {
                stream: Some(stream),
                ..Entry::of_pool(Account::ToTransfer, sums.amount.saturating_neg())
            },
            Entry::of_pool(Account::Available, sums.amount),
        ];
        let lines = digest.finish();
        let connection = &mut self.connection;
        let posted = postings::post(connection, locked, &posting, &entries, Some(&lines)).await?;
        let sql = "INSERT INTO transfer \
             (pool, stream, posting, amount, members, transferred_at, transferred_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(stream.get())
            .bind(posted.get())
            .bind(sums.amount)
            .bind(i64::try_from(sums.members).unwrap_or(i64::MAX))
            .bind(now.as_ms())
            .bind(by);
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        self.move_collected(pool, stream, number, sums.members)
            .await?;
        recovery::of_transfer(&mut self.connection, locked, &posting, number).await?;
        Ok(Some(Transfer {
            number: TransferNumber(number),
            stream,
            posting: posted,
            amount: sums.amount,
            members: sums.members,
            at: now,
            by: by.to_owned(),
        }))
    }

    /// Writes the lines, and moves what they say. The pool is locked: nobody else posts.
    async fn move_collected(
        &mut self,
        pool: PoolNumber,
        stream: StreamNumber,
        transfer: i64,
        members: u64,
    ) -> Result<(), BooksError> {
        let (pool, stream) = (pool.get(), stream.get());
        let wanted = usize::try_from(members).unwrap_or(usize::MAX);
        let on = &mut self.connection;
        let opened = "INSERT INTO member_balance (pool, member) \
             SELECT $1, collected.member FROM stream_balance AS collected \
             WHERE collected.stream = $2 AND collected.to_transfer > 0 AND NOT EXISTS \
             (SELECT 1 FROM member_balance AS has WHERE has.pool = $1 \
             AND has.member = collected.member)";
        query(opened).bind(pool).bind(stream).execute(on).await?;
        let lines = "INSERT INTO transfer_line \
             (transfer, member, amount, available_before, available_after) \
             SELECT $3, collected.member, collected.to_transfer, has.available, \
             has.available + collected.to_transfer FROM stream_balance AS collected \
             JOIN member_balance AS has ON has.pool = $1 AND has.member = collected.member \
             WHERE collected.stream = $2 AND collected.to_transfer > 0 ORDER BY collected.member";
        let inserted = query(lines).bind(pool).bind(stream).bind(transfer);
        all_changed("lines of a transfer", inserted.execute(on).await?, wanted)?;
        let credited = "UPDATE member_balance SET available = moved.available_after \
             FROM transfer_line AS moved WHERE moved.transfer = $2 \
             AND member_balance.pool = $1 AND member_balance.member = moved.member";
        let changed = query(credited).bind(pool).bind(transfer);
        all_changed("balances", changed.execute(on).await?, wanted)?;
        let emptied =
            "UPDATE stream_balance SET to_transfer = 0 WHERE stream = $1 AND to_transfer > 0";
        let changed = query(emptied).bind(stream).execute(on).await?;
        all_changed("amounts to be transferred", changed, wanted)
    }

    /// The transfers of a pool, newest first, at most `limit`.
    ///
    /// # Errors
    /// `Database`.
    pub async fn transfers(
        &mut self,
        pool: PoolNumber,
        limit: u32,
    ) -> Result<Vec<Transfer>, BooksError> {
        let sql = "SELECT number, stream, posting, amount, members, transferred_at, \
             transferred_by FROM transfer WHERE pool = $1 ORDER BY number DESC LIMIT $2";
        let asked = query(sql).bind(pool.get()).bind(limit);
        let rows: Vec<(i64, i64, i64, i64, i64, i64, String)> =
            asked.fetch_all(&mut self.connection).await?;
        let transfer = |(number, stream, posting, amount, members, at, by)| {
            Ok(Transfer {
                number: TransferNumber(number),
                stream: StreamNumber(stream),
                posting: PostingNumber(posting),
                amount,
                members: natural("members", members)?,
                at: instant(at),
                by,
            })
        };
        rows.into_iter().map(transfer).collect()
    }

    /// Hands on the lines of a transfer, in ascending order of member.
    ///
    /// # Errors
    /// `Database`, and those of `each`.
    pub async fn for_each_transfer_line<E: From<BooksError> + Send>(
        &mut self,
        transfer: TransferNumber,
        mut each: impl FnMut(TransferLine) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let sql = "SELECT moved.member, member.code, amount, available_before, available_after \
             FROM transfer_line AS moved JOIN member ON member.number = moved.member \
             WHERE transfer = $1 ORDER BY moved.member";
        let asked = query(sql).bind(transfer.get());
        let done = asked.for_each(&mut self.connection, |row: LineRow| {
            each(line(row)).map_err(Of)
        });
        done.await.map_err(|Of(error)| error)
    }
}
