//! Legs and withdrawals against balances: what is in flight is held by legs, what is asked for is
//! set aside, and what became of a withdrawal stands with its leg.
//!
//! More may be set aside than is asked for: an opening brings what withdrawals stand for that are
//! imported later.

use super::load::Run;
use super::{Stop, coins, differs};
use crate::db::{Connection, query};

/// Members with something in flight that no leg holds, or the other way round.
const IN_FLIGHT: &str = "SELECT member.code AS whose, both_sides.held AS expected, \
     both_sides.in_flight AS found FROM \
     (SELECT member, CAST(SUM(held) AS BIGINT) AS held, \
      CAST(SUM(in_flight) AS BIGINT) AS in_flight FROM \
      (SELECT member, 0 AS held, in_flight FROM member_balance \
       WHERE pool = $1 AND in_flight <> 0 UNION ALL \
       SELECT member, amount AS held, 0 AS in_flight FROM ledger_leg \
       WHERE pool = $1 AND state = 'held') AS sides GROUP BY member) AS both_sides \
     JOIN member ON member.number = both_sides.member \
     WHERE both_sides.held <> both_sides.in_flight ORDER BY member.code LIMIT 1";
/// Members whose withdrawals come to more than is set aside.
const SET_ASIDE: &str = "SELECT member.code AS whose, both_sides.asked AS expected, \
     both_sides.frozen AS found FROM \
     (SELECT member, CAST(SUM(asked) AS BIGINT) AS asked, \
      CAST(SUM(frozen) AS BIGINT) AS frozen FROM \
      (SELECT member, 0 AS asked, frozen FROM member_balance \
       WHERE pool = $1 AND frozen <> 0 UNION ALL \
       SELECT member, amount AS asked, 0 AS frozen FROM withdrawal \
       WHERE pool = $1 AND state IN ('requested', 'approved', 'failed')) AS sides \
      GROUP BY member) AS both_sides \
     JOIN member ON member.number = both_sides.member \
     WHERE both_sides.asked > both_sides.frozen ORDER BY member.code LIMIT 1";
/// Legs that hold money for other withdrawals than they have, or paid more than they had.
const PARTS: &str = "SELECT leg.leg AS whose, leg.amount AS expected, \
     CAST(COALESCE(SUM(asked.amount), 0) AS BIGINT) AS found FROM ledger_leg AS leg \
     LEFT JOIN withdrawal AS asked ON asked.pool = leg.pool AND asked.leg = leg.leg \
         AND asked.state IN ('processing', 'paid') \
     WHERE leg.pool = $1 AND leg.state IN ('held', 'settled') AND leg.bucket = 'frozen' \
     GROUP BY leg.leg, leg.amount, leg.state \
     HAVING COALESCE(SUM(asked.amount), 0) > leg.amount \
     OR (leg.state = 'held' AND COALESCE(SUM(asked.amount), 0) <> leg.amount) \
     ORDER BY leg.leg LIMIT 1";
/// Withdrawals whose leg is not where their state says that it is.
const STATES: &str = "SELECT asked.number, asked.state, asked.tx, leg.state AS leg_state, \
     leg.tx AS leg_tx FROM withdrawal AS asked \
     LEFT JOIN ledger_leg AS leg ON leg.pool = asked.pool AND leg.leg = asked.leg \
         AND leg.member = asked.member AND leg.bucket = 'frozen' \
     WHERE asked.pool = $1 AND ((asked.state = 'processing' AND COALESCE(leg.state, '') <> 'held') \
     OR (asked.state = 'paid' \
         AND (COALESCE(leg.state, '') <> 'settled' OR leg.tx <> asked.tx))) \
     ORDER BY asked.number LIMIT 1";

#[derive(sqlx::FromRow)]
struct SumRow {
    whose: String,
    expected: i64,
    found: i64,
}

#[derive(sqlx::FromRow)]
struct StateRow {
    number: i64,
    state: String,
    tx: Option<String>,
    leg_state: Option<String>,
    leg_tx: Option<String>,
}

impl Run {
    /// Legs, withdrawals and balances against each other.
    pub(super) async fn compare_withdrawals(
        &mut self,
        connection: &mut Connection,
    ) -> Result<(), Stop> {
        let pool = self.pool.pool.number.get();
        let count = query("SELECT COUNT(*) FROM withdrawal WHERE pool = $1").bind(pool);
        let (count,): (i64,) = count.fetch_one(connection).await?;
        self.looked.withdrawals = u64::try_from(count).unwrap_or_default();
        let in_flight = |whose: &str| format!("member {whose}: in_flight, as its legs hold it");
        self.compare_first(connection, IN_FLIGHT, in_flight).await?;
        let set_aside = |whose: &str| format!("member {whose}: frozen, as its withdrawals need it");
        self.compare_first(connection, SET_ASIDE, set_aside).await?;
        self.compare_states(connection).await?;
        let parts = |whose: &str| format!("leg {whose}: the withdrawals that it pays");
        self.compare_first(connection, PARTS, parts).await
    }

    /// The first row of a query for what is not as it must be.
    async fn compare_first(
        &self,
        connection: &mut Connection,
        sql: &'static str,
        what: impl Fn(&str) -> String,
    ) -> Result<(), Stop> {
        let asked = query(sql).bind(self.pool.pool.number.get());
        let row: Option<SumRow> = asked.fetch_optional(connection).await?;
        let Some(row) = row else { return Ok(()) };
        let coin = self.pool.pool.coin;
        let (expected, found) = (coins(row.expected, coin), coins(row.found, coin));
        Err(differs(what(&row.whose), expected, found))
    }

    async fn compare_states(&self, connection: &mut Connection) -> Result<(), Stop> {
        let asked = query(STATES).bind(self.pool.pool.number.get());
        let row: Option<StateRow> = asked.fetch_optional(connection).await?;
        let Some(row) = row else { return Ok(()) };
        let expected = match &row.tx {
            Some(tx) => format!("settled by {tx}"),
            None => "held".to_owned(),
        };
        let found = match (row.leg_state, row.leg_tx) {
            (None, _) => "none of it".to_owned(),
            (Some(state), None) => state,
            (Some(state), Some(tx)) => format!("{state} by {tx}"),
        };
        let what = format!(
            "the leg of withdrawal {}, which is {}",
            row.number, row.state
        );
        Err(differs(what, expected, found))
    }
}
