//! Orders: what members hold of a pool.

use paydirt_books::Version;
use paydirt_schedule::Day;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;

/// A pool's orders by id after `after`, as they count on `day` (or last of all), at most `limit`.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(
    settings: &Settings,
    pool: &str,
    day: Option<Day>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Version>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    Ok(session.orders_after(pool.number, after, day, limit).await?)
}
