//! Balances from before the books, from a file: all rows or none, once a pool.

mod bucket;
mod ready;

use std::collections::BTreeMap;
use std::path::Path;

use paydirt_books::{LockedPool, Session};
use paydirt_money::Amount;
use paydirt_schedule::{Day, Timestamp};
use paydirt_sheets::openings::OpeningRow;
use serde_json::json;

use self::ready::Ready;
use crate::SettlementError;
use crate::terms::PoolTerms;

pub use bucket::OpeningBucket;

/// What is imported, by whom.
pub struct OpeningImport<'a> {
    /// The pool.
    pub terms: &'a PoolTerms,
    /// The file, for messages and the record.
    pub path: &'a Path,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Its rows.
    pub rows: &'a [OpeningRow],
    /// What the rows of each bucket must sum to, known from elsewhere.
    pub controls: &'a BTreeMap<OpeningBucket, Amount>,
    /// Whether members that are not there are added.
    pub create_members: bool,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// Problems that are listed.
    pub problems: usize,
}

/// What a pool is opened with, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The day that it is posted on: the one before the pool's first.
    pub day: Day,
    /// What each bucket holds that has rows or a control total.
    pub sums: Vec<OpenedBucket>,
    /// What members can claim with all of it: what is theirs and not paid, less what they owe.
    pub owed: Amount,
    /// Members with a row.
    pub members: u64,
    /// Those of them that were not there, by code.
    pub added: Vec<String>,
    /// Parts that go on vesting: the next step of each is released on the pool's first day.
    pub parts: u64,
}

/// One bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedBucket {
    /// Which.
    pub bucket: OpeningBucket,
    /// Its rows in the file.
    pub rows: u64,
    /// What they sum to, as its control total says; of what is vesting, what is not released.
    pub amount: Amount,
}

/// Looks what a file would open a pool with, in this session, which the caller then ends: members
/// and streams may have been added in it.
///
/// # Errors
/// `Sheet` with every problem of every row; the books': `Refused` when the pool is opened already,
/// or sums differ from control totals.
pub async fn plan_opening(
    session: &mut Session,
    locked: &LockedPool,
    import: &OpeningImport<'_>,
) -> Result<Opened, SettlementError> {
    let ready = Ready::make(session, locked, import).await?;
    let new = ready.to_post(import);
    session.check_opening(locked, &new).await?;
    ready.opened(locked, import)
}

/// Opens a pool in this session, which the caller commits. Days that are settled already get their
/// statistics anew, as more is owed on each. `progress` hears how many of the parts that go on
/// vesting are posted, of how many.
///
/// # Errors
/// Those of [`plan_opening`].
pub async fn import_opening(
    session: &mut Session,
    locked: &mut LockedPool,
    import: &OpeningImport<'_>,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Opened, SettlementError> {
    let ready = Ready::make(session, locked, import).await?;
    let new = ready.to_post(import);
    session.post_opening(locked, &new, progress).await?;
    let (pool, first) = (locked.pool.number, locked.pool.first_day);
    for stream in session.streams(pool).await?.into_values() {
        session
            .restate_statistics(pool, stream, first, import.now)
            .await?;
    }
    let opened = ready.opened(locked, import)?;
    audit(session, import, &opened).await?;
    Ok(opened)
}

async fn audit(
    session: &mut Session,
    import: &OpeningImport<'_>,
    opened: &Opened,
) -> Result<(), SettlementError> {
    let sums = opened.sums.iter();
    let units: BTreeMap<String, i64> = sums
        .map(|of| (of.bucket.to_string(), of.amount.units()))
        .collect();
    let bytes = import.digest.iter();
    let digest: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    let detail = json!({
        "file": import.path.display().to_string(), "sha256": digest, "units": units,
        "rows": import.rows.len(), "members": opened.members, "added": opened.added.len(),
        "parts": opened.parts,
    });
    let subject = import.terms.id.as_str();
    Ok(session
        .audit(import.by, "import opening", subject, &detail, import.now)
        .await?)
}
