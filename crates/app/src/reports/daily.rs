//! A pool's days in figures.

use std::collections::BTreeMap;

use paydirt_books::{
    BookedCorrection, DailyStatistic, Pool, Session, Settlement, SettlementNumber, StatisticsView,
    StreamNumber,
};
use paydirt_money::{Amount, BaseUnits};
use paydirt_reports::daily::{Daily, DailyRow, Status, View};
use paydirt_schedule::Day;
use paydirt_settlement::{Due, Run, complete_statistics};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, in_order, named, stream_names};
use crate::owner::operator;
use crate::settle::standings;

/// The days of a pool's streams, settled or waiting, by day and stream.
///
/// # Errors
/// `Usage`; the books'.
pub async fn daily(
    settings: &Settings,
    pool: &str,
    days: (Option<Day>, Option<Day>),
    view: View,
) -> Result<Daily, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let from = days.0.unwrap_or(of.terms.first_day);
    let to = days.1.unwrap_or(Day::LAST);
    in_order(from, to)?;
    complete(&of).await?;
    let mut rows = Vec::new();
    let (mut session, found) = of.look().await?;
    if let Some(found) = &found {
        rows = settled(&mut session, found, (from, to), view).await?;
    }
    session.end().await?;
    rows.extend(waiting(&of, from, to).await?);
    rows.sort_by(|a, b| (a.day, &a.stream, a.status).cmp(&(b.day, &b.stream, b.status)));
    Ok(Daily {
        pool: pool.to_owned(),
        coin: of.terms.coin,
        view,
        rows,
    })
}

/// Computes the figures of settled days that have none yet.
pub(super) async fn complete(of: &OfPool) -> Result<(), AppError> {
    let run = Run {
        now: of.now,
        by: &operator(),
        dry_run: false,
    };
    Ok(complete_statistics(&of.books, &of.terms, &run).await?)
}

/// The settled days.
pub(super) async fn settled(
    session: &mut Session,
    pool: &Pool,
    (from, to): (Day, Day),
    view: View,
) -> Result<Vec<DailyRow>, AppError> {
    let streams = stream_names(session, pool).await?;
    let (view, corrections) = match view {
        View::Restated => (StatisticsView::Restated, Vec::new()),
        View::Booked => {
            let booked = session.corrections_booked(pool.number, from, to).await?;
            (StatisticsView::AsBooked, booked)
        }
    };
    let figures = session.daily_statistics_as(pool.number, from, to, view);
    let figures = figures.await?;
    let settlements = session.settlements(pool.number, from, to).await?;
    let settlements = settlements.into_iter().map(|it| (it.number, it));
    let settlements: BTreeMap<SettlementNumber, Settlement> = settlements.collect();
    let day = |it: DailyStatistic| {
        let computed = settlements.get(&it.settlement).map(|it| &it.computed);
        DailyRow {
            stream: named(&streams, it.stream),
            day: it.day,
            status: Status::Settled,
            loss: computed.map_or(BaseUnits::ZERO, |computed| computed.loss),
            loss_carried: computed.map_or(BaseUnits::ZERO, |computed| computed.loss_out),
            figures: Some(it),
        }
    };
    let mut rows: Vec<DailyRow> = figures.into_iter().map(day).collect();
    for it in &corrections {
        rows.push(correction(it, pool, &streams)?);
    }
    Ok(rows)
}

/// A correction as a row of differences.
fn correction(
    it: &BookedCorrection,
    pool: &Pool,
    streams: &[(StreamNumber, String)],
) -> Result<DailyRow, AppError> {
    let deductions = |base| Amount::from_base_units(base, pool.coin).map(|(units, _)| units);
    let (was, is) = (deductions(it.deductions.0)?, deductions(it.deductions.1)?);
    let figures = DailyStatistic {
        pool: pool.number,
        stream: it.stream,
        day: it.booked_on,
        settlement: it.settlement,
        income: it.income,
        deductions: is.units().saturating_sub(was.units()),
        net: it.net,
        fees: it.fees,
        retained: it.retained,
        ..DailyStatistic::default()
    };
    Ok(DailyRow {
        stream: named(streams, it.stream),
        day: it.booked_on,
        status: Status::Correction,
        figures: Some(figures),
        loss: BaseUnits::ZERO,
        loss_carried: BaseUnits::ZERO,
    })
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
            stream: standing.stream.clone(),
            day,
            status: Status::Waiting,
            figures: None,
            loss: BaseUnits::ZERO,
            loss_carried: BaseUnits::ZERO,
        }));
    }
    Ok(rows)
}
