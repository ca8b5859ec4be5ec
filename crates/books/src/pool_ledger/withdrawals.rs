//! What a move does to the withdrawals that its legs pay, decided in memory like the rest of it:
//! they are loaded before, and stored with their events after, in the move's own transaction.
//!
//! | of its leg | becomes of it |
//! |---|---|
//! | held | `processing`; only an approved one of this pool, member and address, all of a leg or none |
//! | settled | `paid`, whatever it was; what is over, or held by another leg, only gets an event |
//! | given back, with a verdict of the chain | `failed`: its money is set aside, a person decides |
//! | void, or given back where nothing was ever saved | `approved` again: the next plan takes it |

use std::collections::{BTreeMap, BTreeSet};

use paydirt_ledger::{LedgerError, Leg, LegId, LegSource, LegVerdict, PaymentId, Settlement};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, Timestamp};

use super::refusal::Ledgered;
use crate::codec::{json, named, parsed};
use crate::db::{Connection, Many, many, query};
use crate::error::Done;
use crate::numbers::{PoolNumber, WithdrawalNumber};
use crate::withdrawals::WithdrawalState as State;
use crate::withdrawals::events::{self, NewEvent};

/// Withdrawals looked for in one statement.
const AT_ONCE: usize = 10_000;

/// A withdrawal as a move finds and leaves it.
#[derive(Clone, Debug)]
struct Asked {
    member: String,
    address: String,
    amount: i64,
    state: State,
    reason: Option<String>,
    /// Whether somebody, or a policy, approved it.
    decided: bool,
    /// Why its member is frozen, if it is.
    frozen: Option<String>,
    /// From when on its address can be used, if it is still one of the member's.
    usable_from: Option<Timestamp>,
    leg: Option<LegId>,
    held: Option<(Timestamp, Day)>,
    tx: Option<String>,
}

impl Asked {
    /// Whether its amount is set aside for it and not on its way.
    fn is_aside(&self) -> bool {
        matches!(
            self.state,
            State::Requested | State::Approved | State::Failed
        )
    }

    fn is_held_by(&self, leg: &Leg) -> bool {
        self.state == State::Processing && self.leg == Some(leg.id)
    }
}

/// What happened to one.
struct Happened {
    number: i64,
    state: State,
    reason: Option<String>,
    evidence: Evidence,
}

/// What an event has as evidence.
#[derive(serde::Serialize)]
struct Evidence {
    leg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<u64>,
}

/// How much of withdrawals a pool lets out on the day of a move; ledger units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cap {
    pub(super) limit: i64,
    /// Held on that day, and on its way or paid.
    pub(super) used: i64,
}

impl Cap {
    /// What is left of it.
    pub(super) fn left(&self) -> i64 {
        self.limit.saturating_sub(self.used).max(0)
    }
}

/// What a payment's legs want beside each other, before any of them is held.
#[derive(Default)]
pub(super) struct Wanted {
    numbers: BTreeSet<i64>,
    sum: i64,
}

/// The withdrawals that a move's legs name.
pub(super) struct Withdrawals {
    coin: Coin,
    at: Timestamp,
    day: Day,
    cap: Option<Cap>,
    known: BTreeMap<i64, Asked>,
    changed: BTreeSet<i64>,
    happened: Vec<Happened>,
}

/// The numbers of the withdrawals that a leg pays; `None` for a text that is no number.
fn numbers(leg: &Leg) -> impl Iterator<Item = (Option<i64>, &str)> {
    let ids = match &leg.source {
        LegSource::Threshold => [].as_slice(),
        LegSource::Withdrawals(ids) => ids,
    };
    ids.iter().map(|id| (id.parse().ok(), id.as_str()))
}

/// Whether a leg pays withdrawals.
pub(super) fn are_paid_by(leg: &Leg) -> bool {
    matches!(leg.source, LegSource::Withdrawals(_))
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    member: String,
    address: String,
    amount: i64,
    state: String,
    reason: Option<String>,
    decided_at: Option<i64>,
    frozen: Option<String>,
    usable_from: Option<i64>,
    leg: Option<String>,
    held_at: Option<i64>,
    held_on: Option<i64>,
    tx: Option<String>,
}

