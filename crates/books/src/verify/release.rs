//! Releases: how far each settlement is released, and what each release came to.

use paydirt_schedule::Day;

use super::Stop;
use super::expected::{Paged, To};
use super::remainders::Remainders;
use crate::BooksError;
use crate::digest::Hash;
use crate::numbers::VersionNumber;
use crate::releases::release_digest;
use crate::vesting::Vesting;

/// A release that released something.
pub(super) struct Posted {
    /// Its posting's place in the chain.
    pub(super) seq: i64,
    pub(super) day: Day,
    /// As it is in the books.
    pub(super) amount: i64,
    pub(super) digest: Vec<u8>,
    pub(super) to: To,
    /// As it follows from the lines, so far.
    pub(super) expected: i128,
}

/// A stream's releases, by day.
pub(super) struct Releases {
    pub(super) posted: Vec<Posted>,
    /// The day of the last, whether it released something or not.
    pub(super) last_day: Option<Day>,
    /// What the last of those that did releases of each version.
    last_parts: Paged<i64>,
    /// What is released every day of each version.
    pub(super) rates: Paged<i64>,
}

impl Default for Releases {
    fn default() -> Self {
        Self {
            posted: Vec::new(),
            last_day: None,
            last_parts: Paged::new(),
            rates: Paged::new(),
        }
    }
}

impl Releases {
    /// The hash of the last one's parts.
    pub(super) fn digest_of_last(&self) -> Hash {
        let parts = self.last_parts.iter().filter(|(_, amount)| **amount != 0);
        let parts: Vec<(VersionNumber, i64)> = parts
            .map(|(version, amount)| (VersionNumber(version), *amount))
            .collect();
        release_digest(&parts)
    }

    pub(super) fn add_to_last(&mut self, version: i64, amount: i64) -> Result<(), Stop> {
        match amount {
            0 => Ok(()),
            _ => super::add(self.last_parts.at(version)?, amount),
        }
    }

    /// Which steps of a settlement that was posted at `seq` each release took, up to one that was
    /// posted at `until`. One that released
    /// nothing of anything took none that matter: the next takes them with its own.
    pub(super) fn taken(
        &self,
        vesting: &Vesting,
        done: u32,
        seq: i64,
        until: Option<i64>,
    ) -> Vec<Taken> {
        let mut taken = Vec::new();
        let mut from = done;
        for (place, posted) in self.posted.iter().enumerate() {
            if posted.seq < seq || until.is_some_and(|until| posted.seq > until) {
                continue;
            }
            if posted.day <= vesting.day || from >= vesting.steps {
                continue;
            }
            let to = vesting.steps_by(posted.day).max(from);
            if to > from {
                let is_last = place.saturating_add(1) == self.posted.len();
                taken.push(Taken {
                    place,
                    day: posted.day,
                    to_account: posted.to,
                    from,
                    to,
                    is_last,
                });
            }
            from = to;
        }
        taken
    }

    /// Adds what releases took of a settlement to what they must come to.
    pub(super) fn add(&mut self, taken: &[Taken], remainders: &Remainders) -> Result<(), Stop> {
        for one in taken {
            let posted = self.posted.get_mut(one.place);
            let posted = posted.ok_or_else(|| BooksError::corrupt("release", one.place))?;
            let amount = remainders
                .released(one.to)
                .checked_sub(remainders.released(one.from));
            let sum = amount.and_then(|amount| posted.expected.checked_add(amount));
            posted.expected =
                sum.ok_or_else(|| BooksError::corrupt("sum of a release", posted.expected))?;
        }
        Ok(())
    }
}

/// The steps of a settlement that a release took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// Which of the stream's releases.
    place: usize,
    pub(super) day: Day,
    pub(super) to_account: To,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) is_last: bool,
}

/// Who has the unvested parts of a version on a day, where they were transferred before.
pub(super) fn holder_on(holders: Option<&Vec<(Day, i64)>>, day: Day) -> Option<i64> {
    let holders = holders?.iter();
    let last = holders.take_while(|(from, _)| *from <= day).last();
    last.map(|(_, member)| *member)
}

/// Releases to one account as one, where the holder is always the same.
pub(super) fn merged(taken: &[Taken], apart: bool) -> impl Iterator<Item = Taken> {
    let same = move |a: &Taken, b: &Taken| !apart && a.to_account == b.to_account;
    taken.chunk_by(same).filter_map(|run| {
        let (first, last) = (run.first()?, run.last()?);
        Some(Taken {
            from: first.from,
            ..*last
        })
    })
}
