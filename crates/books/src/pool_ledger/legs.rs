//! Where each leg is: its row in the books.

use std::collections::{BTreeMap, HashMap};

use paydirt_chain::TxId;
use paydirt_ledger::{
    HeldLeg, HoldState, Leg, LegId, LegSource, MemberId, PaymentId, RecordedPayment, WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

use super::refusal::Ledgered;
use crate::accounts::Account;
use crate::codec::{base_units, instant, integer, parsed, place};
use crate::db::{Connection, Many, ids, many, query};
use crate::error::{Done, corrupt};
use crate::numbers::{MemberNumber, PoolNumber, PostingNumber};

/// Legs looked for in one statement.
const AT_ONCE: usize = 10_000;

/// The transaction that paid a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paid {
    pub(super) transaction: TxId,
    pub(super) block: u64,
    /// Its part of the network fee, base units.
    pub(super) fee: u128,
}

/// Where a leg is that the ledger has heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Held,
    /// In the row stands what paid it; only a new one carries that.
    Settled(Option<Paid>),
    Released,
    Void,
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Settled(_) => "settled",
            Self::Released => "released",
            Self::Void => "void",
        }
    }

    fn of_name(name: &str) -> Done<Self> {
        match name {
            "held" => Ok(Self::Held),
            "settled" => Ok(Self::Settled(None)),
            "released" => Ok(Self::Released),
            "void" => Ok(Self::Void),
            _ => Err(corrupt("state of a leg", name)),
        }
    }

    pub(super) fn state(&self) -> HoldState {
        match self {
            Self::Held => HoldState::Held,
            Self::Settled(_) => HoldState::Settled,
            Self::Released => HoldState::Released,
            Self::Void => HoldState::Void,
        }
    }
}

/// What the ledger knows of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) payment: Option<PaymentId>,
    /// `None` only of a tombstone.
    pub(super) member: Option<MemberId>,
    pub(super) amount: i64,
    pub(super) bucket: Account,
    pub(super) end: End,
}

impl Mark {
    /// Whether it is of the same money.
    pub(super) fn is_of(&self, leg: &Leg) -> bool {
        self.member.as_ref() == Some(&leg.member)
            && self.amount == leg.amount.units()
            && self.bucket == bucket_of(leg)
    }
}

/// The bucket that a leg's money is in before it is held: what was asked for was set aside.
pub(super) fn bucket_of(leg: &Leg) -> Account {
    match leg.source {
        LegSource::Threshold => Account::Available,
        LegSource::Withdrawals(_) => Account::Frozen,
    }
}

#[derive(sqlx::FromRow)]
struct MarkRow {
    leg: String,
    payment: Option<String>,
    member: Option<String>,
    amount: i64,
    bucket: String,
    state: String,
}

impl MarkRow {
    fn mark(self) -> Done<(LegId, Mark)> {
        let payment = self.payment.as_deref();
        let bucket = Account::of_name(&self.bucket);
        let mark = Mark {
            payment: payment.map(|id| parsed("payment", id)).transpose()?,
            member: self.member.map(MemberId::new),
            amount: self.amount,
            bucket: bucket.ok_or_else(|| corrupt("bucket", &self.bucket))?,
            end: End::of_name(&self.state)?,
        };
        Ok((parsed("leg", &self.leg)?, mark))
    }
}

/// What the ledger knows of these legs; those that it never heard of are absent.
pub(super) async fn load(
    connection: &mut Connection,
    pool: PoolNumber,
    legs: &[LegId],
) -> Ledgered<HashMap<LegId, Mark>> {
    let mut found = HashMap::with_capacity(legs.len());
    for some in legs.chunks(AT_ONCE) {
        let sql = "SELECT leg, payment, member.code AS member, amount, bucket, state \
                   FROM ledger_leg LEFT JOIN member ON member.number = ledger_leg.member \
                   WHERE pool = $1 AND leg IN TEXTS($2)";
        let asked = query(sql).bind(pool.get()).bind(ids(some));
        let rows: Vec<MarkRow> = asked.fetch_all(connection).await?;
        for row in rows {
            let (leg, mark) = row.mark()?;
            found.insert(leg, mark);
        }
    }
    Ok(found)
}

/// A leg that a move has changed.
pub(super) struct Changed<'a> {
    /// Its place among the move's legs.
    pub(super) place: usize,
    pub(super) leg: &'a Leg,
    pub(super) mark: Mark,
    /// Whether money moved with it.
    pub(super) posted: bool,
}

/// What all legs of a move have in common.
pub(super) struct ByMove<'a> {
    pub(super) pool: PoolNumber,
    pub(super) wallet: &'a WalletId,
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) posting: Option<PostingNumber>,
    pub(super) members: &'a HashMap<MemberId, MemberNumber>,
}

