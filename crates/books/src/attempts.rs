//! Attempts: the signed versions of payments. Their fields are written once.

use std::collections::{HashMap, HashSet};

use paydirt_chain::{Address, AttemptKind, Call, Fee, FeeKind, Signed, TxId, Unsigned};
use paydirt_ledger::draft::Drafted;
use paydirt_ledger::{Attempt, AttemptId, PaymentId};
use paydirt_schedule::Timestamp;

use crate::codec::{base_units, from_base_units, instant, integer, natural, parsed, place};
use crate::error::{Done, corrupt};
use crate::payments::all_changed;
use crate::sqlite::{Connection, chunks, ids};

#[derive(sqlx::FromRow)]
struct AttemptRow {
    id: String,
    payment: String,
    kind: String,
    sender: String,
    nonce: i64,
    recipient: String,
    value: Vec<u8>,
    data: Vec<u8>,
    gas_limit: i64,
    fee_kind: String,
    fee_cap: Vec<u8>,
    fee_tip: Vec<u8>,
    raw: Option<Vec<u8>>,
    tx: Option<String>,
    saved_at: i64,
    first_sent_at: Option<i64>,
    last_sent_at: Option<i64>,
    last_verdict: Option<String>,
}

impl AttemptRow {
    fn attempt(self) -> Done<Attempt> {
        let kind = match self.kind.as_str() {
            "pay" => AttemptKind::Pay,
            "cancel" => AttemptKind::Cancel,
            other => return Err(corrupt("kind", other)),
        };
        let fee_kind = match self.fee_kind.as_str() {
            "dynamic" => FeeKind::Dynamic,
            "legacy" => FeeKind::Legacy,
            other => return Err(corrupt("fee", other)),
        };
        let unsigned = Unsigned {
            from: Address::canonical(self.sender),
            nonce: natural("nonce", self.nonce)?,
            call: Call {
                to: Address::canonical(self.recipient),
                value: from_base_units("value", &self.value)?,
                data: self.data,
            },
            gas_limit: natural("gas limit", self.gas_limit)?,
            fee: Fee {
                kind: fee_kind,
                cap: from_base_units("fee cap", &self.fee_cap)?,
                tip: from_base_units("tip", &self.fee_tip)?,
            },
        };
        Ok(Attempt {
            id: parsed("attempt", &self.id)?,
            kind,
            signed: Signed {
                unsigned,
                raw: self.raw,
                id: self.tx.map(TxId::new),
            },
            saved_at: instant(self.saved_at),
            first_sent_at: self.first_sent_at.map(instant),
            last_sent_at: self.last_sent_at.map(instant),
            last_verdict: self.last_verdict,
        })
    }
}

/// The attempts of these payments (a JSON list of ids), by payment, oldest first.
pub(crate) async fn of_payments(
    connection: &mut Connection,
    list: &str,
) -> Done<HashMap<String, Vec<Attempt>>> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT id, payment, kind, sender, nonce, recipient, value, data, gas_limit, fee_kind, \
         fee_cap, fee_tip, raw, tx, saved_at, first_sent_at, last_sent_at, last_verdict \
         FROM attempt WHERE payment IN (SELECT value FROM json_each($1)) ORDER BY payment, place",
    )
    .bind(list)
    .fetch_all(connection)
    .await?;
    let mut attempts: HashMap<String, Vec<Attempt>> = HashMap::new();
    for row in rows {
        let payment = row.payment.clone();
        attempts.entry(payment).or_default().push(row.attempt()?);
    }
    Ok(attempts)
}

/// Which of these attempts exist.
pub(crate) async fn existing<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a AttemptId>,
) -> Done<HashSet<AttemptId>> {
    let list = ids(wanted);
    if list == "[]" {
        return Ok(HashSet::new());
    }
    let sql = "SELECT id FROM attempt WHERE id IN (SELECT value FROM json_each($1))";
    let found: Vec<String> = sqlx::query_scalar(sql)
        .bind(list)
        .fetch_all(connection)
        .await?;
    found.iter().map(|id| parsed("attempt", id)).collect()
}

/// An attempt, as it is stored.
struct Stored<'a> {
    attempt: &'a Attempt,
    payment: PaymentId,
    place: i64,
    nonce: i64,
    gas_limit: i64,
}

