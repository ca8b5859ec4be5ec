//! What came in: recorded by a person, listed, and classified.

use paydirt_books::{DayPower, Item, ItemKind, PowerBasis, StreamNumber};
use paydirt_money::{BaseUnits, Coin, PoolPower};
use paydirt_schedule::Day;
use paydirt_settlement::income::{self, ENTRY};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, named, stream_names};
use crate::owner::operator;
use crate::power;

/// Income, or a deduction from it, that a person enters.
#[derive(Clone, Debug)]
pub struct IncomeEntry {
    /// The pool.
    pub pool: String,
    /// The stream.
    pub stream: String,
    /// The day on which it was earned.
    pub day: Day,
    /// How much, as `237.098 FIL` or `237.098`.
    pub amount: String,
    /// Whether it comes off what is shared.
    pub is_deduction: bool,
    /// What names it, once a stream and day; `None`: an entry without a name of its own.
    pub source: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// Whether income that was observed for that day is of something else.
    pub beside_observed: bool,
    /// Whether it may be settled with the next unsettled day, where its own is settled.
    pub late: bool,
    /// The pool's power at the end of the day, as `118.950 PB`.
    pub power: Option<String>,
}

/// An item in the books.
#[derive(Clone, Debug)]
pub struct ItemShown {
    /// The pool's coin.
    pub coin: Coin,
    /// Its stream, for income and deductions.
    pub stream: Option<String>,
    /// The item.
    pub item: Item,
}

impl ItemShown {
    pub(crate) fn named(coin: Coin, streams: &[(StreamNumber, String)], item: Item) -> Self {
        let stream = item.item.stream;
        Self {
            coin,
            stream: stream.map(|number| named(streams, number)),
            item,
        }
    }
}

/// What an unclassified item is said to be.
#[derive(Clone, Debug)]
pub struct Classification {
    /// The pool.
    pub pool: String,
    /// The item's number.
    pub item: i64,
    /// What it is.
    pub kind: ItemKind,
    /// Its stream, for income and deductions.
    pub stream: Option<String>,
}

/// Records what a person enters, with the pool's power where that is given: both or neither.
///
/// # Errors
/// `Usage`, `Money`; `Settlement` when the day is none of the stream's or is settled, or there is
/// such an entry; the books'.
pub async fn record(settings: &Settings, entry: &IncomeEntry) -> Result<ItemShown, AppError> {
    let of = OfPool::open(settings, &entry.pool).await?;
    let stream = of.stream(&entry.stream)?;
    let power = entry.power.as_deref().map(PoolPower::parse).transpose()?;
    let new = income::Entry {
        kind: match entry.is_deduction {
            true => ItemKind::Deduction,
            false => ItemKind::Income,
        },
        day: entry.day,
        amount: BaseUnits::parse_coin(&entry.amount, of.terms.coin)?,
        source: entry.source.clone().unwrap_or_else(|| ENTRY.to_owned()),
        note: entry.note.clone(),
        beside_observed: entry.beside_observed,
        late: entry.late,
    };
    let by = operator();
    let mut session = of.books.begin().await?;
    let done = income::record(&mut session, &of.terms, stream, &new, &by, of.now).await?;
    let pool = session.pool(&of.terms.id).await?;
    if let Some(power) = power {
        let power = DayPower {
            day: entry.day,
            basis: power::basis_of(&of.terms).unwrap_or(PowerBasis::Raw),
            power,
            source: ENTRY.to_owned(),
            by,
        };
        power::write(&mut session, &of, pool.number, &power).await?;
    }
    let item = session.item(pool.number, done.item.get()).await?;
    session.commit().await?;
    Ok(ItemShown {
        coin: pool.coin,
        stream: Some(stream.name.clone()),
        item,
    })
}

/// A pool's items of these days, by day; `unclassified`: only those that nobody has classified.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(
    settings: &Settings,
    pool: &str,
    days: (Option<Day>, Option<Day>),
    unclassified: bool,
) -> Result<Vec<ItemShown>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    let from = days.0.unwrap_or(Day::FIRST);
    let to = days.1.unwrap_or(Day::LAST);
    let mut items = match unclassified {
        true => session.unclassified_items(pool.number).await?,
        false => session.items(pool.number, from, to).await?,
    };
    items.retain(|item| (from..=to).contains(&item.item.day));
    let streams = stream_names(&mut session, &pool).await?;
    session.end().await?;
    let shown = |item| ItemShown::named(pool.coin, &streams, item);
    Ok(items.into_iter().map(shown).collect())
}

/// Says what an item is.
///
/// # Errors
/// `Usage`; `Settlement` when it is settled; the books'.
pub async fn classify(settings: &Settings, asked: &Classification) -> Result<ItemShown, AppError> {
    let of = OfPool::open(settings, &asked.pool).await?;
    let stream = asked
        .stream
        .as_deref()
        .map(|name| of.stream(name))
        .transpose()?;
    if asked.kind.is_of_a_stream() != stream.is_some() {
        return Err(AppError::usage(
            format!("{} and the stream don't go together", asked.kind.name()),
            "income and deductions need --stream, deposits and internal transfers have none",
        ));
    }
    let mut session = of.books.begin().await?;
    let (item, by) = (asked.item, operator());
    let item = income::classify(
        &mut session,
        &of.terms,
        item,
        asked.kind,
        stream,
        &by,
        of.now,
    )
    .await?;
    session.commit().await?;
    Ok(ItemShown {
        coin: of.terms.coin,
        stream: asked.stream.clone(),
        item,
    })
}
