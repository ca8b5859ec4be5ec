//! Withdrawals in files: those of the program before, and the accountant's sheet.

use std::path::PathBuf;

use paydirt_books::{WithdrawalState, WithdrawalsAsked};
use paydirt_money::Coin;
use paydirt_sheets::{SheetError, withdrawals as rows_of};
use paydirt_withdrawals::compare::{self, Compared};
use paydirt_withdrawals::import::{self, Imported, Importing};

use super::terms::terms;
use crate::config::{Settings, address_of_chain};
use crate::error::AppError;
use crate::imports::{limits, source};
use crate::of_pool::OfPool;
use crate::owner::operator;

/// A file of withdrawals of the program before.
#[derive(Clone, Debug)]
pub struct ImportFile {
    /// The file.
    pub path: PathBuf,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// The pool.
    pub pool: String,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// A sheet to be compared.
#[derive(Clone, Debug)]
pub struct CompareAsked {
    /// The file.
    pub path: PathBuf,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// The pool.
    pub pool: String,
    /// The state that its withdrawals are in.
    pub state: WithdrawalState,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct ComparedSheet {
    /// The pool's coin.
    pub coin: Coin,
    /// By withdrawal.
    pub lines: Vec<Compared>,
}

/// Imports the open withdrawals of the program before: all rows or none.
///
/// # Errors
/// `Sheet` with every problem of every row; the books'.
pub async fn import(settings: &Settings, file: &ImportFile) -> Result<Imported, AppError> {
    let of = OfPool::open(settings, &file.pool).await?;
    let limits = limits(settings, Some(&file.pool));
    let rows = rows_of::read_import(
        source(&file.path, file.sheet.as_deref()),
        &limits,
        of.terms.coin,
    )?;
    let chain = settings
        .pools
        .get(&file.pool)
        .and_then(|pool| settings.chains.get(&pool.chain));
    let check = |text: &str| match chain {
        Some(chain) => {
            address_of_chain(chain, text).map_err(|(what, cure)| format!("{what}; {cure}"))
        }
        None => Err("is of no known chain".to_owned()),
    };
    let (mut session, _) = of.begin().await?;
    let locked = session.lock_pool(&of.terms.id).await?;
    let policy = terms(settings, &of.terms).policy;
    let importing = Importing {
        approve_above: policy.ok().and_then(|policy| policy.approve_above),
        path: &file.path,
        rows: &rows,
        address: &check,
        zones: of.terms.schedule.zones(),
        by: &operator(),
        now: of.now,
        problems: limits.problems,
    };
    let done = import::import(&mut session, &locked, &importing).await?;
    match file.dry_run {
        true => session.end().await?,
        false => session.commit().await?,
    }
    Ok(done)
}

/// Compares the accountant's sheet with the books. Nothing is written.
///
/// # Errors
/// `Sheet` with every problem; the books'.
pub async fn compare(settings: &Settings, asked: &CompareAsked) -> Result<ComparedSheet, AppError> {
    let of = OfPool::open(settings, &asked.pool).await?;
    let (limits, coin) = (limits(settings, Some(&asked.pool)), of.terms.coin);
    let rows = rows_of::read_compare(source(&asked.path, asked.sheet.as_deref()), &limits, coin)?;
    let (mut session, pool) = of.look().await?;
    let everything = WithdrawalsAsked {
        limit: u32::MAX,
        ..WithdrawalsAsked::default()
    };
    let all = match pool {
        Some(pool) => session.withdrawals(pool.number, &everything).await?,
        None => Vec::new(),
    };
    session.end().await?;
    let lines = compare::compare(&rows, &all, asked.state, coin, limits.problems);
    let lines = lines.map_err(|problems| SheetError::Refused {
        path: asked.path.clone(),
        problems,
    })?;
    Ok(ComparedSheet { coin, lines })
}
