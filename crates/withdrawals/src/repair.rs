//! Failed withdrawals: recorded as paid from outside, queued again, or taken back. What books from
//! a backup have forgotten to be paid is recorded in the same way.
//!
//! What a person does here by hand is planned first: what would become of the withdrawal and of its
//! member's balances, and what it is done on. Exactly that is proposed, and confirmed by another
//! person; nothing live is touched.

use paydirt_books::{
    AttemptSeen, Balance, Change, LegSeen, LockedPool, OutsidePayment, Pool, Session, Withdrawal,
    WithdrawalNumber, WithdrawalState,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Timestamp, ZoneHistory};
use serde_json::{Value as Json, json};

use crate::look::Seen;
use crate::{Terms, WithdrawalError, address};

/// What is to become of a failed withdrawal.
#[derive(Clone, Debug)]
pub enum Repair {
    /// This payment from outside paid it.
    MarkPaid(Box<Seen>),
    /// It may be paid again, because of this evidence that it was not.
    Requeue(Json),
    /// It is taken back: its amount is available again, because of this evidence that it was not
    /// paid.
    Cancel(Json),
}

impl Repair {
    /// The command that does it: the kind of its proposal, and its audit line.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MarkPaid(_) => "withdrawals mark-paid",
            Self::Requeue(_) => "withdrawals requeue",
            Self::Cancel(_) => "withdrawals cancel",
        }
    }

    const fn state(&self) -> WithdrawalState {
        match self {
            Self::MarkPaid(_) => WithdrawalState::Paid,
            Self::Requeue(_) => WithdrawalState::Approved,
            Self::Cancel(_) => WithdrawalState::Cancelled,
        }
    }

    /// What it is done on. The same until the chain or the journal says something else.
    fn evidence(&self) -> Json {
        match self {
            Self::MarkPaid(seen) => json!({
                "tx": seen.tx.as_str(), "sender": seen.sender.as_str(),
                "block": seen.block.number, "block_hash": seen.block.hash,
                "network": seen.identity.network, "genesis": seen.identity.genesis,
                "since": seen.since.to_string(),
            }),
            Self::Requeue(evidence) | Self::Cancel(evidence) => evidence.clone(),
        }
    }
}

/// A withdrawal and its member's balances, ledger units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The withdrawal's state.
    pub state: WithdrawalState,
    /// What is available.
    pub available: i64,
    /// What is set aside.
    pub frozen: i64,
    /// What was paid.
    pub paid: i64,
}

/// What a repair would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The withdrawal as it is.
    pub withdrawal: Withdrawal,
    /// Before.
    pub before: Figures,
    /// After.
    pub after: Figures,
    /// What it is done on.
    pub evidence: Json,
}

impl Plan {
    /// Exactly what is proposed and confirmed: what would be moved, and on what evidence. What else
    /// the member has may change meanwhile.
    #[must_use]
    pub fn detail(&self, coin: Coin) -> Json {
        let (of, before, after) = (&self.withdrawal, &self.before, &self.after);
        let moved = |before: i64, after: i64| {
            Amount::from_units(after.saturating_sub(before), coin).to_fixed()
        };
        json!({
            "withdrawal": of.number.get(), "member": of.code.as_str(), "address": of.address,
            "amount": Amount::from_units(of.amount, coin).to_fixed(),
            "state": [before.state.name(), after.state.name()],
            "moves": {
                "available": moved(before.available, after.available),
                "frozen": moved(before.frozen, after.frozen),
                "paid": moved(before.paid, after.paid),
            },
            "evidence": self.evidence,
        })
    }

    /// The figures before and after.
    #[must_use]
    pub fn figures(&self, coin: Coin) -> Json {
        let shown = |figures: &Figures| {
            let units = |units| Amount::from_units(units, coin).to_fixed();
            json!({
                "state": figures.state.name(), "available": units(figures.available),
                "frozen": units(figures.frozen), "paid": units(figures.paid),
            })
        };
        json!({ "before": shown(&self.before), "after": shown(&self.after) })
    }
}

