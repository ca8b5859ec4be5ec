//! Closed months: no posting is of a day in one.
//!
//! Months are closed in their order, from the pool's first one on. What is booked of an earlier day
//! afterwards is posted on a later one and says which day it is of.

use paydirt_schedule::{Day, Timestamp};

use crate::codec::{day, instant};
use crate::db::{Connection, query};
use crate::numbers::PoolNumber;
use crate::pools::LockedPool;
use crate::{BooksError, Session};

/// A month that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// Its first day.
    pub first_day: Day,
    /// Its last.
    pub last_day: Day,
    /// How many postings the pool had then.
    pub postings: i64,
    /// Why it was closed.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Session {
    /// Closes a month: days up to its last take no postings from now on. Whether it may be is the
    /// caller's to know.
    ///
    /// # Errors
    /// `Constraint` when it is closed already; `Database`.
    pub async fn close_month(
        &mut self,
        locked: &mut LockedPool,
        (first_day, last_day): (Day, Day),
        reason: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<ClosedMonth, BooksError> {
        let sql = "INSERT INTO closed_month \
             (pool, first_day, last_day, postings, reason, closed_by, closed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        query(sql)
            .bind(locked.pool.number.get())
            .bind(first_day.days_since_epoch())
            .bind(last_day.days_since_epoch())
            .bind(locked.postings)
            .bind(reason)
            .bind(by)
            .bind(now.as_ms())
            .execute(&mut self.connection)
            .await?;
        locked.closed = locked.closed.max(Some(last_day));
        Ok(ClosedMonth {
            first_day,
            last_day,
            postings: locked.postings,
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: now,
        })
    }

    /// A pool's closed months, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn closed_months(
        &mut self,
        pool: PoolNumber,
    ) -> Result<Vec<ClosedMonth>, BooksError> {
        of_pool(&mut self.connection, pool).await
    }
}

pub(crate) async fn of_pool(
    connection: &mut Connection,
    pool: PoolNumber,
) -> Result<Vec<ClosedMonth>, BooksError> {
    let sql = "SELECT first_day, last_day, postings, reason, closed_by, closed_at \
               FROM closed_month WHERE pool = $1 ORDER BY first_day";
    let asked = query(sql).bind(pool.get());
    let rows: Vec<(i64, i64, i64, String, String, i64)> = asked.fetch_all(connection).await?;
    let month = |(first, last, postings, reason, by, at): (_, _, _, _, _, i64)| {
        Ok(ClosedMonth {
            first_day: day(first)?,
            last_day: day(last)?,
            postings,
            reason,
            by,
            at: instant(at),
        })
    };
    rows.into_iter().map(month).collect()
}
