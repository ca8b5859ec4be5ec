//! The last acknowledged moves of the pools' ledgers, and the blocks that verdicts came from.

use std::collections::BTreeMap;

use paydirt_chain::BlockRef;
use paydirt_ledger::{MoveId, PoolId};

use crate::codec::{integer, natural, parsed};
use crate::db::{Connection, Many, many, query};
use crate::error::Done;

/// So many of the highest blocks are told.
const BLOCKS: i64 = 256;

/// All of them: there is one a pool.
pub(crate) async fn all(connection: &mut Connection) -> Done<BTreeMap<PoolId, MoveId>> {
    let sql = "SELECT pool, seq, id FROM ledger_move";
    let rows: Vec<(String, i64, String)> = query(sql).fetch_all(connection).await?;
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
    let upsert = Many {
        before: "INSERT INTO ledger_move (pool, seq, id)",
        after: " ON CONFLICT (pool) DO UPDATE SET seq = excluded.seq, id = excluded.id",
    };
    many(connection, &upsert, rows, |(pool, seq, id), values| {
        values.extend([pool.into(), seq.into(), id.into()]);
        Ok(())
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
    let rows: Vec<(i64, String)> = query(sql)
        .bind(wallet)
        .bind(BLOCKS)
        .fetch_all(connection)
        .await?;
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
    let insert = Many {
        before: "INSERT INTO verdict_block (wallet, number, hash)",
        after: " ON CONFLICT DO NOTHING",
    };
    many(connection, &insert, rows, |(number, hash), values| {
        values.extend([wallet.into(), number.into(), hash.into()]);
        Ok(())
    })
    .await?;
    Ok(())
}
