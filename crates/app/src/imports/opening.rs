//! Balances from before the books: looked at, then opened with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use paydirt_money::{Amount, Coin};
use paydirt_settlement::{
    Opened, OpeningBucket, OpeningImport, PoolTerms, import_opening, plan_opening,
};
use paydirt_sheets::openings::{self, OpeningRow};

use super::{digest, limits, of_file, source};
use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;
use crate::terms::{pool_terms, stream_of};

/// A file of balances from before the books.
#[derive(Clone, Debug)]
pub struct OpeningFile {
    /// The file.
    pub path: PathBuf,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// The pool.
    pub pool: String,
    /// Control totals, each as `available=12.5`.
    pub totals: Vec<String>,
    /// Whether members that are not there are added.
    pub create_members: bool,
}

/// What a pool would be opened with: what was read is what is posted, whatever becomes of the file.
#[derive(Clone, Debug)]
pub struct OpeningPlan {
    /// The pool's coin.
    pub coin: Coin,
    /// What it comes to.
    pub opened: Opened,
    read: Read,
}

impl OpeningPlan {
    /// SHA-256 of the file, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        const_hex::encode(self.read.digest)
    }
}

/// What was read.
#[derive(Clone, Debug)]
struct Read {
    digest: [u8; 32],
    rows: Vec<OpeningRow>,
    controls: BTreeMap<OpeningBucket, Amount>,
    problems: usize,
}

impl Read {
    fn import<'a>(
        &'a self,
        file: &'a OpeningFile,
        of: &'a OfPool,
        by: &'a str,
    ) -> OpeningImport<'a> {
        OpeningImport {
            terms: &of.terms,
            path: &file.path,
            digest: self.digest,
            rows: &self.rows,
            controls: &self.controls,
            create_members: file.create_members,
            by,
            now: of.now,
            problems: self.problems,
        }
    }
}

/// Reads a file of balances, and looks what a pool would be opened with. Nothing is written.
///
/// # Errors
/// `Usage` and `Money` for control totals that can't be read; `Sheet` with every problem of every
/// row; the books': `Refused` when the pool is opened already, or sums differ from control totals.
pub async fn plan(settings: &Settings, file: &OpeningFile) -> Result<OpeningPlan, AppError> {
    let controls = controls(&pool_terms(settings, &file.pool)?, &file.totals)?;
    let of = OfPool::open(settings, &file.pool).await?;
    let limits = limits(settings, Some(&file.pool));
    let digest_before = digest(&file.path)?;
    let coin = of.terms.coin;
    let rows = openings::read(source(&file.path, file.sheet.as_deref()), &limits, coin)?;
    if digest(&file.path)? != digest_before {
        return Err(AppError::usage(
            format!("{} was changed while it was read", file.path.display()),
            "wait until it is written, and import it then",
        ));
    }
    let read = Read {
        digest: digest_before,
        rows,
        controls,
        problems: limits.problems,
    };
    let by = operator();
    let (mut session, _) = of.begin().await?;
    let locked = session.lock_pool(&of.terms.id).await?;
    let opened = plan_opening(&mut session, &locked, &read.import(file, &of, &by))
        .await
        .map_err(of_file)?;
    session.end().await?;
    Ok(OpeningPlan { coin, opened, read })
}

/// Opens a pool with what was planned, in one transaction. `progress` hears how many of the parts
/// that go on vesting are posted, of how many.
///
/// # Errors
/// As [`plan`], as far as others have changed the books since.
pub async fn run(
    settings: &Settings,
    file: &OpeningFile,
    plan: &OpeningPlan,
    mut progress: impl FnMut(usize, usize) + Send,
) -> Result<Opened, AppError> {
    let of = OfPool::open(settings, &file.pool).await?;
    let (mut session, _) = of.begin().await?;
    let mut locked = session.lock_pool(&of.terms.id).await?;
    let by = operator();
    let import = plan.read.import(file, &of, &by);
    let opened = import_opening(&mut session, &mut locked, &import, &mut progress)
        .await
        .map_err(of_file)?;
    session.commit().await?;
    Ok(opened)
}

/// Control totals as they were typed.
fn controls(
    terms: &PoolTerms,
    totals: &[String],
) -> Result<BTreeMap<OpeningBucket, Amount>, AppError> {
    let mut controls = BTreeMap::new();
    for text in totals {
        let (name, amount) = text.split_once('=').ok_or_else(|| {
            AppError::usage(
                format!("the control total {text:?} has no = between bucket and amount"),
                "write it as --total available=12.5",
            )
        })?;
        let bucket = OpeningBucket::of_name(name).ok_or_else(|| {
            AppError::usage(
                format!("{name:?} has no control total"),
                "name one of: available, frozen, vesting, to_transfer:STREAM, paid, receivable",
            )
        })?;
        if let Some(stream) = bucket.stream() {
            stream_of(terms, stream)?;
        }
        let amount = Amount::parse(amount, terms.coin)?;
        if controls.insert(bucket, amount).is_some() {
            return Err(AppError::usage(
                format!("the control total of {name} is given twice"),
                "give it once, for all rows of the bucket",
            ));
        }
    }
    Ok(controls)
}
