//! Withdrawals that were open in what the pool was run with before. Their amounts are frozen by the
//! opening already, so nothing is posted: they say what it was set aside for.

use paydirt_schedule::{Day, Timestamp};

use super::WithdrawalState;
use super::events::{self, NewEvent};
use super::rows::Withdrawal;
use crate::codec::words;
use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber, WithdrawalNumber};
use crate::pools::LockedPool;
use crate::{BooksError, Session};

/// A withdrawal from before these books.
#[derive(Clone, Copy, Debug)]
pub struct NewImported<'a> {
    /// Its id there.
    pub former: &'a str,
    /// Whose it is.
    pub member: MemberNumber,
    /// How much, ledger units, above 0.
    pub amount: i64,
    /// Where to, in the canonical text of the pool's chain.
    pub address: &'a str,
    /// Requested, approved or failed.
    pub state: WithdrawalState,
    /// Whether it was queued again there after it had failed; then it is approved.
    pub queued_again: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// On which day in the pool's zone.
    pub requested_on: Day,
    /// Who imports it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

const FAILED: &str = "failed before these books";
const APPROVED: &str = "approved before these books";
const AGAIN: &str = "queued again before these books";

impl Session {
    /// The withdrawal that had this id before these books.
    ///
    /// # Errors
    /// `Database`.
    pub async fn withdrawal_of_former(
        &mut self,
        pool: PoolNumber,
        former: &str,
    ) -> Result<Option<Withdrawal>, BooksError> {
        let sql = "SELECT number FROM withdrawal WHERE pool = $1 AND former = $2";
        let asked = query(sql).bind(pool.get()).bind(former);
        let row: Option<(i64,)> = asked.fetch_optional(&mut self.connection).await?;
        match row {
            Some((number,)) => Ok(Some(self.withdrawal(pool, WithdrawalNumber(number)).await?)),
            None => Ok(None),
        }
    }

    /// What of a member's frozen amount no withdrawal stands for, ledger units.
    ///
    /// # Errors
    /// `Database`.
    pub async fn frozen_for_nothing(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
    ) -> Result<i64, BooksError> {
        let frozen = self.balance(pool, member).await?.frozen;
        let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM withdrawal \
                   WHERE pool = $1 AND member = $2 \
                   AND state IN ('requested', 'approved', 'failed')";
        let asked = query(sql).bind(pool.get()).bind(member.get());
        let (stood_for,): (i64,) = asked.fetch_one(&mut self.connection).await?;
        Ok(frozen.saturating_sub(stood_for))
    }

    /// Writes one from before these books.
    ///
    /// # Errors
    /// `Refused` when no frozen amount is left for it; `Constraint` when its id is there already;
    /// `Database`.
    pub async fn import_withdrawal(
        &mut self,
        locked: &LockedPool,
        new: &NewImported<'_>,
    ) -> Result<Withdrawal, BooksError> {
        let pool = locked.pool.number;
        let free = self.frozen_for_nothing(pool, new.member).await?;
        if free < new.amount {
            let shown = |units| paydirt_money::Amount::from_units(units, locked.pool.coin);
            return Err(BooksError::Refused {
                what: format!(
                    "withdrawal {:?} is of {}, and {} of that member's frozen amount stands for \
                     no withdrawal",
                    new.former,
                    shown(new.amount),
                    shown(free)
                ),
                cure: "correct it, or open the pool with what it had set aside".into(),
            });
        }
        let is_approved = new.state == WithdrawalState::Approved;
        let reason = match (new.state, new.queued_again) {
            (WithdrawalState::Failed, _) => Some(FAILED),
            (WithdrawalState::Approved, true) => Some(AGAIN),
            (WithdrawalState::Approved, false) => Some(APPROVED),
            _ => None,
        };
        let sql = "INSERT INTO withdrawal (pool, member, amount, address, state, reason, former, \
             requested_by, requested_at, requested_on, decided_by, decided_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(new.member.get())
            .bind(new.amount)
            .bind(new.address)
            .bind(new.state.name())
            .bind(reason)
            .bind(new.former)
            .bind(words(new.by))
            .bind(new.requested_at)
            .bind(new.requested_on.days_since_epoch())
            .bind(is_approved.then(|| words(new.by)))
            .bind(is_approved.then_some(new.at))
            .bind(new.at);
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        let number = WithdrawalNumber(number);
        let event = |state, reason| NewEvent {
            withdrawal: number,
            at: new.at,
            by: new.by,
            state,
            reason,
            evidence: None,
        };
        let mut all = Vec::new();
        if new.queued_again {
            all.push(event(WithdrawalState::Failed, Some(FAILED)));
        }
        all.push(event(
            new.state,
            reason.or(Some("requested before these books")),
        ));
        events::add(&mut self.connection, &all).await?;
        self.withdrawal(pool, number).await
    }
}
