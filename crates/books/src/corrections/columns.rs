//! What changed lines have vesting, in the day's columns: changed in place.

use std::collections::BTreeMap;

use paydirt_earnings::decompose;
use paydirt_schedule::Day;

use super::NewCorrection;
use crate::db::query;
use crate::numbers::{SettlementNumber, StreamNumber, VersionNumber};
use crate::pools::LockedPool;
use crate::releases::release_digest;
use crate::vesting::{
    CHUNK, RateChunk, Vesting, VestingChunk, i64s, i64s_as_bytes, remainders, remainders_as_bytes,
};
use crate::{BooksError, Session};

/// How the changed lines of a correction vest.
#[derive(Clone, Debug)]
pub struct CorrectedVesting<'a> {
    /// In how many steps.
    pub steps: u32,
    /// How many of them are released.
    pub done: u32,
    /// On these days; without them, one a day.
    pub dates: Option<Vec<Day>>,
    /// All that vests of the stream is released up to this day.
    pub released_through: Day,
    /// The totals that change, in ascending order of version.
    pub changes: &'a [TotalChange],
}

/// T of a version's line, before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalChange {
    /// The version.
    pub version: VersionNumber,
    /// Before.
    pub before: i64,
    /// From now on.
    pub after: i64,
    /// Whether the line's terms give it.
    pub is_own: bool,
}

fn chunk_of(version: VersionNumber) -> i64 {
    let width = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    version.get().div_euclid(width)
}

fn first_of(chunk: i64) -> i64 {
    chunk.saturating_mul(i64::try_from(CHUNK).unwrap_or(i64::MAX))
}

/// Columns that begin with a version become wide enough for another of their chunk; its place.
fn reach<T: Default + Clone>(
    first: &mut VersionNumber,
    version: VersionNumber,
    columns: &mut Vec<T>,
) -> usize {
    if columns.is_empty() {
        *first = version;
    }
    if version < *first {
        let more = usize::try_from(first.get().saturating_sub(version.get())).unwrap_or_default();
        columns.splice(0..0, vec![T::default(); more]);
        *first = version;
    }
    let place = usize::try_from(version.get().saturating_sub(first.get())).unwrap_or_default();
    if columns.len() <= place {
        columns.resize(place.saturating_add(1), T::default());
    }
    place
}

impl Session {
    /// Changes the day's columns, and where it has begun to vest by the day, the stream's rates.
    pub(super) async fn change_columns(
        &mut self,
        locked: &LockedPool,
        new: &NewCorrection<'_>,
        vesting: &CorrectedVesting<'_>,
    ) -> Result<(), BooksError> {
        if vesting.done >= vesting.steps {
            return Ok(());
        }
        let mut changes: BTreeMap<i64, Vec<TotalChange>> = BTreeMap::new();
        for change in vesting.changes.iter().filter(|it| it.before != it.after) {
            let of_chunk = changes.entry(chunk_of(change.version)).or_default();
            of_chunk.push(*change);
        }
        if changes.is_empty() {
            return Ok(());
        }
        let total = self.total_of(locked, new, vesting).await?;
        for (chunk, changes) in &changes {
            self.change_chunk(new.first, vesting.steps, *chunk, changes)
                .await?;
            if vesting.done > 0 && vesting.dates.is_none() {
                self.change_rates(new.stream, vesting.steps, *chunk, changes)
                    .await?;
            }
        }
        self.set_total(new.first, total).await
    }