/// A failed withdrawal that no leg is live of.
///
/// # Errors
/// `Refused` when it is in another state or on its way; the books'.
pub async fn failed(
    session: &mut Session,
    pool: &Pool,
    number: WithdrawalNumber,
) -> Result<Withdrawal, WithdrawalError> {
    let found = at_rest(session, pool, number).await?;
    if found.state == WithdrawalState::Failed {
        return Ok(found);
    }
    let cure = match found.state {
        WithdrawalState::Requested | WithdrawalState::Approved => {
            "it was not paid yet: `paydirt withdrawals why` says what it waits for"
        }
        _ => OVER,
    };
    Err(WithdrawalError::refused(
        format!("withdrawal {number} is {}, not failed", found.state),
        cure,
    ))
}

/// A withdrawal that a payment from outside may have paid: one that failed, or an approved one that
/// no leg is live of. Books from a backup have as approved what was paid since.
///
/// # Errors
/// `Refused` when it is in another state or on its way; the books'.
pub async fn payable_outside(
    session: &mut Session,
    pool: &Pool,
    number: WithdrawalNumber,
) -> Result<Withdrawal, WithdrawalError> {
    let found = at_rest(session, pool, number).await?;
    if matches!(
        found.state,
        WithdrawalState::Failed | WithdrawalState::Approved
    ) {
        return Ok(found);
    }
    let cure = match found.state {
        WithdrawalState::Requested => "have it approved first: another person looks at it",
        _ => OVER,
    };
    Err(WithdrawalError::refused(
        format!(
            "withdrawal {number} is {}, neither failed nor approved",
            found.state
        ),
        cure,
    ))
}

const OVER: &str = "it is over: look at it with `paydirt withdrawals show`";

/// A withdrawal that is not on its way.
async fn at_rest(
    session: &mut Session,
    pool: &Pool,
    number: WithdrawalNumber,
) -> Result<Withdrawal, WithdrawalError> {
    let found = session.withdrawal(pool.number, number).await?;
    let live = session.live_leg(&pool.id, number).await?;
    if live.is_some() || found.state == WithdrawalState::Processing {
        let payment = live.unwrap_or_else(|| "PAYMENT".to_owned());
        return Err(WithdrawalError::refused(
            format!("a leg of withdrawal {number} is live, in payment {payment}"),
            format!("wait until it is over, or end it with `paydirt payouts cancel {payment}`"),
        ));
    }
    Ok(found)
}

/// Checks that a transaction is nothing in the books yet.
///
/// # Errors
/// `Refused`; the books'.
pub async fn check_unused(
    session: &mut Session,
    tx: &paydirt_chain::TxId,
) -> Result<(), WithdrawalError> {
    let Some(used) = session.use_of_tx(tx).await? else {
        return Ok(());
    };
    Err(WithdrawalError::refused(
        format!("transaction {tx} is {used}"),
        match used {
            paydirt_books::UsedBy::Attempt(_) => "the journal follows it by itself",
            _ => "a transaction pays once: find the one that paid this withdrawal",
        },
    ))
}

/// Checks that a withdrawal may be paid at its address again.
///
/// # Errors
/// `Refused`; the books'.
pub async fn check_address(
    session: &mut Session,
    pool: &Pool,
    terms: &Terms,
    found: &Withdrawal,
    now: Timestamp,
) -> Result<(), WithdrawalError> {
    let mut books = session.addresses_of(pool.number, [found.member]).await?;
    let book = books.remove(&found.member).unwrap_or_default();
    address::check(&found.address, found.code.as_str(), &terms.own, &book, now)
}

/// What the journal has of a withdrawal's legs: each version that may have left the building, and
/// the proof on which its money was given back.
///
/// # Errors
/// The books'.
pub async fn journal_evidence(
    session: &mut Session,
    pool: &Pool,
    number: WithdrawalNumber,
) -> Result<Json, WithdrawalError> {
    let legs = session.legs_of_withdrawal(&pool.id, number).await?;
    let payments: Vec<&str> = legs.iter().map(|leg| leg.payment.as_str()).collect();
    let attempts = session.attempts_of(&payments).await?;
    let legs: Vec<Json> = legs.iter().map(|leg| of_leg(leg, &attempts)).collect();
    Ok(json!({ "legs": legs }))
}

