//! What a settled day came to.

use std::collections::BTreeMap;

use paydirt_money::{Amount, BaseUnits, Coin, PoolPower};
use paydirt_schedule::{Day, Timestamp};

use super::DailyStatistic;
use crate::accounts::Account;
use crate::codec::{coin, from_base_units};
use crate::db::query;
use crate::numbers::{PoolNumber, StreamNumber};
use crate::powers::PowerBasis;
use crate::settlements::Settlement;
use crate::{BooksError, Session};

const TIB: u128 = 1 << 40;
pub(super) const MILLION: u128 = 1_000_000;
/// Settled days that a mean is of.
const DAYS: usize = 7;

/// What members can claim; what they owe stands below 0.
const OWED: [Account; 6] = [
    Account::Available,
    Account::Frozen,
    Account::Vesting,
    Account::ToTransfer,
    Account::InFlight,
    Account::Receivable,
];

pub(super) async fn compute(
    session: &mut Session,
    pool: PoolNumber,
    stream: StreamNumber,
    day: Day,
    now: Timestamp,
) -> Result<Option<DailyStatistic>, BooksError> {
    let revisions = session.revisions_of_day(stream, day).await?;
    let Some(settlement) = revisions.first() else {
        return Ok(None);
    };
    let mut powers = [None; 2];
    for (basis, power) in [PowerBasis::Raw, PowerBasis::QualityAdjusted]
        .iter()
        .zip(&mut powers)
    {
        *power = session.power(pool, day, *basis).await?.map(|it| it.power);
    }
    let [raw_power, adjusted_power] = powers;
    let sums = Sums::load(session, pool, day).await?;
    let (total_income, total_net) = booked_totals(session, stream, day).await?;
    let before = incomes_before(session, BOOKED_BEFORE, stream, day).await?;
    let of_day = OfDay {
        raw_power,
        totals: (total_income, total_net),
        mean: mean(&before, settlement.computed.income),
        coin: coin_of(session, pool).await?,
    };
    let rest = DailyStatistic {
        pool,
        stream,
        day,
        raw_power,
        adjusted_power,
        vested: vested(session, stream, day).await?,
        paid: sums.paid_today,
        network_fees: network_fees(session, pool, day).await?,
        in_flight: sums.of(Account::InFlight),
        owed: sums.owed()?,
        total_paid: sums.of(Account::Paid),
        computed_at: now,
        ..DailyStatistic::default()
    };
    Ok(Some(of_day.with(settlement, rest)?))
}

/// A day as it was booked, with the figures of its split and the running totals restated.
pub(super) async fn restated(
    session: &mut Session,
    booked: DailyStatistic,
) -> Result<DailyStatistic, BooksError> {
    let (stream, day) = (booked.stream, booked.day);
    let newest = session.settlement_of_day(stream, day).await?;
    let newest = newest.ok_or_else(|| BooksError::corrupt("settlement of", day))?;
    let before = incomes_before(session, RESTATED_BEFORE, stream, day).await?;
    let of_day = OfDay {
        raw_power: booked.raw_power,
        totals: restated_totals(session, stream, day).await?,
        mean: mean(&before, newest.computed.income),
        coin: coin_of(session, booked.pool).await?,
    };
    of_day.with(&newest, booked)
}

/// What stands beside a settlement in its day's figures.
struct OfDay {
    raw_power: Option<PoolPower>,
    totals: (i64, i64),
    mean: Option<(i64, Option<i64>)>,
    coin: Coin,
}

impl OfDay {
    /// The figures of this settlement, and all others of `rest`.
    fn with(
        &self,
        settlement: &Settlement,
        rest: DailyStatistic,
    ) -> Result<DailyStatistic, BooksError> {
        let kept = &settlement.computed;
        let pool_power = kept.pool_power.map(|(power, _)| power);
        let (deductions, _) = Amount::from_base_units(kept.deductions, self.coin)?;
        Ok(DailyStatistic {
            settlement: settlement.number,
            income: kept.income,
            deductions: deductions.units(),
            pool_power,
            sold_power: kept.sold.checked_div(MILLION).unwrap_or_default(),
            members: kept.members,
            per_pool_tib: pool_power
                .or(self.raw_power)
                .and_then(|whole| per_tib(kept.income, whole)),
            per_sold_tib: per_weight(kept.income, kept.sold),
            net: kept.net,
            fees: kept.fee,
            retained: kept.retained,
            total_income: self.totals.0,
            total_net: self.totals.1,
            mean_7: self.mean.map(|(mean, _)| mean),
            deviation_ppm: self.mean.and_then(|(_, deviation)| deviation),
            ..rest
        })
    }
}

