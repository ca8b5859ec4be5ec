//! What a member earned, day by day, and how that was computed.

use std::collections::BTreeMap;

use paydirt_books::{EarnedLine, Settlement, SettlementNumber, StreamNumber, VersionNumber};
use paydirt_ledger::MemberId;
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Day;
use paydirt_settlement::{Explained, Explainer};

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{named, stream_names};
use crate::terms::{pool_terms, stream_of, terms_of};
use crate::wire::{Scope, open_existing};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct IncomeRequest {
    /// The member's code.
    pub member: String,
    /// Only this pool.
    pub pool: Option<String>,
    /// Only this stream.
    pub stream: Option<String>,
    /// The first day; `None`: the first that there is.
    pub from: Option<Day>,
    /// The last day; `None`: the last that there is.
    pub to: Option<Day>,
    /// Days that were corrected as they were settled first, and not as they count.
    pub as_booked: bool,
}

/// What a member earned.
#[derive(Clone, Debug)]
pub struct MemberIncome {
    /// By pool, day, stream and order.
    pub lines: Vec<MemberLine>,
    /// The sums; `None` without lines.
    pub totals: Option<Totals>,
}

/// The sums of a member's lines, all of one coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Before the service fee.
    pub gross: Amount,
    /// The service fee.
    pub fee: Amount,
    /// What the member earned.
    pub net: Amount,
}

/// What one of its orders earned on a day.
#[derive(Clone, Debug)]
pub struct MemberLine {
    /// The day.
    pub day: Day,
    /// The pool.
    pub pool: String,
    /// The pool's coin.
    pub coin: Coin,
    /// The stream.
    pub stream: String,
    /// 0, or which correction of the day it is of.
    pub revision: i64,
    /// The order as it counted, and what it earned.
    pub line: EarnedLine,
    /// How that came about.
    pub explained: Explained,
}

/// What a member earned on these days, by what counts of each: the newest revision's lines.
///
/// # Errors
/// `Usage` for what is not in the configuration, and for lines in several coins, which have no sum;
/// the books'.
pub async fn income(settings: &Settings, asked: &IncomeRequest) -> Result<MemberIncome, AppError> {
    check_names(settings, asked)?;
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    let member = session.member(&MemberId::new(&*asked.member)).await?;
    let from = asked.from.unwrap_or(Day::FIRST);
    let to = asked.to.unwrap_or(Day::LAST);
    let mut lines = Vec::new();
    for pool in session.pools().await? {
        let is_asked = |only: &String| only == pool.id.as_str();
        if !asked.pool.as_ref().is_none_or(is_asked) {
            continue;
        }
        let earned = session
            .earned_by_member(pool.number, member.number, from, to)
            .await?;
        if earned.is_empty() {
            continue;
        }
        let streams = stream_names(&mut session, &pool).await?;
        let mut settlements = BTreeMap::new();
        for settlement in session.settlements(pool.number, from, to).await? {
            let explainer = Explainer::of(&settlement)?;
            settlements.insert(settlement.number, (settlement, explainer));
        }
        let newest = newest(&earned, &settlements);
        for line in earned {
            let Some((settlement, explainer)) = settlements.get(&line.settlement) else {
                continue;
            };
            let counts = match asked.as_booked {
                true => settlement.revision == 0,
                false => {
                    newest.get(&key(settlement, &line)) == Some(&settlement.revision)
                        && explainer.counts(&line)
                }
            };
            if !counts {
                continue;
            }
            let stream = named(&streams, settlement.stream);
            if asked.stream.as_ref().is_some_and(|only| *only != stream) {
                continue;
            }
            lines.push(MemberLine {
                day: settlement.day,
                pool: pool.id.to_string(),
                coin: pool.coin,
                stream,
                revision: settlement.revision,
                explained: explainer.explain(&line),
                line,
            });
        }
    }
    session.end().await?;
    let totals = totals(&lines)?;
    Ok(MemberIncome { lines, totals })
}

/// A stream's day, and a version of an order.
type Key = (StreamNumber, Day, VersionNumber);

fn key(settlement: &Settlement, line: &EarnedLine) -> Key {
    (settlement.stream, settlement.day, line.version)
}

/// The newest revision that has a line of each version.
fn newest(
    lines: &[EarnedLine],
    settlements: &BTreeMap<SettlementNumber, (Settlement, Explainer)>,
) -> BTreeMap<Key, i64> {
    let mut newest: BTreeMap<Key, i64> = BTreeMap::new();
    for line in lines {
        if let Some((settlement, _)) = settlements.get(&line.settlement) {
            let revision = newest.entry(key(settlement, line)).or_default();
            *revision = settlement.revision.max(*revision);
        }
    }
    newest
}

/// What is named must be in the configuration; what is not, are the books asked for.
fn check_names(settings: &Settings, asked: &IncomeRequest) -> Result<(), AppError> {
    let pools = match &asked.pool {
        Some(name) => vec![pool_terms(settings, name)?],
        None => terms_of(settings, &Scope::default())?,
    };
    let Some(name) = &asked.stream else {
        return Ok(());
    };
    let known = pools.iter().map(|terms| stream_of(terms, name).map(|_| ()));
    // In one of them is enough.
    known.reduce(|found, next| found.or(next)).unwrap_or(Ok(()))
}

fn totals(lines: &[MemberLine]) -> Result<Option<Totals>, AppError> {
    let Some(first) = lines.first() else {
        return Ok(None);
    };
    if let Some(other) = lines.iter().find(|line| line.coin != first.coin) {
        return Err(AppError::usage(
            format!("the lines are of {} and {}", first.coin, other.coin),
            "name one pool with --pool",
        ));
    }
    let sum = |of: fn(&MemberLine) -> i64| {
        let amounts = lines
            .iter()
            .map(|line| Amount::from_units(of(line), first.coin));
        Amount::sum(amounts, first.coin)
    };
    Ok(Some(Totals {
        gross: sum(|line| line.line.gross)?,
        fee: sum(|line| line.line.fee)?,
        net: sum(|line| line.explained.net)?,
    }))
}
