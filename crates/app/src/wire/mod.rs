//! From settings to engines: the only place that names concrete chains, ledgers and journals.

mod chain;
#[cfg(feature = "crash-points")]
mod crash;
mod journal;
mod key;
mod policy;

use std::collections::BTreeMap;
use std::sync::Arc;

use paydirt_chain::{Address, Chain};
use paydirt_ledger::{Journal, Ledger, PoolId};
use paydirt_ledger_redis::{RedisLedger, RedisLedgerConfig};
use paydirt_payouts::{Engine, Pool, PoolPolicy, Stop, Tally};
use paydirt_schedule::SystemClock;
use tokio::sync::watch;

use crate::config::{ChainConfig, PoolConfig, Settings, WalletConfig};
use crate::error::AppError;
use crate::owner::{is_gone, owner};

pub use journal::{Books, close_books, database_path};
pub(crate) use journal::{Need, open_books, open_journal};
pub(crate) use key::exposed;

/// A wallet with its engine.
pub struct Wired {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// What pays from it.
    pub engine: Engine,
}

/// Which wallets a command is about.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only the wallet that pays this pool; `None`: all wallets that pay a pool.
    pub pool: Option<String>,
}

impl Scope {
    /// The wallets, by name; at least one.
    ///
    /// # Errors
    /// `Usage`: there is no such pool, or no pool at all.
    pub fn wallets<'s>(&self, settings: &'s Settings) -> Result<Vec<&'s str>, AppError> {
        if let Some(name) = &self.pool {
            let Some(pool) = settings.pools.get(name) else {
                let known: Vec<&str> = settings.pools.keys().map(String::as_str).collect();
                return Err(AppError::Usage {
                    what: format!("there is no pool {name:?} in the configuration"),
                    cure: match known.is_empty() {
                        true => "give a configuration with pools, by --config FILE".into(),
                        false => format!("name one of: {}", known.join(", ")),
                    },
                });
            };
            return Ok(vec![pool.wallet.as_str()]);
        }
        let mut wallets: Vec<&str> = settings.pools.values().map(|p| p.wallet.as_str()).collect();
        wallets.sort_unstable();
        wallets.dedup();
        match wallets.is_empty() {
            false => Ok(wallets),
            true => Err(AppError::Usage {
                what: "the configuration has no pool".into(),
                cure: "give one with pools, by --config FILE or --from-open-ethereum-pool FILE"
                    .into(),
            }),
        }
    }
}

/// The engines of these wallets, over one journal. Keys are unlocked, nothing else is asked.
///
/// # Errors
/// Settings that can't be used, a key that can't be had.
pub async fn engines(
    settings: &Settings,
    wallets: &[&str],
    journal: Arc<dyn Journal>,
    stop: &Stop,
) -> Result<Vec<Wired>, AppError> {
    #[cfg(feature = "crash-points")]
    let script = crash::script()?;
    let mut wired = Vec::with_capacity(wallets.len());
    for name in wallets {
        let (config, chain_config) = of_wallet(settings, name)?;
        let (chain, address) = chain::chain(settings, name, config, chain_config).await?;
        let parts = Parts {
            chain,
            journal: journal.clone(),
            ledgers: ledgers(settings, name, chain_config)?,
        };
        #[cfg(feature = "crash-points")]
        let parts = crash::wrapped(parts, script.as_ref());
        let engine = engine(settings, name, chain_config, address, parts, stop);
        let wallet = (*name).to_owned();
        wired.push(Wired { wallet, engine });
    }
    Ok(wired)
}

/// What an engine is made of, and faults can be wrapped around.
struct Parts {
    chain: Arc<dyn Chain>,
    journal: Arc<dyn Journal>,
    ledgers: BTreeMap<String, Arc<dyn Ledger>>,
}

fn engine(
    settings: &Settings,
    wallet: &str,
    chain: &ChainConfig,
    address: Address,
    parts: Parts,
    stop: &Stop,
) -> Engine {
    let configured: Vec<(&str, &PoolConfig)> = settings.pools_of(wallet).collect();
    let pools = configured.iter().filter_map(|(name, pool)| {
        let id = PoolId::new(*name);
        let ledger = parts.ledgers.get(*name)?.clone();
        let policy = PoolPolicy {
            minimum: pool.payouts.minimum,
        };
        Some((id.clone(), Pool { id, ledger, policy }))
    });
    let finality = configured
        .first()
        .map_or(chain.finality, |(_, pool)| pool.payouts.finality);
    Engine {
        chain: parts.chain,
        journal: parts.journal,
        clock: Arc::new(SystemClock),
        address,
        network: chain.chain_id.map(|id| id.to_string()),
        finality: policy::finality(finality),
        policy: policy::wallet(chain, finality, configured.iter().map(|(_, pool)| *pool)),
        pools: pools.collect(),
        owner: owner(),
        is_gone,
        stop: stop.clone(),
        progress: watch::Sender::new(Tally::default()),
    }
}

fn ledgers(
    settings: &Settings,
    wallet: &str,
    chain: &ChainConfig,
) -> Result<BTreeMap<String, Arc<dyn Ledger>>, AppError> {
    let mut ledgers: BTreeMap<String, Arc<dyn Ledger>> = BTreeMap::new();
    for (name, pool) in settings.pools_of(wallet) {
        let redis = &pool.redis;
        let url = redis.connection_url(&settings.environment);
        let url = url.map_err(|error| AppError::Secret {
            owner: format!("pool {name}"),
            error,
        })?;
        let config = RedisLedgerConfig {
            connection_timeout_ms: redis.timeout_ms.min(CONNECT_MS),
            response_timeout_ms: redis.timeout_ms,
            bgsave: pool.payouts.bgsave,
            wait_replicas: redis.wait_replicas,
            ..RedisLedgerConfig::new(url.expose(), &redis.prefix, chain.coin)
        };
        let ledger = RedisLedger::connect(config).map_err(|error| AppError::Redis {
            pool: name.to_owned(),
            error,
        })?;
        ledgers.insert(name.to_owned(), Arc::new(ledger));
    }
    Ok(ledgers)
}

/// Longest time to connect to a Redis.
const CONNECT_MS: u64 = 1_000;

/// A wallet of the configuration, and its chain.
pub(crate) fn of_wallet<'s>(
    settings: &'s Settings,
    name: &str,
) -> Result<(&'s WalletConfig, &'s ChainConfig), AppError> {
    let found = settings
        .wallets
        .get(name)
        .and_then(|wallet| Some((wallet, settings.chains.get(&wallet.chain)?)));
    found.ok_or_else(|| AppError::Usage {
        what: format!("there is no wallet {name:?} in the configuration"),
        cure: "name one that exists".into(),
    })
}
