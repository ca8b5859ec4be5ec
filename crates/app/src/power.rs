//! A pool's power at the end of a day, as a person enters it.

use paydirt_books::{DayPower, PoolNumber, PowerBasis, Session};
use paydirt_money::PoolPower;
use paydirt_schedule::Day;
use paydirt_settlement::{PoolTerms, SettlementError, Whole, income::ENTRY};
use serde_json::json;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;

/// A pool's power, as it is set.
#[derive(Clone, Debug)]
pub struct NewPower {
    /// The pool.
    pub pool: String,
    /// At the end of this day.
    pub day: Day,
    /// How much, as `118.950 PB`.
    pub power: String,
    /// How it is counted; `None`: as the pool's whole is.
    pub basis: Option<PowerBasis>,
}

/// What was set, and for whom it comes too late.
#[derive(Clone, Debug)]
pub struct PowerSet {
    /// What was set.
    pub power: DayPower,
    /// Streams that were settled for this day before: by what was known then.
    pub settled: Vec<String>,
}

/// How the power that is the pool's whole is counted; `None` where that is what was sold.
pub(crate) fn basis_of(terms: &PoolTerms) -> Option<PowerBasis> {
    match terms.whole {
        Whole::Pool(basis) => Some(basis),
        Whole::Sold => None,
    }
}

/// Sets a pool's power at the end of a day, in place of what was said before.
///
/// # Errors
/// `Usage`, `Money`; `Settlement` when the day is not over; the books'.
pub async fn set(settings: &Settings, new: &NewPower) -> Result<PowerSet, AppError> {
    let of = OfPool::open(settings, &new.pool).await?;
    let power = DayPower {
        day: new.day,
        basis: new
            .basis
            .or_else(|| basis_of(&of.terms))
            .unwrap_or(PowerBasis::Raw),
        power: PoolPower::parse(&new.power)?,
        source: ENTRY.to_owned(),
        by: operator(),
    };
    let (mut session, pool) = of.begin().await?;
    write(&mut session, &of, pool.number, &power).await?;
    let mut settled = Vec::new();
    for (name, stream) in session.streams(pool.number).await? {
        let done = session.settlement_of_day(stream, new.day).await?;
        settled.extend(done.map(|_| name));
    }
    session.commit().await?;
    Ok(PowerSet { power, settled })
}

/// A pool's power at the end of each of these days.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(
    settings: &Settings,
    pool: &str,
    days: (Option<Day>, Option<Day>),
) -> Result<Vec<DayPower>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    let from = days.0.unwrap_or(Day::FIRST);
    let to = days.1.unwrap_or(Day::LAST);
    Ok(session.powers(pool.number, from, to).await?)
}

/// Writes a power that a person entered, and who did.
pub(crate) async fn write(
    session: &mut Session,
    of: &OfPool,
    pool: PoolNumber,
    power: &DayPower,
) -> Result<(), AppError> {
    let end = of.terms.zones().instants(power.day).end;
    if end > of.now {
        return Err(AppError::from(SettlementError::Refused {
            what: format!(
                "{} is not over in pool {}: it ends at {end}, and its power is that of its end",
                power.day, of.terms.id
            ),
            cure: "correct the day, or record it then".into(),
        }));
    }
    session.set_power(pool, power, of.now).await?;
    let detail = json!({
        "day": power.day, "basis": power.basis.name(),
        "bytes": power.power.bytes().to_string(),
    });
    let subject = of.terms.id.as_str();
    session
        .audit(&power.by, "pools power", subject, &detail, of.now)
        .await?;
    Ok(())
}
