//! What came in: recorded by a person, or observed, and classified.

mod observe;
mod parts;

pub use observe::{Noted, ObservedDay, observe, span_s};

use paydirt_books::{Item, ItemKind, ItemNumber, NewItem, PoolNumber, Session, StreamNumber};
use paydirt_money::BaseUnits;
use paydirt_schedule::{Day, Timestamp};
use serde_json::json;

use crate::SettlementError;
use crate::terms::{Due, PoolTerms, StreamTerms};

/// What a person's entry is named by, where it has no name of its own.
pub const ENTRY: &str = "entry";

/// Income or a deduction that a person enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Income, or a deduction from it.
    pub kind: ItemKind,
    /// The day on which it was earned.
    pub day: Day,
    /// How much, base units; 0 says that there was none.
    pub amount: BaseUnits,
    /// Its name: once a stream and day.
    pub source: String,
    /// A note.
    pub note: Option<String>,
    /// Whether income that was observed for that day is of something else. Unless that is said, it
    /// is taken for the same, and nothing is recorded twice.
    pub beside_observed: bool,
    /// Whether it may be an item of the next unsettled day, where its own is settled.
    pub late: bool,
}

/// An entry in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number.
    pub item: ItemNumber,
    /// The day that it is settled with.
    pub day: Day,
}

/// Records what a person enters.
///
/// # Errors
/// `Refused`: the day is none of the stream's, is settled, or has an entry of that name or income
/// that was observed; the books'.
pub async fn record(
    session: &mut Session,
    pool: &PoolTerms,
    stream: &StreamTerms,
    entry: &Entry,
    by: &str,
    now: Timestamp,
) -> Result<Recorded, SettlementError> {
    check_day(pool, stream, entry.day)?;
    if parts::is_of_chain(&entry.source) {
        return Err(SettlementError::refused(
            format!(
                "an entry can't be named {:?}: so is what is observed",
                entry.source
            ),
            "give it another name with --source",
        ));
    }
    let begins = pool.zones().instants(entry.day).start;
    if begins > now {
        return Err(SettlementError::refused(
            format!("{} has not begun in pool {}", entry.day, pool.id),
            "correct the day",
        ));
    }
    let opened = session
        .open_pool(&pool.id, pool.coin, pool.first_day, now)
        .await?;
    let closed = session.lock_pool(&pool.id).await?.closed_through();
    let number = session.open_stream(opened.number, &stream.name).await?;
    check_observed(session, pool, stream, opened.number, number, entry).await?;
    let day = day_for(session, stream, number, (entry.day, entry.late), closed).await?;
    let item = NewItem {
        stream: Some(number),
        day,
        earned_on: entry.day,
        kind: entry.kind,
        source: entry.source.clone(),
        amount: entry.amount,
        evidence: None,
        note: entry.note.clone(),
        by: by.to_owned(),
    };
    let Some(added) = session.add_item(opened.number, &item, now).await? else {
        let there = session
            .item_of_source(opened.number, Some(number), entry.day, &entry.source)
            .await?;
        return Err(twice(pool, stream, entry, there.as_ref()));
    };
    let detail = json!({
        "stream": stream.name, "day": entry.day, "settled_with": day,
        "kind": entry.kind.name(), "base_units": entry.amount.to_string(),
        "source": entry.source, "note": entry.note,
    });
    session
        .audit(by, "income record", pool.id.as_str(), &detail, now)
        .await?;
    Ok(Recorded { item: added, day })
}

fn check_day(pool: &PoolTerms, stream: &StreamTerms, day: Day) -> Result<(), SettlementError> {
    let first = pool.first_day_of(stream);
    if day < first || stream.until.is_some_and(|until| day > until) {
        return Err(SettlementError::refused(
            format!("{day} is no day of stream {}", stream.name),
            format!("its days begin with {first}"),
        ));
    }
    Ok(())
}

/// The chain may have shown the same already.
async fn check_observed(
    session: &mut Session,
    pool: &PoolTerms,
    stream: &StreamTerms,
    in_pool: PoolNumber,
    number: StreamNumber,
    entry: &Entry,
) -> Result<(), SettlementError> {
    if entry.kind != ItemKind::Income {
        return Ok(());
    }
    let items = session.items_earned_on(in_pool, entry.day).await?;
    let mut seen = items.iter().filter(|it| {
        let item = &it.item;
        let is_income = item.stream == Some(number) && item.kind == ItemKind::Income;
        is_income && parts::is_of_chain(&item.source)
    });
    if entry.beside_observed {
        // Else it would stand for what the chain has yet to show.
        return match seen.next() {
            Some(_) => Ok(()),
            None => Err(SettlementError::refused(
                format!(
                    "nothing was observed for {} of stream {}, not even that nothing came in",
                    entry.day, stream.name
                ),
                "observe that day first, with `paydirt income observe`; or record it without \
                 --beside-observed, as all that came in",
            )),
        };
    }
    let Some(seen) = seen.find(|it| !it.item.amount.is_zero()) else {
        return Ok(());
    };
    Err(SettlementError::refused(
        format!(
            "on {} the chain showed {} as income of stream {}, which may be the same",
            entry.day,
            seen.item.amount.to_coin_text(pool.coin),
            stream.name
        ),
        "if both came in, record it with --beside-observed",
    ))
}

