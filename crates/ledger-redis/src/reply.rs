//! What a script answers: `ok` and its outcomes, or why it refused.

use paydirt_ledger::{JournalId, LedgerError, MoveId};
use redis::Value;

use crate::fault::odd_reply;

/// Who asked, for the words of a refusal.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) journal: Option<JournalId>,
    pub(crate) known: Option<&'a MoveId>,
}

/// What follows `ok`.
pub(crate) fn accepted(reply: Value, asked: Asked<'_>) -> Result<Vec<Value>, LedgerError> {
    let mut parts = list(reply)?.into_iter();
    let status = text(parts.next())?;
    if status == "ok" {
        return Ok(parts.collect());
    }
    let mut word = || text(parts.next());
    Err(match (status.as_str(), asked.journal, asked.known) {
        ("journal", Some(ours), _) => match word()? {
            none if none.is_empty() => LedgerError::OtherJournal {
                found: "none (not attached)".to_owned(),
                ours,
            },
            found => LedgerError::OtherJournal { found, ours },
        },
        ("fenced", ..) => LedgerError::Fenced {
            seen: number(&word()?)?,
        },
        ("older", _, Some(known)) => LedgerError::Older { expected: *known },
        ("locked", ..) => match word()? {
            none if none.is_empty() => LedgerError::Locked {
                holder: "nobody: it was taken away".to_owned(),
            },
            holder => LedgerError::Locked { holder },
        },
        ("bad", ..) => LedgerError::BadEntry {
            entry: word()?,
            found: word()?,
        },
        ("ours", ..) => {
            let (row, leg) = (word()?, word()?);
            LedgerError::NotWritable(format!(
                "the pending row {row:?} is leg {leg} of Paydirt's own; \
                 run `paydirt payouts reconcile`"
            ))
        }
        _ => return Err(odd_reply("a script")),
    })
}

/// Number and id of the ledger's last move, then the outcomes.
pub(crate) fn moved(
    reply: Value,
    asked: Asked<'_>,
) -> Result<(Option<MoveId>, Vec<Value>), LedgerError> {
    let mut parts = accepted(reply, asked)?.into_iter();
    let seq = number(&text(parts.next())?)?;
    let id = text(parts.next())?;
    let outcomes = list(parts.next().unwrap_or(Value::Nil))?;
    if id.is_empty() {
        return Ok((None, outcomes));
    }
    let id = id.parse().map_err(|_| odd_reply("a script"))?;
    Ok((Some(MoveId { seq, id }), outcomes))
}

pub(crate) fn list(value: Value) -> Result<Vec<Value>, LedgerError> {
    match value {
        Value::Array(values) => Ok(values),
        Value::Nil => Ok(Vec::new()),
        _ => Err(odd_reply("a script")),
    }
}

pub(crate) fn text(value: Option<Value>) -> Result<String, LedgerError> {
    match value {
        Some(Value::BulkString(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Some(Value::SimpleString(text)) => Ok(text),
        Some(Value::Okay) => Ok("OK".to_owned()),
        Some(Value::Int(number)) => Ok(number.to_string()),
        _ => Err(odd_reply("a script")),
    }
}

/// 1 or 0.
pub(crate) fn flag(value: Option<Value>) -> Result<bool, LedgerError> {
    match value {
        Some(Value::Int(number)) => Ok(number == 1),
        _ => Err(odd_reply("a script")),
    }
}

fn number(text: &str) -> Result<u64, LedgerError> {
    text.parse().map_err(|_| odd_reply("a script"))
}
