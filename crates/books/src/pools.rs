//! Pools and their streams.

use std::collections::BTreeMap;

use paydirt_ledger::PoolId;
use paydirt_money::Coin;
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{coin, day};
use crate::db::{Connection, query};
use crate::digest::Hash;
use crate::numbers::{PoolNumber, StreamNumber};
use crate::{BooksError, Session};

/// A pool in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its number.
    pub number: PoolNumber,
    /// Its name in the configuration.
    pub id: PoolId,
    /// Its coin.
    pub coin: Coin,
    /// The day that settling begins with.
    pub first_day: Day,
}

/// A pool whose chain of postings is ours until the transaction ends.
#[derive(Debug)]
pub struct LockedPool {
    /// The pool.
    pub pool: Pool,
    pub(crate) postings: i64,
    pub(crate) head: Hash,
    /// The last day that takes no postings any more.
    pub(crate) closed: Option<Day>,
}

impl LockedPool {
    /// The last day of the last month that is closed, if one is: no posting is of it or earlier.
    #[must_use]
    pub const fn closed_through(&self) -> Option<Day> {
        self.closed
    }
}

#[derive(sqlx::FromRow)]
struct PoolRow {
    number: i64,
    name: String,
    coin: String,
    decimals: i64,
    first_day: i64,
    postings: i64,
    head: Vec<u8>,
    closed: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, name, coin, decimals, first_day, postings, head, \
             (SELECT MAX(last_day) FROM closed_month WHERE closed_month.pool = pool.number) \
             AS closed FROM pool ",
            $rest
        )
    };
}

impl PoolRow {
    fn locked(self) -> Result<LockedPool, BooksError> {
        let head = Hash::try_from(self.head.as_slice())
            .map_err(|_| BooksError::corrupt("pool's head", &self.head))?;
        Ok(LockedPool {
            postings: self.postings,
            head,
            closed: self.closed.map(day).transpose()?,
            pool: Pool {
                number: PoolNumber(self.number),
                id: PoolId::new(self.name),
                coin: coin(&self.coin, self.decimals)?,
                first_day: day(self.first_day)?,
            },
        })
    }
}

fn unknown(id: &PoolId) -> BooksError {
    BooksError::Unknown {
        what: format!("pool {id}"),
        cure: "the first import, record or settlement of a configured pool makes it".into(),
    }
}

/// The pool, with its chain of postings locked until the transaction ends.
pub(crate) async fn lock(
    connection: &mut Connection,
    id: &PoolId,
) -> Result<LockedPool, BooksError> {
    let sql = select!("WHERE name = $1 FOR UPDATE");
    let row: Option<PoolRow> = query(sql)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.ok_or_else(|| unknown(id))?.locked()
}

/// The pool, with its chain of postings as it is now.
pub(crate) async fn with_head(
    connection: &mut Connection,
    id: &PoolId,
) -> Result<LockedPool, BooksError> {
    let sql = select!("WHERE name = $1");
    let row: Option<PoolRow> = query(sql)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.ok_or_else(|| unknown(id))?.locked()
}

/// The pool.
pub(crate) async fn find(connection: &mut Connection, id: &PoolId) -> Result<Pool, BooksError> {
    Ok(with_head(connection, id).await?.pool)
}

impl Session {
    /// The pool, made if it is new; one that exists must have this coin and first day.
    ///
    /// # Errors
    /// `Changed` when the books have another coin or first day; `Database`.
    pub async fn open_pool(
        &mut self,
        id: &PoolId,
        coin: Coin,
        first_day: Day,
        now: Timestamp,
    ) -> Result<Pool, BooksError> {
        let sql = "INSERT INTO pool (name, coin, decimals, first_day, opened_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING";
        query(sql)
            .bind(id.as_str())
            .bind(coin.symbol())
            .bind(coin.decimals())
            .bind(first_day.days_since_epoch())
            .bind(now.as_ms())
            .execute(&mut self.connection)
            .await?;
        let pool = find(&mut self.connection, id).await?;
        let changed = |what, books: String, configured: String| BooksError::Changed {
            what: format!("pool {id}: its {what}"),
            books,
            configured,
        };
        if pool.coin != coin {
            let (books, configured) = (pool.coin.to_string(), coin.to_string());
            return Err(changed("coin", books, configured));
        }
        if pool.first_day != first_day {
            let (books, configured) = (pool.first_day.to_string(), first_day.to_string());
            return Err(changed("first day", books, configured));
        }
        Ok(pool)
    }

    /// A pool that is in the books, by its name.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn pool(&mut self, id: &PoolId) -> Result<Pool, BooksError> {
        find(&mut self.connection, id).await
    }

    /// The same for one who will post: others who want to wait until this transaction ends.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn lock_pool(&mut self, id: &PoolId) -> Result<LockedPool, BooksError> {
        lock(&mut self.connection, id).await
    }

    /// All pools, by name.
    ///
    /// # Errors
    /// `Database`.
    pub async fn pools(&mut self) -> Result<Vec<Pool>, BooksError> {
        let rows: Vec<PoolRow> = query(select!("ORDER BY name"))
            .fetch_all(&mut self.connection)
            .await?;
        rows.into_iter().map(|row| Ok(row.locked()?.pool)).collect()
    }

    /// A stream of the pool, made if it is new.
    ///
    /// # Errors
    /// `Database`.
    pub async fn open_stream(
        &mut self,
        pool: PoolNumber,
        name: &str,
    ) -> Result<StreamNumber, BooksError> {
        query(
            "INSERT INTO stream (pool, name) VALUES ($1, $2) ON CONFLICT (pool, name) DO NOTHING",
        )
        .bind(pool.get())
        .bind(name)
        .execute(&mut self.connection)
        .await?;
        let sql = "SELECT number FROM stream WHERE pool = $1 AND name = $2";
        let found = query(sql).bind(pool.get()).bind(name);
        let (number,): (i64,) = found.fetch_one(&mut self.connection).await?;
        Ok(StreamNumber(number))
    }

    /// The pool's streams, by name.
    ///
    /// # Errors
    /// `Database`.
    pub async fn streams(
        &mut self,
        pool: PoolNumber,
    ) -> Result<BTreeMap<String, StreamNumber>, BooksError> {
        let sql = "SELECT name, number FROM stream WHERE pool = $1";
        let rows: Vec<(String, i64)> = query(sql)
            .bind(pool.get())
            .fetch_all(&mut self.connection)
            .await?;
        let named = rows
            .into_iter()
            .map(|(name, number)| (name, StreamNumber(number)));
        Ok(named.collect())
    }
}
