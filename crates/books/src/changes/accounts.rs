//! What a pool's accounts came to in a span of days.

use std::collections::BTreeMap;

use paydirt_schedule::Day;

use crate::codec::named;
use crate::db::query;
use crate::numbers::{PoolNumber, StreamNumber};
use crate::{Account, BooksError, Session};

/// An account in a span of days; ledger units, credits above 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountMoved {
    /// Before the first day.
    pub opening: i64,
    /// What its debits come to, not below 0.
    pub debits: i64,
    /// What its credits come to, not below 0.
    pub credits: i64,
    /// At the end of the last day.
    pub closing: i64,
}

type SumRow = (String, i64, i64, i64);

impl Session {
    /// A pool's accounts in these days, by account and stream. What they moved by comes from the
    /// entries; what they were and are, from the sums that are kept by day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn accounts_moved(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<BTreeMap<(Account, Option<StreamNumber>), AccountMoved>, BooksError> {
        let mut accounts: BTreeMap<_, AccountMoved> = BTreeMap::new();
        let key = |account: &str, stream: i64| -> Result<_, BooksError> {
            let account = named("account", account, Account::of_name)?;
            let stream = Some(stream).filter(|stream| *stream != 0);
            Ok((account, stream.map(StreamNumber)))
        };
        let sql = "SELECT account, stream, \
             CAST(SUM(CASE WHEN day < $2 THEN amount ELSE 0 END) AS BIGINT), \
             CAST(SUM(amount) AS BIGINT) FROM account_day \
             WHERE pool = $1 AND day <= $3 GROUP BY account, stream";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<SumRow> = asked.fetch_all(&mut self.connection).await?;
        for (account, stream, opening, closing) in rows {
            let moved = accounts.entry(key(&account, stream)?).or_default();
            (moved.opening, moved.closing) = (opening, closing);
        }
        let sql = "SELECT entry.account, COALESCE(entry.stream, 0), \
             CAST(COALESCE(SUM(CASE WHEN entry.amount < 0 THEN -entry.amount END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN entry.amount > 0 THEN entry.amount END), 0) AS BIGINT) \
             FROM posting JOIN entry ON entry.posting = posting.number \
             WHERE posting.pool = $1 AND posting.day BETWEEN $2 AND $3 \
             GROUP BY entry.account, COALESCE(entry.stream, 0)";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<SumRow> = asked.fetch_all(&mut self.connection).await?;
        for (account, stream, debits, credits) in rows {
            let moved = accounts.entry(key(&account, stream)?).or_default();
            (moved.debits, moved.credits) = (debits, credits);
        }
        Ok(accounts)
    }
}
