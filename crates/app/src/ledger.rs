//! The ledger: computed again from what is never changed, closed by months, exported, and compared
//! with what was.

mod export;

use paydirt_books::{ClosedMonth, Verified, Verifying};
use paydirt_schedule::Month;
use paydirt_settlement::close_month;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, known};
use crate::owner::operator;
use crate::terms::terms_of;
use crate::wire::{Scope, open_existing};

pub use export::{ExportRequest, compare, export};

/// What was computed again of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolVerified {
    /// The pool.
    pub pool: String,
    /// How much was looked at, and the first difference, if there is one.
    pub verified: Verified,
}

/// Computes the books of pools again, and compares; pools that are not in the books yet are left
/// out. `progress` hears now and then, with the pool's name, how far it has come.
///
/// # Errors
/// `Usage`; the books'. A difference is no error.
pub async fn verify(
    settings: &Settings,
    scope: &Scope,
    mut progress: impl FnMut(&str, Verifying) + Send,
) -> Result<Vec<PoolVerified>, AppError> {
    let pools = terms_of(settings, scope)?;
    let books = open_existing(settings).await?;
    let mut all = Vec::new();
    for terms in pools {
        let pool = terms.id.to_string();
        let mut session = books.look().await?;
        if known(&mut session, &terms).await?.is_some() {
            let mut tell = |at| progress(&pool, at);
            let verified = session.verify_ledger(&terms.id, &mut tell).await?;
            all.push(PoolVerified { pool, verified });
        }
        session.end().await?;
    }
    Ok(all)
}

/// Closes a month of a pool, or, in a dry run, looks whether it may be.
///
/// # Errors
/// `Usage`; `Settlement` with all that the month lacks; the books'.
pub async fn close(
    settings: &Settings,
    pool: &str,
    month: Month,
    reason: &str,
    dry_run: bool,
) -> Result<ClosedMonth, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let by = operator();
    let (mut session, pool) = of.begin().await?;
    let mut locked = session.lock_pool(&pool.id).await?;
    let whom = (by.as_str(), of.now);
    let closed = close_month(&mut session, &mut locked, &of.terms, month, reason, whom).await?;
    match dry_run {
        true => session.end().await?,
        false => session.commit().await?,
    }
    Ok(closed)
}

/// The closed months of a pool, oldest first.
///
/// # Errors
/// `Usage`; the books'.
pub async fn closed(settings: &Settings, pool: &str) -> Result<Vec<ClosedMonth>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    Ok(session.closed_months(pool.number).await?)
}
