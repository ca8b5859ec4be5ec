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

use crate::config::{
    ChainConfig, EthereumConfig, LedgerConfig, Paid, PoolConfig, RedisConfig, Settings,
    WalletConfig,
};
use crate::error::AppError;
use crate::owner::{is_gone, owner};

pub(crate) use chain::watcher;
pub use journal::{Books, Opened, close_books};
pub(crate) use journal::{
    Need, is_missing, open_books, open_existing, open_journal, open_migrated,
};
pub(crate) use key::exposed;
pub(crate) use policy::finality_of_others;

/// A wallet with its engine.
pub struct Wired {
    /// The wallet's name in the configuration.
    pub wallet: String,
    /// What pays from it.
    pub engine: Engine,
}

/// Which pools and wallets a command is about.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only this pool, and the wallet that pays it; `None`: all.
    pub pool: Option<String>,
}

impl Scope {
    /// The pools, by name; at least one.
    ///
    /// # Errors
    /// `Usage`: there is no such pool, or no pool at all.
    pub fn pools<'s>(
        &self,
        settings: &'s Settings,
    ) -> Result<Vec<(&'s str, &'s PoolConfig)>, AppError> {
        let asked = |name: &str| self.pool.as_ref().is_none_or(|only| only == name);
        let pools = settings
            .pools
            .iter()
            .map(|(name, pool)| (name.as_str(), pool));
        let found: Vec<_> = pools.filter(|(name, _)| asked(name)).collect();
        match (&self.pool, found.is_empty()) {
            (_, false) => Ok(found),
            (Some(name), true) => {
                let known: Vec<&str> = settings.pools.keys().map(String::as_str).collect();
                Err(AppError::Usage {
                    what: format!("there is no pool {name:?} in the configuration"),
                    cure: match known.is_empty() {
                        true => "give a configuration with pools, by --config FILE".into(),
                        false => format!("name one of: {}", known.join(", ")),
                    },
                })
            }
            (None, true) => Err(AppError::Usage {
                what: "the configuration has no pool".into(),
                cure: "give one with pools, by --config FILE or --from-open-ethereum-pool FILE"
                    .into(),
            }),
        }
    }

    /// The wallets that pay them, by name; at least one. Of all pools, those that can't be paid
    /// in this version are left out.
    ///
    /// # Errors
    /// `Usage`: there is no such pool, or none that is paid. `Policy`: those that are can't be
    /// paid in this version.
    pub fn wallets<'s>(&self, settings: &'s Settings) -> Result<Vec<&'s str>, AppError> {
        let pools = self.pools(settings)?;
        let paid = pools.iter().filter_map(|(_, pool)| pool.paid());
        let mut wallets: Vec<&str> = paid.map(|(wallet, _)| wallet).collect();
        wallets.sort_unstable();
        wallets.dedup();
        if wallets.is_empty() {
            let names: Vec<&str> = pools.iter().map(|(name, _)| *name).collect();
            return Err(AppError::Usage {
                what: format!(
                    "{} is not paid: there is no section payouts",
                    names.join(", ")
                ),
                cure: "add [pool.NAME.payouts] and a wallet to pay its members".into(),
            });
        }
        let mut refused = None;
        wallets.retain(|wallet| match of_wallet(settings, wallet) {
            Err(policy @ AppError::Policy { .. }) => {
                refused = Some(policy);
                false
            }
            // What else is wrong is said where the wallet is used.
            _ => true,
        });
        match (wallets.is_empty(), refused) {
            (true, Some(refused)) => Err(refused),
            _ => Ok(wallets),
        }
    }
}

