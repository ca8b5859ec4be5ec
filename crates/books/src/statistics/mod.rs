//! Daily statistics: what a stream's day came to, computed once after it is settled and kept, so
//! that reports read few rows however many members there are.
//!
//! They follow from what is never changed, so they can be computed again at any time. Income,
//! power, earnings and what vested are the stream's; what was paid, network fees, what is in
//! flight and what is owed are the pool's, and stand on the row of each of its streams.

mod booked;
mod compute;

use paydirt_money::{BaseUnits, PoolPower};
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{base_units, day, from_base_units, instant, natural, pool_power};
use crate::db::query;
use crate::numbers::{PoolNumber, SettlementNumber, StreamNumber};
use crate::{BooksError, Session};

pub use booked::{Booked, CorrectionBooked};

/// A stream's day in figures. Amounts are ledger units, where nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyStatistic {
    /// The pool.
    pub pool: PoolNumber,
    /// The stream.
    pub stream: StreamNumber,
    /// The day.
    pub day: Day,
    /// Its settlement, the newest revision.
    pub settlement: SettlementNumber,
    /// What was shared.
    pub income: i64,
    /// What was deducted before, in whole ledger units.
    pub deductions: i64,
    /// The pool's raw power at the day's end, where it is known.
    pub raw_power: Option<PoolPower>,
    /// Its quality-adjusted power.
    pub adjusted_power: Option<PoolPower>,
    /// The power that was the whole of the split, if it was one.
    pub pool_power: Option<PoolPower>,
    /// The sum of the orders' weights (power times coefficient), in whole bytes.
    pub sold_power: u128,
    /// Members with a weight above 0.
    pub members: u64,
    /// Income per TiB of the power that was the whole, else of the raw power; floored. `None`
    /// without power.
    pub per_pool_tib: Option<i64>,
    /// Income per TiB of the weights; floored. `None` without weights.
    pub per_sold_tib: Option<i64>,
    /// What members earned.
    pub net: i64,
    /// Service fees.
    pub fees: i64,
    /// What nobody's power reached.
    pub retained: i64,
    /// What vested on that day, of earlier days.
    pub vested: i64,
    /// What payments of the pool that became final on that day paid.
    pub paid: i64,
    /// Their network fees, base units.
    pub network_fees: BaseUnits,
    /// What was on its way at the day's end, of the pool.
    pub in_flight: i64,
    /// What members could claim at the day's end, of the pool: all that is theirs and not paid,
    /// less what they owe.
    pub owed: i64,
    /// Income up to and with this day, of the stream.
    pub total_income: i64,
    /// What members earned up to and with this day, of the stream.
    pub total_net: i64,
    /// What the pool paid up to and with this day, from before these books too.
    pub total_paid: i64,
    /// The mean income of the 7 settled days before; floored. `None` while there are fewer.
    pub mean_7: Option<i64>,
    /// How far the income is off that mean, in millionths of it, towards 0. `None` without a mean,
    /// and where it is 0.
    pub deviation_ppm: Option<i64>,
    /// When all this was computed.
    pub computed_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    pool: i64,
    stream: i64,
    day: i64,
    settlement: i64,
    income: i64,
    deductions: i64,
    raw_power: Option<Vec<u8>>,
    adjusted_power: Option<Vec<u8>>,
    pool_power: Option<Vec<u8>>,
    sold_power: Vec<u8>,
    members: i64,
    per_pool_tib: Option<i64>,
    per_sold_tib: Option<i64>,
    net: i64,
    fees: i64,
    retained: i64,
    vested: i64,
    paid: i64,
    network_fees: Vec<u8>,
    in_flight: i64,
    owed: i64,
    total_income: i64,
    total_net: i64,
    total_paid: i64,
    mean_7: Option<i64>,
    deviation_ppm: Option<i64>,
    computed_at: i64,
}

impl Row {
    fn statistic(self) -> Result<DailyStatistic, BooksError> {
        let power = |power: &Option<Vec<u8>>| power.as_deref().map(pool_power).transpose();
        Ok(DailyStatistic {
            pool: PoolNumber(self.pool),
            stream: StreamNumber(self.stream),
            day: day(self.day)?,
            settlement: SettlementNumber(self.settlement),
            income: self.income,
            deductions: self.deductions,
            raw_power: power(&self.raw_power)?,
            adjusted_power: power(&self.adjusted_power)?,
            pool_power: power(&self.pool_power)?,
            sold_power: from_base_units("power sold", &self.sold_power)?,
            members: natural("members", self.members)?,
            per_pool_tib: self.per_pool_tib,
            per_sold_tib: self.per_sold_tib,
            net: self.net,
            fees: self.fees,
            retained: self.retained,
            vested: self.vested,
            paid: self.paid,
            network_fees: BaseUnits::new(from_base_units("network fees", &self.network_fees)?),
            in_flight: self.in_flight,
            owed: self.owed,
            total_income: self.total_income,
            total_net: self.total_net,
            total_paid: self.total_paid,
            mean_7: self.mean_7,
            deviation_ppm: self.deviation_ppm,
            computed_at: instant(self.computed_at),
        })
    }
}

