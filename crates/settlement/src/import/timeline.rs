//! A change of an order, through all of its versions from a day on.
//!
//! What was recorded before for later days stays, but for what the change is about: a new fee rate
//! counts after a transfer that is still to come, and a transfer after a new fee rate.

use paydirt_books::{Holding, NewVersion, PoolNumber, Session, Version};
use paydirt_schedule::{Day, Timestamp};

use crate::SettlementError;

/// A version and what becomes of it.
pub(super) struct Segment<'a> {
    /// The version that counts so far.
    pub(super) version: &'a Version,
    /// From when on it changes.
    pub(super) from: Day,
    /// To what.
    pub(super) after: Holding,
}

impl<'a> Segment<'a> {
    /// From `from` on until `first` counts, the first version that there is.
    pub(super) fn before(first: &'a Version, from: Day, after: Holding) -> Self {
        Self {
            version: first,
            from,
            after,
        }
    }

    /// Whether it is of days before its version.
    pub(super) fn is_earlier(&self) -> bool {
        self.from < self.version.valid_from
    }
}

/// The versions that count on `from` or later, each changed.
pub(super) fn changed(
    timeline: &[Version],
    from: Day,
    change: impl Fn(&Holding) -> Holding,
) -> Vec<Segment<'_>> {
    let counts = |version: &&Version| version.valid_until.is_none_or(|until| until > from);
    let live = timeline.iter().filter(counts);
    live.map(|version| Segment {
        version,
        from: version.valid_from.max(from),
        after: change(&version.holding),
    })
    .collect()
}

/// Records versions, several of an order in the order of their days.
pub(super) async fn record(
    session: &mut Session,
    pool: PoolNumber,
    mut versions: Vec<NewVersion>,
    now: Timestamp,
    by: &str,
) -> Result<(), SettlementError> {
    versions.sort_by_key(|version| (version.order, version.valid_from));
    while !versions.is_empty() {
        let (mut first, mut later): (Vec<NewVersion>, Vec<NewVersion>) = (Vec::new(), Vec::new());
        for version in versions {
            match first.last().is_some_and(|last| last.order == version.order) {
                true => later.push(version),
                false => first.push(version),
            }
        }
        session.add_versions(pool, &first, now, by).await?;
        versions = later;
    }
    Ok(())
}