    /// Opens the day's vesting where it had none, and returns what its total will be.
    async fn total_of(
        &mut self,
        locked: &LockedPool,
        new: &NewCorrection<'_>,
        vesting: &CorrectedVesting<'_>,
    ) -> Result<i64, BooksError> {
        let mut sum: i128 = 0;
        for change in vesting.changes {
            let difference = i128::from(change.after).saturating_sub(change.before.into());
            sum = sum.saturating_add(difference);
        }
        let beyond = |sum| BooksError::corrupt("sum of what is vesting", sum);
        let sql = "SELECT steps_done, total FROM vesting WHERE settlement = $1";
        let asked = query(sql).bind(new.first.get());
        let row: Option<(i64, i64)> = asked.fetch_optional(&mut self.connection).await?;
        if let Some((done, total)) = row {
            if done != i64::from(vesting.done) {
                return Err(BooksError::corrupt("steps that are released", done));
            }
            let total = sum.saturating_add(total.into());
            return i64::try_from(total).map_err(|_| beyond(total));
        }
        let total = i64::try_from(sum).map_err(|_| beyond(sum))?;
        if total > 0 {
            self.nothing_released_through(locked, new, vesting.released_through)
                .await?;
            let row = Vesting {
                settlement: new.first,
                day: new.day,
                steps: vesting.steps,
                steps_done: 0,
                dates: vesting.dates.clone(),
            };
            self.add_vesting(new.stream, &row, total, &[]).await?;
            let done = [(new.first, vesting.done)];
            self.set_steps_done(&done).await?;
        }
        Ok(total)
    }

