//! Millions of rows at once, each database in its own fastest way. Rows come in key order.

use crate::balances::all_changed;
use crate::db::Connection;
use crate::lines::{Credit, Line};
use crate::numbers::{PoolNumber, SettlementNumber, StreamNumber};
use crate::{BooksError, postgres, sqlite};

pub(crate) async fn insert_lines(
    connection: &mut Connection,
    settlement: SettlementNumber,
    lines: &[Line],
) -> Result<(), BooksError> {
    let inserted = match connection {
        Connection::Sqlite(on) => sqlite::bulk::insert_lines(on, settlement.get(), lines).await?,
        Connection::Postgres(on) => {
            postgres::bulk::insert_lines(on, settlement.get(), lines).await?
        }
    };
    all_changed("lines", inserted, lines.len())
}

/// Where the part of a credit goes that is not vesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditTo {
    /// To what is available.
    Available,
    /// To what the stream collects.
    Stream,
}

/// Changes the balances of members who have one, in ascending order of member.
pub(crate) async fn credit(
    connection: &mut Connection,
    pool: PoolNumber,
    stream: StreamNumber,
    to: CreditTo,
    credits: &[Credit],
) -> Result<(), BooksError> {
    let pool = pool.get();
    let of_balance = |credit: &Credit| match to {
        CreditTo::Available => [credit.now, credit.vesting],
        CreditTo::Stream => [0, credit.vesting],
    };
    let rows = credits
        .iter()
        .map(|credit| (credit.member.get(), of_balance(credit)))
        .filter(|(_, amounts)| *amounts != [0, 0]);
    let rows: Vec<(i64, [i64; 2])> = rows.collect();
    let changed = match connection {
        Connection::Sqlite(on) => sqlite::bulk::add_to_balances(on, pool, &rows).await?,
        Connection::Postgres(on) => postgres::bulk::add_to_balances(on, pool, &rows).await?,
    };
    all_changed("balances", changed, rows.len())?;
    if to == CreditTo::Available {
        return Ok(());
    }
    let collected = credits.iter().filter(|credit| credit.now != 0);
    let rows: Vec<(i64, i64)> = collected.map(|c| (c.member.get(), c.now)).collect();
    let members = credits.iter().filter(|c| c.now != 0);
    let members = members.map(|c| (stream, c.member));
    crate::balances::open_in_streams(connection, members).await?;
    let stream = stream.get();
    let changed = match connection {
        Connection::Sqlite(on) => sqlite::bulk::add_to_collected(on, stream, &rows).await?,
        Connection::Postgres(on) => postgres::bulk::add_to_collected(on, stream, &rows).await?,
    };
    all_changed("amounts to be transferred", changed, rows.len())
}