impl Row {
    fn asked(self) -> Done<Asked> {
        let held = match (self.held_at, self.held_on) {
            (Some(at), Some(on)) => Some((Timestamp::from_ms(at), crate::codec::day(on)?)),
            _ => None,
        };
        Ok(Asked {
            member: self.member,
            address: self.address,
            amount: self.amount,
            state: named("state of a withdrawal", &self.state, State::of_name)?,
            reason: self.reason,
            decided: self.decided_at.is_some(),
            frozen: self.frozen,
            usable_from: self.usable_from.map(Timestamp::from_ms),
            leg: self
                .leg
                .as_deref()
                .map(|id| parsed("leg", id))
                .transpose()?,
            held,
            tx: self.tx,
        })
    }
}

impl Withdrawals {
    /// Those that these legs name, of this pool; `at` on `day` is when the move is booked.
    pub(super) async fn load(
        connection: &mut Connection,
        pool: PoolNumber,
        coin: Coin,
        legs: &[&Leg],
        (at, day): (Timestamp, Day),
    ) -> Ledgered<Self> {
        let wanted: BTreeSet<i64> = legs
            .iter()
            .flat_map(|leg| numbers(leg).filter_map(|(number, _)| number))
            .collect();
        let wanted: Vec<i64> = wanted.into_iter().collect();
        let mut known = BTreeMap::new();
        for some in wanted.chunks(AT_ONCE) {
            let sql = "SELECT asked.number, member.code AS member, asked.address, asked.amount, \
                 asked.state, asked.reason, asked.decided_at, member.frozen, place.usable_from, \
                 asked.leg, asked.held_at, asked.held_on, asked.tx FROM withdrawal AS asked \
                 JOIN member ON member.number = asked.member \
                 LEFT JOIN member_address AS place ON place.pool = asked.pool \
                     AND place.member = asked.member AND place.address = asked.address \
                     AND place.removed_at IS NULL \
                 WHERE asked.pool = $1 AND asked.number IN NUMBERS($2)";
            let asked = query(sql).bind(pool.get()).bind(format!("{some:?}"));
            let rows: Vec<Row> = asked.fetch_all(connection).await?;
            for row in rows {
                known.insert(row.number, row.asked()?);
            }
        }
        Ok(Self {
            coin,
            at,
            day,
            cap: None,
            known,
            changed: BTreeSet::new(),
            happened: Vec::new(),
        })
    }

    /// The same, where no more than this is held on the move's day.
    pub(super) fn capped(self, cap: Option<Cap>) -> Self {
        Self { cap, ..self }
    }

    fn amount(&self, units: i64) -> Amount {
        Amount::from_units(units, self.coin)
    }

    /// Why this leg can't be held beside those that `wanted` has of the same payment.
    pub(super) fn refuses(&self, leg: &Leg, wanted: &mut Wanted) -> Option<String> {
        if !are_paid_by(leg) {
            return None;
        }
        let mut sum: i64 = 0;
        for (number, id) in numbers(leg) {
            let found = number.and_then(|number| Some((number, self.known.get(&number)?)));
            let Some((number, asked)) = found else {
                return Some(format!("the pool has no withdrawal {id}"));
            };
            if asked.member != leg.member.as_str() || asked.address != leg.address.as_str() {
                let (member, address) = (&asked.member, &asked.address);
                return Some(format!("withdrawal {id} is {member}'s, to {address}"));
            }
            if asked.state != State::Approved {
                return Some(format!("withdrawal {id} is {}, not approved", asked.state));
            }
            if let Some(why) = self.no_more_payable(asked) {
                return Some(format!("withdrawal {id}: {why}"));
            }
            if !wanted.numbers.insert(number) {
                return Some(format!("withdrawal {id} stands twice in this payment"));
            }
            sum = sum.saturating_add(asked.amount);
        }
        if sum != leg.amount.units() {
            let (sum, wanted) = (self.amount(sum), leg.amount);
            return Some(format!(
                "its withdrawals come to {sum}, and not to {wanted}"
            ));
        }
        wanted.sum = wanted.sum.saturating_add(sum);
        let cap = self.cap.filter(|cap| wanted.sum > cap.left())?;
        let (left, limit) = (self.amount(cap.left()), self.amount(cap.limit));
        Some(format!(
            "of the pool's daily cap of {limit} are left {left}: it waits for a later day"
        ))
    }

