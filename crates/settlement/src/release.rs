//! What vested on a day, of everything that was earned before it.

use std::collections::BTreeMap;

use paydirt_books::{
    CHUNK, Credit as MemberCredit, LockedPool, NewRelease, RateChunk, RunState, Session,
    SettlementNumber, VersionNumber, Vesting, VestingChunk,
};
use paydirt_earnings::Steps;
use paydirt_money::Amount;
use paydirt_schedule::Day;

use crate::SettlementError;
use crate::compute::chunk_of;
use crate::settle::DayOf;

/// The name of this job in the books.
pub const JOB: &str = "release";

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// How much.
    pub amount: Amount,
    /// To how many members.
    pub members: u64,
}

/// Releases what vests on `day`, which is the [next](Session::next_release), in this session; the
/// caller commits it. It does not wait for new income.
///
/// # Errors
/// The books'.
pub async fn release(
    session: &mut Session,
    locked: &mut LockedPool,
    of: &DayOf<'_>,
) -> Result<Released, SettlementError> {
    let due = DueRelease::compute(session, of).await?;
    let amount = session.post_release(locked, &due.to_post(of)).await?;
    due.keep(session, locked, of, amount).await
}

/// What vests on a day, computed.
pub(crate) struct DueRelease {
    columns: Columns,
    parts: Vec<(VersionNumber, i64)>,
    credits: Vec<MemberCredit>,
    /// How many steps of each settlement are released with it.
    done: Vec<(SettlementNumber, u32)>,
}

impl DueRelease {
    pub(crate) async fn compute(
        session: &mut Session,
        of: &DayOf<'_>,
    ) -> Result<Self, SettlementError> {
        let (number, day) = (of.number, of.day);
        let open = session.open_vestings(number).await?;
        let steps = |vesting: &Vesting| vesting.steps_by(day);
        let vestings: Vec<Vesting> = open
            .into_iter()
            .filter(|vesting| vesting.day < day && steps(vesting) > vesting.steps_done)
            .collect();
        let mut columns = Columns::new(session.vesting_rates(number).await?);
        columns.release_running(session, &vestings, day).await?;
        columns.release_others(session, &vestings, day).await?;
        columns.find_members(session).await?;
        let parts = columns.parts();
        Ok(Self {
            credits: columns.credits(&parts)?,
            parts,
            columns,
            done: vestings
                .iter()
                .map(|it| (it.settlement, steps(it)))
                .collect(),
        })
    }

    pub(crate) fn to_post<'a>(&'a self, of: &DayOf<'a>) -> NewRelease<'a> {
        NewRelease {
            stream: of.number,
            day: of.day,
            parts: &self.parts,
            credits: &self.credits,
            to: of.stream.credit.to(),
            at: of.now,
            by: of.by,
        }
    }

    /// Keeps how far it has come, once it is posted.
    pub(crate) async fn keep(
        &self,
        session: &mut Session,
        locked: &LockedPool,
        of: &DayOf<'_>,
        amount: i64,
    ) -> Result<Released, SettlementError> {
        session
            .set_vesting_rates(of.number, &self.columns.changed())
            .await?;
        session.set_steps_done(&self.done).await?;
        of.record(session, locked, JOB, RunState::Done, None)
            .await?;
        Ok(Released {
            amount: Amount::from_units(amount, locked.pool.coin),
            members: u64::try_from(self.credits.len()).unwrap_or(u64::MAX),
        })
    }
}

/// Whether its quotients are in the stream's daily rate: it vests by the day, and has begun to.
fn is_running(vesting: &Vesting) -> bool {
    vesting.dates.is_none() && vesting.steps_done > 0
}

/// A chunk of versions.
struct Column {
    /// What is released today.
    sums: Vec<i64>,
    /// What is released every day.
    rates: Vec<i64>,
    members: Vec<i64>,
    changed: bool,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            sums: vec![0; CHUNK],
            rates: vec![0; CHUNK],
            members: vec![0; CHUNK],
            changed: false,
        }
    }
}

/// Everything that is vesting, by chunk.
struct Columns(BTreeMap<i64, Column>);

/// Where in its chunk a version is.
fn place_of(version: VersionNumber) -> usize {
    let place = usize::try_from(version.get()).unwrap_or_default();
    place.checked_rem(CHUNK).unwrap_or_default()
}

impl Columns {
    fn new(rates: Vec<RateChunk>) -> Self {
        let mut columns = Self(BTreeMap::new());
        for chunk in rates {
            let column = columns.of(chunk.first);
            let from = place_of(chunk.first);
            copy(&mut column.rates, from, &chunk.quotients);
            copy(&mut column.members, from, &chunk.members);
        }
        columns
    }

    fn of(&mut self, version: VersionNumber) -> &mut Column {
        self.0.entry(chunk_of(version)).or_default()
    }

    /// What has begun to vest by the day: its part of the rate, and what its remainders give.
    async fn release_running(
        &mut self,
        session: &mut Session,
        vestings: &[Vesting],
        day: Day,
    ) -> Result<(), SettlementError> {
        let running: Vec<Vesting> = vestings
            .iter()
            .filter(|vesting| is_running(vesting))
            .cloned()
            .collect();
        if running.is_empty() {
            return Ok(());
        }
        for column in self.0.values_mut() {
            column.sums.copy_from_slice(&column.rates);
        }
        session
            .for_each_remainders(&running, |vesting, first, remainders| {
                let steps = Steps::new(vesting.steps_done, vesting.steps_by(day), vesting.steps)?;
                let sums = range(&mut self.of(first).sums, first, remainders.len())?;
                Ok::<(), SettlementError>(steps.add_remainders(remainders, sums)?)
            })
            .await?;
        for vesting in running {
            let missed = vesting.steps_by(day).saturating_sub(vesting.steps_done);
            if missed != 1 {
                return Err(SettlementError::refused(
                    format!("a release before that of {day} is missing"),
                    "report this: releases are posted in order",
                ));
            }
            if vesting.steps_by(day) == vesting.steps {
                for chunk in session.vesting_chunks(&vesting).await? {
                    self.change_rates(&chunk, i64::checked_sub)?;
                }
            }
        }
        Ok(())
    }

