//! Settles days: those that are due, or those that are asked for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use paydirt_books::{Books, Job, RunState, Settlement};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::Stop;
use paydirt_schedule::{Clock as _, Day, SystemClock, Timestamp};
use paydirt_settlement::{
    Outcome, PoolTerms, Progress, Run, Settled, SettlementError, Span, StreamTerms, Summary, What,
    catch_up,
};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::known;
use crate::owner::operator;
use crate::terms::{stream_of, terms_of};
use crate::wire::{Scope, open_existing};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct SettleRequest {
    /// Which pools.
    pub scope: Scope,
    /// Only this stream.
    pub stream: Option<String>,
    /// The first and the last of these days; `None`: all that are due.
    pub days: Option<(Day, Day)>,
    /// Only compute: each stream's next day alone, as the others build on it.
    pub dry_run: bool,
}

/// How a day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// It is settled now, or, in a dry run, would be.
    Settled,
    /// It waits.
    Waiting,
    /// It was settled before.
    Already,
    /// What vested on it was released.
    Released,
}

impl DayState {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Waiting => "waiting",
            Self::Already => "already",
            Self::Released => "released",
        }
    }
}

/// The sums of a settled day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What was shared.
    pub income: Amount,
    /// What members earned.
    pub net: Amount,
    /// Service fees.
    pub fee: Amount,
    /// What the pool keeps.
    pub retained: Amount,
    /// The part of `net` that vests later.
    pub vesting: Amount,
}

/// What became of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayDone {
    /// The pool.
    pub pool: String,
    /// The stream.
    pub stream: String,
    /// The day.
    pub day: Day,
    /// How it stands.
    pub state: DayState,
    /// Its sums, where it is settled.
    pub figures: Option<Figures>,
    /// What was released.
    pub released: Option<Amount>,
    /// Why it waits.
    pub reason: Option<String>,
}

impl DayDone {
    /// Whether it is the settlement of this day.
    fn is_of_day(&self, day: Day) -> bool {
        self.day == day && self.state != DayState::Released
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct SettleReport {
    /// By pool, day and stream.
    pub days: Vec<DayDone>,
    /// Streams that failed, each with its first failure: its days before that are settled.
    pub failed: Vec<AppError>,
}

/// Settles the days of pools, each pool and stream after the other. `progress` hears of each day
/// before it, with the pool's name. Asked to stop, it does after the day in hand.
///
/// # Errors
/// `Usage` for what is not in the configuration; `Settlement` for a day that is not over; books
/// that can't be opened. What fails later stops its stream only, and is told in the report.
pub async fn settle(
    settings: &Settings,
    request: &SettleRequest,
    stop: &Stop,
    mut progress: impl FnMut(&str, Progress<'_>) + Send,
) -> Result<SettleReport, AppError> {
    let pools = terms_of(settings, &request.scope)?;
    let now = SystemClock.now();
    let runs = planned(&pools, request, now)?;
    let books = open_existing(settings).await?;
    let by = operator();
    let mut report = SettleReport::default();
    for (terms, stream, span) in runs {
        let run = StreamRun {
            books: &books,
            terms,
            stream,
            span,
            run: Run {
                now,
                by: &by,
                dry_run: request.dry_run,
            },
        };
        let mut tell = |at: Progress<'_>| {
            if stop.is_asked() {
                return ControlFlow::Break(());
            }
            progress(terms.id.as_str(), at);
            ControlFlow::Continue(())
        };
        let mut own = match settle_stream(&run, &mut tell).await {
            Ok(own) => own,
            Err(error) => {
                report.failed.push(AppError::Stream {
                    pool: terms.id.to_string(),
                    stream: stream.name.clone(),
                    error: Box::new(error),
                });
                continue;
            }
        };
        let is_named = request.stream.is_some() && !stop.is_asked();
        own.extend(beside(&run, &own, is_named).await?);
        report.days.append(&mut own);
    }
    report
        .days
        .sort_by(|a, b| (&a.pool, a.day, &a.stream).cmp(&(&b.pool, b.day, &b.stream)));
    Ok(report)
}

type Planned<'t> = Vec<(&'t PoolTerms, &'t StreamTerms, Span)>;

/// Which streams, and which days of each.
fn planned<'t>(
    pools: &'t [PoolTerms],
    request: &SettleRequest,
    now: Timestamp,
) -> Result<Planned<'t>, AppError> {
    let mut runs = Vec::new();
    for terms in pools {
        let streams: Vec<&StreamTerms> = match &request.stream {
            Some(name) => vec![stream_of(terms, name)?],
            None => terms.streams.iter().collect(),
        };
        let spans = streams.into_iter().filter_map(|stream| {
            let span = span_of(terms, stream, request.days)?;
            Some((terms, stream, span))
        });
        runs.extend(spans);
        if let Some((_, to)) = request.days {
            is_over(terms, to, now)?;
        }
    }
    match (runs.is_empty(), request.days) {
        (true, Some((from, to))) => Err(AppError::usage(
            format!("no day from {from} to {to} is one of a stream's"),
            "name days from the pool's first_day on, within its streams' from and until",
        )),
        _ => Ok(runs),
    }
}

