//! What the pool's own payer recorded, and what it left.

use paydirt_chain::TxId;
use paydirt_ledger::{LedgerError, LeftoverRow, Leftovers, MemberId, RecordedPayment};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;
use redis::Value;

use crate::fault::odd_reply;
use crate::mark::units_of;
use crate::reply::{list, text};

/// Reads the answer of `leftovers.lua`.
pub(crate) fn leftovers(parts: Vec<Value>, coin: Coin) -> Result<Leftovers, LedgerError> {
    let mut parts = parts.into_iter();
    let ours = format!("paydirt:{}", text(parts.next())?);
    let lock = text(parts.next())?;
    let mut left = Leftovers {
        lock: (!lock.is_empty() && lock != ours).then_some(lock),
        ..Leftovers::default()
    };
    let mut rows = list(parts.next().unwrap_or(Value::Nil))?.into_iter();
    while let Some(row) = rows.next() {
        let row = text(Some(row))?;
        let (at, tx, nonce) = (text(rows.next())?, text(rows.next())?, text(rows.next())?);
        match read_row(&row, &at, tx, &nonce, coin) {
            Some(read) => left.rows.push(read),
            None => left.unreadable.push(row),
        }
    }
    Ok(left)
}

fn read_row(row: &str, at: &str, tx: String, nonce: &str, coin: Coin) -> Option<LeftoverRow> {
    let (login, units) = row.rsplit_once(':')?;
    let units = units_of(units).filter(|units| *units > 0)?;
    if login.is_empty() {
        return None;
    }
    Some(LeftoverRow {
        text: row.to_owned(),
        member: MemberId::new(login),
        amount: Amount::from_units(units, coin),
        at: Timestamp::from_secs(units_of(at)?).ok()?,
        transaction: (!tx.is_empty()).then(|| TxId::new(tx)),
        nonce: nonce.parse().ok(),
    })
}

/// Reads `ZREVRANGE P:payments:all … WITHSCORES`.
pub(crate) fn recorded(
    reply: Value,
    entry: &str,
    coin: Coin,
) -> Result<Vec<RecordedPayment>, LedgerError> {
    let mut flat = list(reply)?.into_iter();
    let mut payments = Vec::new();
    while let Some(row) = flat.next() {
        let (row, at) = (text(Some(row))?, flat.next());
        let at = text(Some(at.ok_or_else(|| odd_reply("ZREVRANGE"))?))?;
        let payment = read_payment(&row, &at, coin).ok_or_else(|| LedgerError::BadEntry {
            entry: entry.to_owned(),
            found: format!("{row} at {at}"),
        })?;
        payments.push(payment);
    }
    Ok(payments)
}

fn read_payment(row: &str, at: &str, coin: Coin) -> Option<RecordedPayment> {
    let (tx, rest) = row.split_once(':')?;
    let (login, units) = rest.rsplit_once(':')?;
    Some(RecordedPayment {
        transaction: TxId::new(tx),
        member: MemberId::new(login),
        amount: Amount::from_units(units_of(units)?, coin),
        at: Timestamp::from_secs(units_of(at)?).ok()?,
    })
}
