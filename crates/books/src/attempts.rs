//! Attempts: the signed versions of payments. Their fields are written once.

use std::collections::{HashMap, HashSet};

use paydirt_chain::{Address, AttemptKind, Call, Fee, FeeKind, Signed, TxId, Unsigned};
use paydirt_ledger::draft::Drafted;
use paydirt_ledger::{Attempt, AttemptId, PaymentId};

use crate::codec::{base_units, from_base_units, instant, integer, natural, parsed, place, words};
use crate::db::{Connection, Many, ids, many, query};
use crate::error::{Done, corrupt};
use crate::payments::all_changed;

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
    let sql = "SELECT id, payment, kind, sender, nonce, recipient, value, data, gas_limit, \
         fee_kind, fee_cap, fee_tip, raw, tx, saved_at, first_sent_at, last_sent_at, last_verdict \
         FROM attempt WHERE payment IN TEXTS($1) ORDER BY payment, place";
    let mut attempts: HashMap<String, Vec<Attempt>> = HashMap::new();
    let each = |row: AttemptRow| -> Done<()> {
        let payment = row.payment.clone();
        attempts.entry(payment).or_default().push(row.attempt()?);
        Ok(())
    };
    query(sql).bind(list).for_each(connection, each).await?;
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
    let sql = "SELECT id FROM attempt WHERE id IN TEXTS($1)";
    let found: Vec<(String,)> = query(sql).bind(list).fetch_all(connection).await?;
    found.iter().map(|(id,)| parsed("attempt", id)).collect()
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
    let insert = Many {
        before: "INSERT INTO attempt (id, payment, place, kind, sender, nonce, recipient, value, \
                 data, gas_limit, fee_kind, fee_cap, fee_tip, raw, tx, saved_at, first_sent_at, \
                 last_sent_at, last_verdict)",
        after: "",
    };
    many(connection, &insert, rows, |row, values| {
        let (attempt, unsigned) = (row.attempt, row.attempt.unsigned());
        values.extend([
            attempt.id.to_string().into(),
            row.payment.to_string().into(),
            row.place.into(),
            kind(attempt.kind).into(),
            unsigned.from.as_str().into(),
            row.nonce.into(),
            unsigned.call.to.as_str().into(),
            base_units(unsigned.call.value).into(),
            unsigned.call.data.as_slice().into(),
            row.gas_limit.into(),
            fee_kind(unsigned.fee.kind).into(),
            base_units(unsigned.fee.cap).into(),
            base_units(unsigned.fee.tip).into(),
            attempt.signed.raw.as_deref().into(),
            attempt.signed.id.as_ref().map(TxId::as_str).into(),
            attempt.saved_at.into(),
            attempt.first_sent_at.into(),
            attempt.last_sent_at.into(),
            attempt.last_verdict.as_deref().map(words).into(),
        ]);
        Ok(())
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
    let sent = Many {
        before: "UPDATE attempt SET first_sent_at = new.column2, last_sent_at = new.column3, \
                 last_verdict = new.column4 FROM (",
        after: ") AS new WHERE attempt.id = new.column1",
    };
    let changed = many(connection, &sent, &rows, |row, values| {
        values.extend([
            row.attempt.id.to_string().into(),
            row.attempt.first_sent_at.into(),
            row.attempt.last_sent_at.into(),
            row.attempt.last_verdict.as_deref().map(words).into(),
        ]);
        Ok(())
    })
    .await?;
    all_changed("attempts", changed, rows.len())?;
    let rows = stored(drafted, |drafted, index| {
        drafted.signed_attempts.contains(&index)
    })?;
    let signed = Many {
        before: "UPDATE attempt SET raw = new.column2, tx = new.column3 FROM (",
        after: ") AS new WHERE attempt.id = new.column1",
    };
    many(connection, &signed, rows, |row, values| {
        let signed = &row.attempt.signed;
        values.extend([
            row.attempt.id.to_string().into(),
            signed.raw.as_deref().into(),
            signed.id.as_ref().map(TxId::as_str).into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}
