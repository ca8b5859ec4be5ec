//! Legs: one recipient each, and the withdrawals that they pay.

use std::collections::{HashMap, HashSet};

use paydirt_chain::Address;
use paydirt_ledger::draft::{Drafted, LiveKey};
use paydirt_ledger::{Leg, LegId, LegSource, LegState, MemberId, PaymentId, PoolId};
use paydirt_money::Amount;

use crate::codec::{coin, from_json, json, named, parsed, place};
use crate::db::{Connection, Many, ids, many, pairs, query};
use crate::error::Done;
use crate::payments::all_changed;

#[derive(sqlx::FromRow)]
struct LegRow {
    id: String,
    payment: String,
    pool: String,
    member: String,
    address: String,
    coin: String,
    decimals: i64,
    amount: i64,
    source: String,
    state: String,
    verdict: Option<String>,
}

impl LegRow {
    fn leg(self, withdrawals: &mut HashMap<String, Vec<String>>) -> Done<Leg> {
        let coin = coin(&self.coin, self.decimals)?;
        let source = match self.source.as_str() {
            "threshold" => LegSource::Threshold,
            _ => LegSource::Withdrawals(withdrawals.remove(&self.id).unwrap_or_default()),
        };
        Ok(Leg {
            id: parsed("leg", &self.id)?,
            pool: PoolId::new(self.pool),
            member: MemberId::new(self.member),
            address: Address::canonical(self.address),
            amount: Amount::from_units(self.amount, coin),
            source,
            state: named("state", &self.state, LegState::of_name)?,
            verdict: self
                .verdict
                .map(|text| from_json("verdict", &text))
                .transpose()?,
        })
    }
}

/// The legs of these payments (a JSON list of ids), by payment, in their order.
pub(crate) async fn of_payments(
    connection: &mut Connection,
    list: &str,
) -> Done<HashMap<String, Vec<Leg>>> {
    let rows: Vec<LegRow> = query(
        "SELECT id, payment, pool, member, address, coin, decimals, amount, source, state, \
         verdict FROM leg WHERE payment IN TEXTS($1) \
         ORDER BY payment, place",
    )
    .bind(list)
    .fetch_all(connection)
    .await?;
    let paying = rows.iter().filter(|row| row.source == "withdrawals");
    let mut withdrawals = withdrawals(connection, ids(paying.map(|row| &row.id))).await?;
    let mut legs: HashMap<String, Vec<Leg>> = HashMap::new();
    for row in rows {
        let payment = row.payment.clone();
        legs.entry(payment)
            .or_default()
            .push(row.leg(&mut withdrawals)?);
    }
    Ok(legs)
}

async fn withdrawals(
    connection: &mut Connection,
    list: String,
) -> Done<HashMap<String, Vec<String>>> {
    let mut by_leg: HashMap<String, Vec<String>> = HashMap::new();
    if list == "[]" {
        return Ok(by_leg);
    }
    let rows: Vec<(String, String)> = query(
        "SELECT leg, withdrawal FROM leg_withdrawal \
         WHERE leg IN TEXTS($1) ORDER BY leg, place",
    )
    .bind(list)
    .fetch_all(connection)
    .await?;
    for (leg, withdrawal) in rows {
        by_leg.entry(leg).or_default().push(withdrawal);
    }
    Ok(by_leg)
}

/// Which of these legs exist.
pub(crate) async fn existing<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a LegId>,
) -> Done<HashSet<LegId>> {
    let list = ids(wanted);
    if list == "[]" {
        return Ok(HashSet::new());
    }
    let sql = "SELECT id FROM leg WHERE id IN TEXTS($1)";
    let found: Vec<(String,)> = query(sql).bind(list).fetch_all(connection).await?;
    found.iter().map(|(id,)| parsed("leg", id)).collect()
}

/// Which live leg has each of these keys.
pub(crate) async fn live<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a LiveKey>,
) -> Done<HashMap<LiveKey, LegId>> {
    let (mut members, mut withdrawals) = (Vec::new(), Vec::new());
    for key in wanted {
        match key {
            LiveKey::Threshold(pool, member) => members.push((pool.as_str(), member.as_str())),
            LiveKey::Withdrawal(pool, id) => withdrawals.push((pool.as_str(), id.as_str())),
        }
    }
    let mut live = HashMap::new();
    let by_member = "SELECT leg.pool, leg.member, leg.id FROM PAIRS($1) AS wanted \
         CROSS JOIN leg WHERE leg.pool = wanted.one AND leg.member = wanted.two \
         AND leg.state = 'live' AND leg.source = 'threshold'";
    for (pool, member, leg) in by_keys(connection, by_member, members).await? {
        let key = LiveKey::Threshold(PoolId::new(pool), MemberId::new(member));
        live.insert(key, parsed("leg", &leg)?);
    }
    let by_withdrawal = "SELECT taken.pool, taken.withdrawal, taken.leg \
         FROM PAIRS($1) AS wanted CROSS JOIN leg_withdrawal AS taken \
         WHERE taken.pool = wanted.one AND taken.withdrawal = wanted.two \
         AND taken.live = 1";
    for (pool, id, leg) in by_keys(connection, by_withdrawal, withdrawals).await? {
        live.insert(
            LiveKey::Withdrawal(PoolId::new(pool), id),
            parsed("leg", &leg)?,
        );
    }
    Ok(live)
}

