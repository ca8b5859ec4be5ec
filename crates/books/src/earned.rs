//! What an order earned, with what it was computed from: for people who ask where a figure comes
//! from.
//!
//! A member's lines are found by its versions and the settlements of the days, one look into the
//! index of lines for each pair: it doesn't matter how many members there are.

use paydirt_ledger::MemberId;
use paydirt_money::{Coefficient, FeeRate, Power};
use paydirt_schedule::Day;

use crate::codec::{coefficient, fee_rate, power};
use crate::db::{Query, query};
use crate::error::Of;
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, VersionNumber};
use crate::settlements::Settlement;
use crate::{BooksError, Session};

/// A line of a settlement, and the order as it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarnedLine {
    /// The settlement.
    pub settlement: SettlementNumber,
    /// The version of the order.
    pub version: VersionNumber,
    /// The order's id.
    pub order: String,
    /// Whose it was.
    pub member: MemberId,
    /// How much.
    pub power: Power,
    /// The order's own coefficient, else its import's; `None`: the one that the settlement keeps.
    pub coefficient: Option<Coefficient>,
    /// The pool's part.
    pub fee_rate: FeeRate,
    /// Before the service fee, ledger units.
    pub gross: i64,
    /// The service fee.
    pub fee: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    settlement: i64,
    version: i64,
    id: String,
    code: String,
    power: i64,
    fee_rate: i64,
    coefficient: Option<i64>,
    gross: i64,
    fee: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT line.settlement, line.version, pool_order.id, member.code, version.power, \
             version.fee_rate, COALESCE(version.coefficient, import.coefficient) AS coefficient, \
             line.gross, line.fee ",
            $rest
        )
    };
}

/// SQLite takes what stands before `CROSS JOIN` first.
const OF_MEMBER: &str = select!(
    "FROM member JOIN order_version AS version ON version.member = member.number \
     JOIN pool_order ON pool_order.number = version.of_order \
     LEFT JOIN import ON import.number = version.import \
     CROSS JOIN settlement \
     JOIN line ON line.settlement = settlement.number AND line.version = version.number \
     WHERE member.number = $1 AND pool_order.pool = $2 AND settlement.pool = $2 \
     AND settlement.day BETWEEN $3 AND $4 AND settlement.kind = 'day' \
     ORDER BY settlement.day, settlement.stream, settlement.revision, pool_order.id"
);

const OF_SETTLEMENT: &str = select!(
    "FROM line JOIN order_version AS version ON version.number = line.version \
     JOIN pool_order ON pool_order.number = version.of_order \
     JOIN member ON member.number = version.member \
     LEFT JOIN import ON import.number = version.import \
     WHERE line.settlement = $1 ORDER BY line.version"
);

/// Each version's newest line up to a revision.
const AS_CORRECTED: &str = select!(
    "FROM settlement AS settled JOIN line ON line.settlement = settled.number \
     JOIN order_version AS version ON version.number = line.version \
     JOIN pool_order ON pool_order.number = version.of_order \
     JOIN member ON member.number = version.member \
     LEFT JOIN import ON import.number = version.import \
     WHERE settled.stream = $1 AND settled.day = $2 AND settled.kind = 'day' \
     AND settled.revision <= $3 AND NOT EXISTS (SELECT 1 FROM settlement AS later \
     JOIN line AS its ON its.settlement = later.number AND its.version = line.version \
     WHERE later.stream = $1 AND later.day = $2 AND later.kind = 'day' \
     AND later.revision > settled.revision AND later.revision <= $3) ORDER BY line.version"
);

impl Row {
    fn line(self) -> Result<EarnedLine, BooksError> {
        Ok(EarnedLine {
            settlement: SettlementNumber(self.settlement),
            version: VersionNumber(self.version),
            order: self.id,
            member: MemberId::new(self.code),
            power: power(self.power)?,
            coefficient: self.coefficient.map(coefficient).transpose()?,
            fee_rate: fee_rate(self.fee_rate)?,
            gross: self.gross,
            fee: self.fee,
        })
    }
}

impl Session {
    /// What a member's orders of a pool earned on these days, by day, stream and order.
    ///
    /// # Errors
    /// `Database`.
    pub async fn earned_by_member(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<EarnedLine>, BooksError> {
        let asked = query(OF_MEMBER).bind(member.get()).bind(pool.get());
        let asked = asked
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(Row::line).collect()
    }

    /// Hands on what each order earned of a settlement, in ascending order of version.
    ///
    /// # Errors
    /// `Database`, and those of `each`.
    pub async fn for_each_earned<E: From<BooksError> + Send>(
        &mut self,
        settlement: SettlementNumber,
        mut each: impl FnMut(EarnedLine) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let asked = query(OF_SETTLEMENT).bind(settlement.get());
        self.hand_on(asked, &mut each).await
    }

    /// The same for a correction, with the lines that it leaves as they were: those of 0 of orders
    /// that it took out, too.
    ///
    /// # Errors
    /// `Database`, and those of `each`.
    pub async fn for_each_as_corrected<E: From<BooksError> + Send>(
        &mut self,
        correction: &Settlement,
        mut each: impl FnMut(EarnedLine) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let asked = query(AS_CORRECTED)
            .bind(correction.stream.get())
            .bind(correction.day.days_since_epoch())
            .bind(correction.revision);
        self.hand_on(asked, &mut each).await
    }

    async fn hand_on<E: From<BooksError> + Send>(
        &mut self,
        asked: Query,
        each: &mut (dyn FnMut(EarnedLine) -> Result<(), E> + Send),
    ) -> Result<(), E> {
        let done = asked.for_each(&mut self.connection, |row: Row| {
            let line = row.line().map_err(|error| Of(error.into()))?;
            each(line).map_err(Of)
        });
        done.await.map_err(|Of(error)| error)
    }
}

#[cfg(test)]
mod tests;