/// The engines of these wallets, over one journal. Keys are unlocked, no node or Redis is asked.
///
/// # Errors
/// Settings that can't be used, a key that can't be had.
pub async fn engines(
    settings: &Settings,
    wallets: &[&str],
    opened: &Opened,
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
            journal: opened.journal.clone(),
            ledgers: ledgers(settings, name, chain_config, opened.books.as_ref()).await?,
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
    chain: &EthereumConfig,
    address: Address,
    parts: Parts,
    stop: &Stop,
) -> Engine {
    let configured: Vec<Paid<'_>> = settings.pools_of(wallet).collect();
    let pools = configured.iter().filter_map(|paid| {
        let id = PoolId::new(paid.name);
        let ledger = parts.ledgers.get(paid.name)?.clone();
        let policy = PoolPolicy {
            minimum: paid.payouts.minimum,
        };
        Some((id.clone(), Pool { id, ledger, policy }))
    });
    let finality = configured
        .first()
        .map_or(chain.finality, |paid| paid.payouts.finality);
    Engine {
        chain: parts.chain,
        journal: parts.journal,
        clock: Arc::new(SystemClock),
        address,
        network: chain.chain_id.map(|id| id.to_string()),
        finality: policy::finality(finality),
        policy: policy::wallet(chain, finality, configured.iter().map(|paid| paid.payouts)),
        pools: pools.collect(),
        owner: owner(),
        is_gone,
        stop: stop.clone(),
        progress: watch::Sender::new(Tally::default()),
    }
}

async fn ledgers(
    settings: &Settings,
    wallet: &str,
    chain: &EthereumConfig,
    books: Option<&Books>,
) -> Result<BTreeMap<String, Arc<dyn Ledger>>, AppError> {
    let mut ledgers: BTreeMap<String, Arc<dyn Ledger>> = BTreeMap::new();
    for paid in settings.pools_of(wallet) {
        let ledger: Arc<dyn Ledger> = match (&paid.pool.ledger, books) {
            (LedgerConfig::Redis(redis), _) => Arc::new(in_redis(settings, paid, redis, chain)?),
            (LedgerConfig::Sql(_), Some(books)) => {
                let (id, days) = (PoolId::new(paid.name), paid.pool.zones.clone());
                let paid_by = policy::paid_by(paid.payouts.mode);
                Arc::new(books.ledger(&id, chain.coin, days, paid_by).await?)
            }
            (LedgerConfig::Sql(_), None) => {
                let pool = paid.name;
                tracing::info!(pool, "there are no books yet, so there is nothing to pay");
                continue;
            }
        };
        ledgers.insert(paid.name.to_owned(), ledger);
    }
    Ok(ledgers)
}

fn in_redis(
    settings: &Settings,
    Paid { name, payouts, .. }: Paid<'_>,
    redis: &RedisConfig,
    chain: &EthereumConfig,
) -> Result<RedisLedger, AppError> {
    let url = redis.connection_url(&settings.environment);
    let url = url.map_err(|error| AppError::Secret {
        owner: format!("pool {name}"),
        error,
    })?;
    let config = RedisLedgerConfig {
        connection_timeout_ms: redis.timeout_ms.min(CONNECT_MS),
        response_timeout_ms: redis.timeout_ms,
        bgsave: payouts.bgsave,
        wait_replicas: redis.wait_replicas,
        ..RedisLedgerConfig::new(url.expose(), &redis.prefix, chain.coin)
    };
    RedisLedger::connect(config).map_err(|error| AppError::Redis {
        pool: name.to_owned(),
        error,
    })
}

/// Longest time to connect to a Redis.
const CONNECT_MS: u64 = 1_000;

/// A wallet of the configuration that can pay, and its chain.
///
/// # Errors
/// `Usage`: there is none of this name. `Policy`: paying on its chain is not in this version.
pub(crate) fn of_wallet<'s>(
    settings: &'s Settings,
    name: &str,
) -> Result<(&'s WalletConfig, &'s EthereumConfig), AppError> {
    let found = settings
        .wallets
        .get(name)
        .and_then(|wallet| Some((wallet, settings.chains.get(&wallet.chain)?)));
    match found {
        Some((wallet, ChainConfig::Ethereum(chain))) => Ok((wallet, chain)),
        Some((_, ChainConfig::Filecoin(_))) => Err(AppError::Policy {
            what: format!("wallet {name} is of a Filecoin chain, where this version can't pay"),
            cure: "pay its pools' members by other means: orders, income and settling are not \
                   touched by it"
                .into(),
        }),
        None => Err(AppError::Usage {
            what: format!("there is no wallet {name:?} in the configuration"),
            cure: "name one that exists".into(),
        }),
    }
}