    /// Nothing was vesting up to that day: no job looks for what it released.
    async fn nothing_released_through(
        &mut self,
        locked: &LockedPool,
        new: &NewCorrection<'_>,
        through: Day,
    ) -> Result<(), BooksError> {
        let last = self.last_release(new.stream).await?;
        if through <= new.day || last.is_some_and(|last| last >= through) {
            return Ok(());
        }
        let sql = "INSERT INTO release (pool, stream, day, amount, members, digest, released_at) \
                   VALUES ($1, $2, $3, 0, 0, $4, $5)";
        query(sql)
            .bind(locked.pool.number.get())
            .bind(new.stream.get())
            .bind(through.days_since_epoch())
            .bind(&release_digest(&[])[..])
            .bind(new.at.as_ms())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn change_chunk(
        &mut self,
        settlement: SettlementNumber,
        steps: u32,
        number: i64,
        changes: &[TotalChange],
    ) -> Result<(), BooksError> {
        let next = first_of(number.saturating_add(1));
        let sql = "DELETE FROM vesting_chunk WHERE settlement = $1 AND first >= $2 AND first < $3 \
                   RETURNING first, remainders, quotients";
        let asked = query(sql)
            .bind(settlement.get())
            .bind(first_of(number))
            .bind(next);
        let row: Option<(i64, Vec<u8>, Vec<u8>)> =
            asked.fetch_optional(&mut self.connection).await?;
        let mut chunk = VestingChunk {
            first: VersionNumber(next),
            remainders: Vec::new(),
            quotients: Vec::new(),
        };
        if let Some((first, rests, quotients)) = row {
            chunk = VestingChunk {
                first: VersionNumber(first),
                remainders: remainders(&rests, steps),
                quotients: i64s(&quotients),
            };
        }
        for change in changes {
            let [before, after] =
                [change.before, change.after].map(|total| decomposed(total, steps));
            let ((old_quotient, old_rest), (quotient, rest)) = (before?, after?);
            let mut first = chunk.first;
            reach(&mut first, change.version, &mut chunk.remainders);
            let place = reach(&mut chunk.first, change.version, &mut chunk.quotients);
            let found = chunk
                .quotients
                .get_mut(place)
                .zip(chunk.remainders.get_mut(place));
            let (of_quotient, of_rest) =
                found.ok_or_else(|| BooksError::corrupt("column of version", change.version))?;
            if (*of_quotient, *of_rest) != (old_quotient, old_rest) {
                return Err(BooksError::corrupt(
                    "what is vesting of version",
                    change.version,
                ));
            }
            (*of_quotient, *of_rest) = (quotient, rest);
        }
        let sql = "INSERT INTO vesting_chunk (settlement, first, remainders, quotients) \
                   VALUES ($1, $2, $3, $4)";
        query(sql)
            .bind(settlement.get())
            .bind(chunk.first.get())
            .bind(remainders_as_bytes(&chunk.remainders, steps))
            .bind(i64s_as_bytes(&chunk.quotients))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn change_rates(
        &mut self,
        stream: StreamNumber,
        steps: u32,
        number: i64,
        changes: &[TotalChange],
    ) -> Result<(), BooksError> {
        let sql = "SELECT first, members, quotients FROM vesting_rate \
                   WHERE stream = $1 AND chunk = $2";
        let asked = query(sql).bind(stream.get()).bind(number);
        let row: Option<(i64, Vec<u8>, Vec<u8>)> =
            asked.fetch_optional(&mut self.connection).await?;
        let mut chunk = RateChunk {
            first: VersionNumber(first_of(number.saturating_add(1))),
            members: Vec::new(),
            quotients: Vec::new(),
        };
        if let Some((first, members, quotients)) = row {
            chunk = RateChunk {
                first: VersionNumber(first),
                members: i64s(&members),
                quotients: i64s(&quotients),
            };
        }
        for change in changes {
            let (before, _) = decomposed(change.before, steps)?;
            let (after, _) = decomposed(change.after, steps)?;
            let mut first = chunk.first;
            reach(&mut first, change.version, &mut chunk.members);
            let place = reach(&mut chunk.first, change.version, &mut chunk.quotients);
            let rate = chunk.quotients.get_mut(place);
            let rate = rate.ok_or_else(|| BooksError::corrupt("rate", change.version))?;
            let sum = rate
                .checked_sub(before)
                .and_then(|rate| rate.checked_add(after));
            *rate = sum
                .filter(|rate| *rate >= 0)
                .ok_or_else(|| BooksError::corrupt("daily rate of version", change.version))?;
        }
        let unknown = |(rate, member): (&i64, &i64)| *rate != 0 && *member == 0;
        if chunk.quotients.iter().zip(&chunk.members).any(unknown) {
            let all = first_of(number)..first_of(number.saturating_add(1));
            let holders = self.vesting_holders(all).await?;
            let versions = (chunk.first.get()..).map(VersionNumber);
            for (version, member) in versions.zip(&mut chunk.members) {
                if let Some(holder) = holders.get(&version).filter(|_| *member == 0) {
                    *member = holder.get();
                }
            }
        }
        self.set_vesting_rates(stream, &[chunk]).await
    }

    /// A day of which nothing vests any more has no row.
    async fn set_total(
        &mut self,
        settlement: SettlementNumber,
        total: i64,
    ) -> Result<(), BooksError> {
        let on = &mut self.connection;
        if total == 0 {
            let chunks = "DELETE FROM vesting_chunk WHERE settlement = $1";
            query(chunks).bind(settlement.get()).execute(on).await?;
            let row = "DELETE FROM vesting WHERE settlement = $1";
            query(row).bind(settlement.get()).execute(on).await?;
            return Ok(());
        }
        let sql = "UPDATE vesting SET total = $2 WHERE settlement = $1";
        let changed = query(sql).bind(settlement.get()).bind(total);
        crate::balances::all_changed("vesting", changed.execute(on).await?, 1)
    }
}

fn decomposed(total: i64, steps: u32) -> Result<(i64, u16), BooksError> {
    decompose(total, steps).map_err(|error| BooksError::corrupt("vesting", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_reach_to_either_side() {
        let mut columns: Vec<i64> = Vec::new();
        let mut first = VersionNumber(100);
        assert_eq!(reach(&mut first, VersionNumber(7), &mut columns), 0);
        columns[0] = 1;
        assert_eq!(reach(&mut first, VersionNumber(9), &mut columns), 2);
        columns[2] = 3;
        assert_eq!(reach(&mut first, VersionNumber(5), &mut columns), 0);
        assert_eq!((first.get(), columns), (5, vec![0, 0, 1, 0, 3]));
    }
}
