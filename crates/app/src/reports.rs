//! Reports: a pool's days in figures.

use paydirt_books::DailyStatistic;
use paydirt_money::Coin;
use paydirt_schedule::Day;
use paydirt_settlement::{Due, Run, complete_statistics};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, named, stream_names};
use crate::owner::operator;
use crate::settle::standings;

/// A stream's day.
#[derive(Clone, Debug)]
pub struct DailyRow {
    /// The pool's coin.
    pub coin: Coin,
    /// The stream.
    pub stream: String,
    /// The day.
    pub day: Day,
    /// What it came to; `None`: its turn has come, and it waits.
    pub figures: Option<DailyStatistic>,
}

/// The days of a pool's streams, settled or waiting, by day and stream.
///
/// # Errors
/// `Usage`; the books'.
pub async fn daily(
    settings: &Settings,
    pool: &str,
    days: (Option<Day>, Option<Day>),
) -> Result<Vec<DailyRow>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let from = days.0.unwrap_or(of.terms.first_day);
    let to = days.1.unwrap_or(Day::LAST);
    let run = Run {
        now: of.now,
        by: &operator(),
        dry_run: false,
    };
    complete_statistics(&of.books, &of.terms, &run).await?;
    let mut rows = Vec::new();
    let (mut session, pool) = of.look().await?;
    if let Some(pool) = pool {
        let streams = stream_names(&mut session, &pool).await?;
        for figures in session.daily_statistics(pool.number, from, to).await? {
            rows.push(DailyRow {
                coin: pool.coin,
                stream: named(&streams, figures.stream),
                day: figures.day,
                figures: Some(figures),
            });
        }
    }
    session.end().await?;
    rows.extend(waiting(&of, from, to).await?);
    rows.sort_by(|a, b| (a.day, &a.stream).cmp(&(b.day, &b.stream)));
    Ok(rows)
}

/// Those of the days whose turn has come and that are not settled.
async fn waiting(of: &OfPool, from: Day, to: Day) -> Result<Vec<DailyRow>, AppError> {
    let mut rows = Vec::new();
    let terms = &of.terms;
    for (standing, stream) in standings(&of.books, terms, of.now)
        .await?
        .into_iter()
        .zip(&terms.streams)
    {
        let Some(first) = standing.due else { continue };
        let last = match stream.due {
            Due::Daily => stream.until.map_or(to, |until| until.min(to)),
            Due::WhenRecorded => first,
        };
        let due = terms.schedule.due(first, of.now).map(|due| due.day);
        let asked = due
            .take_while(|day| *day <= last)
            .filter(|day| *day >= from);
        rows.extend(asked.filter(|day| *day <= to).map(|day| DailyRow {
            coin: terms.coin,
            stream: standing.stream.clone(),
            day,
            figures: None,
        }));
    }
    Ok(rows)
}
