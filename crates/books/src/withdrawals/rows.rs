//! Withdrawals as they stand, one by one, as lists and as sums.

use paydirt_ledger::MemberId;
use paydirt_schedule::{Day, Timestamp};

use super::WithdrawalState;
use crate::codec::{day, instant, named};
use crate::db::{Connection, ids, query};
use crate::numbers::{MemberNumber, PoolNumber, WithdrawalNumber};
use crate::{BooksError, Session};

/// A withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its id.
    pub number: WithdrawalNumber,
    /// The pool.
    pub pool: PoolNumber,
    /// Whose it is.
    pub member: MemberNumber,
    /// That member's code.
    pub code: MemberId,
    /// How much, ledger units, above 0.
    pub amount: i64,
    /// Where to, in the canonical text of the pool's chain.
    pub address: String,
    /// How far it has come.
    pub state: WithdrawalState,
    /// Why it is in this state, where that needs a word.
    pub reason: Option<String>,
    /// Whether it closes the balance, and may be below the minimum.
    pub closes: bool,
    /// The key of a request that may be repeated.
    pub key: Option<String>,
    /// Its id in what the pool was run with before.
    pub former: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// On which day in the pool's zone: caps count by it.
    pub requested_on: Day,
    /// Who approved or rejected it; the policy, where nobody had to.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The leg that holds it, or was the last to.
    pub leg: Option<String>,
    /// On which day in the pool's zone it was held.
    pub held_on: Option<Day>,
    /// What paid it.
    pub tx: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which withdrawals are asked for.
#[derive(Clone, Debug, Default)]
pub struct WithdrawalsAsked {
    /// Only those in one of these states; empty: in any.
    pub states: Vec<WithdrawalState>,
    /// Only this member's.
    pub member: Option<MemberNumber>,
    /// Only those older than this one.
    pub after: Option<WithdrawalNumber>,
    /// At most so many.
    pub limit: u32,
}

#[derive(sqlx::FromRow)]
struct WithdrawalRow {
    number: i64,
    pool: i64,
    member: i64,
    code: String,
    amount: i64,
    address: String,
    state: String,
    reason: Option<String>,
    closes: i64,
    key: Option<String>,
    former: Option<String>,
    requested_by: String,
    requested_at: i64,
    requested_on: i64,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    leg: Option<String>,
    held_on: Option<i64>,
    tx: Option<String>,
    updated_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT asked.number, asked.pool, asked.member, member.code, asked.amount, \
             asked.address, asked.state, asked.reason, asked.closes, asked.key, asked.former, \
             asked.requested_by, asked.requested_at, asked.requested_on, asked.decided_by, \
             asked.decided_at, asked.leg, asked.held_on, asked.tx, asked.updated_at \
             FROM withdrawal AS asked JOIN member ON member.number = asked.member ",
            $rest
        )
    };
}

impl WithdrawalRow {
    fn withdrawal(self) -> Result<Withdrawal, BooksError> {
        Ok(Withdrawal {
            number: WithdrawalNumber(self.number),
            pool: PoolNumber(self.pool),
            member: MemberNumber(self.member),
            code: MemberId::new(self.code),
            amount: self.amount,
            address: self.address,
            state: named(
                "state of a withdrawal",
                &self.state,
                WithdrawalState::of_name,
            )?,
            reason: self.reason,
            closes: self.closes != 0,
            key: self.key,
            former: self.former,
            requested_by: self.requested_by,
            requested_at: instant(self.requested_at),
            requested_on: day(self.requested_on)?,
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(instant),
            leg: self.leg,
            held_on: self.held_on.map(day).transpose()?,
            tx: self.tx,
            updated_at: instant(self.updated_at),
        })
    }
}

/// One of a pool.
pub(super) async fn find(
    connection: &mut Connection,
    pool: PoolNumber,
    number: WithdrawalNumber,
) -> Result<Withdrawal, BooksError> {
    let asked = query(select!("WHERE asked.pool = $1 AND asked.number = $2"));
    let asked = asked.bind(pool.get()).bind(number.get());
    let row: Option<WithdrawalRow> = asked.fetch_optional(connection).await?;
    let row = row.ok_or_else(|| BooksError::Unknown {
        what: format!("withdrawal {number}"),
        cure: "`paydirt withdrawals list` shows those that there are".into(),
    })?;
    row.withdrawal()
}

impl Session {
    /// A withdrawal of a pool.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn withdrawal(
        &mut self,
        pool: PoolNumber,
        number: WithdrawalNumber,
    ) -> Result<Withdrawal, BooksError> {
        find(&mut self.connection, pool, number).await
    }

    /// The pool that a withdrawal is of.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn pool_of_withdrawal(
        &mut self,
        number: WithdrawalNumber,
    ) -> Result<PoolNumber, BooksError> {
        let sql = "SELECT pool FROM withdrawal WHERE number = $1";
        let asked = query(sql).bind(number.get());
        let row: Option<(i64,)> = asked.fetch_optional(&mut self.connection).await?;
        row.map(|(pool,)| PoolNumber(pool))
            .ok_or_else(|| BooksError::Unknown {
                what: format!("withdrawal {number}"),
                cure: "`paydirt withdrawals list` shows those that there are".into(),
            })
    }

    /// A pool's withdrawals, newest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn withdrawals(
        &mut self,
        pool: PoolNumber,
        asked: &WithdrawalsAsked,
    ) -> Result<Vec<Withdrawal>, BooksError> {
        let states = match asked.states.as_slice() {
            [] => WithdrawalState::ALL,
            some => some,
        };
        let found = query(select!(
            "WHERE asked.pool = $1 AND asked.state IN TEXTS($2) \
             AND ($3 IS NULL OR asked.member = $3) AND ($4 IS NULL OR asked.number < $4) \
             ORDER BY asked.number DESC LIMIT $5"
        ));
        let found = found
            .bind(pool.get())
            .bind(ids(states))
            .bind(asked.member.map(MemberNumber::get))
            .bind(asked.after.map(WithdrawalNumber::get))
            .bind(asked.limit);
        let rows: Vec<WithdrawalRow> = found.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(WithdrawalRow::withdrawal).collect()
    }

    /// What a member asked for on a day and was not rejected or taken back, ledger units.
    ///
    /// # Errors
    /// `Database`.
    pub async fn requested_on(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
        on: Day,
    ) -> Result<i64, BooksError> {
        let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM withdrawal \
                   WHERE pool = $1 AND member = $2 AND requested_on = $3 \
                   AND state NOT IN ('rejected', 'cancelled')";
        let asked = query(sql)
            .bind(pool.get())
            .bind(member.get())
            .bind(on.days_since_epoch());
        let (sum,): (i64,) = asked.fetch_one(&mut self.connection).await?;
        Ok(sum)
    }

    /// What of a pool's withdrawals went into payments on a day and did not come back, ledger
    /// units.
    ///
    /// # Errors
    /// `Database`.
    pub async fn held_on(&mut self, pool: PoolNumber, on: Day) -> Result<i64, BooksError> {
        let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM withdrawal \
                   WHERE pool = $1 AND held_on = $2 AND state IN ('processing', 'paid')";
        let asked = query(sql).bind(pool.get()).bind(on.days_since_epoch());
        let (sum,): (i64,) = asked.fetch_one(&mut self.connection).await?;
        Ok(sum)
    }
}
