//! Closing a month: its days are settled and released, and take no postings any more.

use paydirt_books::{ClosedMonth, LockedPool, Session};
use paydirt_schedule::{Day, Month, Timestamp};
use serde_json::json;

use crate::SettlementError;
use crate::settle::next_day;
use crate::terms::PoolTerms;

/// Closes a month in this session, which the caller commits, or not in a dry run. Who closed it and
/// why stands in the audit log.
///
/// # Errors
/// `Refused` with all that is missing: it is not over in the pool's zone, an earlier one is open, a
/// due day is not settled, or what vests is not released; the books'.
pub async fn close_month(
    session: &mut Session,
    locked: &mut LockedPool,
    pool: &PoolTerms,
    month: Month,
    reason: &str,
    (by, now): (&str, Timestamp),
) -> Result<ClosedMonth, SettlementError> {
    let days = (month.first_day(), month.last_day());
    if reason.trim().is_empty() {
        return Err(SettlementError::refused(
            "closing a month needs a reason",
            "say why, for those who read the books later",
        ));
    }
    check_turn(locked, pool, month, now)?;
    let missing = missing(session, locked, pool, days).await?;
    if !missing.is_empty() {
        return Err(SettlementError::refused(
            format!("{month} of pool {} lacks: {}", pool.id, missing.join("; ")),
            "settle and release its days first: `paydirt settle` says what each waits for",
        ));
    }
    let closed = session.close_month(locked, days, reason, by, now).await?;
    let detail = json!({ "month": month.to_string(), "reason": reason });
    session
        .audit(by, "ledger close", pool.id.as_str(), &detail, now)
        .await?;
    Ok(closed)
}

/// Months are closed one after the other, each once it is over.
fn check_turn(
    locked: &LockedPool,
    pool: &PoolTerms,
    month: Month,
    now: Timestamp,
) -> Result<(), SettlementError> {
    let next = match locked.closed_through() {
        Some(closed) => closed.next()?,
        None => pool.first_day,
    };
    let next = next.month();
    if month < next {
        let (what, cure) = match locked.closed_through() {
            Some(closed) => (
                format!("{month} is closed: pool {} is, up to {closed}", pool.id),
                format!("the next month to be closed is {next}"),
            ),
            None => (
                format!("{month} is before the first day of pool {}", pool.id),
                format!("its first month is {next}"),
            ),
        };
        return Err(SettlementError::refused(what, cure));
    }
    if month > next {
        return Err(SettlementError::refused(
            format!("{next} of pool {} is open", pool.id),
            format!("close {next} first: months are closed in their order"),
        ));
    }
    let end = pool.zones().instants(month.last_day()).end;
    if now < end {
        return Err(SettlementError::refused(
            format!("{month} is not over in pool {}: it ends at {end}", pool.id),
            "close it then",
        ));
    }
    Ok(())
}

/// Days of the month that are not settled, and what of it is not released.
async fn missing(
    session: &mut Session,
    locked: &LockedPool,
    pool: &PoolTerms,
    (_, last): (Day, Day),
) -> Result<Vec<String>, SettlementError> {
    let mut missing = Vec::new();
    let numbers = session.streams(locked.pool.number).await?;
    for stream in &pool.streams {
        let name = &stream.name;
        let first = pool.first_day_of(stream);
        let next = match numbers.get(name) {
            Some(number) => {
                let settled = session.last_settled(*number).await?;
                next_day(session, pool, stream, *number, settled.as_ref()).await?
            }
            None if stream.due == crate::Due::Daily => {
                Some(first).filter(|first| stream.until.is_none_or(|until| *first <= until))
            }
            None => None,
        };
        if let Some(next) = next.filter(|next| *next <= last) {
            missing.push(format!("stream {name} is not settled from {next} on"));
        }
    }
    for (name, number) in &numbers {
        let next = session.next_release(*number).await?;
        if let Some(next) = next.filter(|next| *next <= last) {
            missing.push(format!(
                "what vests of stream {name} is not released from {next} on"
            ));
        }
    }
    Ok(missing)
}
