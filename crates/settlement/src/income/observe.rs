//! What a chain showed of a day becomes items of income, once.

use std::collections::BTreeMap;
use std::ops::Range;

use paydirt_books::{
    DayPower, Item, ItemKind, NewItem, PoolNumber, PowerBasis, Session, StreamNumber,
};
use paydirt_chain::{Address, Observation, Observed, ObservedPower};
use paydirt_money::{BaseUnits, PoolPower};
use paydirt_schedule::{Day, Timestamp};
use serde_json::json;

use super::parts::{self, CHAIN, Part};
use super::{check_day, day_for};
use crate::SettlementError;
use crate::terms::{PoolTerms, Source, StreamTerms};

/// Differences that a message lists.
const MAX_LISTED: usize = 5;

/// A stream's day that was observed, and who is who.
#[derive(Clone, Copy, Debug)]
pub struct ObservedDay<'a> {
    /// The pool.
    pub pool: &'a PoolTerms,
    /// The stream; its source is the chain.
    pub stream: &'a StreamTerms,
    /// The day.
    pub day: Day,
    /// The pool's own addresses, observed or not: what they send is internal.
    pub own: &'a [Address],
    /// Who sends income: what comes from others is unclassified.
    pub senders: &'a [Address],
    /// Whether the day's entries of income by persons are of something else than what the chain
    /// shows. Unless that is said, they count as the day's income, and nothing is recorded twice.
    pub beside_entries: bool,
    /// Whether income may be an item of the next unsettled day, where its own is settled.
    pub late: bool,
    /// Who or what records it.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What became of an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing was recorded: the chain can still change what came in.
    NotFinal {
        /// What is final, in words.
        reason: String,
    },
    /// It is recorded now: these items. One of them is income of the stream, be it 0.
    Recorded(Vec<Item>),
    /// The same was recorded before; nothing was written.
    Already(Vec<Item>),
}

/// The span of a stream's day to ask a chain about, unix seconds, its end excluded: blocks of whole
/// seconds belong to it exactly if they are of the day.
///
/// # Errors
/// `Refused` for a day that is none of the stream's, that its zone skips, or that is not over; the
/// books'.
pub async fn span_s(
    session: &mut Session,
    pool: &PoolTerms,
    stream: &StreamTerms,
    day: Day,
    now: Timestamp,
) -> Result<Range<u64>, SettlementError> {
    check_day(pool, stream, day)?;
    let span = instants(session, pool, stream, day).await?;
    if span.is_empty() {
        return Err(SettlementError::refused(
            format!("{day} has no hour in the time zone of pool {}", pool.id),
            "it settles without income",
        ));
    }
    if now < span.end {
        return Err(SettlementError::refused(
            format!(
                "{day} is not over in pool {}: it ends at {}",
                pool.id, span.end
            ),
            "observe it then",
        ));
    }
    Ok(first_second(span.start)..first_second(span.end))
}

/// As the day is or would be settled now.
async fn instants(
    session: &mut Session,
    pool: &PoolTerms,
    stream: &StreamTerms,
    day: Day,
) -> Result<Range<Timestamp>, SettlementError> {
    let known = session.pools().await?;
    let known = known.into_iter().find(|known| known.id == pool.id);
    let number = match &known {
        Some(known) => session.streams(known.number).await?.remove(&stream.name),
        None => None,
    };
    let Some(number) = number else {
        return Ok(pool.zones().instants(day));
    };
    if let Some(settled) = session.settlement_of_day(number, day).await? {
        return Ok(settled.computed.begins_at..settled.computed.ends_at);
    }
    let last = session.last_settled(number).await?;
    Ok(match last {
        Some(last) if last.day.next()? == day => {
            pool.zones().instants_from(last.computed.ends_at, day)
        }
        _ => pool.zones().instants(day),
    })
}

/// The first whole second that is not before `at`.
fn first_second(at: Timestamp) -> u64 {
    u64::try_from(at.as_ms()).map_or(0, |ms| ms.div_ceil(1000))
}

