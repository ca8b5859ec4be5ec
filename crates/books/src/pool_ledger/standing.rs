//! Whose the ledger is, and which of its moves it knows: what is asked before anything moves.

use paydirt_ledger::{JournalId, LedgerError, MoveContext, MoveId, WalletId};

use super::refusal::Ledgered;
use crate::codec::{integer, natural, parsed};
use crate::db::{Connection, query};
use crate::numbers::PoolNumber;

/// So many of its own moves the ledger remembers.
const REMEMBERED: i64 = 4096;

/// How the ledger stands towards one who wants something of it.
pub(super) struct Standing {
    journal: Option<JournalId>,
    seen: Option<u64>,
    knows: bool,
    /// Its last move.
    pub(super) last: Option<MoveId>,
}

#[derive(sqlx::FromRow)]
struct StandingRow {
    journal: String,
    moves: i64,
    last: Option<String>,
    seen: Option<i64>,
    known: i64,
}

impl Standing {
    pub(super) async fn load(
        connection: &mut Connection,
        pool: PoolNumber,
        wallet: Option<&WalletId>,
        known: Option<&MoveId>,
    ) -> Ledgered<Self> {
        let sql = "SELECT journal, moves, \
             (SELECT id FROM ledger_done_move WHERE pool = $1 AND seq = state.moves) AS last, \
             (SELECT token FROM ledger_token WHERE pool = $1 AND wallet = $2) AS seen, \
             (SELECT COUNT(*) FROM ledger_done_move \
              WHERE pool = $1 AND seq = $3 AND id = $4) AS known \
             FROM ledger_state AS state WHERE pool = $1";
        let seq = known.map(|known| integer("move", known.seq)).transpose()?;
        let row: Option<StandingRow> = query(sql)
            .bind(pool.get())
            .bind(wallet.map(WalletId::as_str))
            .bind(seq)
            .bind(known.map(|known| known.id.to_string()))
            .fetch_optional(connection)
            .await?;
        let Some(row) = row else {
            return Ok(Self {
                journal: None,
                seen: None,
                knows: known.is_none(),
                last: None,
            });
        };
        let seq = natural("move", row.moves)?;
        let id = row.last.as_deref().map(|id| parsed("move", id));
        Ok(Self {
            journal: Some(parsed("journal", &row.journal)?),
            seen: row.seen.map(|token| natural("token", token)).transpose()?,
            knows: known.is_none() || row.known > 0,
            last: id.transpose()?.map(|id| MoveId { seq, id }),
        })
    }

    pub(super) fn check_journal(&self, ours: JournalId) -> Result<(), LedgerError> {
        if self.journal == Some(ours) {
            return Ok(());
        }
        match self.journal {
            None => Err(nobodys(ours)),
            Some(id) => Err(LedgerError::OtherJournal {
                found: id.to_string(),
                ours,
            }),
        }
    }

    pub(super) fn check_token(&self, token: u64) -> Result<(), LedgerError> {
        match self.seen {
            Some(seen) if seen > token => Err(LedgerError::Fenced { seen }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_known(&self, known: Option<&MoveId>) -> Result<(), LedgerError> {
        match known {
            Some(expected) if !self.knows => Err(LedgerError::Older {
                expected: *expected,
            }),
            _ => Ok(()),
        }
    }

    /// Whether a journal has taken it.
    pub(super) fn is_somebodys(&self) -> bool {
        self.journal.is_some()
    }

    /// The number of the next move.
    pub(super) fn next(&self) -> u64 {
        self.last.map_or(0, |last| last.seq).saturating_add(1)
    }
}

/// It has met no journal yet.
pub(super) fn nobodys(ours: JournalId) -> LedgerError {
    LedgerError::OtherJournal {
        found: "nobody yet".to_owned(),
        ours,
    }
}

/// Gives the ledger to this journal, if it is nobody's.
pub(super) async fn attach(
    connection: &mut Connection,
    pool: PoolNumber,
    journal: JournalId,
) -> Ledgered<()> {
    query("INSERT INTO ledger_state (pool, journal) VALUES ($1, $2) ON CONFLICT (pool) DO NOTHING")
        .bind(pool.get())
        .bind(journal.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives the ledger to this journal, whoever's it is.
pub(super) async fn adopt(
    connection: &mut Connection,
    pool: PoolNumber,
    journal: JournalId,
) -> Ledgered<()> {
    query(
        "INSERT INTO ledger_state (pool, journal) VALUES ($1, $2) \
         ON CONFLICT (pool) DO UPDATE SET journal = excluded.journal",
    )
    .bind(pool.get())
    .bind(journal.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Remembers the token that this wallet came with.
pub(super) async fn store_token(
    connection: &mut Connection,
    pool: PoolNumber,
    context: &MoveContext,
) -> Ledgered<()> {
    query(
        "INSERT INTO ledger_token (pool, wallet, token) VALUES ($1, $2, $3) \
         ON CONFLICT (pool, wallet) DO UPDATE SET token = excluded.token",
    )
    .bind(pool.get())
    .bind(context.wallet.as_str())
    .bind(integer("token", context.token)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes this the ledger's last move.
pub(super) async fn store_move(
    connection: &mut Connection,
    pool: PoolNumber,
    done: MoveId,
) -> Ledgered<()> {
    let seq = integer("move", done.seq)?;
    query("INSERT INTO ledger_done_move (pool, seq, id) VALUES ($1, $2, $3)")
        .bind(pool.get())
        .bind(seq)
        .bind(done.id.to_string())
        .execute(connection)
        .await?;
    query("UPDATE ledger_state SET moves = $2 WHERE pool = $1")
        .bind(pool.get())
        .bind(seq)
        .execute(connection)
        .await?;
    query("DELETE FROM ledger_done_move WHERE pool = $1 AND seq <= $2")
        .bind(pool.get())
        .bind(seq.saturating_sub(REMEMBERED))
        .execute(connection)
        .await?;
    Ok(())
}
