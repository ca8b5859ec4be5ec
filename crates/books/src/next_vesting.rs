//! What of a member's vests next: for people who ask why nothing is available yet.
//!
//! A member's lines are found through its versions, a few look-ups a settlement that still vests.

use std::collections::BTreeMap;

use paydirt_earnings::released;
use paydirt_schedule::Day;
use serde_json::Value as Json;

use crate::codec::from_json;
use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber, StreamNumber};
use crate::vesting::Vesting;
use crate::{BooksError, Session};

const MILLION: i64 = 1_000_000;

/// The newest lines of settlements of a version that is, or went over to be, a member's: net, and T
/// where a correction made it another than the terms do.
const LINES: &str = "SELECT settled.number, line.gross - line.fee, vests.total \
     FROM settlement AS settled JOIN settlement AS revision ON revision.number = settled.number \
     OR (revision.stream = settled.stream AND revision.day = settled.day \
      AND revision.kind = 'day' AND settled.kind = 'day' AND revision.revision > 0) \
     JOIN line ON line.settlement = revision.number \
     JOIN order_version AS version ON version.number = line.version \
     LEFT JOIN corrected_vesting AS vests \
     ON vests.settlement = revision.number AND vests.version = line.version \
     WHERE settled.number IN NUMBERS($1) AND line.version IN \
     (SELECT number FROM order_version WHERE member = $2 \
      UNION SELECT version FROM vesting_holder WHERE member = $2) \
     AND COALESCE((SELECT holder.member FROM vesting_holder AS holder \
      WHERE holder.version = version.number ORDER BY holder.from_day DESC LIMIT 1), \
      version.member) = $2 \
     AND NOT EXISTS (SELECT 1 FROM settlement AS later JOIN line AS its \
      ON its.settlement = later.number AND its.version = line.version \
      WHERE later.stream = settled.stream AND later.day = settled.day \
      AND later.kind = 'day' AND settled.kind = 'day' AND later.revision > revision.revision)";

impl Session {
    /// The next day on which something of a member's vests in a pool, and how much, ledger units.
    ///
    /// # Errors
    /// `Database`.
    pub async fn next_vesting(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
    ) -> Result<Option<(Day, i64)>, BooksError> {
        let mut next: Option<(Day, i64)> = None;
        for stream in self.streams(pool).await?.into_values() {
            let Some((day, units)) = self.next_of_stream(stream, member).await? else {
                continue;
            };
            next = Some(match next {
                Some((earliest, sum)) if earliest == day => (day, sum.saturating_add(units)),
                Some(earlier) if earlier.0 < day => earlier,
                _ => (day, units),
            });
        }
        Ok(next)
    }

    async fn next_of_stream(
        &mut self,
        stream: StreamNumber,
        member: MemberNumber,
    ) -> Result<Option<(Day, i64)>, BooksError> {
        let Some(day) = self.next_release(stream).await? else {
            return Ok(None);
        };
        let open = self.open_vestings(stream).await?;
        let mut steps: BTreeMap<i64, (u32, u32, u32)> = BTreeMap::new();
        for vesting in open {
            let until = steps_by(&vesting, day)?;
            if until > vesting.steps_done {
                let of = (vesting.steps_done, until, vesting.steps);
                steps.insert(vesting.settlement.get(), of);
            }
        }
        let settlements: Vec<i64> = steps.keys().copied().collect();
        let rates = self.immediate_rates(&settlements).await?;
        let asked = query(LINES).bind(format!("{settlements:?}"));
        let asked = asked.bind(member.get());
        let lines: Vec<(i64, i64, Option<i64>)> = asked.fetch_all(&mut self.connection).await?;
        let mut sum: i64 = 0;
        for (settlement, net, corrected) in lines {
            let Some((since, until, count)) = steps.get(&settlement).copied() else {
                continue;
            };
            let rate = rates.get(&settlement).copied().unwrap_or(MILLION);
            let own = net.saturating_sub(part_of(net, rate));
            let total = corrected.unwrap_or(own);
            let part = released(total, until, count).saturating_sub(released(total, since, count));
            sum = sum.saturating_add(part);
        }
        Ok((sum > 0).then_some((day, sum)))
    }

    /// How many millionths of each line of these settlements were free at once.
    async fn immediate_rates(
        &mut self,
        settlements: &[i64],
    ) -> Result<BTreeMap<i64, i64>, BooksError> {
        let sql = "SELECT number, terms FROM settlement WHERE number IN NUMBERS($1)";
        let asked = query(sql).bind(format!("{settlements:?}"));
        let rows: Vec<(i64, String)> = asked.fetch_all(&mut self.connection).await?;
        let mut rates = BTreeMap::new();
        for (number, terms) in rows {
            let terms: Json = from_json("terms", &terms)?;
            let rate = terms.pointer("/vesting/immediate_millionths");
            rates.insert(number, rate.and_then(Json::as_i64).unwrap_or(MILLION));
        }
        Ok(rates)
    }
}

/// How many steps are released with a day.
fn steps_by(vesting: &Vesting, day: Day) -> Result<u32, BooksError> {
    let steps = match &vesting.dates {
        None => u32::try_from(day.days_since(vesting.day)).unwrap_or(0),
        Some(dates) => {
            let by_then = dates
                .iter()
                .filter(|date| **date > vesting.day && **date <= day);
            u32::try_from(by_then.count())
                .map_err(|_| BooksError::corrupt("dates of a vesting", dates.len()))?
        }
    };
    Ok(steps.min(vesting.steps))
}

/// So many millionths of an amount, floored.
fn part_of(net: i64, millionths: i64) -> i64 {
    let product = i128::from(net).saturating_mul(i128::from(millionths));
    let part = product.div_euclid(i128::from(MILLION));
    i64::try_from(part).unwrap_or(net)
}
