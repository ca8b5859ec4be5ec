//! Posting a settlement.

use paydirt_schedule::{Day, Timestamp};

use super::{Computed, SettlementKind, hash_of};
use crate::bulk::{self, CreditTo};
use crate::codec::base_units;
use crate::db::query;
use crate::digest::Hash;
use crate::income::Item;
use crate::lines::{self, Credit, Line};
use crate::numbers::{PoolNumber, PostingNumber, SettlementNumber, StreamNumber};
use crate::pools::LockedPool;
use crate::postings::{self, Entry, NewPosting};
use crate::releases::NewRelease;
use crate::{BooksError, Session, recovery};

/// A settlement to be posted.
pub struct NewSettlement<'a> {
    /// The stream.
    pub stream: StreamNumber,
    /// The day.
    pub day: Day,
    /// What was computed.
    pub computed: Computed,
    /// The items that it is of.
    pub items: &'a [Item],
    /// In ascending order of version.
    pub lines: &'a [Line],
    /// In ascending order of member.
    pub credits: &'a [Credit],
    /// Where what doesn't vest goes.
    pub to: CreditTo,
    /// The sums of it all, as entries.
    pub entries: &'a [Entry],
    /// When it is posted.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
    /// What caused it.
    pub cause: String,
}

/// What stands in a settlement's row beside what is posted.
struct Row<'a> {
    pool: PoolNumber,
    revision: i64,
    orders: u64,
    posting: PostingNumber,
    digest: &'a Hash,
    hash: &'a Hash,
}

impl NewSettlement<'_> {
    fn posting(&self, accounting: Day) -> NewPosting {
        NewPosting {
            kind: match self.computed.kind {
                SettlementKind::Day => "settlement",
                SettlementKind::Opening => "opening",
            },
            stream: Some(self.stream),
            day: accounting,
            at: self.at,
            by: self.by.to_owned(),
            cause: self.cause.clone(),
        }
    }
}

impl Session {
    /// Posts a settlement: its lines, the members' balances, its entries, and its items become part
    /// of it. Whole or not at all, with the session's transaction.
    ///
    /// # Errors
    /// `Constraint` when that day has one already; `Corrupt` when a member has no balance;
    /// `Unbalanced`, `Database`.
    pub async fn post_settlement(
        &mut self,
        locked: &mut LockedPool,
        new: &NewSettlement<'_>,
    ) -> Result<SettlementNumber, BooksError> {
        self.post_revision(locked, new, 0, new.day).await
    }

    /// The same of another revision, or with another accounting day.
    pub(crate) async fn post_revision(
        &mut self,
        locked: &mut LockedPool,
        new: &NewSettlement<'_>,
        revision: i64,
        accounting: Day,
    ) -> Result<SettlementNumber, BooksError> {
        let header = new.posting(accounting);
        let number = self.record_settlement(locked, new, revision, &header);
        let number = number.await?;
        let (pool, credits) = (locked.pool.number, new.credits);
        let connection = &mut self.connection;
        bulk::credit(connection, pool, new.stream, new.to, credits).await?;
        recovery::of_credits(connection, locked, &header, new.to, credits).await?;
        Ok(number)
    }

    /// Posts a settlement, and the release of the same day and stream. Each balance is written
    /// once.
    ///
    /// # Errors
    /// Those of [`Session::post_settlement`] and [`Session::post_release`]; `Corrupt` when the two
    /// are of different streams.
    pub async fn post_day(
        &mut self,
        locked: &mut LockedPool,
        new: &NewSettlement<'_>,
        release: &NewRelease<'_>,
    ) -> Result<(SettlementNumber, i64), BooksError> {
        if (new.stream, new.to) != (release.stream, release.to) {
            return Err(BooksError::corrupt("stream of a release", release.stream));
        }
        let header = new.posting(new.day);
        let number = self.record_settlement(locked, new, 0, &header).await?;
        let amount = self.record_release(locked, release).await?;
        let credits = Credit::merged([new.credits, release.credits].concat())?;
        let pool = locked.pool.number;
        let connection = &mut self.connection;
        bulk::credit(connection, pool, new.stream, new.to, &credits).await?;
        recovery::of_credits(connection, locked, &header, new.to, &credits).await?;
        Ok((number, amount))
    }

