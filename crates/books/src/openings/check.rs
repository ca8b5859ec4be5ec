//! What of an opening can't be.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_earnings::MAX_STEPS;
use paydirt_money::Amount;

use super::{NewOpening, OpeningBalance, OpeningPart, OpeningTotals};
use crate::numbers::{MemberNumber, StreamNumber};
use crate::pools::LockedPool;
use crate::{BooksError, Session};

/// So many problems are named, the others counted.
const NAMED: usize = 50;

/// Sums the rows, and refuses them with all that is wrong.
pub(super) async fn check(
    session: &mut Session,
    locked: &LockedPool,
    new: &NewOpening<'_>,
) -> Result<OpeningTotals, BooksError> {
    let streams = session.streams(locked.pool.number).await?;
    let names: BTreeMap<StreamNumber, String> = streams
        .into_iter()
        .map(|(name, number)| (number, name))
        .collect();
    let mut problems = Vec::new();
    let vesting: BTreeSet<StreamNumber> = new.parts.iter().map(|part| part.stream).collect();
    for stream in vesting {
        if let (Some(name), Some(day)) = (names.get(&stream), session.last_release(stream).await?) {
            problems.push(format!("stream {name} has released up to {day} already"));
        }
    }
    let rows = Rows {
        locked,
        names: &names,
    };
    rows.check_balances(new.balances, &mut problems);
    rows.check_parts(new.parts, &mut problems);
    if problems.is_empty() {
        let totals = rows.totals(new)?;
        rows.compare(&totals, new.controls, &mut problems);
        if problems.is_empty() {
            return Ok(totals);
        }
    }
    let others = problems.len().saturating_sub(NAMED);
    problems.truncate(NAMED);
    let mut what = problems.join("; ");
    if others > 0 {
        what.push_str(&format!("; and {others} more"));
    }
    Err(BooksError::Refused {
        what: format!("{} can't open pool {}: {what}", new.file, locked.pool.id),
        cure: "correct the file, or the control totals".into(),
    })
}

struct Rows<'a> {
    locked: &'a LockedPool,
    names: &'a BTreeMap<StreamNumber, String>,
}

impl Rows<'_> {
    fn check_balances(&self, balances: &[OpeningBalance], problems: &mut Vec<String>) {
        let mut seen: BTreeSet<MemberNumber> = BTreeSet::new();
        for balance in balances {
            let member = balance.member;
            if !seen.insert(member) {
                problems.push(format!("member {member} has two rows"));
            }
            let collected = balance.to_transfer.iter().map(|(_, amount)| *amount);
            let amounts = [
                balance.available,
                balance.frozen,
                balance.paid,
                balance.receivable,
            ];
            if amounts.into_iter().chain(collected).any(|it| it < 0) {
                problems.push(format!("member {member} has an amount below 0"));
            }
            let streams: BTreeSet<StreamNumber> =
                balance.to_transfer.iter().map(|(it, _)| *it).collect();
            if streams.len() < balance.to_transfer.len() {
                problems.push(format!("member {member} has a stream twice"));
            }
            if !streams.iter().all(|it| self.names.contains_key(it)) {
                problems.push(format!("member {member} has a stream of another pool"));
            }
        }
    }

    fn check_parts(&self, parts: &[OpeningPart], problems: &mut Vec<String>) {
        let first = self.locked.pool.first_day;
        for part in parts {
            let mut wrong = |what: String| {
                problems.push(format!("member {}, {}: {what}", part.member, part.day));
            };
            if !self.names.contains_key(&part.stream) {
                wrong("a stream of another pool".into());
            }
            if part.day >= first {
                wrong(format!("the pool's own days begin with {first}"));
            }
            if part.total <= 0 {
                wrong("nothing is vesting of 0 or less".into());
            }
            if !(1..=MAX_STEPS).contains(&part.steps) || part.done > part.steps {
                let (done, steps) = (part.done, part.steps);
                wrong(format!(
                    "{done} of {steps} steps can't be (1 to {MAX_STEPS})"
                ));
            }
        }
    }

    fn totals(&self, new: &NewOpening<'_>) -> Result<OpeningTotals, BooksError> {
        let beyond = || BooksError::Refused {
            what: format!("the sums of {} are beyond 64 bits", new.file),
            cure: "amounts are ledger units, 10^-9 coin: correct the file".into(),
        };
        let add = |sum: &mut i64, amount: i64| {
            *sum = sum.checked_add(amount).ok_or_else(beyond)?;
            Ok::<(), BooksError>(())
        };
        let mut totals = OpeningTotals::default();
        // Of each posting, all that it is of fits too.
        let (mut posted, mut earned) = (0, 0);
        for balance in new.balances {
            for (sum, amount) in [
                (&mut totals.available, balance.available),
                (&mut totals.frozen, balance.frozen),
                (&mut totals.paid, balance.paid),
                (&mut totals.receivable, balance.receivable),
            ] {
                add(sum, amount)?;
                add(&mut posted, amount)?;
            }
            for (stream, amount) in &balance.to_transfer {
                add(totals.to_transfer.entry(*stream).or_default(), *amount)?;
                add(&mut posted, *amount)?;
            }
        }
        for part in new.parts {
            add(&mut totals.vesting, part.unvested())?;
            add(&mut earned, part.total)?;
        }
        totals.to_transfer.retain(|_, amount| *amount != 0);
        Ok(totals)
    }

    fn compare(&self, rows: &OpeningTotals, controls: &OpeningTotals, problems: &mut Vec<String>) {
        let coin = self.locked.pool.coin;
        let mut same = |bucket: &str, rows: i64, control: i64| {
            if rows != control {
                let [rows, control] = [rows, control].map(|it| Amount::from_units(it, coin));
                problems.push(format!(
                    "{bucket}: the rows sum to {rows}, the control total is {control}"
                ));
            }
        };
        same("available", rows.available, controls.available);
        same("frozen", rows.frozen, controls.frozen);
        same("vesting", rows.vesting, controls.vesting);
        same("paid", rows.paid, controls.paid);
        same("receivable", rows.receivable, controls.receivable);
        let of = |totals: &OpeningTotals, stream| {
            let amount = totals.to_transfer.get(stream).copied();
            amount.unwrap_or_default()
        };
        let streams: BTreeSet<&StreamNumber> = rows
            .to_transfer
            .keys()
            .chain(controls.to_transfer.keys())
            .collect();
        for stream in streams {
            let name = self.names.get(stream).map_or("?", String::as_str);
            let bucket = format!("to_transfer of {name}");
            same(&bucket, of(rows, stream), of(controls, stream));
        }
    }
}
