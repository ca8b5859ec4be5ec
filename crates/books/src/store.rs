//! Storing what a draft changed, many rows a statement.

use paydirt_ledger::draft::{Draft, Drafted};
use paydirt_schedule::Timestamp;

use crate::db::Connection;
use crate::error::Done;
use crate::{attempts, history, legs, moves, payments, quarantine, requests, wallets};

/// Stores a draft on the wallet of this number. What ends comes before what begins, so that a
/// member whose leg ends may get a new one in the same write.
pub(crate) async fn store(
    connection: &mut Connection,
    wallet: i64,
    draft: &Draft,
    now: Timestamp,
) -> Done<()> {
    let all = |wanted: fn(&Drafted) -> bool| -> Vec<&Drafted> {
        draft
            .payments
            .iter()
            .filter(|drafted| wanted(drafted))
            .collect()
    };
    payments::update(connection, &all(|d| d.row && !d.new)).await?;
    legs::update(connection, &all(|d| d.legs && !d.new)).await?;
    payments::insert(connection, wallet, &all(|d| d.new)).await?;
    legs::insert(connection, &all(|d| d.new)).await?;
    attempts::update(connection, &all(|d| !d.attempts.is_empty())).await?;
    attempts::insert(connection, &all(|d| !d.new_attempts.is_empty())).await?;
    moves::store(connection, &draft.moves).await?;
    moves::add_verdict_blocks(connection, wallet, &draft.verdict_blocks).await?;
    quarantine::store(connection, &draft.quarantine).await?;
    requests::answer(connection, &draft.answered).await?;
    history::add(connection, wallet, now, &draft.lines).await?;
    if draft.wallet_changed {
        wallets::store(connection, wallet, &draft.wallet).await?;
    }
    Ok(())
}
