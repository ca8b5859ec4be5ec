//! Numbers for rows that are written many at once, so that their order is known beforehand.

use crate::BooksError;
use crate::db::{Connection, query};

/// A table that is numbered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    Member,
    Order,
    Version,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Order => "pool_order",
            Self::Version => "order_version",
        }
    }
}

/// Takes `count` numbers, and returns the first. Others who take some wait until the transaction
/// ends.
pub(crate) async fn take(
    connection: &mut Connection,
    counter: Counter,
    count: usize,
) -> Result<i64, BooksError> {
    let full = || BooksError::corrupt("counter", counter.name());
    let count = i64::try_from(count).map_err(|_| full())?;
    let sql = "UPDATE counter SET last = last + $2 WHERE name = $1 RETURNING last";
    let (last,): (i64,) = query(sql)
        .bind(counter.name())
        .bind(count)
        .fetch_one(connection)
        .await?;
    last.checked_sub(count)
        .and_then(|before| before.checked_add(1))
        .ok_or_else(full)
}