/// Its own day, or, for what is late, the next one that is neither settled nor in a closed month.
async fn day_for(
    session: &mut Session,
    stream: &StreamTerms,
    number: StreamNumber,
    (earned_on, late): (Day, bool),
    closed: Option<Day>,
) -> Result<Day, SettlementError> {
    let settled = session.last_settled(number).await?.map(|last| last.day);
    let Some(last) = settled.max(closed).filter(|last| earned_on <= *last) else {
        return Ok(earned_on);
    };
    let name = &stream.name;
    if settled.is_none_or(|settled| settled < earned_on) {
        if stream.due == Due::Daily {
            return Err(SettlementError::refused(
                format!("{earned_on} is in a closed month, and stream {name} has each day settled"),
                format!("let the stream begin after {last}, with `from`"),
            ));
        }
        if !late {
            return Err(SettlementError::refused(
                format!("{earned_on} of stream {name} is in a closed month: up to {last}"),
                "with --late it becomes part of the first open day, and keeps the day on which it \
                 was earned",
            ));
        }
    }
    if !late {
        return Err(SettlementError::refused(
            format!("{earned_on} of stream {name} is settled"),
            "with --late it becomes part of the next unsettled day, and keeps the day on which it \
             was earned; `paydirt settle correct --late-items` then takes it into its own day",
        ));
    }
    let next = last.next()?;
    if stream.until.is_some_and(|until| next > until) {
        return Err(SettlementError::refused(
            format!(
                "{earned_on} of stream {name} is settled or in a closed month, and so are all days \
                 after it"
            ),
            "correct the day: `paydirt settle correct --income`; or let the stream go on with a \
             later `until`",
        ));
    }
    Ok(next)
}

fn twice(
    pool: &PoolTerms,
    stream: &StreamTerms,
    entry: &Entry,
    there: Option<&Item>,
) -> SettlementError {
    let amount = there.map_or_else(String::new, |item| {
        let coins = item.item.amount.to_coin_text(pool.coin);
        format!(" ({coins}, by {})", item.item.by)
    });
    let number = there.map_or_else(|| "ITEM".to_owned(), |item| item.number.to_string());
    SettlementError::refused(
        format!(
            "{} of stream {} has an entry named {:?} already{amount}",
            entry.day, stream.name, entry.source
        ),
        format!(
            "if this is another one, give it a name of its own with --source; if that one is wrong \
             and not settled, take it out first with `paydirt income classify {number} --as \
             internal`"
        ),
    )
}

/// Says what an item is that nobody has classified. What was earned on a settled day becomes part
/// of the next.
///
/// # Errors
/// `Refused` when it is settled, or its day is none of the stream's; the books'.
pub async fn classify(
    session: &mut Session,
    pool: &PoolTerms,
    item: i64,
    kind: ItemKind,
    stream: Option<&StreamTerms>,
    by: &str,
    now: Timestamp,
) -> Result<Item, SettlementError> {
    let locked = session.lock_pool(&pool.id).await?;
    let found = session.item(locked.pool.number, item).await?;
    if let Some(settlement) = found.settlement {
        return Err(SettlementError::refused(
            format!("item {item} is part of settlement {settlement}"),
            "what is settled is corrected: `paydirt settle correct`, or record the difference with \
             --late, as income or a deduction",
        ));
    }
    if kind.is_of_a_stream() != stream.is_some() {
        return Err(SettlementError::refused(
            format!("{} and a stream don't go together", kind.name()),
            "income and deductions need a stream, deposits and internal transfers have none",
        ));
    }
    let mut day = found.item.earned_on;
    let mut number = None;
    if let Some(stream) = stream {
        check_day(pool, stream, day)?;
        let of = session
            .open_stream(locked.pool.number, &stream.name)
            .await?;
        let closed = locked.closed_through();
        day = day_for(session, stream, of, (day, true), closed).await?;
        number = Some(of);
    }
    session
        .classify_item(found.number, kind, number, day, by, now)
        .await?;
    let detail = json!({
        "item": item, "kind": kind.name(), "stream": stream.map(|stream| &stream.name),
        "settled_with": day,
    });
    session
        .audit(by, "income classify", pool.id.as_str(), &detail, now)
        .await?;
    Ok(session.item(locked.pool.number, item).await?)
}
