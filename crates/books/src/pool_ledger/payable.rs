//! Who is due: approved withdrawals, the oldest decision first, and then balances.

use std::collections::HashMap;

use paydirt_ledger::{BadEntry, LegSource, MemberId, Payable, Payables, PoolId, Waiting};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

use super::refusal::Ledgered;
use super::withdrawals::Cap;
use crate::codec::instant;
use crate::db::{Connection, query};
use crate::numbers::PoolNumber;

/// Most withdrawals that one leg pays.
const MOST_A_LEG: usize = 100;

/// Each approved withdrawal with what it needs to be paid: a member who is not frozen, and that its
/// address is still one of the member's.
const APPROVED: &str = "SELECT asked.number, member.code, asked.amount, asked.address, \
     member.frozen, place.usable_from, quarantine.reason AS quarantined \
     FROM withdrawal AS asked JOIN member ON member.number = asked.member \
     LEFT JOIN member_address AS place ON place.pool = asked.pool \
         AND place.member = asked.member AND place.address = asked.address \
         AND place.removed_at IS NULL \
     LEFT JOIN quarantine ON quarantine.pool = $2 AND quarantine.member = member.code \
         AND quarantine.address = asked.address \
     WHERE asked.pool = $1 AND asked.state = 'approved' ORDER BY asked.decided_at, asked.number";

/// Those with at least `minimum`, what they owe taken off, the most first. Where a member is paid
/// is its newest address; nothing is paid to a frozen member.
const DUE: &str = "SELECT member.code, balance.available - balance.receivable AS amount, \
     place.address, place.usable_from \
     FROM member_balance AS balance JOIN member ON member.number = balance.member \
     LEFT JOIN member_address AS place ON place.number = \
         (SELECT MAX(newest.number) FROM member_address AS newest WHERE newest.pool = $1 \
          AND newest.member = balance.member AND newest.removed_at IS NULL) \
     WHERE balance.pool = $1 AND balance.available - balance.receivable >= $2 \
     AND balance.available > balance.receivable AND member.frozen IS NULL \
     ORDER BY balance.available - balance.receivable DESC, member.code";
const BELOW: &str = "SELECT COUNT(*) FROM member_balance WHERE pool = $1 AND available > 0 \
     AND (available - receivable < $2 OR available <= receivable)";

#[derive(sqlx::FromRow)]
struct ApprovedRow {
    number: i64,
    code: String,
    amount: i64,
    address: String,
    frozen: Option<String>,
    usable_from: Option<i64>,
    quarantined: Option<String>,
}

