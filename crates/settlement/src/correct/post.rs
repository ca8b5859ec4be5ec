//! A planned correction, posted.

use std::collections::BTreeMap;

use paydirt_books::{
    Computed, CorrectedVesting, CorrectionVersion, LockedPool, NewCorrection, Session,
    SettlementNumber, VersionNumber,
};
use serde_json::json;

use super::{Correction, Planned};
use crate::settle::DayOf;
use crate::terms::KeptTerms;
use crate::{SettlementError, correct};

/// Posts a correction that was planned in this session, with the pool locked since; the caller
/// commits. It is booked on the day that it is in the pool's zone.
///
/// # Errors
/// The books'.
pub async fn post_correction(
    session: &mut Session,
    locked: &mut LockedPool,
    of: &DayOf<'_>,
    correction: Correction,
    reason: &str,
) -> Result<SettlementNumber, SettlementError> {
    let Correction {
        revision,
        mut planned,
        ..
    } = correction;
    let pool = locked.pool.number;
    let versions: Vec<CorrectionVersion> = planned.new.iter().map(|(_, it)| it.clone()).collect();
    let added = session.add_correction_versions(pool, of.day, &versions, of.now, of.by);
    planned.renumber(&added.await?);
    let terms = planned.terms()?;
    let computed = Computed {
        terms,
        reason: Some(reason.to_owned()),
        ..planned.computed
    };
    let vesting = planned.vesting.as_ref().map(|it| CorrectedVesting {
        steps: it.steps,
        done: it.done,
        dates: it.dates.clone(),
        released_through: it.released_through,
        changes: &it.changes,
    });
    let new = NewCorrection {
        stream: of.number,
        day: of.day,
        revision,
        first: planned.first,
        computed,
        items: &planned.items,
        orders: planned.counting,
        lines: &planned.lines,
        entries: &planned.entries,
        vesting,
        accounting: of.pool.zones().day_of(of.now)?,
        at: of.now,
        by: of.by,
        cause: format!(
            "{} {}, revision {revision}: {reason}",
            of.stream.name, of.day
        ),
    };
    let number = session.post_correction(locked, &new).await?;
    let detail = json!({
        "stream": of.stream.name, "day": of.day, "revision": revision,
        "settlement": number.get(), "reason": reason,
    });
    session
        .audit(
            of.by,
            correct::CORRECT,
            of.pool.id.as_str(),
            &detail,
            of.now,
        )
        .await?;
    Ok(number)
}

impl Planned {
    /// New versions get the numbers that they have now.
    fn renumber(&mut self, added: &[VersionNumber]) {
        let planned = self.new.iter().map(|(number, _)| *number);
        let numbers: BTreeMap<VersionNumber, VersionNumber> =
            planned.zip(added.iter().copied()).collect();
        let number = |version: &mut VersionNumber| {
            if let Some(number) = numbers.get(version) {
                *version = *number;
            }
        };
        for line in &mut self.lines {
            number(&mut line.version);
        }
        for change in self.vesting.iter_mut().flat_map(|it| &mut it.changes) {
            number(&mut change.version);
        }
        let terms = &mut self.terms;
        let new = terms.replaced.iter_mut().map(|(_, new)| new);
        for version in new.chain(&mut terms.added) {
            let mut of = VersionNumber::new(*version);
            number(&mut of);
            *version = of.get();
        }
    }

    fn terms(&self) -> Result<String, SettlementError> {
        let unreadable = |error: serde_json::Error| {
            SettlementError::refused(format!("the terms can't be kept: {error}"), "report this")
        };
        let mut terms: KeptTerms =
            serde_json::from_str(&self.computed.terms).map_err(unreadable)?;
        terms.correction = Some(self.terms.clone());
        serde_json::to_string(&terms).map_err(unreadable)
    }
}