/// Records what came in on a day, in this session, which the caller commits: one item for each of
/// the pool's addresses and kind, one for each unknown sender, and one of 0 where nothing of it is
/// income. The same observation again changes nothing.
///
/// # Errors
/// `Refused`: the day is settled, has entries, or was observed with another result; the books'.
pub async fn observe(
    session: &mut Session,
    of: &ObservedDay<'_>,
    observation: &Observation,
) -> Result<Noted, SettlementError> {
    check_stream(of)?;
    let span = span_s(session, of.pool, of.stream, of.day, of.now).await?;
    let observed = match observation {
        Observation::NotFinal { reason } => {
            let reason = reason.clone();
            return Ok(Noted::NotFinal { reason });
        }
        Observation::Final(observed) => observed,
    };
    if observed.evidence.span_s != span {
        return Err(SettlementError::refused(
            format!(
                "{} is the seconds {span:?}, and {:?} were observed",
                of.day, observed.evidence.span_s
            ),
            "observe that day again",
        ));
    }
    let pool = of.pool;
    let opened = session
        .open_pool(&pool.id, pool.coin, pool.first_day, of.now)
        .await?;
    let closed = session.lock_pool(&pool.id).await?.closed_through();
    let stream = session.open_stream(opened.number, &of.stream.name).await?;
    let parts = parts::of(&observed.inflows, of.own, of.senders)?;
    let there = session.items_earned_on(opened.number, of.day).await?;
    let (before, others): (Vec<Item>, Vec<Item>) = there
        .into_iter()
        .partition(|item| parts::is_of_chain(&item.item.source));
    let at = At {
        pool: opened.number,
        stream,
    };
    if !before.is_empty() {
        check_same(of, stream, &before, &parts)?;
        record_power(session, of, at, observed.power).await?;
        return Ok(Noted::Already(before));
    }
    check_entries(of, stream, &others, &parts)?;
    let day = day_for(session, of.stream, stream, (of.day, of.late), closed).await?;
    let items = add(session, of, at, day, &parts, observed).await?;
    record_power(session, of, at, observed.power).await?;
    Ok(Noted::Recorded(items))
}

#[derive(Clone, Copy)]
struct At {
    pool: PoolNumber,
    stream: StreamNumber,
}

/// What comes in to a pool's addresses can be the income of one stream.
fn check_stream(of: &ObservedDay<'_>) -> Result<(), SettlementError> {
    let ObservedDay { pool, stream, .. } = *of;
    if stream.source != Source::Chain {
        return Err(SettlementError::refused(
            format!(
                "the income of stream {} is entered, not observed",
                stream.name
            ),
            "record it with `paydirt income record`, or give the stream source = \"chain\"",
        ));
    }
    let has_day = |other: &&StreamTerms| {
        let first = pool.first_day_of(other);
        of.day >= first && other.until.is_none_or(|until| of.day <= until)
    };
    let streams = pool.streams.iter().filter(has_day);
    let others = streams.filter(|it| it.source == Source::Chain && it.name != stream.name);
    match others.map(|other| other.name.as_str()).next() {
        None => Ok(()),
        Some(other) => Err(SettlementError::refused(
            format!(
                "on {} both {other} and {} are observed, and nobody can tell which of them an \
                 inflow to pool {} belongs to",
                of.day, stream.name, pool.id
            ),
            "let one stream of a pool have source = \"chain\", and enter the others' income",
        )),
    }
}

