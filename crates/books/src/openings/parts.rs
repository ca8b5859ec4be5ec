//! What was vesting before these books, as settlements.

use std::collections::BTreeMap;

use paydirt_earnings::decompose;
use paydirt_money::{BaseUnits, FeeRate, Power};
use paydirt_schedule::Day;
use serde_json::json;

use super::{NewOpening, OpeningPart};
use crate::bulk::CreditTo;
use crate::db::query;
use crate::lines::{Credit, Line};
use crate::numbers::{MemberNumber, StreamNumber, VersionNumber};
use crate::orders::{Holding, NewVersion, VersionCause};
use crate::pools::LockedPool;
use crate::releases::release_digest;
use crate::settlements::{Computed, NewSettlement, SettlementKind};
use crate::vesting::{CHUNK, RateChunk, Vesting, VestingChunk};
use crate::{Account, BooksError, Entry, Session};

/// Parts that are one settlement: of a stream's day, in as many steps, as far released.
type Key = (StreamNumber, Day, u32, u32);

/// A version's part, and its member.
type Part = (VersionNumber, MemberNumber, OpeningPart);

/// Posts what is vesting. `before` is the day before the pool's first.
pub(super) async fn post(
    session: &mut Session,
    locked: &mut LockedPool,
    new: &NewOpening<'_>,
    before: Day,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<(), BooksError> {
    let groups = add_orders(session, locked, new, before).await?;
    let mut rates: BTreeMap<StreamNumber, BTreeMap<VersionNumber, (i64, i64)>> = BTreeMap::new();
    let mut revisions: BTreeMap<(StreamNumber, Day), i64> = BTreeMap::new();
    let of = groups.values().map(Vec::len).sum();
    let mut posted: usize = 0;
    for (key, parts) in &groups {
        progress(posted, of);
        posted = posted.saturating_add(parts.len());
        let (stream, day, steps, done) = *key;
        let revision = revisions.entry((stream, day)).or_default();
        post_group(session, locked, new, before, (*key, *revision), parts).await?;
        *revision = revision.saturating_add(1);
        let rates = rates.entry(stream).or_default();
        // What has begun to vest is in the stream's daily rate.
        for (version, member, part) in parts.iter().filter(|_| done > 0) {
            let (quotient, _) = decomposed(part.total, steps)?;
            let (_, rate) = rates.entry(*version).or_insert((member.get(), 0));
            let sum = rate.checked_add(quotient);
            *rate = sum.ok_or_else(|| BooksError::corrupt("daily rate", *rate))?;
        }
    }
    for (stream, rates) in &rates {
        let chunks = chunks(rates.iter().map(|(version, rate)| (*version, *rate)));
        let chunk = |(first, rates): (VersionNumber, Vec<(i64, i64)>)| {
            let (members, quotients) = rates.into_iter().unzip();
            RateChunk {
                first,
                members,
                quotients,
            }
        };
        let chunks: Vec<RateChunk> = chunks.into_iter().map(chunk).collect();
        session.set_vesting_rates(*stream, &chunks).await?;
        nothing_before(session, locked, *stream, before, new).await?;
    }
    Ok(())
}

/// An order that never counts for each part of a member in a group, so that each is a line of its
/// own; and the parts by group, each in ascending order of version.
async fn add_orders(
    session: &mut Session,
    locked: &LockedPool,
    new: &NewOpening<'_>,
    before: Day,
) -> Result<BTreeMap<Key, Vec<Part>>, BooksError> {
    let mut groups: BTreeMap<Key, BTreeMap<MemberNumber, Vec<OpeningPart>>> = BTreeMap::new();
    for part in new.parts.iter().filter(|part| part.done < part.steps) {
        let key = (part.stream, part.day, part.steps, part.done);
        let of_member = groups.entry(key).or_default().entry(part.member);
        of_member.or_default().push(*part);
    }
    let mut most: BTreeMap<MemberNumber, usize> = BTreeMap::new();
    for (member, parts) in groups.values().flatten() {
        let count = most.entry(*member).or_default();
        *count = parts.len().max(*count);
    }
    let versions = add_versions(session, locked, new, before, &most).await?;
    let mut numbered = BTreeMap::new();
    for (key, members) in groups {
        let mut parts: Vec<Part> = Vec::new();
        for (member, of_member) in members {
            let versions = versions.get(&member).map(Vec::as_slice).unwrap_or_default();
            if versions.len() < of_member.len() {
                return Err(BooksError::corrupt("orders of an opening", member));
            }
            let named = versions.iter().zip(of_member);
            parts.extend(named.map(|(version, part)| (*version, member, part)));
        }
        parts.sort_unstable_by_key(|(version, _, _)| *version);
        numbered.insert(key, parts);
    }
    Ok(numbered)
}

/// So many pseudo-orders a member: `opening:CODE`, `opening:CODE:2`, …. They count on no day of the
/// pool's.
async fn add_versions(
    session: &mut Session,
    locked: &LockedPool,
    new: &NewOpening<'_>,
    before: Day,
    most: &BTreeMap<MemberNumber, usize>,
) -> Result<BTreeMap<MemberNumber, Vec<VersionNumber>>, BooksError> {
    let codes = session.codes_of(most.keys().copied()).await?;
    let (mut ids, mut members) = (Vec::new(), Vec::new());
    for (member, count) in most {
        let code = codes.get(member);
        let code = code.ok_or_else(|| BooksError::corrupt("member", member))?;
        for place in 1..=*count {
            ids.push(match place {
                1 => format!("opening:{code}"),
                _ => format!("opening:{code}:{place}"),
            });
            members.push(*member);
        }
    }
    let pool = locked.pool.number;
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let orders = session.add_orders(pool, &named).await?;
    let nothing = (Power::from_bytes(0)?, FeeRate::from_millionths(0)?);
    let version = |(order, member): (_, &MemberNumber)| NewVersion {
        order,
        holding: Holding {
            member: *member,
            power: nothing.0,
            fee_rate: nothing.1,
            coefficient: None,
            start: before,
            end: Some(locked.pool.first_day),
            streams: None,
        },
        valid_from: before,
        cause: VersionCause::Opening,
        import: None,
        note: None,
    };
    let rows: Vec<NewVersion> = orders.into_iter().zip(&members).map(version).collect();
    let numbers = session.add_versions(pool, &rows, new.at, new.by).await?;
    let mut by_member: BTreeMap<MemberNumber, Vec<VersionNumber>> = BTreeMap::new();
    for (member, number) in members.into_iter().zip(numbers) {
        by_member.entry(member).or_default().push(number);
    }
    Ok(by_member)
}

async fn post_group(
    session: &mut Session,
    locked: &mut LockedPool,
    new: &NewOpening<'_>,
    before: Day,
    ((stream, day, steps, done), revision): (Key, i64),
    parts: &[Part],
) -> Result<(), BooksError> {
    let line = |(version, _, part): &Part| Line {
        version: *version,
        gross: part.total,
        fee: 0,
    };
    let lines: Vec<Line> = parts.iter().map(line).collect();
    let mut credits: BTreeMap<MemberNumber, i64> = BTreeMap::new();
    for (_, member, part) in parts {
        let credit = credits.entry(*member).or_default();
        *credit = sum([*credit, part.unvested()])?;
    }
    let credit = |(member, vesting): (&MemberNumber, &i64)| Credit {
        member: *member,
        now: 0,
        vesting: *vesting,
    };
    let credits: Vec<Credit> = credits.iter().map(credit).collect();
    let total = sum(parts.iter().map(|(_, _, part)| part.total))?;
    let unvested = sum(credits.iter().map(|credit| credit.vesting))?;
    let entries = [
        Entry::of_pool(Account::Vesting, unvested),
        Entry::of_pool(Account::OpeningEquity, unvested.saturating_neg()),
    ];
    let settlement = NewSettlement {
        stream,
        day,
        computed: computed(new, total, credits.len(), steps, done),
        items: &[],
        lines: &lines,
        credits: &credits,
        to: CreditTo::Available,
        entries: &entries,
        at: new.at,
        by: new.by,
        cause: format!("earned on {day}, {done} of {steps} steps released before these books"),
    };
    let settlement = session.post_revision(locked, &settlement, revision, before);
    let settlement = settlement.await?;
    // The step after those that are done is the one of the pool's first day.
    let begins = before.checked_add_days(i32::try_from(done).unwrap_or_default().saturating_neg());
    let vesting = Vesting {
        settlement,
        day: begins?,
        steps,
        steps_done: done,
        dates: None,
    };
    let chunks = vesting_chunks(parts, steps)?;
    session
        .add_vesting(stream, &vesting, total, &chunks)
        .await?;
    session.set_steps_done(&[(settlement, done)]).await
}

/// What such a settlement keeps: as if all of it had been earned and nothing was free at once.
fn computed(new: &NewOpening<'_>, total: i64, members: usize, steps: u32, done: u32) -> Computed {
    let terms = json!({
        "credit": "available",
        "vesting": {"immediate_millionths": 0, "steps": steps, "dates": null},
        "done": done,
    });
    let none = BaseUnits::new(0);
    Computed {
        kind: SettlementKind::Opening,
        begins_at: new.at,
        ends_at: new.at,
        zone: "UTC".into(),
        rule: 0,
        terms: terms.to_string(),
        items: none,
        deductions: none,
        carried_in: none,
        carried_out: none,
        loss_in: none,
        loss_out: none,
        loss: none,
        income: total,
        net: total,
        fee: 0,
        retained: 0,
        immediate: 0,
        pool_power: None,
        sold: 0,
        whole: 0,
        members: u64::try_from(members).unwrap_or(u64::MAX),
        reason: None,
    }
}

fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64, BooksError> {
    let mut amounts = amounts.into_iter();
    let sum = amounts.try_fold(0_i64, i64::checked_add);
    sum.ok_or_else(|| BooksError::corrupt("sum of what is vesting", "beyond 64 bits"))
}

fn decomposed(total: i64, steps: u32) -> Result<(i64, u16), BooksError> {
    decompose(total, steps).map_err(|error| BooksError::corrupt("vesting", error.to_string()))
}

fn vesting_chunks(parts: &[Part], steps: u32) -> Result<Vec<VestingChunk>, BooksError> {
    let mut columns = Vec::with_capacity(parts.len());
    for (version, _, part) in parts {
        columns.push((*version, decomposed(part.total, steps)?));
    }
    let chunk = |(first, columns): (VersionNumber, Vec<(i64, u16)>)| {
        let (quotients, remainders) = columns.into_iter().unzip();
        VestingChunk {
            first,
            remainders,
            quotients,
        }
    };
    Ok(chunks(columns).into_iter().map(chunk).collect())
}

/// Columns of ascending versions, none in two chunks of [`CHUNK`]; versions between are of nothing.
fn chunks<T: Default + Clone>(
    columns: impl IntoIterator<Item = (VersionNumber, T)>,
) -> Vec<(VersionNumber, Vec<T>)> {
    let width = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let chunk_of = |version: VersionNumber| version.get().div_euclid(width);
    let mut chunks: Vec<(VersionNumber, Vec<T>)> = Vec::new();
    for (version, value) in columns {
        match chunks.last_mut() {
            Some((first, values)) if chunk_of(*first) == chunk_of(version) => {
                let place = version.get().saturating_sub(first.get());
                values.resize(usize::try_from(place).unwrap_or_default(), T::default());
                values.push(value);
            }
            _ => chunks.push((version, vec![value])),
        }
    }
    chunks
}

/// Up to the pool's first day, all that vested is released: no job looks for it.
async fn nothing_before(
    session: &mut Session,
    locked: &LockedPool,
    stream: StreamNumber,
    before: Day,
    new: &NewOpening<'_>,
) -> Result<(), BooksError> {
    let sql = "INSERT INTO release (pool, stream, day, amount, members, digest, released_at) \
               VALUES ($1, $2, $3, 0, 0, $4, $5)";
    query(sql)
        .bind(locked.pool.number.get())
        .bind(stream.get())
        .bind(before.days_since_epoch())
        .bind(&release_digest(&[])[..])
        .bind(new.at.as_ms())
        .execute(&mut session.connection)
        .await?;
    Ok(())
}
