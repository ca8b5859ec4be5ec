//! The scripts' words for what became of a leg, as the ledger's types.

use paydirt_ledger::{
    HoldOutcome, HoldState, LedgerError, ReapplyOutcome, ReleaseOutcome, SettleOutcome, VoidOutcome,
};
use paydirt_money::{Amount, Coin};
use redis::Value;

use crate::fault::odd_reply;
use crate::mark::units_of;
use crate::reply::{list, text};

pub(crate) fn state(value: Value) -> Result<HoldState, LedgerError> {
    Ok(match text(Some(value))?.as_str() {
        "absent" => HoldState::Absent,
        "held" => HoldState::Held,
        "rolled" => HoldState::RolledBack,
        "settled" => HoldState::Settled,
        "released" => HoldState::Released,
        "void" => HoldState::Void,
        _ => return Err(odd_reply("a script")),
    })
}

pub(crate) fn hold(value: Value) -> Result<HoldOutcome, LedgerError> {
    if value == Value::Nil {
        return Ok(HoldOutcome::Held);
    }
    let words = list(value)?;
    let words: Vec<String> = words
        .into_iter()
        .map(|word| text(Some(word)))
        .collect::<Result<_, _>>()?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [leg, why @ ..] = words.as_slice() else {
        return Err(odd_reply("a hold"));
    };
    let leg = leg.parse().map_err(|_| odd_reply("a hold"))?;
    Ok(HoldOutcome::Refused {
        leg,
        reason: refusal(why)?,
    })
}

fn refusal(why: &[&str]) -> Result<String, LedgerError> {
    Ok(match why {
        ["settled"] => "it is settled already".to_owned(),
        ["released" | "void"] => "it has a tombstone: it was voided or given back".to_owned(),
        ["another"] => "it is held for another member or amount".to_owned(),
        ["rolled"] => "another program has rolled its hold back".to_owned(),
        ["short", balance, "0"] => {
            format!("the balance is {balance} ledger units, below the planned amount")
        }
        ["short", balance, owed] => format!(
            "the balance is {balance} ledger units, of which {owed} are owed by the member: below \
             the planned amount"
        ),
        ["bad", entry, found] => format!("the entry {entry} is {found:?}, which can't be used"),
        ["negative", key, balance, pending] => {
            format!("{key} has the balance {balance} and {pending} pending: one is negative")
        }
        ["other", leg] => format!("leg {leg} of the same member is in flight"),
        ["row", row] => format!("another payer's pending row {row:?} would become one with ours"),
        _ => return Err(odd_reply("a hold")),
    })
}

pub(crate) fn settle(value: Value, coin: Coin) -> Result<SettleOutcome, LedgerError> {
    let mut parts = match value {
        Value::Array(parts) => parts.into_iter(),
        word => {
            return match state(word)? {
                HoldState::Held => Ok(SettleOutcome::Settled),
                HoldState::Settled => Ok(SettleOutcome::Already),
                _ => Err(odd_reply("a settlement")),
            };
        }
    };
    let _missing = state(parts.next().unwrap_or(Value::Nil))?;
    let debited = amount(parts.next(), coin)?;
    let receivable = amount(parts.next(), coin)?;
    Ok(SettleOutcome::WithoutHold {
        debited,
        receivable,
    })
}

pub(crate) fn release(value: Value) -> Result<ReleaseOutcome, LedgerError> {
    Ok(match state(value)? {
        HoldState::Held => ReleaseOutcome::Released,
        HoldState::Released | HoldState::Void => ReleaseOutcome::Already,
        HoldState::Absent | HoldState::RolledBack => ReleaseOutcome::NothingHeld,
        HoldState::Settled => ReleaseOutcome::IsSettled,
    })
}

pub(crate) fn void(value: Value) -> Result<VoidOutcome, LedgerError> {
    Ok(match state(value)? {
        HoldState::Held => VoidOutcome::GivenBack,
        HoldState::Released | HoldState::Void => VoidOutcome::Already,
        HoldState::Absent | HoldState::RolledBack => VoidOutcome::Voided,
        HoldState::Settled => VoidOutcome::IsSettled,
    })
}

pub(crate) fn reapply(value: Value, coin: Coin) -> Result<ReapplyOutcome, LedgerError> {
    let mut parts = list(value)?.into_iter();
    let was = parts.next().unwrap_or(Value::Nil);
    if was == Value::BulkString(b"unchanged".to_vec()) {
        return Ok(ReapplyOutcome::Unchanged);
    }
    let from = state(was)?;
    Ok(ReapplyOutcome::Applied {
        from,
        receivable: amount(parts.next(), coin)?,
    })
}

fn amount(value: Option<Value>, coin: Coin) -> Result<Amount, LedgerError> {
    let units = units_of(&text(value)?).ok_or_else(|| odd_reply("a script"))?;
    Ok(Amount::from_units(units, coin))
}