/// Those of the days that are the stream's.
fn span_of(terms: &PoolTerms, stream: &StreamTerms, days: Option<(Day, Day)>) -> Option<Span> {
    let Some((from, to)) = days else {
        return Some(Span::Due);
    };
    let from = from.max(terms.first_day_of(stream));
    let to = stream.until.map_or(to, |until| until.min(to));
    (from <= to).then_some(Span::Days { from, to })
}

fn is_over(terms: &PoolTerms, day: Day, now: Timestamp) -> Result<(), AppError> {
    let end = terms.zones().instants(day).end;
    if end <= now {
        return Ok(());
    }
    Err(AppError::from(SettlementError::Refused {
        what: format!("{day} is not over in pool {}: it ends at {end}", terms.id),
        cure: "settle it then".into(),
    }))
}

/// Of the days that were asked for, those that were settled before. Who names a stream is told of
/// one whose days wait for nothing, too.
async fn beside(
    of: &StreamRun<'_>,
    own: &[DayDone],
    is_named: bool,
) -> Result<Vec<DayDone>, AppError> {
    let Span::Days { from, to } = of.span else {
        return Ok(Vec::new());
    };
    let mut before = already(of.books, of.terms, of.stream, from, to).await?;
    before.retain(|day| !own.iter().any(|done| done.is_of_day(day.day)));
    if own.is_empty() && before.is_empty() && is_named {
        before.push(nothing_recorded(of.terms, of.stream, from, to));
    }
    Ok(before)
}

/// Those of the days that are settled already.
async fn already(
    books: &Books,
    terms: &PoolTerms,
    stream: &StreamTerms,
    from: Day,
    to: Day,
) -> Result<Vec<DayDone>, AppError> {
    let mut session = books.look().await?;
    let Some(pool) = known(&mut session, terms).await? else {
        return Ok(Vec::new());
    };
    let streams = session.streams(pool.number).await?;
    let Some(number) = streams.get(&stream.name) else {
        return Ok(Vec::new());
    };
    let settlements = session.settlements(pool.number, from, to).await?;
    session.end().await?;
    let own = settlements.into_iter().filter(|it| it.stream == *number);
    // The newest revision of each day comes last.
    let newest: BTreeMap<Day, Settlement> = own.map(|it| (it.day, it)).collect();
    let done = |settlement: Settlement| DayDone {
        figures: Some(figures(&settlement, terms.coin)),
        ..day_done(terms, &stream.name, settlement.day, DayState::Already)
    };
    Ok(newest.into_values().map(done).collect())
}

fn nothing_recorded(terms: &PoolTerms, stream: &StreamTerms, from: Day, to: Day) -> DayDone {
    DayDone {
        reason: Some(format!(
            "nothing is recorded from {from} to {to}: use `paydirt income record`"
        )),
        ..day_done(terms, &stream.name, from, DayState::Waiting)
    }
}

