//! Vesting: what was earned and is released later.
//!
//! A million members with 180 days each would be 180 million rows to touch every day. What vests of
//! a settlement is kept in columns instead, T mod n apart from T div n for a total T in n steps: a
//! day's release of one order is the sum of its T div n, which changes by one settlement a day, and
//! a 0 or 1 from each T mod n. Whose it is stands once a stream. All of it follows from the lines:
//! `ledger verify` computes it from them.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_schedule::Day;

use crate::codec::{day, from_json, json};
use crate::db::query;
use crate::error::Of;
use crate::numbers::{MemberNumber, PoolNumber, SettlementNumber, StreamNumber, VersionNumber};
use crate::{BooksError, Session};

/// Versions that share a chunk.
pub const CHUNK: usize = 16_384;
const CHUNK_I64: i64 = 16_384;

/// How a settlement's lines vest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vesting {
    /// The settlement.
    pub settlement: SettlementNumber,
    /// The day that it is of.
    pub day: Day,
    /// In how many steps.
    pub steps: u32,
    /// How many are released.
    pub steps_done: u32,
    /// On these days; without them, one a day from the next on.
    pub dates: Option<Vec<Day>>,
}

impl Vesting {
    /// How many steps there are up to and with this day.
    #[must_use]
    pub fn steps_by(&self, day: Day) -> u32 {
        let steps = match &self.dates {
            None => u32::try_from(day.days_since(self.day)).unwrap_or_default(),
            Some(dates) => {
                let passed = dates
                    .iter()
                    .filter(|date| **date > self.day && **date <= day);
                u32::try_from(passed.count()).unwrap_or(u32::MAX)
            }
        };
        steps.min(self.steps)
    }
}

/// Columns of a chunk: entries belong to versions from `first` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VestingChunk {
    /// The version of the first entry.
    pub first: VersionNumber,
    /// T mod steps.
    pub remainders: Vec<u16>,
    /// T div steps.
    pub quotients: Vec<i64>,
}

/// What a stream releases every day, for versions from `first` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateChunk {
    /// The version of the first entry.
    pub first: VersionNumber,
    /// Whose; 0: nobody's yet.
    pub members: Vec<i64>,
    /// How much a day, without the parts that come from remainders.
    pub quotients: Vec<i64>,
}

pub(crate) fn i64s(bytes: &[u8]) -> Vec<i64> {
    let (numbers, _) = bytes.as_chunks::<8>();
    numbers
        .iter()
        .map(|number| i64::from_le_bytes(*number))
        .collect()
}