fn of_leg(leg: &LegSeen, attempts: &[AttemptSeen]) -> Json {
    let parsed = |text: &String| serde_json::from_str(text).unwrap_or(Json::Null);
    let of_payment = attempts.iter().filter(|it| it.payment == leg.payment);
    let attempts: Vec<Json> = of_payment
        .map(|it| json!({ "kind": it.kind, "nonce": it.nonce, "tx": it.tx }))
        .collect();
    json!({
        "leg": leg.leg, "payment": leg.payment, "state": leg.state, "nonce": leg.nonce,
        "included_tx": leg.included_tx, "included_block": leg.included_block,
        "verdict": leg.verdict.as_ref().map(parsed), "attempts": attempts,
    })
}

/// What a repair would do to a withdrawal that [`failed`], or is [`payable_outside`].
///
/// # Errors
/// The books'.
pub async fn plan(
    session: &mut Session,
    pool: &Pool,
    found: Withdrawal,
    repair: &Repair,
) -> Result<Plan, WithdrawalError> {
    let balance = session.balance(pool.number, found.member).await?;
    let before = figures(found.state, &balance);
    let amount = found.amount;
    let mut after = Figures {
        state: repair.state(),
        ..before
    };
    match repair {
        Repair::Requeue(_) => {}
        Repair::MarkPaid(_) => {
            after.frozen = after.frozen.saturating_sub(amount);
            after.paid = after.paid.saturating_add(amount);
        }
        Repair::Cancel(_) => {
            after.frozen = after.frozen.saturating_sub(amount);
            after.available = after.available.saturating_add(amount);
        }
    }
    let evidence = repair.evidence();
    Ok(Plan {
        withdrawal: found,
        before,
        after,
        evidence,
    })
}

fn figures(state: WithdrawalState, balance: &Balance) -> Figures {
    Figures {
        state,
        available: balance.available,
        frozen: balance.frozen,
        paid: balance.paid,
    }
}

/// Who carries a repair out, and who proposed it.
#[derive(Clone, Copy, Debug)]
pub struct Carrying<'a> {
    /// Who confirms it.
    pub by: &'a str,
    /// Who proposed it, and in which proposal.
    pub proposed: (&'a str, i64),
    /// Why.
    pub reason: &'a str,
    /// When.
    pub now: Timestamp,
    /// The zone of the pool's days.
    pub zones: &'a ZoneHistory,
}

/// Does what was planned and confirmed, with its audit line. The caller commits.
///
/// # Errors
/// `Refused` when something changed meanwhile; the books'.
pub async fn carry_out(
    session: &mut Session,
    locked: &mut LockedPool,
    plan: &Plan,
    repair: &Repair,
    carrying: &Carrying<'_>,
) -> Result<Withdrawal, WithdrawalError> {
    let Carrying { by, now, .. } = *carrying;
    let (proposed_by, proposal) = carrying.proposed;
    let number = plan.withdrawal.number;
    let on = carrying.zones.day_of(now)?;
    let evidence = json!({
        "evidence": plan.evidence, "proposed_by": proposed_by, "confirmed_by": by,
        "proposal": proposal,
    });
    let done = match repair {
        Repair::MarkPaid(seen) => {
            let paid = OutsidePayment {
                number,
                network: &seen.identity.network,
                tx: &seen.tx,
                output: 0,
                sender: &seen.sender,
                block: &seen.block,
                fee: seen.fee,
                by,
                at: now,
                on,
                reason: carrying.reason,
                evidence: evidence.clone(),
            };
            session.pay_outside(locked, &paid).await?
        }
        Repair::Requeue(_) | Repair::Cancel(_) => {
            let change = Change {
                number,
                from: WithdrawalState::Failed,
                to: repair.state(),
                by,
                at: now,
                on,
                reason: Some(carrying.reason),
                evidence: Some(evidence.clone()),
            };
            session.change_withdrawal(locked, &change).await?
        }
    };
    let detail = json!({
        "pool": locked.pool.id.as_str(), "reason": carrying.reason,
        "done": plan.detail(locked.pool.coin), "figures": plan.figures(locked.pool.coin),
        "proposed_by": proposed_by, "proposal": proposal,
    });
    let subject = number.to_string();
    session
        .audit(by, repair.kind(), &subject, &detail, now)
        .await?;
    Ok(done)
}
