//! A pool's month.

use paydirt_reports::Document;
use paydirt_reports::daily::{Daily, View};
use paydirt_reports::month::{MemberRow, PoolMonth, document};
use paydirt_schedule::Month;

use super::{daily, in_books};
use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, stream_names};

/// A pool's month: what each member had and got, and the pool's accounts, which must agree. Days
/// are as they were booked, as the accounts are.
///
/// # Errors
/// `Usage`; `Report` when it doesn't add up; the books'.
pub async fn month(settings: &Settings, pool: &str, month: Month) -> Result<Document, AppError> {
    let of = OfPool::open(settings, pool).await?;
    daily::complete(&of).await?;
    let (mut session, found) = of.look().await?;
    let found = in_books(found, pool)?;
    let days = (month.first_day(), month.last_day());
    let all = session.month_of_members(found.number, days).await?;
    let codes = session.codes_of(all.keys().copied()).await?;
    let row = |(number, month)| {
        let code = codes.get(&number).map(ToString::to_string);
        MemberRow {
            code: code.unwrap_or_else(|| number.to_string()),
            month,
        }
    };
    let mut members: Vec<MemberRow> = all.into_iter().map(row).collect();
    members.sort_by(|one, other| one.code.cmp(&other.code));
    let rows = daily::settled(&mut session, &found, days, View::Booked).await?;
    let (from, to) = days;
    let month = PoolMonth {
        month,
        daily: Daily {
            pool: pool.to_owned(),
            coin: found.coin,
            view: View::Booked,
            rows,
        },
        members,
        accounts: session.accounts_moved(found.number, from, to).await?,
        streams: stream_names(&mut session, &found).await?,
        withdrawn: session.withdrawn(found.number, None, days).await?,
    };
    session.end().await?;
    Ok(document(month)?)
}
