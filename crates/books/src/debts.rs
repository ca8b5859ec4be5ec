//! What a member owes the pool, and how that came and went.

use paydirt_schedule::Day;

use crate::codec::day;
use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber};
use crate::{BooksError, Session};

/// A change of what a member owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebtEntry {
    /// The pool.
    pub pool: PoolNumber,
    /// The accounting day.
    pub day: Day,
    /// The kind of its posting: `correction`, `recovery`, ….
    pub kind: String,
    /// What caused it.
    pub cause: String,
    /// How much more is owed, ledger units; below 0: less.
    pub amount: i64,
}

impl Session {
    /// All changes of what a member owes, oldest first, at most the newest `limit`.
    ///
    /// # Errors
    /// `Database`.
    pub async fn debts_of(
        &mut self,
        member: MemberNumber,
        limit: u32,
    ) -> Result<Vec<DebtEntry>, BooksError> {
        let sql = "SELECT posting.pool, posting.day, posting.kind, posting.cause, entry.amount \
             FROM entry JOIN posting ON posting.number = entry.posting \
             WHERE entry.member = $1 AND entry.account = 'receivable' \
             ORDER BY posting.number DESC LIMIT $2";
        let asked = query(sql).bind(member.get()).bind(limit);
        let rows: Vec<(i64, i64, String, String, i64)> =
            asked.fetch_all(&mut self.connection).await?;
        let debt = |(pool, on, kind, cause, amount): (i64, i64, String, String, i64)| {
            Ok(DebtEntry {
                pool: PoolNumber(pool),
                day: day(on)?,
                kind,
                cause,
                // What is owed is debited.
                amount: amount.saturating_neg(),
            })
        };
        rows.into_iter().rev().map(debt).collect()
    }
}
