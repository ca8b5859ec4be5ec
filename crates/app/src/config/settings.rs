//! All settings together.

use std::cell::RefCell;
use std::collections::BTreeMap;

use paydirt_schedule::{Tz, parse_zone};

use super::chain::{ChainConfig, Chains};
use super::database::Database;
use super::environment::Environment;
use super::fault::ConfigError;
use super::layers::{Sources, merged};
use super::log::Log;
use super::payouts::PayoutsConfig;
use super::pool::{PoolConfig, PoolContext};
use super::section::{Report, Section, Shown};
use super::wallet::WalletConfig;
use super::{open_ethereum_pool, together};

/// Everything that an operator decided, checked to fit together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The zone of cron specs and days, where a pool has no other.
    pub time_zone: Tz,
    /// Where the books are, the journal among them.
    pub database: Database,
    /// What is logged, and how.
    pub log: Log,
    /// Chains by name.
    pub chains: BTreeMap<String, ChainConfig>,
    /// Wallets by name.
    pub wallets: BTreeMap<String, WalletConfig>,
    /// Pools by name.
    pub pools: BTreeMap<String, PoolConfig>,
    /// Whether `RESOLVE_PAYOUT` asks, as open-ethereum-pool's own module understands it, to
    /// resolve what is pending and then stop.
    pub resolve_only: bool,
    /// Where secrets are read from when they are needed.
    pub environment: Environment,
    shown: Vec<Shown>,
}

impl Settings {
    /// Every key with its effective value and where that was set, without secrets.
    #[must_use]
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// The pools that a wallet pays, by name.
    pub fn pools_of<'s>(&'s self, wallet: &'s str) -> impl Iterator<Item = Paid<'s>> + Clone {
        self.paid().filter(move |paid| paid.wallet == wallet)
    }

    /// The pools that are paid, by name.
    pub fn paid(&self) -> impl Iterator<Item = Paid<'_>> + Clone {
        self.pools.iter().filter_map(|(name, pool)| {
            let (wallet, payouts) = pool.paid()?;
            Some(Paid {
                name,
                pool,
                wallet,
                payouts,
            })
        })
    }
}

/// A pool that is paid.
#[derive(Clone, Copy, Debug)]
pub struct Paid<'s> {
    /// Its name.
    pub name: &'s str,
    /// The pool.
    pub pool: &'s PoolConfig,
    /// The wallet that pays it, by name.
    pub wallet: &'s str,
    /// When and what it pays.
    pub payouts: &'s PayoutsConfig,
}

/// Reads all layers.
///
/// # Errors
/// [`ConfigError`] with every problem found.
pub fn load(sources: &Sources) -> Result<Settings, ConfigError> {
    let mut report = Report::default();
    let tree = merged(sources, &mut report.problems);
    let report = RefCell::new(report);
    let read = read(Section::root(&tree, &report), sources);
    let mut report = report.into_inner();
    let asked = open_ethereum_pool::asks_to_resolve(&sources.environment);
    let resolve_only = asked.unwrap_or_else(|problem| {
        report.problems.push(problem);
        false
    });
    if let Some(settings) = &read {
        report.problems.extend(together::problems(settings));
    }
    match read {
        Some(settings) if report.problems.is_empty() => Ok(Settings {
            shown: report.shown,
            resolve_only,
            ..settings
        }),
        _ => Err(ConfigError {
            problems: report.problems,
        }),
    }
}

/// The settings of what could be read; whether all could, the report says.
fn read(root: Section<'_>, sources: &Sources) -> Option<Settings> {
    let environment = &sources.environment;
    let time_zone = root.or("time_zone", "UTC", |text| Ok(parse_zone(text)?));
    let database = Database::read(root.below("database"), sources.folder());
    let log = Log::read(root.below("log"));
    let (mut chains, found) = (BTreeMap::new(), root.named("chain"));
    let chain_names = names(&found);
    for (name, section) in found {
        chains.extend(ChainConfig::read(section).map(|chain| (name, chain)));
    }
    let of_chains = Chains {
        names: &chain_names,
        read: &chains,
    };
    let (mut wallets, found) = (BTreeMap::new(), root.named("wallet"));
    let wallet_names = names(&found);
    for (name, section) in found {
        let wallet = WalletConfig::read(section, environment, &of_chains);
        wallets.extend(wallet.map(|wallet| (name, wallet)));
    }
    let mut pools = BTreeMap::new();
    for (name, section) in root.named("pool") {
        let context = PoolContext {
            environment,
            chains: &of_chains,
            wallet_names: &wallet_names,
            time_zone,
        };
        pools.extend(PoolConfig::read(section, &context).map(|pool| (name, pool)));
    }
    root.finish();
    Some(Settings {
        time_zone: time_zone?,
        database: database?,
        log: log?,
        chains,
        wallets,
        pools,
        resolve_only: false,
        environment: environment.clone(),
        shown: Vec::new(),
    })
}

fn names(sections: &[(String, Section<'_>)]) -> Vec<String> {
    sections.iter().map(|(name, _)| name.clone()).collect()
}
