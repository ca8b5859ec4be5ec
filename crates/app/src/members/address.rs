//! Where a member of a pool is paid.

use paydirt_books::MemberAddress;
use serde_json::json;

use crate::config::{Settings, address_of_chain};
use crate::error::AppError;
use crate::of_pool::{OfPool, member};
use crate::owner::operator;
use crate::withdrawals::cool_down_ms;

/// What becomes of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressChange {
    /// Threshold payouts go to it, once it can be used: at once if it is the member's first in
    /// the pool, else after the pool's cool-down.
    Add(String),
    /// Nothing is paid to it any more.
    Remove(String),
}

/// The addresses of a pool's member, oldest first.
///
/// # Errors
/// `Usage`; the books': `Unknown` when nobody has this code.
pub async fn addresses(
    settings: &Settings,
    pool: &str,
    code: &str,
) -> Result<Vec<MemberAddress>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, pool) = of.look().await?;
    let number = member(&mut session, code).await?;
    let Some(pool) = pool else {
        return Ok(Vec::new());
    };
    let mut found = session.addresses_of(pool.number, [number]).await?;
    Ok(found.remove(&number).unwrap_or_default())
}

/// Adds or removes an address of a pool's member, and returns those that it has then.
///
/// # Errors
/// `Usage` for an address that is none of the pool's chain; the books'.
pub async fn change_address(
    settings: &Settings,
    pool: &str,
    code: &str,
    change: &AddressChange,
) -> Result<Vec<MemberAddress>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (action, address) = match change {
        AddressChange::Add(address) => ("members address add", canonical(settings, pool, address)?),
        // One that an earlier version, or another chain's setting, left is removed as it stands.
        AddressChange::Remove(address) => {
            let known = canonical(settings, pool, address).unwrap_or_else(|_| address.clone());
            ("members address remove", known)
        }
    };
    let (mut session, pool) = of.begin().await?;
    let locked = session.lock_pool(&pool.id).await?;
    let number = member(&mut session, code).await?;
    match change {
        AddressChange::Add(_) => {
            let cool_down_ms = cool_down_ms(settings, pool.id.as_str());
            let usable_from = session
                .add_address_after(&locked, number, &address, of.now, cool_down_ms)
                .await?;
            if usable_from > of.now {
                tracing::warn!(
                    member = code,
                    "{address} is not this member's first address: it can be used from \
                     {usable_from} on; let the member know"
                );
            }
        }
        AddressChange::Remove(_) => {
            session
                .remove_address(pool.number, number, &address, of.now)
                .await?;
        }
    }
    let mut found = session.addresses_of(pool.number, [number]).await?;
    let found = found.remove(&number).unwrap_or_default();
    let added = found.iter().find(|known| known.address == address);
    let usable_from = added.map(|known| known.usable_from.to_string());
    let detail = json!({
        "pool": pool.id.as_str(), "address": address, "usable_from": usable_from,
    });
    session
        .audit(&operator(), action, code, &detail, of.now)
        .await?;
    session.commit().await?;
    Ok(found)
}

/// In the text that the books know it by.
fn canonical(settings: &Settings, pool: &str, address: &str) -> Result<String, AppError> {
    let of_pool = settings.pools.get(pool);
    let chain = of_pool.and_then(|pool| settings.chains.get(&pool.chain));
    let chain = chain.ok_or_else(|| {
        let what = format!("pool {pool} has no chain");
        AppError::usage(what, "name a pool of the configuration")
    })?;
    let wrong = |(what, cure): (String, String)| {
        AppError::usage(format!("the address {address:?} {what}"), cure)
    };
    address_of_chain(chain, address).map_err(wrong)
}
