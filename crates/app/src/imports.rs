//! Members, orders and opening balances from files, and orders given to other members.

pub mod opening;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use paydirt_ledger::MemberId;
use paydirt_money::Coefficient;
use paydirt_schedule::Day;
use paydirt_settlement::{
    Imported, MembersImport, OrdersImport, SettlementError, Transferred, import_members,
    import_orders, transfer_order,
};
use paydirt_sheets::{Limits, Source, members, orders};
use sha2::{Digest as _, Sha256};

use crate::config::{Settings, address_of_chain};
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;
use crate::terms::settled_pools;
use crate::wire::open_existing;
use crate::withdrawals::cool_down_ms;

/// Bytes of a file that are hashed at once.
const BUFFER: usize = 1 << 16;

/// A file of members.
#[derive(Clone, Debug)]
pub struct MembersFile {
    /// The file.
    pub path: PathBuf,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// The pool that its addresses are of.
    pub pool: Option<String>,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// A file of orders.
#[derive(Clone, Debug)]
pub struct OrdersFile {
    /// The file.
    pub path: PathBuf,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// The pool.
    pub pool: String,
    /// The coefficient of its orders that have none of their own.
    pub coefficient: Option<Coefficient>,
    /// From when on changes count whose rows don't say it.
    pub valid_from: Option<Day>,
    /// Whether members that are not there are added.
    pub create_members: bool,
    /// A note on the import.
    pub note: Option<String>,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// An order for another member.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The pool.
    pub pool: String,
    /// The order.
    pub order: String,
    /// The new member.
    pub to: String,
    /// From this day on.
    pub from: Day,
    /// Whether unvested parts go with it.
    pub with_vesting: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// Imports members: all rows or none.
///
/// # Errors
/// `Sheet` with every problem; `Usage` for addresses that no pool is named for; the books'.
pub async fn import_members_file(
    settings: &Settings,
    file: &MembersFile,
) -> Result<Imported, AppError> {
    let limits = limits(settings, file.pool.as_deref());
    let rows = members::read(source(&file.path, file.sheet.as_deref()), &limits)?;
    let named = match (&file.pool, settled_pools(settings).as_slice()) {
        (Some(pool), _) => Some(pool.clone()),
        (None, [one]) => Some((*one).to_owned()),
        (None, _) => None,
    };
    let (books, now, terms) = match &named {
        Some(name) => {
            let of = OfPool::open(settings, name).await?;
            (of.books, of.now, Some(of.terms))
        }
        None => {
            use paydirt_schedule::Clock as _;
            let now = paydirt_schedule::SystemClock.now();
            (open_existing(settings).await?, now, None)
        }
    };
    let chain = named
        .as_ref()
        .and_then(|name| settings.chains.get(&settings.pools.get(name)?.chain));
    let check = |text: &str| match chain {
        Some(chain) => {
            address_of_chain(chain, text).map_err(|(what, cure)| format!("it {what}; {cure}"))
        }
        None => Err("several pools are configured, and none is named: give --pool".to_owned()),
    };
    let mut session = books.begin().await?;
    let pool = match &terms {
        Some(terms) => {
            session
                .open_pool(&terms.id, terms.coin, terms.first_day, now)
                .await?;
            // Whose first address it is, is asked and written with nobody beside.
            Some(session.lock_pool(&terms.id).await?.pool)
        }
        None => None,
    };
    let import = MembersImport {
        path: &file.path,
        rows: &rows,
        pool: pool.as_ref().map(|pool| (pool, &check as _)),
        cool_down_ms: named
            .as_ref()
            .map_or(0, |name| cool_down_ms(settings, name)),
        by: &operator(),
        now,
        problems: limits.problems,
    };
    let done = import_members(&mut session, &import)
        .await
        .map_err(of_file)?;
    end(session, file.dry_run).await?;
    Ok(done)
}

/// Imports orders: all rows or none.
///
/// # Errors
/// `Sheet` with every problem of every row; the books'.
pub async fn import_orders_file(
    settings: &Settings,
    file: &OrdersFile,
) -> Result<Imported, AppError> {
    let of = OfPool::open(settings, &file.pool).await?;
    let limits = limits(settings, Some(&file.pool));
    let rows = orders::read(source(&file.path, file.sheet.as_deref()), &limits)?;
    let digest = digest(&file.path)?;
    let (mut session, _) = of.begin().await?;
    let locked = session.lock_pool(&of.terms.id).await?;
    let import = OrdersImport {
        terms: &of.terms,
        path: &file.path,
        digest,
        rows: &rows,
        coefficient: file.coefficient,
        valid_from: file.valid_from,
        create_members: file.create_members,
        note: file.note.clone(),
        by: &operator(),
        now: of.now,
        problems: limits.problems,
    };
    let done = import_orders(&mut session, &locked, &import)
        .await
        .map_err(of_file)?;
    end(session, file.dry_run).await?;
    Ok(done)
}

/// Gives an order to another member.
///
/// # Errors
/// `Settlement` when the day is settled; the books'.
pub async fn transfer(settings: &Settings, asked: &Transfer) -> Result<Transferred, AppError> {
    let of = OfPool::open(settings, &asked.pool).await?;
    let (mut session, _) = of.begin().await?;
    let mut locked = session.lock_pool(&of.terms.id).await?;
    let to = MemberId::new(asked.to.as_str());
    let done = transfer_order(
        &mut session,
        &mut locked,
        &of.terms,
        &asked.order,
        &to,
        asked.from,
        asked.with_vesting,
        &operator(),
        of.now,
    )
    .await?;
    end(session, asked.dry_run).await?;
    Ok(done)
}

/// What is wrong with a file is wrong with it whoever finds it.
fn of_file(error: SettlementError) -> AppError {
    match error {
        SettlementError::Sheet(error) => AppError::Sheet(error),
        other => AppError::from(other),
    }
}

/// A dry run has done everything, and takes it back.
async fn end(session: paydirt_books::Session, dry_run: bool) -> Result<(), AppError> {
    match dry_run {
        true => Ok(session.end().await?),
        false => Ok(session.commit().await?),
    }
}

pub(crate) fn source<'a>(path: &'a Path, sheet: Option<&'a str>) -> Source<'a> {
    let source = Source::new(path);
    match sheet {
        Some(name) => source.sheet(name),
        None => source,
    }
}

/// The pool's limit of rows; of several pools the largest.
pub(crate) fn limits(settings: &Settings, pool: Option<&str>) -> Limits {
    let of = |name: &str| Some(settings.pools.get(name)?.settlement()?.max_import_rows);
    let rows = match pool {
        Some(name) => of(name),
        None => settled_pools(settings).into_iter().filter_map(of).max(),
    };
    let default = Limits::default();
    Limits {
        rows: rows.unwrap_or(default.rows),
        ..default
    }
}

fn digest(path: &Path) -> Result<[u8; 32], AppError> {
    let failed = |source| {
        AppError::Sheet(paydirt_sheets::SheetError::Read {
            path: path.to_owned(),
            source,
        })
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; BUFFER]);
    loop {
        let length = file.read(&mut buffer).map_err(failed)?;
        match buffer.get(..length) {
            Some([]) | None => return Ok(digest.finalize().into()),
            Some(bytes) => digest.update(bytes),
        }
    }
}
