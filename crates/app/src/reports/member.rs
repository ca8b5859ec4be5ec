//! A member's statement.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use paydirt_books::{Changed, MemberHistory, Session, SettlementNumber};
use paydirt_ledger::MemberId;
use paydirt_reports::Document;
use paydirt_reports::member::{Source, Statement, document};
use paydirt_schedule::Day;
use paydirt_settlement::Explainer;

use super::in_books;
use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::{OfPool, in_order, stream_names};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct MemberRequest {
    /// The member's code.
    pub member: String,
    /// The pool.
    pub pool: String,
    /// The first day; `None`: the first that there is.
    pub from: Option<Day>,
    /// The last day; `None`: today in the pool's zone.
    pub to: Option<Day>,
}

/// A member's statement: what it had, every change with its reason, what it has.
///
/// # Errors
/// `Usage`; `Report` when it doesn't add up; the books'.
pub async fn member(settings: &Settings, asked: &MemberRequest) -> Result<Document, AppError> {
    let of = OfPool::open(settings, &asked.pool).await?;
    let today = of.today()?;
    let (mut session, found) = of.look().await?;
    let pool = in_books(found, &asked.pool)?;
    let member = session.member(&MemberId::new(&*asked.member)).await?;
    let first = session.first_posted_day(pool.number).await?;
    let to = asked.to.unwrap_or(today);
    let from = asked.from.or(first).unwrap_or(to);
    in_order(from, to)?;
    let days = (from, to);
    let history = session
        .member_history(pool.number, member.number, days)
        .await?;
    let sources = sources(&mut session, &history).await?;
    let streams = stream_names(&mut session, &pool).await?;
    let withdrawn = session
        .withdrawn(pool.number, Some(member.number), days)
        .await?;
    session.end().await?;
    Ok(document(&Statement {
        pool: &asked.pool,
        coin: pool.coin,
        member: &asked.member,
        name: member.name.as_deref(),
        days,
        history: &history,
        sources: &sources,
        streams: &streams,
        withdrawn: &withdrawn,
    })?)
}

/// What was earned was computed from.
async fn sources(
    session: &mut Session,
    history: &MemberHistory,
) -> Result<BTreeMap<SettlementNumber, Source>, AppError> {
    let mut sources = BTreeMap::new();
    for change in &history.changes {
        let Changed::Earned(it) = &change.what else {
            continue;
        };
        if let Entry::Vacant(new) = sources.entry(it.settlement) {
            let settlement = session.settlement(it.settlement).await?;
            let explainer = Explainer::of(&settlement)?;
            new.insert(Source {
                coefficient: explainer.coefficient(),
                vesting: explainer.vesting(),
                settlement,
            });
        }
    }
    Ok(sources)
}
