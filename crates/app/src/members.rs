//! Members: who they are, what they have, and where each figure comes from.

mod address;
mod income;

use paydirt_books::{Balance, DebtEntry, Member, MemberAddress, Pool, Version};
use paydirt_ledger::MemberId;
use paydirt_schedule::{Clock as _, SystemClock};
use serde_json::json;

use crate::config::Settings;
use crate::error::AppError;
use crate::owner::{operator, why};
use crate::wire::open_existing;

pub use address::{AddressChange, addresses, change_address};
pub use income::{IncomeRequest, MemberIncome, MemberLine, Totals, income};

/// A member, with everything that it has.
#[derive(Clone, Debug)]
pub struct MemberShown {
    /// Who it is.
    pub member: Member,
    /// What it has in each pool.
    pub balances: Vec<(Pool, Balance)>,
    /// The versions that made it the holder of orders, with their pools' names.
    pub orders: Vec<(String, Version)>,
    /// Where it is paid, with the pools' names.
    pub addresses: Vec<(String, MemberAddress)>,
    /// How what it owes came and went, with the pools; the newest of it.
    pub debts: Vec<(Pool, DebtEntry)>,
}

/// Changes of a debt that are shown.
const DEBTS: u32 = 50;

/// Members by code after `after`, at most `limit`.
///
/// # Errors
/// The books'.
pub async fn list(
    settings: &Settings,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Member>, AppError> {
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    let after = after.map(MemberId::new);
    Ok(session.members_after(after.as_ref(), limit).await?)
}

/// Members whose telephone number is this text, or whose name or code begins with it.
///
/// # Errors
/// `Usage` for an empty text; the books'.
pub async fn find(settings: &Settings, text: &str, limit: u32) -> Result<Vec<Member>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::usage(
            "there is nothing to look for",
            "give a telephone number, or the beginning of a name or code",
        ));
    }
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    Ok(session.find_members(text, limit).await?)
}

/// A member, with everything that it has.
///
/// # Errors
/// The books': `Unknown` when nobody has this code.
pub async fn show(settings: &Settings, code: &str) -> Result<MemberShown, AppError> {
    let books = open_existing(settings).await?;
    let mut session = books.look().await?;
    let member = session.member(&MemberId::new(code)).await?;
    let balances = session.balances_of_member(member.number).await?;
    let pools = session.pools().await?;
    let name = |number| {
        let found = pools.iter().find(|pool| pool.number == number);
        found.map_or_else(String::new, |pool| pool.id.to_string())
    };
    let versions = session.versions_of_member(member.number).await?;
    let orders = versions.into_iter();
    let orders = orders
        .map(|(pool, version)| (name(pool), version))
        .collect();
    let mut addresses = Vec::new();
    for pool in &pools {
        let mut found = session.addresses_of(pool.number, [member.number]).await?;
        let of_member = found.remove(&member.number).unwrap_or_default();
        let with_pool = |address| (pool.id.to_string(), address);
        addresses.extend(of_member.into_iter().map(with_pool));
    }
    let debts = session.debts_of(member.number, DEBTS).await?;
    let debts = debts.into_iter().filter_map(|debt| {
        let pool = pools.iter().find(|pool| pool.number == debt.pool)?;
        Some((pool.clone(), debt))
    });
    let debts = debts.collect();
    session.end().await?;
    Ok(MemberShown {
        member,
        balances,
        orders,
        addresses,
        debts,
    })
}

/// Pays nothing to a member from now on, for a `reason`; or, with `frozen` false, pays it again.
///
/// # Errors
/// The books': `Unknown` when nobody has this code.
pub async fn freeze(
    settings: &Settings,
    code: &str,
    frozen: bool,
    reason: &str,
) -> Result<Member, AppError> {
    let reason = why(reason)?;
    let books = open_existing(settings).await?;
    let mut session = books.begin().await?;
    let member = session.member(&MemberId::new(code)).await?;
    let kept = frozen.then_some(reason);
    session.freeze_member(member.number, kept).await?;
    let action = match frozen {
        true => "members freeze",
        false => "members unfreeze",
    };
    let detail = json!({ "reason": reason, "before": member.frozen });
    let (by, now) = (operator(), SystemClock.now());
    session.audit(&by, action, code, &detail, now).await?;
    session.commit().await?;
    Ok(Member {
        frozen: kept.map(str::to_owned),
        ..member
    })
}
