//! A pool whose days are settled, with its books: what most use cases begin with.

use paydirt_books::{Books, MemberNumber, Pool, Session, StreamNumber};
use paydirt_ledger::MemberId;
use paydirt_schedule::{Clock as _, Day, SystemClock, Timestamp};
use paydirt_settlement::{PoolTerms, StreamTerms};

use crate::config::Settings;
use crate::error::AppError;
use crate::terms::{pool_terms, stream_of};
use crate::wire::open_existing;

/// A pool of the configuration, and the books that it is in.
pub(crate) struct OfPool {
    pub(crate) books: Books,
    pub(crate) terms: PoolTerms,
    pub(crate) now: Timestamp,
}

impl OfPool {
    /// The configuration is asked first: what is not in it needs no database.
    pub(crate) async fn open(settings: &Settings, name: &str) -> Result<Self, AppError> {
        let terms = pool_terms(settings, name)?;
        let books = open_existing(settings).await?;
        let now = SystemClock.now();
        Ok(Self { books, terms, now })
    }

    pub(crate) fn stream(&self, name: &str) -> Result<&StreamTerms, AppError> {
        stream_of(&self.terms, name)
    }

    /// A session that writes, with the pool, which is made if it is new.
    pub(crate) async fn begin(&self) -> Result<(Session, Pool), AppError> {
        let mut session = self.books.begin().await?;
        let (id, coin) = (&self.terms.id, self.terms.coin);
        let first = self.terms.first_day;
        let pool = session.open_pool(id, coin, first, self.now).await?;
        Ok((session, pool))
    }

    /// A session that reads, with the pool, if the books have it yet.
    pub(crate) async fn look(&self) -> Result<(Session, Option<Pool>), AppError> {
        let mut session = self.books.look().await?;
        let pool = known(&mut session, &self.terms).await?;
        Ok((session, pool))
    }

    /// The day that it is in the pool's zone.
    pub(crate) fn today(&self) -> Result<Day, AppError> {
        Ok(self.terms.zones().day_of(self.now)?)
    }
}

/// A span's first day must not be after its last.
pub(crate) fn in_order(from: Day, to: Day) -> Result<(), AppError> {
    if from <= to {
        return Ok(());
    }
    Err(AppError::usage(
        format!("{from} is after {to}"),
        "name the first day with --from, and the last with --to",
    ))
}

/// The pool, if the books have it yet.
pub(crate) async fn known(
    session: &mut Session,
    terms: &PoolTerms,
) -> Result<Option<Pool>, AppError> {
    let pools = session.pools().await?;
    Ok(pools.into_iter().find(|pool| pool.id == terms.id))
}

/// The name of a stream.
pub(crate) async fn stream_names(
    session: &mut Session,
    pool: &Pool,
) -> Result<Vec<(StreamNumber, String)>, AppError> {
    let streams = session.streams(pool.number).await?;
    Ok(streams.into_iter().map(|(name, no)| (no, name)).collect())
}

/// The name of one of these streams.
pub(crate) fn named(streams: &[(StreamNumber, String)], number: StreamNumber) -> String {
    let found = streams.iter().find(|(other, _)| *other == number);
    found.map_or_else(|| number.to_string(), |(_, name)| name.clone())
}

/// The number of the member of a code.
pub(crate) async fn member(session: &mut Session, code: &str) -> Result<MemberNumber, AppError> {
    Ok(session.member(&MemberId::new(code)).await?.number)
}
