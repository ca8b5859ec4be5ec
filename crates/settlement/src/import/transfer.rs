//! An order, given to another member.

use std::collections::BTreeMap;

use paydirt_books::{Holding, LockedPool, NewVersion, Session, Version, VersionCause};
use paydirt_ledger::MemberId;
use paydirt_money::Amount;
use paydirt_schedule::{Day, Timestamp};
use serde_json::json;

use super::orders::{first_open, first_open_days};
use super::timeline;
use crate::SettlementError;
use crate::terms::{Due, PoolTerms, StreamTerms};

/// What a transfer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The version that counted before.
    pub before: Version,
    /// The unvested parts that went with it.
    pub vesting: Amount,
}

/// A day before `from` that is settled later would vest for the old member what is released to the
/// new one.
fn check_vesting(
    terms: &PoolTerms,
    versions: &[Version],
    open: &BTreeMap<String, Day>,
    from: Day,
) -> Result<(), SettlementError> {
    let earns = |stream: &&StreamTerms| {
        let names_it = |version: &Version| {
            let streams = version.holding.streams.as_ref();
            streams.is_none_or(|names| names.contains(&stream.name))
        };
        stream.vesting.is_some() && versions.iter().any(names_it)
    };
    for stream in terms.streams.iter().filter(earns) {
        let first = open
            .get(&stream.name)
            .map(|open| terms.first_day_of(stream).max(*open));
        if first.is_some_and(|first| stream.until.is_some_and(|until| until < first)) {
            continue;
        }
        if stream.due == Due::WhenRecorded {
            return Err(SettlementError::refused(
                format!(
                    "stream {} may still get income of days before {from}",
                    stream.name
                ),
                "transfer the order without its unvested parts",
            ));
        }
        if let Some(first) = first.filter(|first| *first < from) {
            return Err(SettlementError::refused(
                format!(
                    "stream {} is settled only up to the day before {first}",
                    stream.name
                ),
                format!("settle the days before {from} first, or transfer it from {first} on"),
            ));
        }
    }
    Ok(())
}

/// Gives an order to another member from `from` on, in this session, which the caller commits, or
/// not in a dry run. What it earned stays with the old one; its unvested parts too, unless
/// `with_vesting`: then they go with the next release. What an earlier owner kept stays there.
///
/// # Errors
/// `Refused`: the day is settled, or the member has it already; the books'.
#[allow(
    clippy::too_many_arguments,
    reason = "who, what, to whom, from when, by whom, when"
)]
pub async fn transfer_order(
    session: &mut Session,
    locked: &mut LockedPool,
    terms: &PoolTerms,
    order: &str,
    to: &MemberId,
    from: Day,
    with_vesting: bool,
    by: &str,
    now: Timestamp,
) -> Result<Transferred, SettlementError> {
    let pool = locked.pool.number;
    let member = session.member(to).await?;
    let versions = session.versions_of_order(pool, order).await?;
    let mut timelines = session.timelines(pool, [order]).await?;
    let timeline = timelines.remove(order).unwrap_or_default();
    let mut segments = timeline::changed(&timeline, from, |counts| Holding {
        member: member.number,
        ..counts.clone()
    });
    let Some(before) = segments.first().map(|it| it.version.clone()) else {
        return Err(SettlementError::refused(
            format!("order {order} has no version on {from} or later"),
            "report this",
        ));
    };
    let open = first_open_days(session, locked, terms).await?;
    let first = first_open(&open, before.holding.streams.as_ref(), terms.first_day);
    if from < first {
        return Err(SettlementError::refused(
            format!("{from} is settled: the first day that is not is {first}"),
            "transfer the order from that day on; a settled day that was another member's is \
             corrected: `paydirt settle correct --order ID:member=…`",
        ));
    }
    segments.retain(|it| it.version.holding.member != member.number);
    if segments.is_empty() {
        return Err(SettlementError::refused(
            format!("order {order} is {to}'s already from {from} on"),
            "name another member",
        ));
    }
    if with_vesting {
        check_vesting(terms, &versions, &open, from)?;
    }
    let new = segments.into_iter().map(|segment| NewVersion {
        order: segment.version.order,
        holding: segment.after,
        valid_from: segment.from,
        cause: VersionCause::Transfer,
        import: segment.version.import.map(|(number, _)| number),
        note: segment.version.note.clone(),
    });
    let new: Vec<NewVersion> = new.collect();
    let mut vesting = 0;
    if with_vesting {
        let numbers: Vec<_> = versions.iter().map(|version| version.number).collect();
        vesting = session
            .move_vesting(
                locked,
                &numbers,
                before.holding.member,
                member.number,
                by,
                now,
            )
            .await?;
    }
    timeline::record(session, pool, new, now, by).await?;
    let detail = json!({
        "order": order, "from": before.member.as_str(), "to": to.as_str(), "from_day": from,
        "vesting_units": vesting, "with_vesting": with_vesting,
    });
    session
        .audit(by, "orders transfer", terms.id.as_str(), &detail, now)
        .await?;
    Ok(Transferred {
        before,
        vesting: Amount::from_units(vesting, terms.coin),
    })
}