/// What was recorded must be what is seen now, whatever it was said to be since.
fn check_same(
    of: &ObservedDay<'_>,
    stream: StreamNumber,
    before: &[Item],
    parts: &[Part<'_>],
) -> Result<(), SettlementError> {
    let mut sums: BTreeMap<&str, [Option<BaseUnits>; 2]> = BTreeMap::new();
    for item in before {
        sums.entry(&item.item.source).or_default()[0] = Some(item.item.amount);
    }
    for part in parts {
        sums.entry(&part.source).or_default()[1] = Some(part.amount);
    }
    let coins = |amount: Option<BaseUnits>| {
        amount.map_or_else(|| "nothing".into(), |it| it.to_coin_text(of.pool.coin))
    };
    let differing = sums.iter().filter(|(_, [booked, seen])| booked != seen);
    let listed: Vec<String> = differing
        .take(MAX_LISTED)
        .map(|(source, [booked, seen])| {
            let (booked, seen) = (coins(*booked), coins(*seen));
            format!("{source}: {booked} in the books, {seen} on the chain")
        })
        .collect();
    let (day, name) = (of.day, &of.stream.name);
    if let Some(item) = before.first().filter(|_| !listed.is_empty()) {
        return Err(SettlementError::refused(
            format!(
                "{day} was observed at {} by {}, and is another now: {}",
                item.recorded_at,
                item.item.by,
                listed.join("; ")
            ),
            "find out why (addresses or senders of the pool changed, or a node was wrong), and \
             enter what is missing with `paydirt income record`",
        ));
    }
    let own = |item: &Item| item.item.stream == Some(stream) && item.item.kind == ItemKind::Income;
    if before.iter().any(own) {
        return Ok(());
    }
    Err(SettlementError::refused(
        format!("what came in on {day} is recorded, and none of it is income of stream {name}"),
        "record that stream's income, or 0, with `paydirt income record`",
    ))
}

/// A person's entry may be what the chain shows, too.
fn check_entries(
    of: &ObservedDay<'_>,
    stream: StreamNumber,
    others: &[Item],
    parts: &[Part<'_>],
) -> Result<(), SettlementError> {
    let own = |item: &&Item| item.item.stream == Some(stream) && item.item.kind == ItemKind::Income;
    let Some(entry) = others.iter().find(own).filter(|_| !of.beside_entries) else {
        return Ok(());
    };
    let coin = of.pool.coin;
    let income = parts.iter().filter(|part| part.kind == ItemKind::Income);
    let income = income.map(|part| part.amount.get());
    // Shown only.
    let seen = BaseUnits::new(income.fold(0, u128::saturating_add));
    Err(SettlementError::refused(
        format!(
            "{} of stream {} has income by {}, named {:?}: {}; the chain shows {}, which may be \
             the same",
            of.day,
            of.stream.name,
            entry.item.by,
            entry.item.source,
            entry.item.amount.to_coin_text(coin),
            seen.to_coin_text(coin),
        ),
        "if both came in, observe with --beside-entries",
    ))
}

async fn add(
    session: &mut Session,
    of: &ObservedDay<'_>,
    At { pool, stream }: At,
    day: Day,
    parts: &[Part<'_>],
    observed: &Observed,
) -> Result<Vec<Item>, SettlementError> {
    let mut items = Vec::with_capacity(parts.len());
    for part in parts {
        let is_income = part.kind.is_of_a_stream();
        let new = NewItem {
            stream: is_income.then_some(stream),
            day: if is_income { day } else { of.day },
            earned_on: of.day,
            kind: part.kind,
            source: part.source.clone(),
            amount: part.amount,
            evidence: Some(part.evidence(&observed.evidence).to_string()),
            note: None,
            by: of.by.to_owned(),
        };
        let Some(number) = session.add_item(pool, &new, of.now).await? else {
            return Err(SettlementError::refused(
                format!("{} has an item named {:?} already", of.day, part.source),
                "observe it again",
            ));
        };
        items.push(session.item(pool, number.get()).await?);
    }
    let said = |part: &Part<'_>| {
        json!({
            "source": part.source, "kind": part.kind.name(),
            "base_units": part.amount.to_string(),
        })
    };
    let detail = json!({
        "stream": of.stream.name, "day": of.day, "settled_with": day,
        "items": parts.iter().map(said).collect::<Vec<_>>(),
    });
    session
        .audit(
            of.by,
            "income observe",
            of.pool.id.as_str(),
            &detail,
            of.now,
        )
        .await?;
    Ok(items)
}

/// The pool's power at the day's end, counted both ways. What a person says of it stands.
async fn record_power(
    session: &mut Session,
    of: &ObservedDay<'_>,
    At { pool, .. }: At,
    seen: Option<ObservedPower>,
) -> Result<(), SettlementError> {
    let Some(seen) = seen else { return Ok(()) };
    for (basis, bytes) in [
        (PowerBasis::Raw, seen.raw),
        (PowerBasis::QualityAdjusted, seen.quality_adjusted),
    ] {
        let power = PoolPower::from_bytes(bytes)?;
        match session.power(pool, of.day, basis).await? {
            Some(known) if known.source == CHAIN && known.power != power => {
                return Err(SettlementError::refused(
                    format!(
                        "the {} power of {} was observed as {} bytes, and is {bytes} now",
                        basis.name(),
                        of.day,
                        known.power.bytes()
                    ),
                    "find out which node was wrong, and set it with `paydirt pools power`",
                ));
            }
            Some(_) => {}
            None => {
                let power = DayPower {
                    day: of.day,
                    basis,
                    power,
                    source: CHAIN.to_owned(),
                    by: of.by.to_owned(),
                };
                session.set_power(pool, &power, of.now).await?;
            }
        }
    }
    Ok(())
}
