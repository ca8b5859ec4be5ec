//! What happened to withdrawals: every change of a state, with who and why.

use paydirt_schedule::Timestamp;

use super::WithdrawalState;
use crate::codec::{instant, named, words};
use crate::db::{Connection, Many, many, query};
use crate::numbers::WithdrawalNumber;
use crate::{BooksError, Session};

/// What happened to a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalEvent {
    /// When.
    pub at: Timestamp,
    /// Who did it: a person, the policy, or payouts.
    pub by: String,
    /// The state from then on.
    pub state: WithdrawalState,
    /// Why.
    pub reason: Option<String>,
    /// What it was done on, as JSON.
    pub evidence: Option<String>,
}

/// One change of a state.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent<'a> {
    pub(crate) withdrawal: WithdrawalNumber,
    pub(crate) at: Timestamp,
    pub(crate) by: &'a str,
    /// The state from then on.
    pub(crate) state: WithdrawalState,
    pub(crate) reason: Option<&'a str>,
    /// JSON.
    pub(crate) evidence: Option<String>,
}

/// Adds events.
pub(crate) async fn add(
    connection: &mut Connection,
    events: &[NewEvent<'_>],
) -> Result<(), BooksError> {
    let statement = Many {
        before: "INSERT INTO withdrawal_event \
                 (withdrawal, at, by_whom, state, reason, evidence)",
        after: "",
    };
    many(connection, &statement, events, |event, values| {
        values.extend([
            event.withdrawal.get().into(),
            event.at.into(),
            event.by.into(),
            event.state.name().into(),
            event.reason.map(words).into(),
            (&event.evidence).into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

type EventRow = (i64, String, String, Option<String>, Option<String>);

impl Session {
    /// Everything that happened to a withdrawal, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn withdrawal_events(
        &mut self,
        number: WithdrawalNumber,
    ) -> Result<Vec<WithdrawalEvent>, BooksError> {
        let sql = "SELECT at, by_whom, state, reason, evidence FROM withdrawal_event \
                   WHERE withdrawal = $1 ORDER BY number";
        let asked = query(sql).bind(number.get());
        let rows: Vec<EventRow> = asked.fetch_all(&mut self.connection).await?;
        let event = |(at, by, state, reason, evidence): EventRow| {
            Ok(WithdrawalEvent {
                at: instant(at),
                by,
                state: named("state of a withdrawal", &state, WithdrawalState::of_name)?,
                reason,
                evidence,
            })
        };
        rows.into_iter().map(event).collect()
    }
}
