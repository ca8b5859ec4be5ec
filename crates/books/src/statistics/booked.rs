//! Days as they were booked: as settled first, with each correction on the day of its posting.

use std::collections::BTreeMap;

use paydirt_money::Amount;
use paydirt_schedule::Day;

use super::DailyStatistic;
use super::compute::{MILLION, coin_of, mean, per_tib, per_weight};
use crate::codec::day;
use crate::db::query;
use crate::numbers::{PoolNumber, SettlementNumber, StreamNumber};
use crate::settlements::Settlement;
use crate::{BooksError, Session};

/// A pool's days as they were booked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// Settled days, by day and stream.
    pub days: Vec<DailyStatistic>,
    /// Corrections that were posted on these days.
    pub corrections: Vec<CorrectionBooked>,
}

/// What a correction changed, ledger units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectionBooked {
    /// The stream.
    pub stream: StreamNumber,
    /// The accounting day of its posting.
    pub posted_on: Day,
    /// The day that it corrects.
    pub day: Day,
    /// Its settlement.
    pub settlement: SettlementNumber,
    /// How much more was shared.
    pub income: i64,
    /// How much more members earned.
    pub net: i64,
    /// How much more the service fee was.
    pub fees: i64,
    /// How much more nobody's power reached.
    pub retained: i64,
}

const CORRECTIONS: &str = "SELECT settled.number, earlier.number, posting.day \
     FROM settlement AS settled JOIN settlement AS earlier \
     ON earlier.stream = settled.stream AND earlier.day = settled.day \
     AND earlier.kind = settled.kind AND earlier.revision = settled.revision - 1 \
     JOIN posting ON posting.number = settled.posting \
     WHERE settled.pool = $1 AND settled.kind = 'day' AND settled.revision > 0 \
     ORDER BY posting.seq";

const INCOMES_BEFORE: &str = "SELECT income FROM settlement WHERE stream = $1 \
     AND kind = 'day' AND revision = 0 AND day < $2 ORDER BY day DESC LIMIT 7";

impl Session {
    /// A pool's days as they were booked. Where nothing was corrected, they are its statistics.
    ///
    /// # Errors
    /// `Database`.
    pub async fn statistics_as_booked(
        &mut self,
        pool: PoolNumber,
        from: Day,
        to: Day,
    ) -> Result<Booked, BooksError> {
        let mut days = self.daily_statistics(pool, from, to).await?;
        let (all, first) = self.corrections(pool).await?;
        if all.is_empty() {
            let corrections = Vec::new();
            return Ok(Booked { days, corrections });
        }
        let coin = coin_of(self, pool).await?;
        for it in &mut days {
            if let Some(first) = first.get(&(it.stream, it.day)) {
                let (deductions, _) = Amount::from_base_units(first.computed.deductions, coin)?;
                it.deductions = deductions.units();
                as_first(it, first);
            }
            for correction in all.iter().filter(|other| other.stream == it.stream) {
                // The restated sums have it on the day that it corrects.
                let (has, is_due) = (correction.day <= it.day, correction.posted_on <= it.day);
                let times = i64::from(is_due).saturating_sub(i64::from(has));
                add(&mut it.total_income, correction.income, times)?;
                add(&mut it.total_net, correction.net, times)?;
            }
            let asked = query(INCOMES_BEFORE).bind(it.stream.get());
            let asked = asked.bind(it.day.days_since_epoch());
            let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
            let before: Vec<i64> = rows.into_iter().map(|(income,)| income).collect();
            let found = mean(&before, it.income);
            it.mean_7 = found.map(|(mean, _)| mean);
            it.deviation_ppm = found.and_then(|(_, deviation)| deviation);
        }
        let in_span = |it: &CorrectionBooked| (from..=to).contains(&it.posted_on);
        Ok(Booked {
            days,
            corrections: all.into_iter().filter(in_span).collect(),
        })
    }

    /// All corrections of a pool's days, and how the corrected days were settled first.
    async fn corrections(
        &mut self,
        pool: PoolNumber,
    ) -> Result<
        (
            Vec<CorrectionBooked>,
            BTreeMap<(StreamNumber, Day), Settlement>,
        ),
        BooksError,
    > {
        let asked = query(CORRECTIONS).bind(pool.get());
        let rows: Vec<(i64, i64, i64)> = asked.fetch_all(&mut self.connection).await?;
        let (mut all, mut first) = (Vec::with_capacity(rows.len()), BTreeMap::new());
        for (number, earlier, on) in rows {
            let after = self.settlement(SettlementNumber(number)).await?;
            let before = self.settlement(SettlementNumber(earlier)).await?;
            let (new, old) = (&after.computed, &before.computed);
            // Each is from 0 to 2^63 - 1.
            all.push(CorrectionBooked {
                stream: after.stream,
                posted_on: day(on)?,
                day: after.day,
                settlement: after.number,
                income: new.income.saturating_sub(old.income),
                net: new.net.saturating_sub(old.net),
                fees: new.fee.saturating_sub(old.fee),
                retained: new.retained.saturating_sub(old.retained),
            });
            if before.revision == 0 {
                first.insert((before.stream, before.day), before);
            }
        }
        Ok((all, first))
    }
}

fn add(sum: &mut i64, amount: i64, times: i64) -> Result<(), BooksError> {
    let amount = amount.checked_mul(times);
    let added = amount.and_then(|amount| sum.checked_add(amount));
    *sum = added.ok_or_else(|| BooksError::corrupt("running total", *sum))?;
    Ok(())
}

/// A day's own figures, as it was settled first.
fn as_first(it: &mut DailyStatistic, first: &Settlement) {
    let kept = &first.computed;
    it.settlement = first.number;
    it.income = kept.income;
    it.net = kept.net;
    it.fees = kept.fee;
    it.retained = kept.retained;
    it.members = kept.members;
    it.pool_power = kept.pool_power.map(|(power, _)| power);
    it.sold_power = kept.sold.checked_div(MILLION).unwrap_or_default();
    let whole = it.pool_power.or(it.raw_power);
    it.per_pool_tib = whole.and_then(|whole| per_tib(kept.income, whole));
    it.per_sold_tib = per_weight(kept.income, kept.sold);
}