type Key<'a> = (&'a str, &'a str);

/// Pool, other part of the key and leg, of those that there are.
async fn by_keys(
    connection: &mut Connection,
    sql: &'static str,
    wanted: Vec<Key<'_>>,
) -> Done<Vec<(String, String, String)>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let query = query(sql).bind(pairs(wanted));
    Ok(query.fetch_all(connection).await?)
}

/// A leg, as it is stored.
struct Stored<'a> {
    leg: &'a Leg,
    id: String,
    payment: PaymentId,
    place: i64,
    verdict: Option<String>,
}

fn stored<'a>(drafted: &[&'a Drafted]) -> Done<Vec<Stored<'a>>> {
    let mut rows = Vec::new();
    for drafted in drafted {
        for (index, leg) in drafted.payment.legs.iter().enumerate() {
            rows.push(Stored {
                leg,
                id: leg.id.to_string(),
                payment: drafted.payment.id,
                place: place(index)?,
                verdict: leg
                    .verdict
                    .as_ref()
                    .map(|v| json("verdict", v))
                    .transpose()?,
            });
        }
    }
    Ok(rows)
}

pub(crate) async fn insert(connection: &mut Connection, drafted: &[&Drafted]) -> Done<()> {
    let rows = stored(drafted)?;
    let insert = Many {
        before: "INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, \
                 amount, source, state, verdict)",
        after: "",
    };
    many(connection, &insert, &rows, |row, values| {
        let (leg, coin) = (row.leg, row.leg.amount.coin());
        let source = match leg.source {
            LegSource::Threshold => "threshold",
            LegSource::Withdrawals(_) => "withdrawals",
        };
        values.extend([
            (&row.id).into(),
            row.payment.to_string().into(),
            row.place.into(),
            leg.pool.as_str().into(),
            leg.member.as_str().into(),
            leg.address.as_str().into(),
            coin.symbol().into(),
            coin.decimals().into(),
            leg.amount.units().into(),
            source.into(),
            leg.state.name().into(),
            (&row.verdict).into(),
        ]);
        Ok(())
    })
    .await?;
    insert_withdrawals(connection, &rows).await
}

async fn insert_withdrawals(connection: &mut Connection, legs: &[Stored<'_>]) -> Done<()> {
    let mut rows = Vec::new();
    for stored in legs {
        if let LegSource::Withdrawals(ids) = &stored.leg.source {
            for (index, id) in ids.iter().enumerate() {
                rows.push((stored, place(index)?, id));
            }
        }
    }
    let insert = Many {
        before: "INSERT INTO leg_withdrawal (leg, place, pool, withdrawal, live)",
        after: "",
    };
    many(connection, &insert, rows, |(row, place, id), values| {
        values.extend([
            (&row.id).into(),
            place.into(),
            row.leg.pool.as_str().into(),
            id.into(),
            (row.leg.state == LegState::Live).into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

pub(crate) async fn update(connection: &mut Connection, drafted: &[&Drafted]) -> Done<()> {
    let rows = stored(drafted)?;
    let update = Many {
        before: "UPDATE leg SET state = new.column2, verdict = new.column3 FROM (",
        after: ") AS new WHERE leg.id = new.column1",
    };
    let changed = many(connection, &update, &rows, |row, values| {
        values.extend([
            (&row.id).into(),
            row.leg.state.name().into(),
            (&row.verdict).into(),
        ]);
        Ok(())
    })
    .await?;
    all_changed("legs", changed, rows.len())?;
    let over: Vec<_> = rows
        .iter()
        .filter(|row| row.leg.state != LegState::Live && row.leg.source != LegSource::Threshold)
        .collect();
    if !over.is_empty() {
        query("UPDATE leg_withdrawal SET live = 0 WHERE leg IN TEXTS($1)")
            .bind(ids(over.iter().map(|row| &row.id)))
            .execute(connection)
            .await?;
    }
    Ok(())
}