fn stored<'a>(
    drafted: &[&'a Drafted],
    chosen: impl Fn(&Drafted, usize) -> bool,
) -> Done<Vec<Stored<'a>>> {
    let mut rows = Vec::new();
    for drafted in drafted {
        for (index, attempt) in drafted.payment.attempts.iter().enumerate() {
            if chosen(drafted, index) {
                rows.push(Stored {
                    attempt,
                    payment: drafted.payment.id,
                    place: place(index)?,
                    nonce: integer("nonce", attempt.unsigned().nonce)?,
                    gas_limit: integer("gas limit", attempt.unsigned().gas_limit)?,
                });
            }
        }
    }
    Ok(rows)
}

pub(crate) async fn insert(connection: &mut Connection, drafted: &[&Drafted]) -> Done<()> {
    let rows = stored(drafted, |drafted, index| {
        drafted.new_attempts.contains(&index)
    })?;
    chunks(connection, 19, &rows, |statement, rows| {
        statement.push(
            "INSERT INTO attempt (id, payment, place, kind, sender, nonce, recipient, value, \
             data, gas_limit, fee_kind, fee_cap, fee_tip, raw, tx, saved_at, first_sent_at, \
             last_sent_at, last_verdict) ",
        );
        statement.push_values(rows, |mut row, stored| {
            let (attempt, unsigned) = (stored.attempt, stored.attempt.unsigned());
            row.push_bind(attempt.id.to_string())
                .push_bind(stored.payment.to_string())
                .push_bind(stored.place)
                .push_bind(kind(attempt.kind))
                .push_bind(unsigned.from.as_str())
                .push_bind(stored.nonce)
                .push_bind(unsigned.call.to.as_str())
                .push_bind(base_units(unsigned.call.value))
                .push_bind(unsigned.call.data.as_slice())
                .push_bind(stored.gas_limit)
                .push_bind(fee_kind(unsigned.fee.kind))
                .push_bind(base_units(unsigned.fee.cap))
                .push_bind(base_units(unsigned.fee.tip))
                .push_bind(attempt.signed.raw.as_deref())
                .push_bind(attempt.signed.id.as_ref().map(TxId::as_str))
                .push_bind(attempt.saved_at.as_ms())
                .push_bind(attempt.first_sent_at.map(Timestamp::as_ms))
                .push_bind(attempt.last_sent_at.map(Timestamp::as_ms))
                .push_bind(&attempt.last_verdict);
        });
    })
    .await?;
    Ok(())
}

fn kind(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::Pay => "pay",
        AttemptKind::Cancel => "cancel",
    }
}

fn fee_kind(kind: FeeKind) -> &'static str {
    match kind {
        FeeKind::Dynamic => "dynamic",
        FeeKind::Legacy => "legacy",
    }
}

/// When it was sent, and what a remote signer added. Bytes that are there are not written again.
pub(crate) async fn update(connection: &mut Connection, drafted: &[&Drafted]) -> Done<()> {
    let rows = stored(drafted, |drafted, index| drafted.attempts.contains(&index))?;
    let changed = chunks(connection, 4, &rows, |statement, rows| {
        statement.push(
            "UPDATE attempt SET first_sent_at = new.column2, last_sent_at = new.column3, \
             last_verdict = new.column4 FROM (",
        );
        statement.push_values(rows, |mut row, stored| {
            row.push_bind(stored.attempt.id.to_string())
                .push_bind(stored.attempt.first_sent_at.map(Timestamp::as_ms))
                .push_bind(stored.attempt.last_sent_at.map(Timestamp::as_ms))
                .push_bind(&stored.attempt.last_verdict);
        });
        statement.push(") AS new WHERE attempt.id = new.column1");
    })
    .await?;
    all_changed("attempts", changed, rows.len())?;
    let signed = stored(drafted, |drafted, index| {
        drafted.signed_attempts.contains(&index)
    })?;
    chunks(connection, 3, &signed, |statement, rows| {
        statement.push("UPDATE attempt SET raw = new.column2, tx = new.column3 FROM (");
        statement.push_values(rows, |mut row, stored| {
            row.push_bind(stored.attempt.id.to_string())
                .push_bind(stored.attempt.signed.raw.as_deref())
                .push_bind(stored.attempt.signed.id.as_ref().map(TxId::as_str));
        });
        statement.push(") AS new WHERE attempt.id = new.column1");
    })
    .await?;
    Ok(())
}
