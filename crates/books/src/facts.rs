//! What a write needs, in a few statements however many changes it has.

use paydirt_ledger::Wallet;
use paydirt_ledger::draft::{Facts, Needs};

use crate::db::Connection;
use crate::error::Done;
use crate::{attempts, legs, moves, payments, quarantine, requests};

pub(crate) async fn load(
    connection: &mut Connection,
    wallet: Wallet,
    needs: &Needs,
) -> Done<Facts> {
    let mut wanted = needs.payments.clone();
    wanted.extend(payments::ids_of_attempts(connection, &needs.attempts).await?);
    let mut facts = Facts {
        wallet,
        payments: Vec::new(),
        legs: legs::existing(connection, &needs.new_legs).await?,
        attempts: attempts::existing(connection, &needs.new_attempts).await?,
        live: legs::live(connection, &needs.live).await?,
        moves: Default::default(),
        quarantine: Vec::new(),
        requests: requests::by_ids(connection, &needs.requests).await?,
    };
    if !wanted.is_empty() {
        facts.payments = payments::with_parts(connection, &wanted, needs.legs, needs.saved).await?;
    }
    if !needs.pools.is_empty() {
        facts.moves = moves::all(connection).await?;
    }
    if !needs.quarantine.is_empty() {
        facts.quarantine = quarantine::all(connection).await?;
    }
    Ok(facts)
}