pub(super) async fn coin_of(session: &mut Session, pool: PoolNumber) -> Result<Coin, BooksError> {
    let asked = query("SELECT coin, decimals FROM pool WHERE number = $1").bind(pool.get());
    let row: (String, i64) = asked.fetch_one(&mut session.connection).await?;
    Ok(coin(&row.0, row.1)?)
}

/// floor(income * TiB / power)
pub(super) fn per_tib(income: i64, power: PoolPower) -> Option<i64> {
    let income = u128::try_from(income).ok()?;
    let per = income.checked_mul(TIB)?.checked_div(power.bytes())?;
    i64::try_from(per).ok()
}

/// The same for weights, in millionths of a byte.
pub(super) fn per_weight(income: i64, weights: u128) -> Option<i64> {
    // Below 2^63 * 2^40 * 2^20.
    let income = u128::try_from(income).ok()?.checked_mul(TIB)?;
    let per = income.checked_mul(MILLION)?.checked_div(weights)?;
    i64::try_from(per).ok()
}

/// The mean of 7 days' incomes, and how far another is off it, in millionths of it.
pub(super) fn mean(before: &[i64], income: i64) -> Option<(i64, Option<i64>)> {
    if before.len() < DAYS {
        return None;
    }
    let days = i128::try_from(DAYS).ok()?;
    let sum: i128 = before.iter().map(|income| i128::from(*income)).sum();
    let mean = i64::try_from(sum.checked_div(days)?).ok()?;
    let off = i128::from(income).checked_mul(days)?.checked_sub(sum)?;
    let deviation = off.checked_mul(1_000_000)?.checked_div(sum);
    let deviation = deviation.and_then(|it| i64::try_from(it).ok());
    Some((mean, deviation.filter(|_| mean != 0)))
}

/// The sums of a pool's accounts at a day's end.
struct Sums {
    by_account: BTreeMap<String, i64>,
    paid_today: i64,
}

impl Sums {
    async fn load(session: &mut Session, pool: PoolNumber, day: Day) -> Result<Self, BooksError> {
        let sql = "SELECT account, CAST(SUM(amount) AS BIGINT), \
             CAST(SUM(CASE WHEN day = $2 THEN amount ELSE 0 END) AS BIGINT) \
             FROM account_day WHERE pool = $1 AND day <= $2 GROUP BY account";
        let asked = query(sql).bind(pool.get()).bind(day.days_since_epoch());
        let rows: Vec<(String, i64, i64)> = asked.fetch_all(&mut session.connection).await?;
        let paid = rows
            .iter()
            .find(|(account, _, _)| account == Account::Paid.name());
        Ok(Self {
            paid_today: paid.map_or(0, |(_, _, today)| *today),
            by_account: rows
                .into_iter()
                .map(|(account, sum, _)| (account, sum))
                .collect(),
        })
    }

    fn of(&self, account: Account) -> i64 {
        self.by_account
            .get(account.name())
            .copied()
            .unwrap_or_default()
    }

    fn owed(&self) -> Result<i64, BooksError> {
        let mut sums = OWED.iter().map(|account| self.of(*account));
        let owed = sums.try_fold(0_i64, i64::checked_add);
        owed.ok_or_else(|| BooksError::corrupt("what is owed", "beyond 64 bits"))
    }
}

/// Income and net of a stream up to and with a day, as they were booked by then: of each day what
/// it was settled with, and what corrections posted on a day up to this one changed.
async fn booked_totals(
    session: &mut Session,
    stream: StreamNumber,
    day: Day,
) -> Result<(i64, i64), BooksError> {
    let sql = "SELECT CAST(COALESCE(SUM(income), 0) AS BIGINT), \
         CAST(COALESCE(SUM(net), 0) AS BIGINT) FROM settlement \
         WHERE stream = $1 AND kind = 'day' AND day <= $2 AND revision = 0";
    let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
    let settled: (i64, i64) = asked.fetch_one(&mut session.connection).await?;
    let sql = "SELECT CAST(COALESCE(SUM(new.income - old.income), 0) AS BIGINT), \
         CAST(COALESCE(SUM(new.net - old.net), 0) AS BIGINT) FROM settlement AS new \
         JOIN settlement AS old ON old.stream = new.stream AND old.day = new.day \
         AND old.kind = new.kind AND old.revision = new.revision - 1 \
         JOIN posting ON posting.number = new.posting \
         WHERE new.stream = $1 AND new.kind = 'day' AND new.revision > 0 AND posting.day <= $2";
    let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
    let corrected: (i64, i64) = asked.fetch_one(&mut session.connection).await?;
    let income = settled.0.checked_add(corrected.0);
    let net = settled.1.checked_add(corrected.1);
    let sums = income.zip(net);
    sums.ok_or_else(|| BooksError::corrupt("running totals", "beyond 64 bits"))
}