    /// What a person has decided since it was planned.
    fn no_more_payable(&self, asked: &Asked) -> Option<String> {
        if let Some(reason) = &asked.frozen {
            return Some(format!("the member is frozen: {reason}"));
        }
        let address = &asked.address;
        match asked.usable_from {
            None => Some(format!(
                "{address} is none of the member's addresses any more"
            )),
            Some(from) if from > self.at => Some(format!("{address} can be used from {from} on")),
            Some(_) => None,
        }
    }

    /// How much of what a member has set aside is for this leg's withdrawals. What is set aside
    /// for others is not touched, whatever the chain has paid.
    pub(super) fn aside_for(&self, leg: &Leg) -> i64 {
        let each = numbers(leg).filter_map(|(number, _)| self.known.get(&number?));
        each.filter(|asked| asked.is_aside())
            .fold(0, |sum, asked| sum.saturating_add(asked.amount))
    }

    /// Its leg is held.
    pub(super) fn hold(&mut self, leg: &Leg, payment: PaymentId) {
        let evidence = || Evidence {
            leg: leg.id.to_string(),
            payment: Some(payment.to_string()),
            tx: None,
            block: None,
        };
        let held = (self.at, self.day);
        for number in numbers(leg).filter_map(|(number, _)| number) {
            let Some(asked) = self.known.get_mut(&number) else {
                continue;
            };
            if asked.is_held_by(leg) {
                continue;
            }
            if !asked.is_aside() {
                let why = format!("leg {} holds money for it, which it has not", leg.id);
                self.only_say(number, why, evidence());
                continue;
            }
            asked.state = State::Processing;
            (asked.reason, asked.leg, asked.held) = (None, Some(leg.id), Some(held));
            if let Some(cap) = &mut self.cap {
                cap.used = cap.used.saturating_add(asked.amount);
            }
            self.note(number, evidence());
        }
    }

    /// Its leg was paid.
    pub(super) fn settle(&mut self, item: &Settlement, payment: Option<PaymentId>) {
        let (leg, tx) = (&item.leg, &item.transaction);
        let evidence = || Evidence {
            leg: leg.id.to_string(),
            payment: payment.map(|id| id.to_string()),
            tx: Some(tx.to_string()),
            block: Some(item.block),
        };
        let now = (self.at, self.day);
        for number in numbers(leg).filter_map(|(number, _)| number) {
            let Some(asked) = self.known.get_mut(&number) else {
                continue;
            };
            if asked.state == State::Paid && asked.leg == Some(leg.id) {
                continue;
            }
            if !asked.is_aside() && !asked.is_held_by(leg) {
                let state = asked.state;
                let why = format!(
                    "leg {} was paid for it by {tx}, although it is {state}: look at both",
                    leg.id
                );
                self.only_say(number, why, evidence());
                continue;
            }
            let before = asked.held.filter(|_| asked.leg == Some(leg.id));
            (asked.state, asked.reason) = (State::Paid, None);
            (asked.leg, asked.held) = (Some(leg.id), before.or(Some(now)));
            asked.tx = Some(tx.to_string());
            self.note(number, evidence());
        }
    }

    /// Its leg was given back: on a verdict of the chain, or because nothing was ever saved.
    pub(super) fn give_back(
        &mut self,
        leg: &Leg,
        verdict: Option<&LegVerdict>,
        payment: Option<PaymentId>,
    ) {
        let reason = match verdict {
            Some(LegVerdict::Release { reason, .. }) => Some(reason.clone()),
            Some(LegVerdict::Paid) | None => None,
        };
        for number in numbers(leg).filter_map(|(number, _)| number) {
            let found = self.known.get_mut(&number);
            let Some(asked) = found.filter(|asked| asked.is_held_by(leg)) else {
                continue;
            };
            (asked.state, asked.reason) = match &reason {
                Some(reason) => (State::Failed, Some(reason.clone())),
                None if asked.decided => (State::Approved, None),
                None => (State::Failed, Some("it was never approved".to_owned())),
            };
            let evidence = Evidence {
                leg: leg.id.to_string(),
                payment: payment.map(|id| id.to_string()),
                tx: None,
                block: None,
            };
            self.note(number, evidence);
        }
    }

