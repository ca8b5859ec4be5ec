//! A pool's power at the end of a day: the whole of which members hold parts.

use paydirt_money::PoolPower;
use paydirt_schedule::{Day, Timestamp};

use crate::codec::{day, named, pool_power};
use crate::db::query;
use crate::numbers::PoolNumber;
use crate::{BooksError, Session};

/// How power is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PowerBasis {
    /// Bytes on disk.
    Raw,
    /// Bytes as the chain's rewards count them.
    QualityAdjusted,
}

impl PowerBasis {
    /// Its name in the books and the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::QualityAdjusted => "quality-adjusted",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Raw, Self::QualityAdjusted]
            .into_iter()
            .find(|basis| basis.name() == name)
    }
}

/// A pool's power on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPower {
    /// At the end of this day.
    pub day: Day,
    /// How it is counted.
    pub basis: PowerBasis,
    /// How much.
    pub power: PoolPower,
    /// What says so: `entry`, or a chain.
    pub source: String,
    /// By whom it was recorded.
    pub by: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT day, basis, power, source, recorded_by FROM pool_power ",
            $rest
        )
    };
}

type Row = (i64, String, Vec<u8>, String, String);

fn day_power((on, basis, power, source, by): Row) -> Result<DayPower, BooksError> {
    Ok(DayPower {
        day: day(on)?,
        basis: named("basis of power", &basis, PowerBasis::of_name)?,
        power: pool_power(&power)?,
        source,
        by,
    })
}

impl Session {
    /// Records a pool's power at the end of a day, in place of what was said before. What a day was
    /// settled with stays with its settlement.
    ///
    /// # Errors
    /// `Database`.
    pub async fn set_power(
        &mut self,
        pool: PoolNumber,
        power: &DayPower,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let sql = "INSERT INTO pool_power \
             (pool, day, basis, power, source, recorded_by, recorded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (pool, day, basis) DO UPDATE SET \
             power = excluded.power, source = excluded.source, \
             recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at";
        query(sql)
            .bind(pool.get())
            .bind(power.day.days_since_epoch())
            .bind(power.basis.name())
            .bind(&power.power.to_be_bytes()[..])
            .bind(&power.source)
            .bind(&power.by)
            .bind(now.as_ms())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// A pool's power at the end of a day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn power(
        &mut self,
        pool: PoolNumber,
        day: Day,
        basis: PowerBasis,
    ) -> Result<Option<DayPower>, BooksError> {
        let asked = query(select!("WHERE pool = $1 AND day = $2 AND basis = $3"));
        let asked = asked.bind(pool.get());
        let asked = asked.bind(day.days_since_epoch()).bind(basis.name());
        let row: Option<Row> = asked.fetch_optional(&mut self.connection).await?;
        row.map(day_power).transpose()
    }

    /// A pool's power at the end of the last day before this one that has any.
    ///
    /// # Errors
    /// `Database`.
    pub async fn power_before(
        &mut self,
        pool: PoolNumber,
        day: Day,
        basis: PowerBasis,
    ) -> Result<Option<DayPower>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND day < $2 AND basis = $3 ORDER BY day DESC LIMIT 1"
        ));
        let asked = asked.bind(pool.get());
        let asked = asked.bind(day.days_since_epoch()).bind(basis.name());
        let row: Option<Row> = asked.fetch_optional(&mut self.connection).await?;
        row.map(day_power).transpose()
    }

    /// A pool's power at the end of each of these days, by day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn powers(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Vec<DayPower>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND day BETWEEN $2 AND $3 ORDER BY day, basis"
        ));
        let asked = asked
            .bind(pool.get())
            .bind(from.days_since_epoch())
            .bind(to.days_since_epoch());
        let rows: Vec<Row> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(day_power).collect()
    }
}
