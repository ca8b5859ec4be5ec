//! Unvested parts that go with their order to another member.

use std::collections::BTreeMap;

use paydirt_schedule::{Day, Timestamp};

use crate::db::query;
use crate::numbers::{MemberNumber, StreamNumber, VersionNumber};
use crate::pools::LockedPool;
use crate::postings::{Entry, NewPosting};
use crate::vesting::{CHUNK, Vesting, i64s, remainders};
use crate::{Account, BooksError, Session};

/// floor(T * done / steps) of T = quotient * steps + remainder, taken from T.
fn unvested(vesting: &Vesting, quotient: i64, remainder: u16) -> Option<i64> {
    let [quotient, remainder] = [i128::from(quotient), i128::from(remainder)];
    let [steps, done] = [vesting.steps, vesting.steps_done].map(i128::from);
    let total = quotient.checked_mul(steps)?.checked_add(remainder)?;
    let released = total.checked_mul(done)?.checked_div(steps)?;
    i64::try_from(total.checked_sub(released)?).ok()
}

/// Unvested parts by version, whose they were, whose they are, and from when on.
struct Moved {
    parts: BTreeMap<VersionNumber, i64>,
    holder: MemberNumber,
    to: MemberNumber,
    from: Day,
}

impl Session {
    /// Gives what is unvested of these versions and still `holder`'s to `to`, from the next release
    /// on, and returns how much that is, ledger units.
    ///
    /// # Errors
    /// `Refused` when the releases of two streams stand at different days; `Database`.
    pub async fn move_vesting(
        &mut self,
        locked: &mut LockedPool,
        versions: &[VersionNumber],
        holder: MemberNumber,
        to: MemberNumber,
        by: &str,
        now: Timestamp,
    ) -> Result<i64, BooksError> {
        let mut own = Vec::new();
        for version in versions {
            if self.vesting_holder(*version).await? == holder {
                own.push(*version);
            }
        }
        let mut parts: BTreeMap<VersionNumber, i64> = BTreeMap::new();
        let mut days: BTreeMap<StreamNumber, Day> = BTreeMap::new();
        for stream in self.streams(locked.pool.number).await?.into_values() {
            let Some(next) = self.next_release(stream).await? else {
                continue;
            };
            for vesting in self.open_vestings(stream).await? {
                for version in &own {
                    let part = self.unvested_of(&vesting, *version).await?;
                    if part > 0 {
                        let sum = parts.entry(*version).or_default();
                        *sum = sum
                            .checked_add(part)
                            .ok_or_else(|| BooksError::corrupt("unvested sum", part))?;
                        days.insert(stream, next);
                    }
                }
            }
        }
        let Some(from) = days.values().next().copied() else {
            return Ok(0);
        };
        if days.values().any(|day| *day != from) {
            return Err(BooksError::Refused {
                what: "what vests of this order is released up to different days".into(),
                cure: "settle all streams up to one day first".into(),
            });
        }
        let moved = Moved {
            parts,
            holder,
            to,
            from,
        };
        self.post_moved(locked, &moved, by, now).await?;
        for stream in days.into_keys() {
            self.set_rate_members(stream, &moved.parts, to).await?;
        }
        Ok(moved
            .parts
            .values()
            .fold(0, |sum: i64, part| sum.saturating_add(*part)))
    }

    async fn vesting_holder(&mut self, version: VersionNumber) -> Result<MemberNumber, BooksError> {
        let next = version.get().saturating_add(1);
        let holders = self.vesting_holders(version.get()..next).await?;
        let holder = holders.get(&version).copied();
        holder.ok_or_else(|| BooksError::corrupt("version", version))
    }

    async fn unvested_of(
        &mut self,
        vesting: &Vesting,
        version: VersionNumber,
    ) -> Result<i64, BooksError> {
        let width = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let sql = "SELECT first, remainders, quotients FROM vesting_chunk \
                   WHERE settlement = $1 AND first <= $2 AND first > $3";
        let asked = query(sql)
            .bind(vesting.settlement.get())
            .bind(version.get())
            .bind(version.get().saturating_sub(width));
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = asked.fetch_all(&mut self.connection).await?;
        for (first, rests, quotients) in rows {
            let place = usize::try_from(version.get().saturating_sub(first)).unwrap_or(usize::MAX);
            let rest = remainders(&rests, vesting.steps).get(place).copied();
            if let (Some(quotient), Some(rest)) = (i64s(&quotients).get(place).copied(), rest) {
                return unvested(vesting, quotient, rest)
                    .ok_or_else(|| BooksError::corrupt("unvested part", quotient));
            }
        }
        Ok(0)
    }

    async fn post_moved(
        &mut self,
        locked: &mut LockedPool,
        moved: &Moved,
        by: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let Moved {
            parts,
            holder,
            to,
            from,
        } = moved;
        let mut entries = Vec::new();
        for part in parts.values() {
            entries.push(Entry::of_member(
                Account::Vesting,
                *holder,
                part.saturating_neg(),
            ));
            entries.push(Entry::of_member(Account::Vesting, *to, *part));
        }
        let posting = NewPosting {
            kind: "vesting transfer",
            stream: None,
            day: *from,
            at: now,
            by: by.to_owned(),
            cause: format!("unvested parts of {} versions to member {to}", parts.len()),
        };
        self.post(locked, &posting, &entries).await?;
        for version in parts.keys() {
            let sql = "INSERT INTO vesting_holder (version, from_day, member) VALUES ($1, $2, $3) \
                       ON CONFLICT (version, from_day) DO UPDATE SET member = excluded.member";
            query(sql)
                .bind(version.get())
                .bind(from.days_since_epoch())
                .bind(to.get())
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// What is released of these versions every day is another member's from now on.
    async fn set_rate_members(
        &mut self,
        stream: StreamNumber,
        parts: &BTreeMap<VersionNumber, i64>,
        to: MemberNumber,
    ) -> Result<(), BooksError> {
        let mut changed = Vec::new();
        for mut chunk in self.vesting_rates(stream).await? {
            let mut is_changed = false;
            for version in parts.keys() {
                let place = version.get().checked_sub(chunk.first.get());
                let place = place.and_then(|place| usize::try_from(place).ok());
                if let Some(known) = place.and_then(|place| chunk.members.get_mut(place)) {
                    *known = to.get();
                    is_changed = true;
                }
            }
            if is_changed {
                changed.push(chunk);
            }
        }
        self.set_vesting_rates(stream, &changed).await
    }
}