impl Session {
    /// Computes the statistics of a stream's settled day, and keeps them in place of what was
    /// computed before; `None` for a day that is not settled.
    ///
    /// # Errors
    /// `Database`.
    pub async fn compute_statistics(
        &mut self,
        pool: PoolNumber,
        stream: StreamNumber,
        day: Day,
        now: Timestamp,
    ) -> Result<Option<DailyStatistic>, BooksError> {
        let computed = compute::compute(self, pool, stream, day, now).await?;
        if let Some(statistic) = &computed {
            self.keep_statistic(statistic).await?;
        }
        Ok(computed)
    }

    /// A day's figures are no longer right: it counts as one without.
    pub(crate) async fn forget_statistics(
        &mut self,
        stream: StreamNumber,
        day: Day,
    ) -> Result<(), BooksError> {
        query("DELETE FROM daily_statistic WHERE stream = $1 AND day = $2")
            .bind(stream.get())
            .bind(day.days_since_epoch())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Settled days of a stream that have no statistics yet, in order.
    ///
    /// # Errors
    /// `Database`.
    pub async fn days_without_statistics(
        &mut self,
        stream: StreamNumber,
    ) -> Result<Vec<Day>, BooksError> {
        let sql = "SELECT DISTINCT settlement.day FROM settlement \
             WHERE settlement.stream = $1 AND settlement.kind = 'day' AND NOT EXISTS \
             (SELECT 1 FROM daily_statistic AS kept WHERE kept.pool = settlement.pool \
             AND kept.stream = settlement.stream AND kept.day = settlement.day) \
             ORDER BY settlement.day";
        let asked = query(sql).bind(stream.get());
        let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(|(on,)| Ok(day(on)?)).collect()
    }

    /// Computes the statistics of a stream's settled days from this one on again, as after a
    /// correction, and returns how many there are.
    ///
    /// # Errors
    /// `Database`.
    pub async fn restate_statistics(
        &mut self,
        pool: PoolNumber,
        stream: StreamNumber,
        from: Day,
        now: Timestamp,
    ) -> Result<u64, BooksError> {
        let sql = "SELECT DISTINCT day FROM settlement \
                   WHERE stream = $1 AND kind = 'day' AND day >= $2 ORDER BY day";
        let asked = query(sql).bind(stream.get()).bind(from.days_since_epoch());
        let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
        let mut count: u64 = 0;
        for (on,) in rows {
            self.compute_statistics(pool, stream, day(on)?, now).await?;
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    async fn keep_statistic(&mut self, it: &DailyStatistic) -> Result<(), BooksError> {
        let sql = "INSERT INTO daily_statistic (pool, stream, day, settlement, income, \
             deductions, raw_power, adjusted_power, pool_power, sold_power, members, \
             per_pool_tib, per_sold_tib, net, fees, retained, vested, paid, network_fees, \
             in_flight, owed, total_income, total_net, total_paid, mean_7, deviation_ppm, \
             computed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
             $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) \
             ON CONFLICT (pool, day, stream) DO UPDATE SET settlement = excluded.settlement, \
             income = excluded.income, deductions = excluded.deductions, \
             raw_power = excluded.raw_power, adjusted_power = excluded.adjusted_power, \
             pool_power = excluded.pool_power, sold_power = excluded.sold_power, \
             members = excluded.members, per_pool_tib = excluded.per_pool_tib, \
             per_sold_tib = excluded.per_sold_tib, net = excluded.net, fees = excluded.fees, \
             retained = excluded.retained, vested = excluded.vested, paid = excluded.paid, \
             network_fees = excluded.network_fees, in_flight = excluded.in_flight, \
             owed = excluded.owed, total_income = excluded.total_income, \
             total_net = excluded.total_net, total_paid = excluded.total_paid, \
             mean_7 = excluded.mean_7, deviation_ppm = excluded.deviation_ppm, \
             computed_at = excluded.computed_at";
        let power = |power: Option<PoolPower>| power.map(|it| it.to_be_bytes().to_vec());
        query(sql)
            .bind(it.pool.get())
            .bind(it.stream.get())
            .bind(it.day.days_since_epoch())
            .bind(it.settlement.get())
            .bind(it.income)
            .bind(it.deductions)
            .bind(power(it.raw_power))
            .bind(power(it.adjusted_power))
            .bind(power(it.pool_power))
            .bind(base_units(it.sold_power))
            .bind(i64::try_from(it.members).unwrap_or(i64::MAX))
            .bind(it.per_pool_tib)
            .bind(it.per_sold_tib)
            .bind(it.net)
            .bind(it.fees)
            .bind(it.retained)
            .bind(it.vested)
            .bind(it.paid)
            .bind(base_units(it.network_fees.get()))
            .bind(it.in_flight)
            .bind(it.owed)
            .bind(it.total_income)
            .bind(it.total_net)
            .bind(it.total_paid)
            .bind(it.mean_7)
            .bind(it.deviation_ppm)
            .bind(it.computed_at.as_ms())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// A pool's statistics of these days, by day and stream.
    ///
    /// # Errors
    /// `Database`.
    pub async fn daily_statistics(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<DailyStatistic>, BooksError> {
        let sql = "SELECT pool, stream, day, settlement, income, deductions, raw_power, \
             adjusted_power, pool_power, sold_power, members, per_pool_tib, per_sold_tib, net, \
             fees, retained, vested, paid, network_fees, in_flight, owed, total_income, \
             total_net, total_paid, mean_7, deviation_ppm, computed_at FROM daily_statistic \
             WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, stream";
        let asked = query(sql)
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(Row::statistic).collect()
    }
}
