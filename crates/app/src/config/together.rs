//! What no section can see alone.

use std::collections::BTreeMap;

use super::chain::{ChainConfig, no_endpoints};
use super::fault::{Fault, Problem};
use super::settings::{Paid, Settings};

/// Everything in which sections contradict each other.
pub(super) fn problems(settings: &Settings) -> Vec<Problem> {
    let mut found = Found::default();
    found.chains_without_nodes(settings);
    for (name, pool) in &settings.pools {
        if let Some(name_of_wallet) = &pool.wallet
            && let Some(wallet) = settings.wallets.get(name_of_wallet)
            && wallet.chain != pool.chain
        {
            let what = format!(
                "[wallet.{name_of_wallet}] is of chain {}, the pool of chain {}",
                wallet.chain, pool.chain
            );
            let cure = "name a wallet of the pool's chain";
            found.add(format!("pool.{name}.wallet"), Fault::new(what, cure));
        }
    }
    found.ledgers_that_are_shared(settings);
    found.finality_that_differs(settings);
    found.sources_of_two_pools(settings);
    found.0
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, key: String, Fault { what, cure }: Fault) {
        self.0.push(Problem {
            key,
            origin: None,
            what,
            cure,
        });
    }

    /// A wallet works through its chain's nodes; those of Filecoin don't pay in this version.
    fn chains_without_nodes(&mut self, settings: &Settings) {
        for (name, chain) in &settings.chains {
            let ChainConfig::Ethereum(chain) = chain else {
                continue;
            };
            let needed = settings
                .wallets
                .values()
                .any(|wallet| wallet.chain == *name);
            if needed && chain.endpoints.is_empty() {
                self.add(format!("chain.{name}.endpoints"), no_endpoints());
            }
        }
    }

    fn ledgers_that_are_shared(&mut self, settings: &Settings) {
        let mut places = BTreeMap::new();
        for (name, pool) in &settings.pools {
            let place = pool.redis().map(super::pool::RedisConfig::place);
            if let Some(other) = place.and_then(|place| places.insert(place, name)) {
                let what = format!("[pool.{other}] has the same server, database and prefix");
                let cure = "give each pool keys of its own, or remove one pool";
                self.add(format!("pool.{name}.redis_prefix"), Fault::new(what, cure));
            }
        }
    }

    fn finality_that_differs(&mut self, settings: &Settings) {
        for Paid {
            name,
            wallet,
            payouts,
            ..
        } in settings.paid()
        {
            let first = settings.pools_of(wallet).next();
            if let Some(first) = first
                && first.payouts.finality != payouts.finality
            {
                let other = first.name;
                let what = format!(
                    "[pool.{other}] pays from the same wallet, {wallet}, with other confirmations"
                );
                let cure = "finality is one for a wallet: give both the same, or a wallet each";
                let key = format!("pool.{name}.payouts.confirmations");
                self.add(key, Fault::new(what, cure));
            }
        }
    }

    /// Income of a miner or a wallet belongs to one pool.
    fn sources_of_two_pools(&mut self, settings: &Settings) {
        let mut owners = BTreeMap::new();
        for (name, pool) in &settings.pools {
            let Some(settlement) = pool.settlement() else {
                continue;
            };
            let miners = settlement.miners.iter().map(|miner| ("miners", miner));
            let wallets = settlement.wallets.iter().map(|wallet| ("wallets", wallet));
            for (key, address) in miners.chain(wallets) {
                let source = (&pool.chain, address.to_lowercase());
                let other = owners.insert(source, name).filter(|other| *other != name);
                if let Some(other) = other {
                    let what = format!("{address:?}: [pool.{other}] has it too");
                    let cure = "name it in one pool, or its income would count twice";
                    self.add(format!("pool.{name}.{key}"), Fault::new(what, cure));
                }
            }
        }
    }
}
