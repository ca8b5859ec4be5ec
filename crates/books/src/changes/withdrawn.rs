//! Withdrawals, as reports list them.

use paydirt_schedule::Day;

use crate::codec::{day, named};
use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber, WithdrawalNumber};
use crate::{BooksError, Session, WithdrawalState};

/// A withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawnRow {
    /// Its id.
    pub number: WithdrawalNumber,
    /// The member's code.
    pub member: String,
    /// How much, ledger units.
    pub amount: i64,
    /// Where to.
    pub address: String,
    /// How far it has come by now.
    pub state: WithdrawalState,
    /// Why, where that needs a word.
    pub reason: Option<String>,
    /// The day on which it was asked for.
    pub requested_on: Day,
    /// By whom.
    pub requested_by: String,
    /// Who decided about it.
    pub decided_by: Option<String>,
    /// The day on which it went out first.
    pub held_on: Option<Day>,
    /// What paid it.
    pub tx: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    code: String,
    amount: i64,
    address: String,
    state: String,
    reason: Option<String>,
    requested_on: i64,
    requested_by: String,
    decided_by: Option<String>,
    held_on: Option<i64>,
    tx: Option<String>,
}

/// Those that were asked for or went out on these days; of all members or, from 0 on, of one.
const ROWS: &str = "SELECT asked.number, member.code, asked.amount, asked.address, asked.state, \
     asked.reason, asked.requested_on, asked.requested_by, asked.decided_by, asked.held_on, \
     asked.tx FROM withdrawal AS asked JOIN member ON member.number = asked.member \
     WHERE asked.pool = $1 AND (asked.requested_on BETWEEN $2 AND $3 \
     OR asked.held_on BETWEEN $2 AND $3) ORDER BY asked.number";
const ROWS_OF_MEMBER: &str = "SELECT asked.number, member.code, asked.amount, asked.address, \
     asked.state, asked.reason, asked.requested_on, asked.requested_by, asked.decided_by, \
     asked.held_on, asked.tx FROM withdrawal AS asked \
     JOIN member ON member.number = asked.member \
     WHERE asked.pool = $1 AND (asked.requested_on BETWEEN $2 AND $3 \
     OR asked.held_on BETWEEN $2 AND $3) AND asked.member = $4 ORDER BY asked.number";

impl Session {
    /// The withdrawals of a pool, or of one of its members, that were asked for or went out on
    /// these days.
    ///
    /// # Errors
    /// `Database`.
    pub async fn withdrawn(
        &mut self,
        pool: PoolNumber,
        member: Option<MemberNumber>,
        (from, to): (Day, Day),
    ) -> Result<Vec<WithdrawnRow>, BooksError> {
        let asked = query(match member {
            Some(_) => ROWS_OF_MEMBER,
            None => ROWS,
        });
        let mut asked = asked
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        if let Some(member) = member {
            asked = asked.bind(member.get());
        }
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(Row::withdrawn).collect()
    }
}

impl Row {
    fn withdrawn(self) -> Result<WithdrawnRow, BooksError> {
        Ok(WithdrawnRow {
            number: WithdrawalNumber(self.number),
            member: self.code,
            amount: self.amount,
            address: self.address,
            state: named("state", &self.state, WithdrawalState::of_name)?,
            reason: self.reason,
            requested_on: day(self.requested_on)?,
            requested_by: self.requested_by,
            decided_by: self.decided_by,
            held_on: self.held_on.map(day).transpose()?,
            tx: self.tx,
        })
    }
}
