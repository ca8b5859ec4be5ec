//! What persons decide of withdrawals that are not on their way.

use paydirt_books::{LockedPool, Session, WithdrawalNumber, WithdrawalState};
use paydirt_ledger::PoolId;
use paydirt_schedule::{Clock as _, SystemClock, Timestamp};
use paydirt_settlement::PoolTerms;
use paydirt_withdrawals::{Deciding, check_approvable};

use super::{OfWithdrawal, WithdrawalShown, pool_name, shown};
use crate::config::Settings;
use crate::error::AppError;
use crate::owner::operator;
use crate::terms::pool_terms;
use crate::wire::open_existing;

/// What would be approved: what was seen is what is approved.
#[derive(Clone, Debug)]
pub struct ApprovalPlan {
    /// Those, in the order in which they were named.
    pub withdrawals: Vec<WithdrawalShown>,
}

/// Looks which withdrawals would be approved: all of these may be, by this person.
///
/// # Errors
/// `Withdrawal` for the first that may not; the books': `Unknown`.
pub async fn plan_approval(settings: &Settings, ids: &[i64]) -> Result<ApprovalPlan, AppError> {
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    let by = operator();
    let mut withdrawals: Vec<WithdrawalShown> = Vec::new();
    for id in ids {
        let number = WithdrawalNumber::new(*id);
        if withdrawals.iter().any(|it| it.withdrawal.number == number) {
            return Err(AppError::usage(
                format!("withdrawal {number} is named twice"),
                "name each once",
            ));
        }
        let found = found(&mut session, number).await?;
        check_approvable(&found.withdrawal, &by)?;
        withdrawals.push(found);
    }
    session.end().await?;
    Ok(ApprovalPlan { withdrawals })
}

async fn found(
    session: &mut Session,
    number: WithdrawalNumber,
) -> Result<WithdrawalShown, AppError> {
    let name = PoolId::new(pool_name(session, number).await?);
    let pool = session.pool(&name).await?;
    let withdrawal = session.withdrawal(pool.number, number).await?;
    Ok(shown(&pool, withdrawal))
}

/// Approves what was planned: all of it, or nothing where one may not be any more.
///
/// # Errors
/// As [`plan_approval`].
pub async fn approve(
    settings: &Settings,
    plan: &ApprovalPlan,
    reason: Option<&str>,
) -> Result<Vec<WithdrawalShown>, AppError> {
    let books = open_existing(settings).await?;
    let mut session = books.begin().await?;
    let (by, now) = (operator(), SystemClock.now());
    // Everybody locks pools in the same order.
    let mut ordered: Vec<&WithdrawalShown> = plan.withdrawals.iter().collect();
    ordered.sort_by(|one, other| one.pool.cmp(&other.pool));
    let mut done = Vec::new();
    let mut of_pool: Option<(String, PoolTerms, LockedPool)> = None;
    for it in ordered {
        if of_pool.as_ref().is_none_or(|(name, ..)| *name != it.pool) {
            let terms = pool_terms(settings, &it.pool)?;
            let locked = session.lock_pool(&terms.id).await?;
            of_pool = Some((it.pool.clone(), terms, locked));
        }
        let Some((_, terms, locked)) = &mut of_pool else {
            continue;
        };
        let deciding = deciding(&by, now, terms.schedule.zones(), reason);
        let number = it.withdrawal.number;
        let approved =
            paydirt_withdrawals::approve(&mut session, locked, number, &deciding).await?;
        done.push(shown(&locked.pool, approved));
    }
    session.commit().await?;
    Ok(done)
}

fn deciding<'a>(
    by: &'a str,
    now: Timestamp,
    zones: &'a paydirt_schedule::ZoneHistory,
    reason: Option<&'a str>,
) -> Deciding<'a> {
    Deciding {
        by,
        now,
        zones,
        reason,
    }
}

/// Rejects what is requested or approved: its amount is available again.
///
/// # Errors
/// `Withdrawal` where that may not be; the books': `Unknown`.
pub async fn reject(
    settings: &Settings,
    number: i64,
    reason: &str,
) -> Result<WithdrawalShown, AppError> {
    end(settings, number, WithdrawalState::Rejected, reason).await
}

/// Takes back what is requested or approved: its amount is available again.
///
/// # Errors
/// `Withdrawal` where that may not be; the books': `Unknown`.
pub async fn cancel(
    settings: &Settings,
    number: i64,
    reason: &str,
) -> Result<WithdrawalShown, AppError> {
    end(settings, number, WithdrawalState::Cancelled, reason).await
}

async fn end(
    settings: &Settings,
    number: i64,
    to: WithdrawalState,
    reason: &str,
) -> Result<WithdrawalShown, AppError> {
    let of = OfWithdrawal::open(settings, number).await?;
    let mut session = of.pool.books.begin().await?;
    let mut locked = session.lock_pool(&of.pool.terms.id).await?;
    let by = operator();
    let zones = of.pool.terms.schedule.zones();
    let deciding = deciding(&by, of.pool.now, zones, Some(reason));
    let ended = match to {
        WithdrawalState::Rejected => {
            paydirt_withdrawals::reject(&mut session, &mut locked, of.number, &deciding).await?
        }
        _ => paydirt_withdrawals::cancel(&mut session, &mut locked, of.number, &deciding).await?,
    };
    session.commit().await?;
    Ok(shown(&locked.pool, ended))
}
