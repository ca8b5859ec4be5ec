//! A new request: its amount is set aside in the transaction that writes it.

use paydirt_schedule::{Day, Timestamp};

use super::WithdrawalState;
use super::change::post;
use super::events::{self, NewEvent};
use super::rows::Withdrawal;
use crate::codec::words;
use crate::db::query;
use crate::digest::Digest;
use crate::numbers::{MemberNumber, PoolNumber, WithdrawalNumber};
use crate::pools::LockedPool;
use crate::{Account, BooksError, Session};

/// SHA-256 of what was asked for.
pub type BodyHash = [u8; 32];

/// What a request asks for, hashed: the same key with another body is another request.
///
/// `amount` is `None` for all that is available.
#[must_use]
pub fn request_hash(
    member: MemberNumber,
    amount: Option<i64>,
    address: &str,
    closes: bool,
) -> BodyHash {
    Digest::of("withdrawal request")
        .number(member.get())
        .maybe_number(amount)
        .text(address)
        .number(i64::from(closes))
        .finish()
}

/// A request to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewWithdrawal<'a> {
    /// Whose it is.
    pub member: MemberNumber,
    /// How much, ledger units, above 0.
    pub amount: i64,
    /// Where to, in the canonical text of the pool's chain.
    pub address: &'a str,
    /// Whether it closes the balance.
    pub closes: bool,
    /// The key under which it may be repeated, and the hash of what it asks for.
    pub key: Option<(&'a str, BodyHash)>,
    /// Who asks.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// On which day in the pool's zone.
    pub on: Day,
    /// Who approves it at once, and why nobody else has to.
    pub approved: Option<(&'a str, &'a str)>,
}

impl NewWithdrawal<'_> {
    const fn state(&self) -> WithdrawalState {
        match self.approved {
            Some(_) => WithdrawalState::Approved,
            None => WithdrawalState::Requested,
        }
    }
}

impl Session {
    /// The withdrawal that was asked for under this key, with the hash of what was asked.
    ///
    /// # Errors
    /// `Database`.
    pub async fn withdrawal_of_key(
        &mut self,
        pool: PoolNumber,
        key: &str,
    ) -> Result<Option<(WithdrawalNumber, Vec<u8>)>, BooksError> {
        let sql = "SELECT number, body FROM withdrawal WHERE pool = $1 AND key = $2";
        let asked = query(sql).bind(pool.get()).bind(key);
        let row: Option<(i64, Vec<u8>)> = asked.fetch_optional(&mut self.connection).await?;
        Ok(row.map(|(number, body)| (WithdrawalNumber(number), body)))
    }

    /// Writes a request, and sets its amount aside: available - receivable must reach it. Nobody
    /// else moves this pool's balances meanwhile.
    ///
    /// # Errors
    /// `Refused` when the member has too little; `Constraint` when the key is used; `Database`.
    pub async fn request_withdrawal(
        &mut self,
        locked: &mut LockedPool,
        new: &NewWithdrawal<'_>,
    ) -> Result<Withdrawal, BooksError> {
        let pool = locked.pool.number;
        let balance = self.balance(pool, new.member).await?;
        let free = balance.available.saturating_sub(balance.receivable);
        if free < new.amount {
            let shown = |units| paydirt_money::Amount::from_units(units, locked.pool.coin);
            return Err(BooksError::Refused {
                what: format!(
                    "{} is asked for, and {} is free",
                    shown(new.amount),
                    shown(free)
                ),
                cure: "ask for less".into(),
            });
        }
        let number = self.insert_request(pool, new).await?;
        let cause = format!("withdrawal {number} to {}", new.address);
        let (from, to) = (Account::Available, Account::Frozen);
        let moved = (new.member, from, to, new.amount);
        post(self, locked, moved, (new.by, new.at, new.on), &cause).await?;
        let event = |by, state, reason| NewEvent {
            withdrawal: number,
            at: new.at,
            by,
            state,
            reason,
            evidence: None,
        };
        let mut events = vec![event(new.by, WithdrawalState::Requested, None)];
        if let Some((by, why)) = new.approved {
            events.push(event(by, WithdrawalState::Approved, Some(why)));
        }
        events::add(&mut self.connection, &events).await?;
        self.withdrawal(pool, number).await
    }

    async fn insert_request(
        &mut self,
        pool: PoolNumber,
        new: &NewWithdrawal<'_>,
    ) -> Result<WithdrawalNumber, BooksError> {
        let sql = "INSERT INTO withdrawal (pool, member, amount, address, state, closes, key, \
             body, requested_by, requested_at, requested_on, decided_by, decided_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $10) \
             RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(new.member.get())
            .bind(new.amount)
            .bind(new.address)
            .bind(new.state().name())
            .bind(new.closes)
            .bind(new.key.map(|(key, _)| key))
            .bind(new.key.map(|(_, body)| body.to_vec()))
            .bind(words(new.by))
            .bind(new.at)
            .bind(new.on.days_since_epoch())
            .bind(new.approved.map(|(by, _)| by))
            .bind(new.approved.map(|_| new.at));
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        Ok(WithdrawalNumber(number))
    }
}
