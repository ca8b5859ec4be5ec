//! Payments that were made outside of this journal, recorded for withdrawals.

use paydirt_chain::{Address, BlockRef, TxId};
use paydirt_ledger::LegId;
use paydirt_schedule::{Day, Timestamp};
use serde_json::Value as Json;

use super::WithdrawalState;
use super::change::{check_no_leg, check_state, post};
use super::events::{self, NewEvent};
use super::rows::{self, Withdrawal};
use crate::codec::{integer, words};
use crate::db::query;
use crate::numbers::WithdrawalNumber;
use crate::pool_ledger::{OutsideLeg, settle_outside};
use crate::pools::LockedPool;
use crate::{Account, BooksError, Session};

/// A payment as the chain shows it, final.
#[derive(Clone, Debug)]
pub struct OutsidePayment<'a> {
    /// The withdrawal that it is recorded for: failed, or approved and in no payment.
    pub number: WithdrawalNumber,
    /// The chain's network, as the journal names it.
    pub network: &'a str,
    /// The transaction.
    pub tx: &'a TxId,
    /// Which of its outputs; 0 where it has one.
    pub output: u32,
    /// Who sent it.
    pub sender: &'a Address,
    /// The block that executed it.
    pub block: &'a BlockRef,
    /// The network fee that was paid for it, base units.
    pub fee: u128,
    /// Who records it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// The accounting day.
    pub on: Day,
    /// Why.
    pub reason: &'a str,
    /// What was seen, and who else confirmed it.
    pub evidence: Json,
}

/// What a transaction is in the books already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsedBy {
    /// An attempt of a payment of this journal.
    Attempt(String),
    /// It paid a leg of a pool.
    Leg {
        /// The pool.
        pool: String,
        /// The leg.
        leg: String,
    },
    /// It was recorded for a withdrawal of a pool.
    Withdrawal {
        /// The pool.
        pool: String,
        /// The withdrawal.
        number: WithdrawalNumber,
    },
    /// It is booked as a movement of the treasury.
    Movement {
        /// The pool.
        pool: String,
        /// `deposit`, `draw` or `internal`.
        kind: String,
    },
}

impl std::fmt::Display for UsedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Attempt(payment) => write!(f, "an attempt of our own payment {payment}"),
            Self::Leg { pool, leg } => write!(f, "what paid leg {leg} of pool {pool}"),
            Self::Withdrawal { pool, number } => {
                write!(f, "what paid withdrawal {number} of pool {pool}")
            }
            Self::Movement { pool, kind } => {
                write!(f, "booked as a {kind} in the treasury of pool {pool}")
            }
        }
    }
}

impl Session {
    /// What a transaction is in the books already: then it pays nothing else.
    ///
    /// # Errors
    /// `Database`.
    pub async fn use_of_tx(&mut self, tx: &TxId) -> Result<Option<UsedBy>, BooksError> {
        let on = &mut self.connection;
        let attempt = query("SELECT payment FROM attempt WHERE tx = $1").bind(tx.as_str());
        let attempt: Option<(String,)> = attempt.fetch_optional(on).await?;
        if let Some((payment,)) = attempt {
            return Ok(Some(UsedBy::Attempt(payment)));
        }
        let sql = "SELECT pool.name, paid.withdrawal FROM outside_payment AS paid \
                   JOIN pool ON pool.number = paid.pool WHERE paid.tx = $1";
        let paid = query(sql).bind(tx.as_str());
        let paid: Option<(String, i64)> = paid.fetch_optional(on).await?;
        if let Some((pool, number)) = paid {
            let number = WithdrawalNumber(number);
            return Ok(Some(UsedBy::Withdrawal { pool, number }));
        }
        let sql = "SELECT pool.name, leg.leg FROM ledger_leg AS leg \
                   JOIN pool ON pool.number = leg.pool WHERE leg.tx = $1";
        let leg: Option<(String, String)> = query(sql).bind(tx.as_str()).fetch_optional(on).await?;
        if let Some((pool, leg)) = leg {
            return Ok(Some(UsedBy::Leg { pool, leg }));
        }
        let sql = "SELECT pool.name, moved.kind FROM treasury AS moved \
                   JOIN pool ON pool.number = moved.pool WHERE LOWER(moved.tx) = $1";
        let moved = query(sql).bind(tx.as_str().to_lowercase());
        let moved: Option<(String, String)> = moved.fetch_optional(on).await?;
        Ok(moved.map(|(pool, kind)| UsedBy::Movement { pool, kind }))
    }

