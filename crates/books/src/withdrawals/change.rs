//! Decisions: what a person, or the policy, makes of a withdrawal that is not on its way.

use paydirt_schedule::{Day, Timestamp};
use serde_json::Value as Json;

use super::WithdrawalState;
use super::events::{self, NewEvent};
use super::rows::{self, Withdrawal};
use crate::codec::words;
use crate::db::query;
use crate::numbers::{MemberNumber, PostingNumber, WithdrawalNumber};
use crate::pools::LockedPool;
use crate::postings::{Entry, NewPosting};
use crate::{Account, BooksError, Session};

/// A change of a withdrawal's state.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Which one.
    pub number: WithdrawalNumber,
    /// The state that it must be in.
    pub from: WithdrawalState,
    /// The state from then on.
    pub to: WithdrawalState,
    /// Who decides it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// The accounting day.
    pub on: Day,
    /// Why.
    pub reason: Option<&'a str>,
    /// What it was decided on.
    pub evidence: Option<Json>,
}

impl Change<'_> {
    /// Whether this change gives the amount back to what is available.
    fn gives_back(&self) -> Result<bool, BooksError> {
        use WithdrawalState::{Approved, Cancelled, Failed, Rejected, Requested};
        match (self.from, self.to) {
            (Requested, Approved) | (Failed, Approved) => Ok(false),
            (Requested | Approved, Rejected) => Ok(true),
            (Requested | Approved | Failed, Cancelled) => Ok(true),
            (from, to) => Err(BooksError::Refused {
                what: format!("withdrawal {}: {from} does not become {to}", self.number),
                cure: "look at it again with `paydirt withdrawals show`".into(),
            }),
        }
    }

    /// Whether who decides it is kept as the one who approved or rejected it.
    fn decides(&self) -> bool {
        matches!(
            self.to,
            WithdrawalState::Approved | WithdrawalState::Rejected
        )
    }
}

/// Moves an amount of a member from one of its buckets to another. What becomes available recovers
/// what the member owes.
pub(super) async fn post(
    session: &mut Session,
    locked: &mut LockedPool,
    (member, from, to, amount): (MemberNumber, Account, Account, i64),
    (by, at, day): (&str, Timestamp, Day),
    cause: &str,
) -> Result<PostingNumber, BooksError> {
    let kind = match to {
        Account::Paid => "payout",
        _ => "withdrawal",
    };
    let header = NewPosting {
        kind,
        stream: None,
        day,
        at,
        by: words(by),
        cause: cause.to_owned(),
    };
    let less = amount
        .checked_neg()
        .ok_or_else(|| BooksError::corrupt("amount of a withdrawal", amount))?;
    let entries = [
        Entry::of_member(from, member, less),
        Entry::of_member(to, member, amount),
    ];
    session.post(locked, &header, &entries).await
}

impl Session {
    /// Changes a withdrawal's state, gives its amount back where that is what it means, and writes
    /// the event.
    ///
    /// # Errors
    /// `Unknown`; `Refused` when it is in another state, a leg of it is live, or no such change
    /// exists; `Database`.
    pub async fn change_withdrawal(
        &mut self,
        locked: &mut LockedPool,
        change: &Change<'_>,
    ) -> Result<Withdrawal, BooksError> {
        let gives_back = change.gives_back()?;
        let pool = locked.pool.number;
        let before = rows::find(&mut self.connection, pool, change.number).await?;
        check_state(&before, change.from)?;
        if change.from == WithdrawalState::Failed {
            let live = self.live_leg(&locked.pool.id, change.number).await?;
            check_no_leg(change.number, live.as_deref())?;
        }
        self.update_state(change).await?;
        if gives_back {
            let cause = format!("withdrawal {} {}", change.number, change.to);
            let moved = (
                before.member,
                Account::Frozen,
                Account::Available,
                before.amount,
            );
            post(
                self,
                locked,
                moved,
                (change.by, change.at, change.on),
                &cause,
            )
            .await?;
        }
        let event = NewEvent {
            withdrawal: change.number,
            at: change.at,
            by: change.by,
            state: change.to,
            reason: change.reason,
            evidence: change.evidence.as_ref().map(Json::to_string),
        };
        events::add(&mut self.connection, &[event]).await?;
        rows::find(&mut self.connection, pool, change.number).await
    }

    async fn update_state(&mut self, change: &Change<'_>) -> Result<(), BooksError> {
        let sql = "UPDATE withdrawal SET state = $3, reason = $4, updated_at = $5, \
             decided_by = COALESCE($6, decided_by), decided_at = COALESCE($7, decided_at) \
             WHERE number = $1 AND state = $2";
        let decides = change.decides();
        let changed = query(sql)
            .bind(change.number.get())
            .bind(change.from.name())
            .bind(change.to.name())
            .bind(change.reason.map(words))
            .bind(change.at)
            .bind(decides.then(|| words(change.by)))
            .bind(decides.then_some(change.at));
        let changed = changed.execute(&mut self.connection).await?;
        crate::balances::all_changed("withdrawals", changed, 1)
    }
}

/// A withdrawal must be in the state that it was seen in.
pub(super) fn check_state(found: &Withdrawal, from: WithdrawalState) -> Result<(), BooksError> {
    if found.state == from {
        return Ok(());
    }
    Err(BooksError::Refused {
        what: format!("withdrawal {} is {}, not {from}", found.number, found.state),
        cure: "look at it again with `paydirt withdrawals show`".into(),
    })
}

/// What may still be paid is not decided by hand.
pub(super) fn check_no_leg(number: WithdrawalNumber, live: Option<&str>) -> Result<(), BooksError> {
    let Some(payment) = live else { return Ok(()) };
    Err(BooksError::Refused {
        what: format!("withdrawal {number} has a live leg, in payment {payment}"),
        cure: "wait until it is over, or end it with `paydirt payouts cancel`".into(),
    })
}