pub(super) async fn store(
    connection: &mut Connection,
    by: &ByMove<'_>,
    changed: &BTreeMap<LegId, Changed<'_>>,
) -> Ledgered<()> {
    let upsert = Many {
        before: "INSERT INTO ledger_leg (pool, leg, payment, wallet, member, address, amount, \
                 bucket, state, move, place, moved_at, posting, tx, block, fee)",
        after: " ON CONFLICT (pool, leg) DO UPDATE SET payment = excluded.payment, \
                wallet = excluded.wallet, member = excluded.member, address = excluded.address, \
                amount = excluded.amount, bucket = excluded.bucket, state = excluded.state, \
                move = excluded.move, place = excluded.place, moved_at = excluded.moved_at, \
                posting = excluded.posting, tx = excluded.tx, block = excluded.block, \
                fee = excluded.fee",
    };
    let seq = integer("move", by.seq)?;
    let mut rows = Vec::with_capacity(changed.len());
    for (id, row) in changed {
        let paid = match &row.mark.end {
            End::Settled(paid) => paid.as_ref(),
            _ => None,
        };
        let block = paid.map(|paid| integer("block", paid.block)).transpose()?;
        rows.push((id, place(row.place)?, row, paid, block));
    }
    many(connection, &upsert, rows, |row, values| {
        let (id, place, Changed { leg, mark, .. }, paid, block) = row;
        let member = by.members.get(&leg.member);
        let posting = by.posting.filter(|_| row.2.posted);
        values.extend([
            by.pool.get().into(),
            id.to_string().into(),
            mark.payment.map(|id| id.to_string()).into(),
            by.wallet.as_str().into(),
            member.map(|number| number.get()).into(),
            leg.address.as_str().into(),
            mark.amount.into(),
            mark.bucket.name().into(),
            mark.end.name().into(),
            seq.into(),
            place.into(),
            by.at.into(),
            posting.map(PostingNumber::get).into(),
            paid.map(|paid| paid.transaction.as_str()).into(),
            block.into(),
            paid.map(|paid| base_units(paid.fee)).into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    leg: String,
    payment: String,
    wallet: String,
    member: String,
    address: String,
    amount: i64,
    bucket: String,
    moved_at: i64,
}

/// All that is in flight, the oldest first.
pub(super) async fn held(
    connection: &mut Connection,
    pool: PoolNumber,
    coin: Coin,
) -> Ledgered<Vec<HeldLeg>> {
    let sql = "SELECT leg, payment, wallet, member.code AS member, address, amount, bucket, \
               moved_at FROM ledger_leg JOIN member ON member.number = ledger_leg.member \
               WHERE pool = $1 AND state = 'held' ORDER BY moved_at, leg";
    let rows: Vec<HeldRow> = query(sql).bind(pool.get()).fetch_all(connection).await?;
    let mut withdrawals = withdrawals_of_held(connection, pool).await?;
    let mut held = Vec::with_capacity(rows.len());
    for row in rows {
        held.push(HeldLeg {
            leg: parsed("leg", &row.leg)?,
            payment: parsed("payment", &row.payment)?,
            wallet: WalletId::new(row.wallet),
            member: MemberId::new(row.member),
            address: row.address,
            amount: Amount::from_units(row.amount, coin),
            source: match row.bucket == Account::Frozen.name() {
                true => LegSource::Withdrawals(withdrawals.remove(&row.leg).unwrap_or_default()),
                false => LegSource::Threshold,
            },
            at: instant(row.moved_at),
        });
    }
    Ok(held)
}

/// The withdrawals that are on their way, by leg.
async fn withdrawals_of_held(
    connection: &mut Connection,
    pool: PoolNumber,
) -> Ledgered<HashMap<String, Vec<String>>> {
    let sql = "SELECT leg, number FROM withdrawal WHERE pool = $1 AND state = 'processing' \
               ORDER BY number";
    let rows: Vec<(String, i64)> = query(sql).bind(pool.get()).fetch_all(connection).await?;
    let mut by_leg: HashMap<String, Vec<String>> = HashMap::new();
    for (leg, number) in rows {
        by_leg.entry(leg).or_default().push(number.to_string());
    }
    Ok(by_leg)
}

/// The newest that were settled, newest first.
pub(super) async fn recorded(
    connection: &mut Connection,
    pool: PoolNumber,
    coin: Coin,
    limit: usize,
) -> Ledgered<Vec<RecordedPayment>> {
    let sql = "SELECT tx, member.code, amount, moved_at \
               FROM ledger_leg JOIN member ON member.number = ledger_leg.member \
               WHERE pool = $1 AND state = 'settled' ORDER BY move DESC, place DESC LIMIT $2";
    let asked = query(sql)
        .bind(pool.get())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<(String, String, i64, i64)> = asked.fetch_all(connection).await?;
    let payments = rows
        .into_iter()
        .map(|(tx, member, amount, at)| RecordedPayment {
            transaction: TxId::new(tx),
            member: MemberId::new(member),
            amount: Amount::from_units(amount, coin),
            at: instant(at),
        });
    Ok(payments.collect())
}