    /// Records a payment from outside for a withdrawal: a settled leg of its own, what was
    /// set aside becomes paid, and the transaction pays nothing else ever.
    ///
    /// # Errors
    /// `Unknown`; `Refused` when the withdrawal is neither failed nor approved, a leg of it is
    /// live, or the transaction is in the books already; `Database`.
    pub async fn pay_outside(
        &mut self,
        locked: &mut LockedPool,
        paid: &OutsidePayment<'_>,
    ) -> Result<Withdrawal, BooksError> {
        let pool = locked.pool.number;
        let before = rows::find(&mut self.connection, pool, paid.number).await?;
        if before.state != WithdrawalState::Approved {
            check_state(&before, WithdrawalState::Failed)?;
        }
        let live = self.live_leg(&locked.pool.id, paid.number).await?;
        check_no_leg(paid.number, live.as_deref())?;
        if let Some(used) = self.use_of_tx(paid.tx).await? {
            return Err(BooksError::Refused {
                what: format!("transaction {} is {used}", paid.tx),
                cure: "find the one that paid this withdrawal".into(),
            });
        }
        let cause = format!(
            "withdrawal {}, paid by {} from {}",
            paid.number, paid.tx, paid.sender
        );
        let moved = (before.member, Account::Frozen, Account::Paid, before.amount);
        let when = (paid.by, paid.at, paid.on);
        let posting = post(self, locked, moved, when, &cause).await?;
        let leg = OutsideLeg {
            id: LegId::new(),
            member: before.member,
            address: &before.address,
            amount: before.amount,
            sender: paid.sender,
            tx: paid.tx,
            block: paid.block.number,
            fee: paid.fee,
            at: paid.at,
            posting,
        };
        settle_outside(&mut self.connection, pool, &leg).await?;
        self.insert_outside(locked, paid, leg.id).await?;
        self.end_as_paid(paid, before.state, leg.id).await?;
        rows::find(&mut self.connection, pool, paid.number).await
    }

    async fn insert_outside(
        &mut self,
        locked: &LockedPool,
        paid: &OutsidePayment<'_>,
        leg: LegId,
    ) -> Result<(), BooksError> {
        let sql = "INSERT INTO outside_payment (network, tx, output, pool, leg, withdrawal, \
             sender, block, block_hash, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        query(sql)
            .bind(paid.network)
            .bind(paid.tx.as_str())
            .bind(paid.output)
            .bind(locked.pool.number.get())
            .bind(leg.to_string())
            .bind(paid.number.get())
            .bind(paid.sender.as_str())
            .bind(integer("block", paid.block.number)?)
            .bind(&paid.block.hash)
            .bind(paid.at)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn end_as_paid(
        &mut self,
        paid: &OutsidePayment<'_>,
        from: WithdrawalState,
        leg: LegId,
    ) -> Result<(), BooksError> {
        let sql = "UPDATE withdrawal SET state = 'paid', reason = $2, leg = $3, tx = $4, \
                   updated_at = $5 WHERE number = $1 AND state = $6";
        let changed = query(sql)
            .bind(paid.number.get())
            .bind(words(paid.reason))
            .bind(leg.to_string())
            .bind(paid.tx.as_str())
            .bind(paid.at)
            .bind(from.name());
        let changed = changed.execute(&mut self.connection).await?;
        crate::balances::all_changed("withdrawals", changed, 1)?;
        let event = NewEvent {
            withdrawal: paid.number,
            at: paid.at,
            by: paid.by,
            state: WithdrawalState::Paid,
            reason: Some(paid.reason),
            evidence: Some(paid.evidence.to_string()),
        };
        events::add(&mut self.connection, &[event]).await
    }
}
