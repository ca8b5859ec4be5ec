//! Payments: their own rows. Legs and attempts are beside.

use std::collections::HashMap;

use paydirt_chain::{BlockRef, TxId};
use paydirt_ledger::draft::Drafted;
use paydirt_ledger::{
    AttemptId, Inclusion, Payment, PaymentId, PaymentState, PoolId, Purpose, WalletId,
};
use paydirt_schedule::Timestamp;

use crate::codec::{base_units, from_base_units, instant, integer, named, natural, parsed};
use crate::db::{Connection, Many, ids, many, query};
use crate::error::{Done, corrupt};
use crate::{attempts, legs};

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT payment.id, wallet.id AS wallet, purpose, state, nonce, floor_block, \
             included_tx, included_block, included_hash, fee, planned_at \
             FROM payment JOIN wallet ON wallet.number = payment.wallet ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct PaymentRow {
    id: String,
    wallet: String,
    purpose: String,
    state: String,
    nonce: Option<i64>,
    floor_block: Option<i64>,
    included_tx: Option<String>,
    included_block: Option<i64>,
    included_hash: Option<String>,
    fee: Option<Vec<u8>>,
    planned_at: i64,
}

impl PaymentRow {
    fn payment(self) -> Done<Payment> {
        let included = match (self.included_tx, self.included_block, self.included_hash) {
            (Some(id), Some(number), Some(hash)) => Some(Inclusion {
                id: TxId::new(id),
                block: BlockRef {
                    number: natural("block", number)?,
                    hash,
                },
            }),
            _ => None,
        };
        let number = |what, n: Option<i64>| n.map(|n| natural(what, n)).transpose();
        Ok(Payment {
            id: parsed("payment", &self.id)?,
            wallet: WalletId::new(self.wallet),
            purpose: named("purpose", &self.purpose, Purpose::of_name)?,
            state: named("state", &self.state, PaymentState::of_name)?,
            nonce: number("nonce", self.nonce)?,
            floor_block: number("floor block", self.floor_block)?,
            legs: Vec::new(),
            attempts: Vec::new(),
            included,
            fee: self
                .fee
                .map(|fee| from_base_units("fee", &fee))
                .transpose()?,
            planned_at: instant(self.planned_at),
        })
    }
}

/// Payments by id, in the order asked for, without those that don't exist.
pub(crate) async fn by_ids<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a PaymentId> + Clone,
) -> Done<Vec<Payment>> {
    with_parts(connection, wanted, true, true).await
}

/// The same, with legs and attempts only where they are asked for.
pub(crate) async fn with_parts<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a PaymentId> + Clone,
    legs: bool,
    attempts: bool,
) -> Done<Vec<Payment>> {
    let sql = select!("WHERE payment.id IN TEXTS($1)");
    let list = ids(wanted.clone());
    let rows = query(sql).bind(list).fetch_all(connection).await?;
    let payments = assembled(connection, rows, legs, attempts).await?;
    let mut found: HashMap<PaymentId, Payment> = payments
        .into_iter()
        .map(|payment| (payment.id, payment))
        .collect();
    Ok(wanted
        .into_iter()
        .filter_map(|id| found.remove(id))
        .collect())
}

/// The payments of these attempts.
pub(crate) async fn ids_of_attempts<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a AttemptId>,
) -> Done<Vec<PaymentId>> {
    let list = ids(wanted);
    if list == "[]" {
        return Ok(Vec::new());
    }
    let sql = "SELECT DISTINCT payment FROM attempt \
               WHERE id IN TEXTS($1)";
    let found: Vec<(String,)> = query(sql).bind(list).fetch_all(connection).await?;
    found.iter().map(|(id,)| parsed("payment", id)).collect()
}

/// Not closed, by nonce; those without one last, in order of planning.
pub(crate) async fn open(connection: &mut Connection, wallet: i64) -> Done<Vec<Payment>> {
    let sql = select!(
        "WHERE payment.wallet = $1 AND state <> 'closed' \
         ORDER BY nonce IS NULL, nonce, payment.number"
    );
    let rows = query(sql).bind(wallet).fetch_all(connection).await?;
    whole(connection, rows).await
}

pub(crate) async fn of_pool(
    connection: &mut Connection,
    pool: &PoolId,
    since: Timestamp,
) -> Done<Vec<Payment>> {
    let sql = select!(
        "WHERE (state <> 'closed' OR closed_at >= $2) AND EXISTS \
         (SELECT 1 FROM leg WHERE leg.payment = payment.id AND place = 0 AND pool = $1) \
         ORDER BY payment.number"
    );
    let rows = query(sql)
        .bind(pool.as_str())
        .bind(since)
        .fetch_all(connection)
        .await?;
    whole(connection, rows).await
}

