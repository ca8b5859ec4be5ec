//! The lines that a correction changes, and what each gives or takes.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_books::{CorrectedLine, Counting, Line, MemberNumber, TotalChange, VersionNumber};
use paydirt_earnings::{LineChange, LineVesting, Vesting};

use super::orders::Overridden;
use crate::SettlementError;
use crate::compute::add;

/// A line that changes.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// The order's id.
    pub(super) order: Vec<u8>,
    pub(super) member: MemberNumber,
    /// Whose its unvested parts are.
    pub(super) holder: MemberNumber,
    pub(super) was: Line,
    pub(super) is: Line,
    pub(super) change: LineChange,
}

/// All that changes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) changed: Vec<Changed>,
    /// To be posted, in ascending order of version.
    pub(super) lines: Vec<Line>,
    pub(super) totals: Vec<TotalChange>,
}

/// The day before and after.
pub(super) struct Day<'a> {
    /// By version; of those that count no more, too.
    pub(super) before: &'a [CorrectedLine],
    pub(super) counted: &'a Counting,
    pub(super) after: &'a [Line],
    pub(super) overridden: &'a Overridden,
    pub(super) moved: &'a BTreeMap<VersionNumber, MemberNumber>,
    pub(super) vesting: &'a Vesting,
    /// How many steps are released.
    pub(super) done: u32,
}

const fn nothing(version: VersionNumber) -> CorrectedLine {
    CorrectedLine {
        line: Line {
            version,
            gross: 0,
            fee: 0,
        },
        total: None,
    }
}

impl Day<'_> {
    /// Compares each line with what it was.
    pub(super) fn changes(&self) -> Result<Changes, SettlementError> {
        let mut changes = Changes::default();
        let came_from: BTreeMap<VersionNumber, VersionNumber> = self
            .overridden
            .replaced
            .iter()
            .map(|(old, new)| (*new, *old))
            .collect();
        let fresh: BTreeSet<VersionNumber> =
            self.overridden.new.iter().map(|(it, _)| *it).collect();
        let counting = &self.overridden.counting;
        for (place, (line, order)) in self.after.iter().zip(counting.orders()).enumerate() {
            let old = came_from.get(&line.version).copied();
            let was = self.before(old.unwrap_or(line.version));
            let is_new = fresh.contains(&line.version);
            let (before, after) = ((was.line.gross, was.line.fee), (line.gross, line.fee));
            if is_new || before != after {
                let id = counting.id(place);
                self.change(&mut changes, was, *line, (id, order.member))?;
            }
        }
        let gone = &self.overridden.removed;
        let members = self.counted.orders().iter().enumerate();
        for (place, order) in members.filter(|(_, it)| gone.contains(&it.version)) {
            let was = self.before(order.version);
            let is = nothing(order.version).line;
            let id = self.counted.id(place);
            self.change(&mut changes, was, is, (id, order.member))?;
        }
        for old in self.overridden.replaced.keys() {
            changes.lines.push(nothing(*old).line);
        }
        changes.lines.sort_unstable_by_key(|line| line.version);
        changes.totals.sort_unstable_by_key(|total| total.version);
        Ok(changes)
    }

    fn before(&self, version: VersionNumber) -> CorrectedLine {
        let found = self
            .before
            .binary_search_by_key(&version, |it| it.line.version);
        let found = found.ok().and_then(|place| self.before.get(place));
        found.copied().unwrap_or(nothing(version))
    }

    fn change(
        &self,
        changes: &mut Changes,
        was: CorrectedLine,
        is: Line,
        (id, member): (&[u8], MemberNumber),
    ) -> Result<(), SettlementError> {
        let own = LineVesting::of(was.line.net(), self.vesting);
        let before = LineVesting {
            total: was.total.unwrap_or(own.total),
            ..own
        };
        let (after, change) = before.corrected(is.net(), self.vesting, self.done);
        if self.done < self.vesting.steps() {
            let total = |version, before, after, is_own| TotalChange {
                version,
                before,
                after,
                is_own,
            };
            let is_own = after.total == LineVesting::of(is.net(), self.vesting).total;
            match was.line.version == is.version {
                true => changes
                    .totals
                    .push(total(is.version, before.total, after.total, is_own)),
                false => changes.totals.extend([
                    total(was.line.version, before.total, 0, true),
                    total(is.version, 0, after.total, is_own),
                ]),
            }
        }
        let holder = self.moved.get(&was.line.version).copied();
        changes.lines.push(is);
        changes.changed.push(Changed {
            order: id.to_vec(),
            member,
            holder: holder.unwrap_or(member),
            was: was.line,
            is,
            change,
        });
        Ok(())
    }
}

/// What each member gets at once, and what its vesting changes by.
pub(super) fn by_member(
    changed: &[Changed],
) -> Result<BTreeMap<MemberNumber, (i64, i64)>, SettlementError> {
    let mut members: BTreeMap<MemberNumber, (i64, i64)> = BTreeMap::new();
    for line in changed {
        let now = &mut members.entry(line.member).or_default().0;
        *now = add(*now, line.change.now)?;
        let vesting = &mut members.entry(line.holder).or_default().1;
        *vesting = add(*vesting, line.change.vesting)?;
    }
    members.retain(|_, change| *change != (0, 0));
    Ok(members)
}
