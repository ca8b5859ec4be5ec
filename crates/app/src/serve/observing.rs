//! Income that a pool's chain shows, of days that wait for it.

use paydirt_books::ItemKind;
use paydirt_payouts::Stop;
use paydirt_schedule::{Day, Timestamp};
use paydirt_settlement::income::Noted;
use paydirt_settlement::{Source, StreamTerms};

use super::settling::{BY, Settler};
use crate::error::AppError;
use crate::income_observe::{HowNoted, Observer};
use crate::of_pool::{OfPool, known};
use crate::settle::standings;

/// Why a day's income is not in the books yet.
pub(super) struct NotSeen {
    pub(super) day: Day,
    pub(super) reason: String,
}

impl Settler {
    /// Records what came in on the days of a stream whose turn has come, up to the first whose
    /// income can't be seen yet.
    pub(super) async fn observe(
        &self,
        stream: &StreamTerms,
        now: Timestamp,
    ) -> Result<Option<NotSeen>, AppError> {
        let (Some(observer), Source::Chain) = (self.observer.as_ref(), stream.source) else {
            return Ok(None);
        };
        let standings = standings(&self.books, &self.terms, now).await?;
        let own = standings.into_iter().find(|it| it.stream == stream.name);
        let Some(first) = own.and_then(|standing| standing.due) else {
            return Ok(None);
        };
        let (books, terms) = (self.books.clone(), self.terms.clone());
        let of = OfPool { books, terms, now };
        let last = stream.until.unwrap_or(Day::LAST);
        let due = self.terms.schedule.due(first, now).map(|due| due.day);
        for day in due.take_while(|day| *day <= last) {
            if self.stop.is_asked() {
                break;
            }
            if let Some(reason) = self.observe_day(observer, &of, stream, day).await? {
                return Ok(Some(NotSeen { day, reason }));
            }
        }
        Ok(None)
    }

    /// Why that day's income can't be seen yet, unless it is in the books.
    async fn observe_day(
        &self,
        observer: &Observer,
        of: &OfPool,
        stream: &StreamTerms,
        day: Day,
    ) -> Result<Option<String>, AppError> {
        let is_empty = of.terms.zones().instants(day).is_empty();
        if is_empty || !lacks_income(of, stream, day).await? {
            return Ok(None);
        }
        let looked = match look(observer, of, stream, day, &self.stop).await {
            Err(error @ AppError::Observing { .. }) => return Ok(Some(error.to_string())),
            looked => looked?,
        };
        match looked {
            Some(Noted::NotFinal { reason }) => return Ok(Some(reason)),
            Some(Noted::Recorded(_)) => {
                let (pool, stream) = (&of.terms.id, &stream.name);
                tracing::info!(%pool, %stream, %day, "observed what came in");
            }
            Some(Noted::Already(_)) | None => {}
        }
        Ok(None)
    }
}

/// `None`: a stop was asked for.
async fn look(
    observer: &Observer,
    of: &OfPool,
    stream: &StreamTerms,
    day: Day,
    stop: &Stop,
) -> Result<Option<Noted>, AppError> {
    let span = observer.span(of, stream, day).await?;
    let seen = tokio::select! {
        seen = observer.look(of, day, span) => seen?,
        () = stop.asked() => return Ok(None),
    };
    let how = HowNoted {
        beside_entries: false,
        late: false,
        by: BY,
    };
    let noted = observer.note(of, stream, day, &seen, &how).await?;
    Ok(Some(noted))
}

/// Whether the books have no income of that day yet, be it 0.
async fn lacks_income(of: &OfPool, stream: &StreamTerms, day: Day) -> Result<bool, AppError> {
    let mut session = of.books.look().await?;
    let Some(pool) = known(&mut session, &of.terms).await? else {
        return Ok(true);
    };
    let streams = session.streams(pool.number).await?;
    let Some(number) = streams.get(&stream.name) else {
        return Ok(true);
    };
    let items = session.items_of_day(*number, day).await?;
    session.end().await?;
    let is_income = |item: &paydirt_books::Item| {
        item.item.kind == ItemKind::Income && item.item.earned_on == day
    };
    Ok(!items.iter().any(is_income))
}