/// The same of each day's newest revision.
async fn restated_totals(
    session: &mut Session,
    stream: StreamNumber,
    day: Day,
) -> Result<(i64, i64), BooksError> {
    let sql = "SELECT CAST(COALESCE(SUM(income), 0) AS BIGINT), \
         CAST(COALESCE(SUM(net), 0) AS BIGINT) FROM settlement AS settled \
         WHERE stream = $1 AND kind = 'day' AND day <= $2 AND NOT EXISTS \
         (SELECT 1 FROM settlement AS newer WHERE newer.stream = settled.stream \
         AND newer.day = settled.day AND newer.kind = 'day' \
         AND newer.revision > settled.revision)";
    let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
    Ok(asked.fetch_one(&mut session.connection).await?)
}

/// What the last settled days before one shared, at most 7: as they were settled.
const BOOKED_BEFORE: &str = "SELECT income FROM settlement WHERE stream = $1 AND kind = 'day' \
     AND day < $2 AND revision = 0 ORDER BY day DESC LIMIT 7";
/// As their newest revisions have it.
const RESTATED_BEFORE: &str = "SELECT income FROM settlement AS settled \
     WHERE stream = $1 AND kind = 'day' AND day < $2 AND NOT EXISTS \
     (SELECT 1 FROM settlement AS newer WHERE newer.stream = settled.stream \
     AND newer.day = settled.day AND newer.kind = 'day' \
     AND newer.revision > settled.revision) ORDER BY day DESC LIMIT 7";

async fn incomes_before(
    session: &mut Session,
    sql: &'static str,
    stream: StreamNumber,
    day: Day,
) -> Result<Vec<i64>, BooksError> {
    let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
    let rows: Vec<(i64,)> = asked.fetch_all(&mut session.connection).await?;
    Ok(rows.into_iter().map(|(income,)| income).collect())
}

async fn vested(session: &mut Session, stream: StreamNumber, day: Day) -> Result<i64, BooksError> {
    let sql = "SELECT amount FROM release WHERE stream = $1 AND day = $2";
    let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
    let row: Option<(i64,)> = asked.fetch_optional(&mut session.connection).await?;
    Ok(row.map_or(0, |(amount,)| amount))
}

/// The network fees of what was paid on a day, base units.
async fn network_fees(
    session: &mut Session,
    pool: PoolNumber,
    day: Day,
) -> Result<BaseUnits, BooksError> {
    let sql = "SELECT leg.fee FROM posting JOIN ledger_leg AS leg ON leg.posting = posting.number \
         WHERE posting.pool = $1 AND posting.day = $2 AND leg.state = 'settled'";
    let mut sum: u128 = 0;
    let asked = query(sql).bind(pool.get()).bind(day.days_since_epoch());
    asked
        .for_each(&mut session.connection, |(fee,): (Vec<u8>,)| {
            let fee = from_base_units("network fee", &fee)?;
            let added = sum.checked_add(fee);
            sum = added.ok_or_else(|| BooksError::corrupt("sum of network fees", sum))?;
            Ok::<(), BooksError>(())
        })
        .await?;
    Ok(BaseUnits::new(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_of_seven_days_and_the_deviation_of_its_exact_value() {
        assert_eq!(mean(&[1; 6], 1), None);
        assert_eq!(mean(&[7; 7], 14), Some((7, Some(1_000_000))));
        assert_eq!(mean(&[1, 1, 1, 1, 1, 1, 2], 1), Some((1, Some(-125_000))));
        assert_eq!(mean(&[0; 7], 5), Some((0, None)));
        assert_eq!(mean(&[1, 0, 0, 0, 0, 0, 0], 5), Some((0, None)));
        assert_eq!(mean(&[i64::MAX; 7], 0), Some((i64::MAX, Some(-1_000_000))));
    }

    #[test]
    fn income_per_tib_is_floored_and_none_without_power() {
        let tib = |count: u128| PoolPower::from_bytes(count * TIB).unwrap();
        assert_eq!(per_tib(10, tib(3)), Some(3));
        assert_eq!(per_tib(10, tib(0)), None);
        assert_eq!(per_weight(10, 3 * TIB * MILLION), Some(3));
        assert_eq!(per_weight(i64::MAX, TIB * MILLION), Some(i64::MAX));
        assert_eq!(per_weight(10, 0), None);
    }
}