    /// What is paid stays so: a leg that paid withdrawals can't be brought to anything else.
    ///
    /// # Errors
    /// `NotWritable` when it paid one.
    pub(super) fn check_not_paid(&self, leg: &Leg) -> Result<(), LedgerError> {
        let each = numbers(leg).filter_map(|(number, id)| Some((id, self.known.get(&number?)?)));
        let paid = |asked: &Asked| asked.state == State::Paid && asked.leg == Some(leg.id);
        match each.into_iter().find(|(_, asked)| paid(asked)) {
            Some((id, _)) => Err(LedgerError::NotWritable(format!(
                "leg {} paid withdrawal {id}, and what is paid stays so",
                leg.id
            ))),
            None => Ok(()),
        }
    }

    /// It has changed, and so it happened.
    fn note(&mut self, number: i64, evidence: Evidence) {
        self.changed.insert(number);
        if let Some(asked) = self.known.get(&number) {
            self.happened.push(Happened {
                number,
                state: asked.state,
                reason: asked.reason.clone(),
                evidence,
            });
        }
    }

    /// It has not changed, and somebody has to know.
    fn only_say(&mut self, number: i64, why: String, evidence: Evidence) {
        if let Some(asked) = self.known.get(&number) {
            self.happened.push(Happened {
                number,
                state: asked.state,
                reason: Some(why),
                evidence,
            });
        }
    }

    /// Stores what has changed, and what happened.
    pub(super) async fn store(&self, connection: &mut Connection, by: &str) -> Ledgered<()> {
        let statement = Many {
            before: "UPDATE withdrawal SET state = new.column2, reason = new.column3, \
                     leg = new.column4, held_at = new.column5, held_on = new.column6, \
                     tx = new.column7, updated_at = new.column8 FROM (",
            after: ") AS new WHERE withdrawal.number = new.column1",
        };
        let changed = self.changed.iter();
        let changed: Vec<(i64, &Asked)> = changed
            .filter_map(|number| Some((*number, self.known.get(number)?)))
            .collect();
        many(
            connection,
            &statement,
            changed,
            |(number, asked), values| {
                values.extend([
                    number.into(),
                    asked.state.name().into(),
                    asked.reason.as_deref().map(crate::codec::words).into(),
                    asked.leg.map(|id| id.to_string()).into(),
                    asked.held.map(|(at, _)| at).into(),
                    asked.held.map(|(_, on)| on.days_since_epoch()).into(),
                    (&asked.tx).into(),
                    self.at.into(),
                ]);
                Ok(())
            },
        )
        .await?;
        let mut new = Vec::with_capacity(self.happened.len());
        for it in &self.happened {
            new.push(NewEvent {
                withdrawal: WithdrawalNumber::new(it.number),
                at: self.at,
                by,
                state: it.state,
                reason: it.reason.as_deref(),
                evidence: Some(json("evidence", &it.evidence)?),
            });
        }
        Ok(events::add(connection, &new).await?)
    }
}

/// What the pool's cap has left on a day.
pub(super) async fn cap_on(
    connection: &mut Connection,
    pool: PoolNumber,
    limit: Option<Amount>,
    day: Day,
) -> Ledgered<Option<Cap>> {
    let Some(limit) = limit else {
        return Ok(None);
    };
    let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM withdrawal WHERE pool = $1 \
               AND held_on = $2 AND state IN ('processing', 'paid')";
    let asked = query(sql).bind(pool.get()).bind(day.days_since_epoch());
    let (used,): (i64,) = asked.fetch_one(connection).await?;
    Ok(Some(Cap {
        limit: limit.units(),
        used,
    }))
}
