//! What the journal knows of a withdrawal: its legs, their payments, and every version of each
//! that may have left the building.

use paydirt_ledger::PoolId;
use paydirt_schedule::Timestamp;

use crate::codec::instant;
use crate::db::{ids, query};
use crate::numbers::WithdrawalNumber;
use crate::{BooksError, Session};

/// A leg that pays a withdrawal, or was to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LegSeen {
    /// The leg.
    pub leg: String,
    /// `live`, `settled`, `released` or `void`.
    pub state: String,
    /// What became of it on the chain, as JSON, where that is known.
    pub verdict: Option<String>,
    /// Its payment.
    pub payment: String,
    /// How far that has come.
    pub payment_state: String,
    /// Its nonce, once it has one.
    pub nonce: Option<i64>,
    /// The transaction that was included, if one was.
    pub included_tx: Option<String>,
    /// Its block.
    pub included_block: Option<i64>,
    /// Why its wallet plans nothing new, if it doesn't.
    pub wallet_paused: Option<String>,
    /// Why its wallet waits for a person, if it does.
    pub wallet_frozen: Option<String>,
}

/// A version of a payment that counts as sent.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AttemptSeen {
    /// The payment.
    pub payment: String,
    /// `pay` or `cancel`.
    pub kind: String,
    /// Its nonce.
    pub nonce: i64,
    /// Its transaction, where that is known.
    pub tx: Option<String>,
    /// When it was saved, milliseconds since 1970.
    pub saved_at: i64,
    /// When it was first sent, milliseconds since 1970.
    pub first_sent_at: Option<i64>,
    /// What nodes answered last.
    pub last_verdict: Option<String>,
}

/// An address that is not paid until a person lifts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The address.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// A line of the history of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// When.
    pub at: Timestamp,
    /// The payment.
    pub payment: String,
    /// What happened.
    pub event: String,
    /// The particulars, with the evidence.
    pub detail: String,
}

impl Session {
    /// The payment in which a leg of this withdrawal is live, if one is.
    ///
    /// # Errors
    /// `Database`.
    pub async fn live_leg(
        &mut self,
        pool: &PoolId,
        number: WithdrawalNumber,
    ) -> Result<Option<String>, BooksError> {
        let sql = "SELECT leg.payment FROM leg_withdrawal AS taken \
                   JOIN leg ON leg.id = taken.leg \
                   WHERE taken.pool = $1 AND taken.withdrawal = $2 AND taken.live = 1";
        let asked = query(sql).bind(pool.as_str()).bind(number.to_string());
        let row: Option<(String,)> = asked.fetch_optional(&mut self.connection).await?;
        Ok(row.map(|(payment,)| payment))
    }

    /// The legs of a withdrawal in the journal, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn legs_of_withdrawal(
        &mut self,
        pool: &PoolId,
        number: WithdrawalNumber,
    ) -> Result<Vec<LegSeen>, BooksError> {
        let sql = "SELECT leg.id AS leg, leg.state, leg.verdict, leg.payment, \
             payment.state AS payment_state, payment.nonce, payment.included_tx, \
             payment.included_block, wallet.paused AS wallet_paused, \
             wallet.frozen AS wallet_frozen \
             FROM leg_withdrawal AS taken JOIN leg ON leg.id = taken.leg \
             JOIN payment ON payment.id = leg.payment \
             JOIN wallet ON wallet.number = payment.wallet \
             WHERE taken.pool = $1 AND taken.withdrawal = $2 ORDER BY payment.number";
        let asked = query(sql).bind(pool.as_str()).bind(number.to_string());
        Ok(asked.fetch_all(&mut self.connection).await?)
    }

    /// Every version of these payments that counts as sent, in the order in which they were saved.
    ///
    /// # Errors
    /// `Database`.
    pub async fn attempts_of(&mut self, payments: &[&str]) -> Result<Vec<AttemptSeen>, BooksError> {
        let sql = "SELECT payment, kind, nonce, tx, saved_at, first_sent_at, last_verdict \
                   FROM attempt WHERE payment IN TEXTS($1) ORDER BY saved_at, place";
        let asked = query(sql).bind(ids(payments));
        Ok(asked.fetch_all(&mut self.connection).await?)
    }

    /// What happened to these payments, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn history_of_payments(
        &mut self,
        payments: &[&str],
    ) -> Result<Vec<PaymentLine>, BooksError> {
        let sql = "SELECT at, payment, event, detail FROM history \
                   WHERE payment IN TEXTS($1) ORDER BY seq";
        let asked = query(sql).bind(ids(payments));
        let rows: Vec<(i64, String, String, String)> =
            asked.fetch_all(&mut self.connection).await?;
        let line = |(at, payment, event, detail)| PaymentLine {
            at: instant(at),
            payment,
            event,
            detail,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// The address of a member that is not paid until a person lifts it, if one is.
    ///
    /// # Errors
    /// `Database`.
    pub async fn quarantine_of(
        &mut self,
        pool: &PoolId,
        member: &str,
    ) -> Result<Option<Quarantined>, BooksError> {
        let sql = "SELECT address, reason, since FROM quarantine WHERE pool = $1 AND member = $2";
        let asked = query(sql).bind(pool.as_str()).bind(member);
        let row: Option<(String, String, i64)> = asked.fetch_optional(&mut self.connection).await?;
        Ok(row.map(|(address, reason, since)| Quarantined {
            address,
            reason,
            since: instant(since),
        }))
    }

    /// The addresses of all wallets that the journal pays from.
    ///
    /// # Errors
    /// `Database`.
    pub async fn wallet_addresses(&mut self) -> Result<Vec<String>, BooksError> {
        let asked = query("SELECT DISTINCT address FROM wallet");
        let rows: Vec<(String,)> = asked.fetch_all(&mut self.connection).await?;
        Ok(rows.into_iter().map(|(address,)| address).collect())
    }

    /// Why the wallet of this address plans nothing new: paused, and frozen until a person looks.
    ///
    /// # Errors
    /// `Database`.
    pub async fn wallet_stops(
        &mut self,
        address: &str,
    ) -> Result<(Option<String>, Option<String>), BooksError> {
        let sql = "SELECT paused, frozen FROM wallet WHERE address = $1 ORDER BY number DESC";
        let asked = query(sql).bind(address);
        let row: Option<(Option<String>, Option<String>)> =
            asked.fetch_optional(&mut self.connection).await?;
        Ok(row.unwrap_or_default())
    }
}
