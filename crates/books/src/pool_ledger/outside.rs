//! A leg that was paid outside of the journal: settled from the beginning, of no payment of ours.

use paydirt_chain::{Address, TxId};
use paydirt_ledger::{LegId, MoveId};
use paydirt_schedule::Timestamp;

use super::refusal::Refusal;
use super::standing::{Standing, store_move};
use crate::BooksError;
use crate::accounts::Account;
use crate::codec::{base_units, integer};
use crate::db::{Connection, query};
use crate::error::Failure;
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber};

/// What was paid.
pub(crate) struct OutsideLeg<'a> {
    pub(crate) id: LegId,
    pub(crate) member: MemberNumber,
    pub(crate) address: &'a str,
    pub(crate) amount: i64,
    pub(crate) sender: &'a Address,
    pub(crate) tx: &'a TxId,
    pub(crate) block: u64,
    /// Base units.
    pub(crate) fee: u128,
    pub(crate) at: Timestamp,
    pub(crate) posting: PostingNumber,
}

/// Records the leg as a move of its own, so that moves keep their order. A journal that knows an
/// earlier one still knows this ledger.
pub(crate) async fn settle_outside(
    connection: &mut Connection,
    pool: PoolNumber,
    leg: &OutsideLeg<'_>,
) -> Result<(), BooksError> {
    let standing = Standing::load(connection, pool, None, None).await;
    let standing = standing.map_err(of_ledger)?;
    let seq = standing.next();
    let sql = "INSERT INTO ledger_leg (pool, leg, payment, wallet, member, address, amount, \
         bucket, state, move, place, moved_at, posting, tx, block, fee) \
         VALUES ($1, $2, NULL, $3, $4, $5, $6, $7, 'settled', $8, 0, $9, $10, $11, $12, $13)";
    query(sql)
        .bind(pool.get())
        .bind(leg.id.to_string())
        .bind(format!("outside:{}", leg.sender))
        .bind(leg.member.get())
        .bind(leg.address)
        .bind(leg.amount)
        .bind(Account::Frozen.name())
        .bind(integer("move", seq)?)
        .bind(leg.at)
        .bind(leg.posting.get())
        .bind(leg.tx.as_str())
        .bind(integer("block", leg.block)?)
        .bind(base_units(leg.fee))
        .execute(connection)
        .await?;
    // A ledger that is nobody's yet has no moves to be counted.
    if standing.is_somebodys() {
        let done = MoveId {
            seq,
            id: LegId::new().0,
        };
        store_move(connection, pool, done)
            .await
            .map_err(of_ledger)?;
    }
    Ok(())
}

fn of_ledger(Refusal(error): Refusal) -> BooksError {
    BooksError::from(Failure(paydirt_ledger::JournalError::Database(
        error.to_string(),
    )))
}
