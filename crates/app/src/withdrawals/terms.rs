//! What the configuration says about a pool's withdrawals.

use paydirt_money::Amount;
use paydirt_settlement::PoolTerms;
use paydirt_withdrawals::policy::Policy;
use paydirt_withdrawals::{NoPolicy, Terms};

use crate::config::{ChainConfig, PayoutMode, PoolConfig, Settings, address_of_chain};
use crate::payouts::wallet_address;

/// The terms of a pool whose days are settled.
pub(super) fn terms(settings: &Settings, pool: &PoolTerms) -> Terms {
    let name = pool.id.as_str();
    let config = settings.pools.get(name);
    Terms {
        pool: pool.id.clone(),
        coin: pool.coin,
        zones: pool.schedule.zones().clone(),
        policy: policy(name, config),
        own: config.map_or_else(Vec::new, |config| own(settings, config)),
    }
}

fn policy(name: &str, config: Option<&PoolConfig>) -> Result<Policy, NoPolicy> {
    let no = |what: String, cure: String| NoPolicy { what, cure };
    let Some(payouts) = config.and_then(|config| config.payouts.as_ref()) else {
        return Err(no(
            format!("pool {name} pays nothing: it has no section payouts"),
            format!(
                "add [pool.{name}.payouts] with mode = \"request\", minimum and daily_cap to the \
                 configuration"
            ),
        ));
    };
    let PayoutMode::Request(request) = &payouts.mode else {
        return Err(no(
            format!("pool {name} pays balances above its threshold, not on request"),
            format!("set mode = \"request\" in [pool.{name}.payouts]"),
        ));
    };
    let Some(daily_cap) = request.daily_cap else {
        return Err(no(
            format!("pool {name} has no daily cap, and without one nothing may go out"),
            format!("set daily_cap in [pool.{name}.payouts]"),
        ));
    };
    let or_cap = |cap: Option<Amount>| cap.unwrap_or(daily_cap);
    Ok(Policy {
        minimum: payouts.minimum,
        withdrawal_cap: or_cap(request.withdrawal_cap),
        member_daily_cap: or_cap(request.member_daily_cap),
        daily_cap,
        approve_above: request.approve_above,
    })
}

/// The addresses that are the pool's own, as the books write them: its wallets, the one that pays,
/// and other payers.
fn own(settings: &Settings, config: &PoolConfig) -> Vec<String> {
    let Some(chain) = settings.chains.get(&config.chain) else {
        return Vec::new();
    };
    let mut texts = payers(settings, config, chain);
    if let Some(settlement) = config.settlement() {
        let wallets = settlement.wallets.iter();
        texts.extend(wallets.filter_map(|text| canonical(chain, text)));
    }
    texts
}

/// Who may have paid the pool's members: the wallet that pays, and those that are registered.
pub(super) fn payers(settings: &Settings, config: &PoolConfig, chain: &ChainConfig) -> Vec<String> {
    let wallet = config.wallet.as_deref();
    let paying = wallet.and_then(|name| {
        let stated = settings.wallets.get(name)?.address.as_deref();
        let stated = stated.and_then(|text| canonical(chain, text));
        stated.or_else(|| Some(wallet_address(settings, name).ok()?.to_string()))
    });
    let registered = config.payouts.iter().flat_map(|payouts| &payouts.payers);
    let registered = registered.filter_map(|text| canonical(chain, text));
    let mut payers: Vec<String> = paying.into_iter().chain(registered).collect();
    payers.sort_unstable();
    payers.dedup();
    payers
}

fn canonical(chain: &ChainConfig, text: &str) -> Option<String> {
    address_of_chain(chain, text).ok()
}

/// How long an address that is not its member's first waits, milliseconds.
pub(crate) fn cool_down_ms(settings: &Settings, pool: &str) -> u64 {
    let payouts = settings
        .pools
        .get(pool)
        .and_then(|pool| pool.payouts.as_ref());
    match payouts.map(|payouts| &payouts.mode) {
        Some(PayoutMode::Request(terms)) => terms.address_cool_down_ms,
        _ => 0,
    }
}
