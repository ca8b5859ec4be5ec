//! What no section can see alone.

use std::collections::BTreeMap;

use super::fault::Problem;
use super::settings::Settings;

/// Everything in which sections contradict each other.
pub(super) fn problems(settings: &Settings) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut places = BTreeMap::new();
    for (name, pool) in &settings.pools {
        let key = |key: &str| format!("pool.{name}.{key}");
        let mut add = |key: String, what: String, cure: &str| {
            found.push(Problem {
                key,
                origin: None,
                what,
                cure: cure.to_owned(),
            });
        };
        if let Some(wallet) = settings.wallets.get(&pool.wallet)
            && wallet.chain != pool.chain
        {
            let what = format!(
                "[wallet.{}] is of chain {}, the pool of chain {}",
                pool.wallet, wallet.chain, pool.chain
            );
            add(key("wallet"), what, "name a wallet of the pool's chain");
        }
        if let Some(other) = places.insert(pool.redis.place(), name) {
            let what = format!("[pool.{other}] has the same server, database and prefix");
            add(
                key("redis_prefix"),
                what,
                "give each pool keys of its own, or remove one pool",
            );
        }
        let first = settings.pools_of(&pool.wallet).next();
        if let Some((other, first)) = first
            && first.payouts.finality != pool.payouts.finality
        {
            let what = format!(
                "[pool.{other}] pays from the same wallet, {}, with other confirmations",
                pool.wallet
            );
            let cure = "finality is one for a wallet: give both the same, or a wallet each";
            add(key("payouts.confirmations"), what, cure);
        }
    }
    found
}
