//! The last acknowledged moves of the pools' ledgers, and the blocks that verdicts came from.

use std::collections::BTreeMap;

use paydirt_chain::BlockRef;
use paydirt_ledger::{MoveId, PoolId};

use crate::codec::{integer, natural, parsed};
use crate::error::Done;
use crate::sqlite::{Connection, chunks};

/// So many of the highest blocks are told.
const BLOCKS: i64 = 256;

/// All of them: there is one a pool.
pub(crate) async fn all(connection: &mut Connection) -> Done<BTreeMap<PoolId, MoveId>> {
    let sql = "SELECT pool, seq, id FROM ledger_move";
    let rows: Vec<(String, i64, String)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut moves = BTreeMap::new();
    for (pool, seq, id) in rows {
        let last = MoveId {
            seq: natural("move", seq)?,
            id: parsed("move", &id)?,
        };
        moves.insert(PoolId::new(pool), last);
    }
    Ok(moves)
}

pub(crate) async fn store(
    connection: &mut Connection,
    moves: &BTreeMap<PoolId, MoveId>,
) -> Done<()> {
    let mut rows = Vec::new();
    for (pool, last) in moves {
        rows.push((
            pool.as_str(),
            integer("move", last.seq)?,
            last.id.to_string(),
        ));
    }
    chunks(connection, 3, &rows, |statement, rows| {
        statement.push("INSERT INTO ledger_move (pool, seq, id) ");
        statement.push_values(rows, |mut row, (pool, seq, id)| {
            row.push_bind(*pool).push_bind(*seq).push_bind(id);
        });
        statement.push(" ON CONFLICT (pool) DO UPDATE SET seq = excluded.seq, id = excluded.id");
    })
    .await?;
    Ok(())
}

/// Highest first.
pub(crate) async fn verdict_blocks(
    connection: &mut Connection,
    wallet: i64,
) -> Done<Vec<BlockRef>> {
    let sql = "SELECT number, hash FROM verdict_block WHERE wallet = $1 \
               ORDER BY number DESC, hash DESC LIMIT $2";
    let query = sqlx::query_as(sql).bind(wallet).bind(BLOCKS);
    let rows: Vec<(i64, String)> = query.fetch_all(connection).await?;
    rows.into_iter()
        .map(|(number, hash)| {
            Ok(BlockRef {
                number: natural("block", number)?,
                hash,
            })
        })
        .collect()
}

pub(crate) async fn add_verdict_blocks(
    connection: &mut Connection,
    wallet: i64,
    blocks: &[BlockRef],
) -> Done<()> {
    let mut rows = Vec::new();
    for block in blocks {
        rows.push((integer("block", block.number)?, block.hash.as_str()));
    }
    rows.sort_unstable();
    rows.dedup();
    chunks(connection, 3, &rows, |statement, rows| {
        statement.push("INSERT INTO verdict_block (wallet, number, hash) ");
        statement.push_values(rows, |mut row, (number, hash)| {
            row.push_bind(wallet).push_bind(*number).push_bind(*hash);
        });
        statement.push(" ON CONFLICT DO NOTHING");
    })
    .await?;
    Ok(())
}