pub(crate) fn i64s_as_bytes(numbers: &[i64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// One byte each where all fit.
pub(crate) fn remainders_as_bytes(remainders: &[u16], steps: u32) -> Vec<u8> {
    let low = |remainder: &u16| remainder.to_le_bytes()[0];
    match steps <= 256 {
        true => remainders.iter().map(low).collect(),
        false => remainders.iter().flat_map(|it| it.to_le_bytes()).collect(),
    }
}

/// What [`remainders_as_bytes`] made bytes of.
pub(crate) fn remainders(bytes: &[u8], steps: u32) -> Vec<u16> {
    let mut remainders = Vec::new();
    add_remainders(bytes, steps, &mut remainders);
    remainders
}

fn add_remainders(bytes: &[u8], steps: u32, into: &mut Vec<u16>) {
    into.clear();
    match steps <= 256 {
        true => into.extend(bytes.iter().map(|byte| u16::from(*byte))),
        false => {
            let (numbers, _) = bytes.as_chunks::<2>();
            into.extend(numbers.iter().map(|number| u16::from_le_bytes(*number)));
        }
    }
}

pub(crate) type VestingRow = (i64, i64, i64, i64, Option<String>);

pub(crate) fn vesting(
    (settlement, on, steps, done, dates): VestingRow,
) -> Result<Vesting, BooksError> {
    let step = |number| u32::try_from(number).map_err(|_| BooksError::corrupt("steps", number));
    Ok(Vesting {
        settlement: SettlementNumber(settlement),
        day: day(on)?,
        steps: step(steps)?,
        steps_done: step(done)?,
        dates: dates.map(|dates| from_json("dates", &dates)).transpose()?,
    })
}

impl Session {
    /// Lets a settlement's lines vest.
    ///
    /// # Errors
    /// `Database`.
    pub async fn add_vesting(
        &mut self,
        stream: StreamNumber,
        vesting: &Vesting,
        total: i64,
        chunks: &[VestingChunk],
    ) -> Result<(), BooksError> {
        let dates = vesting.dates.as_ref();
        query(
            "INSERT INTO vesting (settlement, stream, day, steps, dates, total) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(vesting.settlement.get())
        .bind(stream.get())
        .bind(vesting.day.days_since_epoch())
        .bind(vesting.steps)
        .bind(dates.map(|dates| json("dates", dates)).transpose()?)
        .bind(total)
        .execute(&mut self.connection)
        .await?;
        for chunk in chunks {
            let sql = "INSERT INTO vesting_chunk (settlement, first, remainders, quotients) \
                       VALUES ($1, $2, $3, $4)";
            query(sql)
                .bind(vesting.settlement.get())
                .bind(chunk.first.get())
                .bind(remainders_as_bytes(&chunk.remainders, vesting.steps))
                .bind(i64s_as_bytes(&chunk.quotients))
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// What of a stream is still vesting, by day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn open_vestings(
        &mut self,
        stream: StreamNumber,
    ) -> Result<Vec<Vesting>, BooksError> {
        let sql = "SELECT settlement, day, steps, steps_done, dates FROM vesting \
                   WHERE stream = $1 AND steps_done < steps ORDER BY day, settlement";
        let asked = query(sql).bind(stream.get());
        let rows: Vec<VestingRow> = asked.fetch_all(&mut self.connection).await?;
        rows.into_iter().map(vesting).collect()
    }

    /// Hands the remainders of settlements on, chunk by chunk: the settlement's place in the list,
    /// the first version, the remainders.
    ///
    /// # Errors
    /// `Database`, and those of `each`.
    pub async fn for_each_remainders<E: From<BooksError> + Send>(
        &mut self,
        vestings: &[Vesting],
        mut each: impl FnMut(&Vesting, VersionNumber, &[u16]) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let numbers: Vec<i64> = vestings.iter().map(|it| it.settlement.get()).collect();
        let by_number: BTreeMap<i64, &Vesting> = vestings
            .iter()
            .map(|it| (it.settlement.get(), it))
            .collect();
        let mut remainders = Vec::with_capacity(CHUNK);
        let sql = "SELECT settlement, first, remainders FROM vesting_chunk \
                   WHERE settlement IN NUMBERS($1)";
        let asked = query(sql).bind(format!("{numbers:?}"));
        let done = asked.for_each(&mut self.connection, |row: (i64, i64, Vec<u8>)| {
            let (settlement, first, bytes) = row;
            let vesting = by_number.get(&settlement);
            let vesting = vesting.ok_or_else(|| BooksError::corrupt("settlement", settlement));
            let vesting = vesting.map_err(|error| Of(E::from(error)))?;
            add_remainders(&bytes, vesting.steps, &mut remainders);
            each(vesting, VersionNumber(first), &remainders).map_err(Of)
        });
        done.await.map_err(|Of(error)| error)
    }

    /// The chunks of a settlement.
    ///
    /// # Errors
    /// `Database`.
    pub async fn vesting_chunks(
        &mut self,
        vesting: &Vesting,
    ) -> Result<Vec<VestingChunk>, BooksError> {
        let sql = "SELECT first, remainders, quotients FROM vesting_chunk \
                   WHERE settlement = $1 ORDER BY first";
        let asked = query(sql).bind(vesting.settlement.get());
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = asked.fetch_all(&mut self.connection).await?;
        let chunk = |(first, bytes, quotients): (i64, Vec<u8>, Vec<u8>)| VestingChunk {
            first: VersionNumber(first),
            remainders: remainders(&bytes, vesting.steps),
            quotients: i64s(&quotients),
        };
        Ok(rows.into_iter().map(chunk).collect())
    }

    /// What a stream releases every day.
    ///
    /// # Errors
    /// `Database`.
    pub async fn vesting_rates(
        &mut self,
        stream: StreamNumber,
    ) -> Result<Vec<RateChunk>, BooksError> {
        let sql = "SELECT first, members, quotients FROM vesting_rate \
                   WHERE stream = $1 ORDER BY chunk";
        let asked = query(sql).bind(stream.get());
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = asked.fetch_all(&mut self.connection).await?;
        let chunk = |(first, members, quotients): (i64, Vec<u8>, Vec<u8>)| RateChunk {
            first: VersionNumber(first),
            members: i64s(&members),
            quotients: i64s(&quotients),
        };
        Ok(rows.into_iter().map(chunk).collect())
    }

    /// Stores what a stream releases every day, for chunks that changed.
    ///
    /// # Errors
    /// `Database`.
    pub async fn set_vesting_rates(
        &mut self,
        stream: StreamNumber,
        chunks: &[RateChunk],
    ) -> Result<(), BooksError> {
        for chunk in chunks {
            let number = chunk.first.get().checked_div(CHUNK_I64).unwrap_or_default();
            let sql = "INSERT INTO vesting_rate (stream, chunk, first, members, quotients) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (stream, chunk) DO UPDATE SET \
                 first = excluded.first, members = excluded.members, \
                 quotients = excluded.quotients";
            query(sql)
                .bind(stream.get())
                .bind(number)
                .bind(chunk.first.get())
                .bind(i64s_as_bytes(&chunk.members))
                .bind(i64s_as_bytes(&chunk.quotients))
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// Whose the unvested parts of these versions are.
    ///
    /// # Errors
    /// `Database`.
    pub async fn vesting_holders(
        &mut self,
        versions: std::ops::Range<i64>,
    ) -> Result<BTreeMap<VersionNumber, MemberNumber>, BooksError> {
        let sql = "SELECT version.number, COALESCE((SELECT holder.member \
             FROM vesting_holder AS holder WHERE holder.version = version.number \
             ORDER BY holder.from_day DESC LIMIT 1), version.member) \
             FROM order_version AS version \
             WHERE version.number >= $1 AND version.number < $2";
        let mut holders = BTreeMap::new();
        query(sql)
            .bind(versions.start)
            .bind(versions.end)
            .for_each(&mut self.connection, |(version, member)| {
                holders.insert(VersionNumber(version), MemberNumber(member));
                Ok::<(), BooksError>(())
            })
            .await?;
        Ok(holders)
    }

    /// Versions of a pool whose unvested parts went to another member.
    ///
    /// # Errors
    /// `Database`.
    pub async fn moved_versions(
        &mut self,
        pool: PoolNumber,
    ) -> Result<BTreeSet<VersionNumber>, BooksError> {
        let sql = "SELECT DISTINCT holder.version FROM vesting_holder AS holder \
             JOIN order_version AS version ON version.number = holder.version \
             JOIN pool_order ON pool_order.number = version.of_order WHERE pool_order.pool = $1";
        let asked = query(sql).bind(pool.get());
        let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
        Ok(rows.into_iter().map(|(it,)| VersionNumber(it)).collect())
    }

    /// How many steps of a settlement are released by now.
    ///
    /// # Errors
    /// `Database`.
    pub async fn set_steps_done(
        &mut self,
        done: &[(SettlementNumber, u32)],
    ) -> Result<(), BooksError> {
        let statement = crate::db::Many {
            before: "UPDATE vesting SET steps_done = new.column2 FROM (",
            after: ") AS new WHERE vesting.settlement = new.column1",
        };
        let changed = crate::db::many(
            &mut self.connection,
            &statement,
            done,
            |(settlement, steps), values| {
                values.extend([settlement.get().into(), (*steps).into()]);
                Ok(())
            },
        )
        .await?;
        crate::balances::all_changed("vesting", changed, done.len())
    }
}
