//! What a person decides of withdrawals that are not on their way.

use paydirt_books::{Change, LockedPool, Session, Withdrawal, WithdrawalNumber, WithdrawalState};
use paydirt_schedule::{Timestamp, ZoneHistory};
use serde_json::json;

use crate::WithdrawalError;

/// Longest reason, characters.
const REASON_MAX: usize = 1_000;

/// Who decides, when, why.
#[derive(Clone, Copy, Debug)]
pub struct Deciding<'a> {
    /// Who.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// The zone of the pool's days.
    pub zones: &'a ZoneHistory,
    /// Why; needed to reject or cancel.
    pub reason: Option<&'a str>,
}

impl<'a> Deciding<'a> {
    /// The reason, which must be there.
    ///
    /// # Errors
    /// `Refused` without one, or when it is too long.
    pub fn needed_reason(&self) -> Result<&'a str, WithdrawalError> {
        let reason = self.reason.map(str::trim).unwrap_or_default();
        match reason.chars().count() {
            1..=REASON_MAX => Ok(reason),
            _ => Err(WithdrawalError::refused(
                format!("a reason of 1 to {REASON_MAX} characters is needed"),
                "say why with --reason",
            )),
        }
    }
}

/// Approves a request of somebody else. The caller commits.
///
/// # Errors
/// `Refused` when it is not requested, or the same person asked for it; the books'.
pub async fn approve(
    session: &mut Session,
    locked: &mut LockedPool,
    number: WithdrawalNumber,
    deciding: &Deciding<'_>,
) -> Result<Withdrawal, WithdrawalError> {
    let found = session.withdrawal(locked.pool.number, number).await?;
    check_approvable(&found, deciding.by)?;
    change(session, locked, &found, WithdrawalState::Approved, deciding).await
}

/// Whether somebody may approve this.
///
/// # Errors
/// `Refused`.
pub fn check_approvable(found: &Withdrawal, by: &str) -> Result<(), WithdrawalError> {
    if found.state != WithdrawalState::Requested {
        return Err(WithdrawalError::refused(
            format!(
                "withdrawal {} is {}, not requested",
                found.number, found.state
            ),
            match found.state {
                WithdrawalState::Approved => "it needs no approval any more",
                _ => "look at it with `paydirt withdrawals show`",
            },
        ));
    }
    if found.requested_by == by {
        return Err(WithdrawalError::refused(
            format!(
                "withdrawal {} was asked for by {by}, who can't approve it",
                found.number
            ),
            "have another person approve it",
        ));
    }
    Ok(())
}

/// Rejects what is requested or approved: its amount is available again. The caller commits.
///
/// # Errors
/// `Refused` without a reason, or when it is in another state; the books'.
pub async fn reject(
    session: &mut Session,
    locked: &mut LockedPool,
    number: WithdrawalNumber,
    deciding: &Deciding<'_>,
) -> Result<Withdrawal, WithdrawalError> {
    deciding.needed_reason()?;
    let found = session.withdrawal(locked.pool.number, number).await?;
    check_open(session, locked, &found, "rejected").await?;
    change(session, locked, &found, WithdrawalState::Rejected, deciding).await
}

/// Takes back what is requested or approved: its amount is available again. The caller commits.
///
/// # Errors
/// `Refused` without a reason, or when it is in another state; the books'.
pub async fn cancel(
    session: &mut Session,
    locked: &mut LockedPool,
    number: WithdrawalNumber,
    deciding: &Deciding<'_>,
) -> Result<Withdrawal, WithdrawalError> {
    deciding.needed_reason()?;
    let found = session.withdrawal(locked.pool.number, number).await?;
    check_open(session, locked, &found, "cancelled").await?;
    change(
        session,
        locked,
        &found,
        WithdrawalState::Cancelled,
        deciding,
    )
    .await
}

async fn check_open(
    session: &mut Session,
    locked: &LockedPool,
    found: &Withdrawal,
    what: &str,
) -> Result<(), WithdrawalError> {
    use WithdrawalState::{Approved, Failed, Processing, Requested};
    let number = found.number;
    let live = session.live_leg(&locked.pool.id, number).await?;
    let cure = match (found.state, live) {
        (Requested | Approved, None) => return Ok(()),
        (Requested | Approved | Processing, live) => {
            let payment = live.unwrap_or_else(|| "PAYMENT".to_owned());
            format!(
                "it is in payment {payment}: offer the chain a cancel with `paydirt payouts \
                 cancel {payment}`"
            )
        }
        (Failed, _) => {
            format!("a failed one is taken back with `paydirt withdrawals cancel {number}`")
        }
        _ => "it is over".to_owned(),
    };
    Err(WithdrawalError::refused(
        format!("withdrawal {number} is {} and can't be {what}", found.state),
        cure,
    ))
}

async fn change(
    session: &mut Session,
    locked: &mut LockedPool,
    found: &Withdrawal,
    to: WithdrawalState,
    deciding: &Deciding<'_>,
) -> Result<Withdrawal, WithdrawalError> {
    let Deciding { by, now, .. } = *deciding;
    let change = Change {
        number: found.number,
        from: found.state,
        to,
        by,
        at: now,
        on: deciding.zones.day_of(now)?,
        reason: deciding.reason,
        evidence: None,
    };
    let changed = session.change_withdrawal(locked, &change).await?;
    let action = match to {
        WithdrawalState::Approved => "withdrawals approve",
        WithdrawalState::Rejected => "withdrawals reject",
        _ => "withdrawals cancel",
    };
    let detail = json!({
        "pool": locked.pool.id.as_str(), "member": found.code.as_str(),
        "before": found.state.name(), "reason": deciding.reason,
    });
    let subject = found.number.to_string();
    session.audit(by, action, &subject, &detail, now).await?;
    Ok(changed)
}