pub(crate) async fn recent(
    connection: &mut Connection,
    wallet: &WalletId,
    limit: u32,
) -> Done<Vec<Payment>> {
    let sql = select!("WHERE wallet.id = $1 ORDER BY payment.number DESC LIMIT $2");
    let rows = query(sql)
        .bind(wallet.as_str())
        .bind(limit)
        .fetch_all(connection)
        .await?;
    whole(connection, rows).await
}

/// The payments of these rows, with their legs and attempts.
async fn whole(connection: &mut Connection, rows: Vec<PaymentRow>) -> Done<Vec<Payment>> {
    assembled(connection, rows, true, true).await
}

async fn assembled(
    connection: &mut Connection,
    rows: Vec<PaymentRow>,
    with_legs: bool,
    with_attempts: bool,
) -> Done<Vec<Payment>> {
    let list = ids(rows.iter().map(|row| &row.id));
    let (mut legs, mut attempts) = (HashMap::new(), HashMap::new());
    if with_legs && !rows.is_empty() {
        legs = legs::of_payments(connection, &list).await?;
    }
    if with_attempts && !rows.is_empty() {
        attempts = attempts::of_payments(connection, &list).await?;
    }
    let mut payments = Vec::with_capacity(rows.len());
    for row in rows {
        let (legs, attempts) = (legs.remove(&row.id), attempts.remove(&row.id));
        let mut payment = row.payment()?;
        payment.legs = legs.unwrap_or_default();
        payment.attempts = attempts.unwrap_or_default();
        payments.push(payment);
    }
    Ok(payments)
}

/// What of a row may change, as it is stored.
struct Stored<'a> {
    payment: &'a Payment,
    id: String,
    nonce: Option<i64>,
    floor_block: Option<i64>,
    included_block: Option<i64>,
    closed_at: Option<Timestamp>,
}

impl<'a> Stored<'a> {
    fn of(drafted: &'a Drafted) -> Done<Self> {
        let payment = &drafted.payment;
        let number = |what, n: Option<u64>| n.map(|n| integer(what, n)).transpose();
        let block = payment.included.as_ref().map(|at| at.block.number);
        Ok(Self {
            payment,
            id: payment.id.to_string(),
            nonce: number("nonce", payment.nonce)?,
            floor_block: number("floor block", payment.floor_block)?,
            included_block: number("block", block)?,
            closed_at: drafted.closed_at,
        })
    }

    fn tx(&self) -> Option<&str> {
        self.payment.included.as_ref().map(|at| at.id.as_str())
    }

    fn hash(&self) -> Option<&str> {
        self.payment
            .included
            .as_ref()
            .map(|at| at.block.hash.as_str())
    }
}

pub(crate) async fn insert(
    connection: &mut Connection,
    wallet: i64,
    drafted: &[&Drafted],
) -> Done<()> {
    let insert = Many {
        before: "INSERT INTO payment (id, wallet, purpose, state, nonce, floor_block, \
                 included_tx, included_block, included_hash, fee, planned_at, closed_at)",
        after: "",
    };
    many(connection, &insert, stored(drafted)?, |row, values| {
        let (tx, hash) = (row.tx().into(), row.hash().into());
        values.extend([
            row.id.into(),
            wallet.into(),
            row.payment.purpose.name().into(),
            row.payment.state.name().into(),
            row.nonce.into(),
            row.floor_block.into(),
            tx,
            row.included_block.into(),
            hash,
            row.payment.fee.map(base_units).into(),
            row.payment.planned_at.into(),
            row.closed_at.into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

pub(crate) async fn update(connection: &mut Connection, drafted: &[&Drafted]) -> Done<()> {
    let update = Many {
        before: "UPDATE payment SET state = new.column2, nonce = new.column3, \
                 floor_block = new.column4, included_tx = new.column5, \
                 included_block = new.column6, included_hash = new.column7, fee = new.column8, \
                 closed_at = new.column9 FROM (",
        after: ") AS new WHERE payment.id = new.column1",
    };
    let changed = many(connection, &update, stored(drafted)?, |row, values| {
        let (tx, hash) = (row.tx().into(), row.hash().into());
        values.extend([
            row.id.into(),
            row.payment.state.name().into(),
            row.nonce.into(),
            row.floor_block.into(),
            tx,
            row.included_block.into(),
            hash,
            row.payment.fee.map(base_units).into(),
            row.closed_at.into(),
        ]);
        Ok(())
    })
    .await?;
    all_changed("payments", changed, drafted.len())
}

fn stored<'a>(drafted: &[&'a Drafted]) -> Done<Vec<Stored<'a>>> {
    drafted.iter().map(|d| Stored::of(d)).collect()
}

/// An update that misses rows would lose what was written.
pub(crate) fn all_changed(what: &str, changed: u64, wanted: usize) -> Done<()> {
    if u64::try_from(wanted).is_ok_and(|wanted| wanted == changed) {
        return Ok(());
    }
    Err(corrupt(
        what,
        format!("{wanted} to be changed, {changed} found"),
    ))
}
