//! What happened to withdrawals: every change of a state, with who and why.

use paydirt_schedule::Timestamp;

use super::WithdrawalState;
use crate::BooksError;
use crate::codec::words;
use crate::db::{Connection, Many, many};
use crate::numbers::WithdrawalNumber;

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
