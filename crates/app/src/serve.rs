//! What runs on its own: each pool's income is observed where its chain shows it, its days are
//! settled by its schedule, and payouts are made by theirs, until somebody asks for a stop.
//!
//! Days are due, not runs: what nobody was there for is caught up. A day that waits is looked at
//! again every [`RETRY_MS`], and at each run of the pool's cron spec. A stream stops for nobody but
//! itself.

mod observing;
mod paying;
mod settling;

use std::sync::Arc;

use paydirt_payouts::Stop;
use paydirt_schedule::{Clock, SystemClock};
use paydirt_settlement::Source;

use crate::config::Settings;
use crate::error::AppError;
use crate::income_observe::Observer;
use crate::settle::left_behind;
use crate::terms::{pool_terms, settled_pools};
use crate::wire::open_migrated;
pub use settling::Settler;

/// What waits or failed is tried again after so long.
pub const RETRY_MS: u64 = 300_000;

/// Runs until `stop` is asked for, and then ends after the steps in hand.
///
/// # Errors
/// `Usage` when nothing is to be run; what keeps it from beginning. What fails later is logged and
/// tried again.
pub async fn serve(settings: &Settings, stop: &Stop) -> Result<(), AppError> {
    let names = settled_pools(settings);
    let pays = paying::is_asked(settings);
    if names.is_empty() && !pays {
        return Err(AppError::usage(
            "there is nothing to run: no pool has its days settled, and none is paid on a schedule",
            "describe a pool with ledger = \"sql\", or with payouts by cron or interval",
        ));
    }
    let books = open_migrated(settings).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut settlers = Vec::with_capacity(names.len());
    for name in names {
        let settler = Settler {
            books: books.clone(),
            terms: pool_terms(settings, name)?,
            observer: observer(settings, name)?,
            clock: clock.clone(),
            stop: stop.clone(),
        };
        let schedule = settler.terms.schedule.spec().normalised();
        tracing::info!(pool = name, %schedule, "days are settled on schedule");
        for left in left_behind(&books, &settler.terms).await? {
            tracing::error!(pool = name, stream = left.stream, "{}", left.told());
        }
        settlers.push(settler);
    }
    // Pools take turns on this thread; what waits for the database, the nodes or the clock waits
    // beside the others.
    let settling = futures::future::join_all(settlers.iter().map(Settler::run));
    let paying = async {
        if pays {
            paying::run(settings, clock.as_ref(), stop).await;
        }
    };
    tokio::join!(settling, paying);
    Ok(())
}

/// What a pool's income is observed by, where a stream says that it is.
fn observer(settings: &Settings, name: &str) -> Result<Option<Observer>, AppError> {
    let terms = pool_terms(settings, name)?;
    if !terms.streams.iter().any(|it| it.source == Source::Chain) {
        return Ok(None);
    }
    match Observer::of(settings, name) {
        Ok(observer) => Ok(Some(observer)),
        // Such days wait until somebody records their income.
        Err(error @ AppError::Policy { .. }) => {
            tracing::warn!(pool = name, "{error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
