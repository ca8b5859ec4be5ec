//! The columns that releases are computed from: they follow from the lines.

use std::collections::BTreeMap;

use paydirt_money::Coin;
use paydirt_schedule::Day;

use super::load::Run;
use super::release::holder_on;
use super::{Stop, coins, differs, same};
use crate::db::query;
use crate::numbers::{SettlementNumber, StreamNumber};
use crate::vesting::{Vesting, VestingChunk};
use crate::{BooksError, Session};

/// A settlement's columns, as they are in the books.
pub(super) struct Columns {
    steps_done: u32,
    has_dates: bool,
    steps: u32,
    total: i64,
    chunks: Vec<VestingChunk>,
    /// The chunk that comes next.
    next: usize,
    exists: bool,
}

/// The version after a chunk's last.
fn end_of(chunk: &VestingChunk) -> i64 {
    let count = chunk.quotients.len().min(chunk.remainders.len());
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    chunk.first.get().saturating_add(count)
}

type Row = (i64, i64, i64, i64, Option<String>, i64);

impl Columns {
    pub(super) async fn load(
        session: &mut Session,
        wanted: &Vesting,
        stream: StreamNumber,
        name: &str,
    ) -> Result<Self, Stop> {
        let sql = "SELECT stream, day, steps, steps_done, dates, total FROM vesting \
                   WHERE settlement = $1";
        let asked = query(sql).bind(wanted.settlement.get());
        let row: Option<Row> = asked.fetch_optional(&mut session.connection).await?;
        let Some((of_stream, day, steps, done, dates, total)) = row else {
            return Ok(Self {
                steps_done: 0,
                has_dates: false,
                steps: wanted.steps,
                total: 0,
                chunks: Vec::new(),
                next: 0,
                exists: false,
            });
        };
        let what = |what: &str| format!("{name}: {what} by which it vests");
        same(|| what("the stream"), stream.get(), of_stream)?;
        let begins = i64::from(wanted.day.days_since_epoch());
        same(|| what("the day"), begins, day)?;
        same(
            || what("the number of steps"),
            i64::from(wanted.steps),
            steps,
        )?;
        let as_days = |dates: &str| serde_json::from_str::<Vec<Day>>(dates).ok();
        let found = dates.as_deref().and_then(as_days);
        if found != wanted.dates {
            let [expected, found] = [&wanted.dates, &found].map(|dates| format!("{dates:?}"));
            return Err(differs(what("the dates"), expected, found));
        }
        Ok(Self {
            steps_done: u32::try_from(done).map_err(|_| BooksError::corrupt("steps", done))?,
            has_dates: dates.is_some(),
            steps: wanted.steps,
            total,
            chunks: session.vesting_chunks(wanted).await?,
            next: 0,
            exists: true,
        })
    }

    /// What vests at once has none.
    pub(super) async fn none(
        session: &mut Session,
        settlement: SettlementNumber,
        name: &str,
    ) -> Result<(), Stop> {
        let sql = "SELECT COUNT(*) FROM vesting WHERE settlement = $1";
        let asked = query(sql).bind(settlement.get());
        let (count,): (i64,) = asked.fetch_one(&mut session.connection).await?;
        same(
            || format!("{name}: what is vesting of it, which was free at once"),
            0,
            count,
        )
    }

    /// Whether T div n is in the stream's daily rate.
    pub(super) fn is_running(&self) -> bool {
        !self.has_dates && self.steps_done > 0 && self.steps_done < self.steps
    }

    /// Whether the columns have this of a version; versions are asked for in ascending order.
    pub(super) fn check(
        &mut self,
        version: i64,
        wanted: (i64, u16),
        name: &str,
    ) -> Result<(), Stop> {
        while let Some(chunk) = self.chunks.get(self.next) {
            if end_of(chunk) > version {
                break;
            }
            self.next = self.next.saturating_add(1);
        }
        self.check_in(self.next, version, wanted, name)
    }

    /// The same for any version.
    pub(super) fn check_any(
        &self,
        version: i64,
        wanted: (i64, u16),
        name: &str,
    ) -> Result<(), Stop> {
        let place = self
            .chunks
            .partition_point(|chunk| end_of(chunk) <= version);
        self.check_in(place, version, wanted, name)
    }

    fn check_in(
        &self,
        chunk: usize,
        version: i64,
        wanted: (i64, u16),
        name: &str,
    ) -> Result<(), Stop> {
        let found = self.chunks.get(chunk).and_then(|chunk| {
            let place = version.checked_sub(chunk.first.get())?;
            let place = usize::try_from(place).ok()?;
            Some((*chunk.quotients.get(place)?, *chunk.remainders.get(place)?))
        });
        let found = found.unwrap_or_default();
        if wanted == found {
            return Ok(());
        }
        let tell = |(quotient, remainder): (i64, u16)| {
            format!("{quotient} ledger units a step and {remainder} over")
        };
        let what = format!("{name}: what is vesting of the line of version {version}");
        Err(differs(what, tell(wanted), tell(found)))
    }

    /// Whether the columns sum to what the lines do.
    pub(super) fn finish(&self, total: i64, coin: Coin, name: &str) -> Result<(), Stop> {
        let what = |what: &str| format!("{name}: {what}");
        same(
            || what("whether something is vesting of it"),
            total > 0,
            self.exists,
        )?;
        if !self.exists {
            return Ok(());
        }
        same(
            || what("the sum of what vests"),
            coins(total, coin),
            coins(self.total, coin),
        )?;
        let columns = self.chunks.iter().flat_map(|chunk| {
            let rows = chunk.quotients.iter().zip(&chunk.remainders);
            rows.map(|(quotient, remainder)| (i128::from(*quotient), i128::from(*remainder)))
        });
        let sum: i128 = columns
            .map(|(quotient, remainder)| {
                let steps = i128::from(self.steps);
                quotient.saturating_mul(steps).saturating_add(remainder)
            })
            .fold(0, i128::saturating_add);
        same(
            || what("the sum of its columns of what vests"),
            i128::from(total),
            sum,
        )?;
        Ok(())
    }

    /// How many steps are released, by the books; 0 where nothing vests.
    pub(super) fn steps_done(&self) -> u32 {
        self.steps_done
    }
}

impl Run {
    /// What streams release every day: the sums of T div n, and whose they are.
    pub(super) async fn compare_rates(&mut self, session: &mut Session) -> Result<(), Stop> {
        let streams: BTreeMap<StreamNumber, String> = self.streams.clone();
        for (stream, name) in streams {
            let found = session.vesting_rates(stream).await?;
            let mut releases = self.releases.remove(&stream).unwrap_or_default();
            let next = releases.last_day.map(Day::next).transpose()?;
            for chunk in found {
                let versions = (chunk.first.get()..).zip(&chunk.members);
                for ((version, member), rate) in versions.zip(&chunk.quotients) {
                    let of = |what: &str| format!("stream {name}: {what} of version {version}");
                    let expected = releases.rates.take(version);
                    same(|| of("the daily release"), expected, *rate)?;
                    let own = self.members.get(version);
                    let holder = next.and_then(|next| holder_on(self.holders.get(&version), next));
                    let holder = holder.unwrap_or(own);
                    // Where nothing is released a day, nobody is asked whose it is.
                    if *rate != 0 {
                        same(|| of("the member of the daily release"), holder, *member)?;
                    }
                }
            }
            if let Some((version, rate)) = releases.rates.iter().find(|(_, rate)| **rate != 0) {
                let what = format!("stream {name}: the daily release of version {version}");
                return Err(differs(what, rate, "none"));
            }
        }
        Ok(())
    }
}
