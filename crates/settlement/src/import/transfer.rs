//! An order, given to another member.

use std::collections::BTreeMap;

use paydirt_books::{Holding, LockedPool, NewVersion, Session, Version, VersionCause};
use paydirt_ledger::MemberId;
use paydirt_money::Amount;
use paydirt_schedule::{Day, Timestamp};
use serde_json::json;

use super::orders::{first_open, first_open_days};
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
    holding: &Holding,
    open: &BTreeMap<String, Day>,
    from: Day,
) -> Result<(), SettlementError> {
    let earns = |stream: &&StreamTerms| {
        let named = holding
            .streams
            .as_ref()
            .is_none_or(|names| names.contains(&stream.name));
        named && stream.vesting.is_some()
    };
    for stream in terms.streams.iter().filter(earns) {
        if stream.due == Due::WhenRecorded {
            return Err(SettlementError::refused(
                format!(
                    "stream {} may still get income of days before {from}",
                    stream.name
                ),
                "transfer the order without its unvested parts",
            ));
        }
        if let Some(first) = open.get(&stream.name).filter(|first| **first < from) {
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
/// `with_vesting`: then they go with the next release.
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
    let counts = |version: &&Version| {
        let begun = version.valid_from <= from;
        begun && version.valid_until.is_none_or(|until| until > from)
    };
    let Some(before) = versions
        .iter()
        .rev()
        .find(counts)
        .or(versions.first())
        .cloned()
    else {
        return Err(SettlementError::refused(
            format!("order {order} has no version"),
            "report this",
        ));
    };
    let open = first_open_days(session, locked, terms).await?;
    let first = first_open(&open, before.holding.streams.as_ref(), terms.first_day);
    if from < first {
        return Err(SettlementError::refused(
            format!("{from} is settled: the first day that is not is {first}"),
            "transfer the order from that day on; settled days are corrected, not edited",
        ));
    }
    if before.member == *to {
        return Err(SettlementError::refused(
            format!("order {order} is {to}'s already on {from}"),
            "name another member",
        ));
    }
    if with_vesting {
        check_vesting(terms, &before.holding, &open, from)?;
    }
    let mut holding = before.holding.clone();
    holding.member = member.number;
    let version = NewVersion {
        order: before.order,
        holding,
        valid_from: from,
        cause: VersionCause::Transfer,
        import: None,
        note: None,
    };
    let mut vesting = 0;
    if with_vesting {
        let numbers: Vec<_> = versions.iter().map(|version| version.number).collect();
        vesting = session
            .move_vesting(locked, &numbers, member.number, by, now)
            .await?;
    }
    session.add_versions(pool, &[version], now, by).await?;
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