    /// What begins to vest, late or not, and what vests by dates.
    async fn release_others(
        &mut self,
        session: &mut Session,
        vestings: &[Vesting],
        day: Day,
    ) -> Result<(), SettlementError> {
        for vesting in vestings.iter().filter(|vesting| !is_running(vesting)) {
            let to = vesting.steps_by(day);
            let steps = Steps::new(vesting.steps_done, to, vesting.steps)?;
            for chunk in session.vesting_chunks(vesting).await? {
                let column = self.of(chunk.first);
                let sums = range(&mut column.sums, chunk.first, chunk.quotients.len())?;
                steps.add(&chunk.quotients, &chunk.remainders, sums)?;
                if vesting.dates.is_none() && to < vesting.steps {
                    self.change_rates(&chunk, i64::checked_add)?;
                }
            }
        }
        Ok(())
    }

    fn change_rates(
        &mut self,
        chunk: &VestingChunk,
        change: fn(i64, i64) -> Option<i64>,
    ) -> Result<(), SettlementError> {
        let column = self.of(chunk.first);
        column.changed = true;
        let rates = range(&mut column.rates, chunk.first, chunk.quotients.len())?;
        for (rate, quotient) in rates.iter_mut().zip(&chunk.quotients) {
            *rate = change(*rate, *quotient)
                .filter(|rate| *rate >= 0)
                .ok_or_else(beyond)?;
        }
        Ok(())
    }

    /// Whose the versions are that something is released of for the first time.
    async fn find_members(&mut self, session: &mut Session) -> Result<(), SettlementError> {
        let width = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        for (number, column) in &mut self.0 {
            let unknown = column.sums.iter().zip(&column.members);
            if !unknown
                .into_iter()
                .any(|(sum, member)| *sum != 0 && *member == 0)
            {
                continue;
            }
            let begin = number.saturating_mul(width);
            let holders = session
                .vesting_holders(begin..begin.saturating_add(width))
                .await?;
            for (version, member) in holders {
                if let Some(known) = column.members.get_mut(place_of(version)) {
                    *known = member.get();
                }
            }
            column.changed = true;
        }
        Ok(())
    }

    /// Version, amount and place among the columns of what is released, by version.
    fn parts(&self) -> Vec<(VersionNumber, i64)> {
        let mut parts = Vec::new();
        for (number, column) in &self.0 {
            let first = number.saturating_mul(i64::try_from(CHUNK).unwrap_or(i64::MAX));
            let versions = (first..).map(VersionNumber::new);
            let released = versions.zip(&column.sums).filter(|(_, sum)| **sum != 0);
            parts.extend(released.map(|(version, sum)| (version, *sum)));
        }
        parts
    }

    fn credits(
        &self,
        parts: &[(VersionNumber, i64)],
    ) -> Result<Vec<MemberCredit>, SettlementError> {
        let credit = |(version, amount): &(VersionNumber, i64)| {
            let column = self.0.get(&chunk_of(*version));
            let member = column.and_then(|column| column.members.get(place_of(*version)));
            Some(MemberCredit {
                member: paydirt_books::MemberNumber::new(*member.filter(|it| **it > 0)?),
                now: *amount,
                vesting: amount.checked_neg()?,
            })
        };
        let credits: Option<Vec<_>> = parts.iter().map(credit).collect();
        let credits = credits.ok_or_else(|| {
            SettlementError::refused(
                "a version that is vesting has no member",
                "run `paydirt ledger verify`",
            )
        })?;
        Ok(MemberCredit::merged(credits)?)
    }

    /// The chunks whose rates or members changed, without what is empty at their ends.
    fn changed(&self) -> Vec<RateChunk> {
        let changed = self.0.iter().filter(|(_, column)| column.changed);
        let chunk = |(number, column): (&i64, &Column)| {
            let is_used = |(member, rate): (&i64, &i64)| *member != 0 || *rate != 0;
            let used: Vec<bool> = column
                .members
                .iter()
                .zip(&column.rates)
                .map(is_used)
                .collect();
            let begin = used.iter().position(|used| *used)?;
            let end = used.iter().rposition(|used| *used)?.saturating_add(1);
            let first = number.saturating_mul(i64::try_from(CHUNK).unwrap_or(i64::MAX));
            Some(RateChunk {
                first: VersionNumber::new(first.saturating_add(i64::try_from(begin).ok()?)),
                members: column.members.get(begin..end)?.to_vec(),
                quotients: column.rates.get(begin..end)?.to_vec(),
            })
        };
        changed.filter_map(chunk).collect()
    }
}

fn copy(into: &mut [i64], from: usize, numbers: &[i64]) {
    for (into, number) in into.iter_mut().skip(from).zip(numbers) {
        *into = *number;
    }
}

/// The part of a column that begins with this version.
fn range(
    column: &mut [i64],
    first: VersionNumber,
    length: usize,
) -> Result<&mut [i64], SettlementError> {
    let begin = place_of(first);
    column
        .get_mut(begin..begin.saturating_add(length))
        .ok_or_else(beyond)
}

fn beyond() -> SettlementError {
    SettlementError::refused(
        "what is vesting does not fit its columns",
        "run `paydirt ledger verify`, and restore a backup if it fails",
    )
}
