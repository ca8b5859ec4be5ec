//! The treasury: what the operator moves in and out of a pool's wallets.

use paydirt_books::{Movement, MovementKind, NewMovement};
use paydirt_money::{BaseUnits, Coin};
use paydirt_schedule::Day;
use serde_json::json;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;

/// A movement, as it is recorded.
#[derive(Clone, Debug)]
pub struct MovementEntry {
    /// The pool.
    pub pool: String,
    /// What was moved where.
    pub kind: MovementKind,
    /// The transaction on chain.
    pub tx: String,
    /// The accounting day.
    pub day: Day,
    /// How much, as `12.5 FIL` or `12.5`.
    pub amount: String,
    /// A note.
    pub note: Option<String>,
}

/// Records a movement.
///
/// # Errors
/// `Usage`, `Money`; the books': `Refused` when the pool has this transaction already.
pub async fn record(
    settings: &Settings,
    entry: &MovementEntry,
) -> Result<(Coin, Movement), AppError> {
    let of = OfPool::open(settings, &entry.pool).await?;
    if of.terms.zones().instants(entry.day).start > of.now {
        return Err(AppError::usage(
            format!("{} has not begun in pool {}", entry.day, entry.pool),
            "correct the day",
        ));
    }
    let new = NewMovement {
        kind: entry.kind,
        tx: entry.tx.clone(),
        day: entry.day,
        amount: BaseUnits::parse_coin(&entry.amount, of.terms.coin)?,
        note: entry.note.clone(),
        by: operator(),
    };
    let (mut session, pool) = of.begin().await?;
    let mut locked = session.lock_pool(&of.terms.id).await?;
    let movement = session.add_movement(&mut locked, &new, of.now).await?;
    let detail = json!({
        "tx": new.tx, "day": new.day, "base_units": new.amount.to_string(), "note": new.note,
    });
    let action = format!("treasury {}", new.kind.name());
    let subject = of.terms.id.as_str();
    session
        .audit(&new.by, &action, subject, &detail, of.now)
        .await?;
    session.commit().await?;
    Ok((pool.coin, movement))
}

/// A pool's movements of these days.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(
    settings: &Settings,
    pool: &str,
    days: (Option<Day>, Option<Day>),
) -> Result<Vec<(Coin, Movement)>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    let from = days.0.unwrap_or(Day::FIRST);
    let to = days.1.unwrap_or(Day::LAST);
    let found = session.movements(pool.number, from, to).await?;
    Ok(found.into_iter().map(|it| (pool.coin, it)).collect())
}