impl ApprovedRow {
    /// Why it can't be paid as it is.
    fn trouble(&self, pool: &Due<'_>) -> Option<String> {
        let address = &self.address;
        if let Some(reason) = &self.frozen {
            return Some(format!("the member is frozen: {reason}"));
        }
        match self.usable_from.map(instant) {
            None => Some(format!(
                "{address} is none of the member's addresses any more; cancel it, or add the \
                 address again with `paydirt members address`"
            )),
            Some(from) if from > pool.now => Some(format!("{address} can be used from {from} on")),
            Some(_) => None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct DueRow {
    code: String,
    amount: i64,
    address: Option<String>,
    usable_from: Option<i64>,
}

/// A pool of which is asked who is due.
pub(super) struct Due<'p> {
    pub(super) id: &'p PoolId,
    pub(super) number: PoolNumber,
    pub(super) coin: Coin,
    pub(super) now: Timestamp,
}

/// Withdrawals of one member to one address that are still joined by others.
#[derive(Default)]
struct Open {
    /// Its place among those that are due.
    place: usize,
    ids: Vec<String>,
}

impl Due<'_> {
    fn amount(&self, units: i64) -> Amount {
        Amount::from_units(units, self.coin)
    }

    /// Approved withdrawals, those of one member to one address together. What the day's cap has
    /// no room for waits, whatever is smaller and younger goes on: tomorrow it comes first.
    pub(super) async fn withdrawals(
        &self,
        connection: &mut Connection,
        mut cap: Option<Cap>,
        found: &mut Payables,
    ) -> Ledgered<()> {
        let asked = query(APPROVED)
            .bind(self.number.get())
            .bind(self.id.as_str());
        let rows: Vec<ApprovedRow> = asked.fetch_all(connection).await?;
        let mut open: HashMap<(String, String), Open> = HashMap::new();
        for row in rows {
            let member = MemberId::new(row.code.as_str());
            let id = row.number.to_string();
            let only = LegSource::Withdrawals(vec![id.clone()]);
            let trouble = row.trouble(self).or_else(|| self.above(cap.as_ref(), &row));
            if let Some(reason) = trouble {
                found.bad.push(BadEntry {
                    member,
                    source: only,
                    reason,
                });
                continue;
            }
            // What is in quarantine is named by the plan, and takes nothing of the cap.
            if let Some(cap) = cap.as_mut().filter(|_| row.quarantined.is_none()) {
                if row.amount > cap.left() {
                    let (limit, left) = (self.amount(cap.limit), self.amount(cap.left()));
                    found.waiting.push(Waiting {
                        member,
                        source: only,
                        amount: self.amount(row.amount),
                        reason: format!(
                            "of the pool's daily cap of {limit} are left {left}: it is paid on a \
                             later day"
                        ),
                    });
                    continue;
                }
                cap.used = cap.used.saturating_add(row.amount);
            }
            self.join(row, id, &mut open, found)?;
        }
        let legs = open.into_values();
        legs.for_each(|leg| close(leg, found));
        Ok(())
    }

    fn above(&self, cap: Option<&Cap>, row: &ApprovedRow) -> Option<String> {
        let limit = cap.filter(|cap| row.amount > cap.limit)?.limit;
        if limit == 0 {
            return Some(
                "the pool has no daily cap, and without one nothing goes out; set daily_cap in its \
                 section payouts"
                    .to_owned(),
            );
        }
        let (amount, limit) = (self.amount(row.amount), self.amount(limit));
        Some(format!(
            "it is {amount}, above the pool's daily cap of {limit}; raise the cap, or cancel it \
             and let smaller ones be asked for"
        ))
    }

    /// Adds it to the leg of its member and address.
    fn join(
        &self,
        row: ApprovedRow,
        id: String,
        open: &mut HashMap<(String, String), Open>,
        found: &mut Payables,
    ) -> Ledgered<()> {
        let amount = self.amount(row.amount);
        let key = (row.code.clone(), row.address.clone());
        let joined = open.get_mut(&key).filter(|leg| leg.ids.len() < MOST_A_LEG);
        if let Some(leg) = joined
            && let Some(due) = found.due.get_mut(leg.place)
        {
            due.amount = due.amount.checked_add(amount)?;
            leg.ids.push(id);
            return Ok(());
        }
        let new = Open {
            place: found.due.len(),
            ids: vec![id],
        };
        found.due.push(Payable {
            member: MemberId::new(row.code),
            address: row.address,
            amount,
            source: LegSource::Withdrawals(Vec::new()),
        });
        if let Some(full) = open.insert(key, new) {
            close(full, found);
        }
        Ok(())
    }

    /// Balances of at least `minimum`.
    pub(super) async fn balances(
        &self,
        connection: &mut Connection,
        minimum: Amount,
        found: &mut Payables,
    ) -> Ledgered<()> {
        let due = query(DUE).bind(self.number.get()).bind(minimum.units());
        let rows: Vec<DueRow> = due.fetch_all(connection).await?;
        let below = query(BELOW).bind(self.number.get()).bind(minimum.units());
        let (below,): (i64,) = below.fetch_one(connection).await?;
        found.below = usize::try_from(below).unwrap_or(usize::MAX);
        for row in rows {
            let (member, source) = (MemberId::new(row.code), LegSource::Threshold);
            match usable(row.address, row.usable_from.map(instant), self.now) {
                Ok(address) => found.due.push(Payable {
                    member,
                    address,
                    amount: self.amount(row.amount),
                    source,
                }),
                Err(reason) => found.bad.push(BadEntry {
                    member,
                    source,
                    reason,
                }),
            }
        }
        Ok(())
    }
}

/// Nothing joins this leg any more.
fn close(leg: Open, found: &mut Payables) {
    if let Some(due) = found.due.get_mut(leg.place) {
        due.source = LegSource::Withdrawals(leg.ids);
    }
}

fn usable(
    address: Option<String>,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<String, String> {
    match (address, from) {
        (Some(_), Some(from)) if from > now => {
            Err(format!("its newest address can be used from {from} on"))
        }
        (Some(address), _) => Ok(address),
        (None, _) => Err("it has no address; add one with `paydirt members address`".into()),
    }
}