    /// All but the credits, which are the caller's to make.
    async fn record_settlement(
        &mut self,
        locked: &mut LockedPool,
        new: &NewSettlement<'_>,
        revision: i64,
        posting: &NewPosting,
    ) -> Result<SettlementNumber, BooksError> {
        let orders = u64::try_from(new.lines.len()).unwrap_or(u64::MAX);
        let number = self.record_lines(locked, new, (revision, orders), posting);
        let number = number.await?;
        self.settle_items(number, new.items).await?;
        Ok(number)
    }

    /// A settlement's posting, its row and its lines; `orders` is how many count.
    pub(crate) async fn record_lines(
        &mut self,
        locked: &mut LockedPool,
        new: &NewSettlement<'_>,
        (revision, orders): (i64, u64),
        posting: &NewPosting,
    ) -> Result<SettlementNumber, BooksError> {
        let digest = lines::digest_of(new.lines);
        let hash = hash_of(new.day, revision, &new.computed, new.items, &digest);
        let connection = &mut self.connection;
        let posted = postings::post(connection, locked, posting, new.entries, Some(&hash)).await?;
        let row = Row {
            pool: locked.pool.number,
            revision,
            orders,
            posting: posted,
            digest: &digest,
            hash: &hash,
        };
        let number = self.insert_settlement(new, &row).await?;
        self.add_lines(number, new.lines).await?;
        Ok(number)
    }

    async fn insert_settlement(
        &mut self,
        new: &NewSettlement<'_>,
        row: &Row<'_>,
    ) -> Result<SettlementNumber, BooksError> {
        let sql = "INSERT INTO settlement (pool, stream, day, revision, kind, posting, begins_at, \
             ends_at, zone, rule, terms, items, deductions, carried_in, carried_out, loss_in, \
             loss_out, loss, income, net, fee, retained, immediate, pool_power, power_day, sold, \
             whole, lines, members, lines_digest, hash, settled_at, settled_by, reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
             $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34) \
             RETURNING number";
        let computed = &new.computed;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let power = computed.pool_power;
        let inserted = query(sql)
            .bind(row.pool.get())
            .bind(new.stream.get())
            .bind(new.day.days_since_epoch())
            .bind(row.revision)
            .bind(computed.kind.name())
            .bind(row.posting.get())
            .bind(computed.begins_at.as_ms())
            .bind(computed.ends_at.as_ms())
            .bind(&computed.zone)
            .bind(computed.rule)
            .bind(&computed.terms)
            .bind(base_units(computed.items.get()))
            .bind(base_units(computed.deductions.get()))
            .bind(base_units(computed.carried_in.get()))
            .bind(base_units(computed.carried_out.get()))
            .bind(base_units(computed.loss_in.get()))
            .bind(base_units(computed.loss_out.get()))
            .bind(base_units(computed.loss.get()))
            .bind(computed.income)
            .bind(computed.net)
            .bind(computed.fee)
            .bind(computed.retained)
            .bind(computed.immediate)
            .bind(power.map(|(power, _)| power.to_be_bytes().to_vec()))
            .bind(power.map(|(_, on)| on.days_since_epoch()))
            .bind(base_units(computed.sold))
            .bind(base_units(computed.whole))
            .bind(count(row.orders))
            .bind(count(computed.members))
            .bind(&row.digest[..])
            .bind(&row.hash[..])
            .bind(new.at.as_ms())
            .bind(new.by)
            .bind(&computed.reason);
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        Ok(SettlementNumber(number))
    }
}