fn figures(settlement: &Settlement, coin: Coin) -> Figures {
    let computed = &settlement.computed;
    let amount = |units| Amount::from_units(units, coin);
    Figures {
        income: amount(computed.income),
        net: amount(computed.net),
        fee: amount(computed.fee),
        retained: amount(computed.retained),
        vesting: amount(computed.net.saturating_sub(computed.immediate)),
    }
}

fn day_done(terms: &PoolTerms, stream: &str, day: Day, state: DayState) -> DayDone {
    DayDone {
        pool: terms.id.to_string(),
        stream: stream.to_owned(),
        day,
        state,
        figures: None,
        released: None,
        reason: None,
    }
}

/// One stream's days.
pub(crate) struct StreamRun<'r> {
    pub(crate) books: &'r Books,
    pub(crate) terms: &'r PoolTerms,
    pub(crate) stream: &'r StreamTerms,
    pub(crate) span: Span,
    pub(crate) run: Run<'r>,
}

/// Settles a stream's days. What failed, and not in passing, stands in the books as failed.
pub(crate) async fn settle_stream(
    of: &StreamRun<'_>,
    progress: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
) -> Result<Vec<DayDone>, SettlementError> {
    let mut reached = None;
    let mut tell = |at: Progress<'_>| {
        reached = Some((at.job, at.day));
        progress(at)
    };
    let streams = [of.stream];
    let settled = catch_up(of.books, of.terms, &streams, of.span, &of.run, &mut tell).await;
    if let (Err(error), Some((job, day))) = (&settled, reached)
        && !error.is_passing()
        && !of.run.dry_run
    {
        record_failure(of, job, day, error).await;
    }
    let done = settled?.into_iter();
    Ok(done.map(|settled| told(of.terms, settled)).collect())
}

/// As far as the books take it: they may be what failed.
async fn record_failure(of: &StreamRun<'_>, job: &'static str, day: Day, error: &SettlementError) {
    let record = async {
        let mut session = of.books.begin().await?;
        let pool = session.pool(&of.terms.id).await?;
        let stream = session.open_stream(pool.number, &of.stream.name).await?;
        let job = Job {
            pool: pool.number,
            stream: Some(stream),
            job,
            day,
        };
        let (by, now) = (of.run.by, of.run.now);
        let reason = error.to_string();
        session
            .record_run(job, RunState::Failed, Some(&reason), by, now)
            .await?;
        session.commit().await
    };
    if let Err(failed) = record.await {
        tracing::debug!("the failure of {day} is not in the books: {failed}");
    }
}

/// What is unusual about a settled day.
fn remarks(terms: &PoolTerms, summary: &Summary) -> Option<String> {
    let mut remarks = Vec::new();
    if summary.scaled {
        remarks.push("shared by what was sold: that is more than the pool's power".to_owned());
    }
    if !summary.loss.is_zero() {
        let loss = summary.loss.to_coin_text(terms.coin);
        remarks.push(format!("deductions are {loss} more than came in: a loss"));
    }
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

fn told(terms: &PoolTerms, settled: Settled) -> DayDone {
    let Settled { stream, day, what } = settled;
    let with = |state| day_done(terms, &stream, day, state);
    match what {
        What::Settlement(Outcome::Settled(summary)) => DayDone {
            figures: Some(Figures {
                income: summary.income,
                net: summary.net,
                fee: summary.fee,
                retained: summary.retained,
                vesting: summary.vesting,
            }),
            reason: remarks(terms, &summary),
            ..with(DayState::Settled)
        },
        What::Settlement(Outcome::Waiting(reason)) => DayDone {
            reason: Some(reason),
            ..with(DayState::Waiting)
        },
        What::Settlement(Outcome::Already) => with(DayState::Already),
        What::Release(released) => DayDone {
            released: Some(released.amount),
            ..with(DayState::Released)
        },
    }
}
