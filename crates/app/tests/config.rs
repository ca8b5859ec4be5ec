//! What an operator writes, and what it comes to.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

#[path = "config/documented.rs"]
mod documented;
#[path = "config/layers.rs"]
mod layers;
#[path = "config/open_ethereum_pool.rs"]
mod open_ethereum_pool;
#[path = "config/postgres.rs"]
mod postgres;
#[path = "config/problems.rs"]
mod problems;
#[path = "config/secrets.rs"]
mod secrets;
#[path = "config/storage_pool.rs"]
mod storage_pool;

use std::path::PathBuf;

use paydirt_app::config::{
    ChainConfig, ConfigError, Environment, EthereumConfig, PayoutsConfig, RedisConfig, Settings,
    Sources, load,
};
use tempfile::TempDir;

/// A configuration in which everything fits.
const GOOD: &str = r#"
[chain.eth]
kind = "ethereum"
coin = "ETH"
endpoints = ["http://127.0.0.1:8545"]
[wallet.hot]
chain = "eth"
keystore = "hot.json"
password_file = "hot.pass"
[pool.eth]
chain = "eth"
wallet = "hot"
ledger = "redis"
redis_url = "redis://127.0.0.1:6379/0"
redis_prefix = "eth"
[pool.eth.payouts]
minimum = "0.5 ETH"
interval = "2h"
"#;

/// Files of one test.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Files {
        Files {
            folder: TempDir::new().unwrap(),
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Loads `toml` with these variables and assignments.
fn loaded(
    toml: &str,
    environment: &[(&'static str, &'static str)],
    set: &[&str],
) -> Result<Settings, ConfigError> {
    let files = Files::new();
    load(&Sources {
        files: vec![files.write("paydirt.toml", toml)],
        environment: environment.iter().copied().collect::<Environment>(),
        set: set.iter().map(|&set| set.to_owned()).collect(),
        open_ethereum_pool: None,
    })
}

/// The message for a configuration that is refused.
fn refused(toml: &str, set: &[&str]) -> String {
    match loaded(toml, &[], set) {
        Ok(settings) => panic!("accepted: {settings:?}"),
        Err(error) => error.to_string(),
    }
}

/// The Ethereum-style chain of this name.
fn ethereum<'s>(settings: &'s Settings, name: &str) -> &'s EthereumConfig {
    match &settings.chains[name] {
        ChainConfig::Ethereum(chain) => chain,
        ChainConfig::Filecoin(chain) => panic!("{chain:?}"),
    }
}

/// How the pool of this name is paid.
fn payouts<'s>(settings: &'s Settings, name: &str) -> &'s PayoutsConfig {
    settings.pools[name].payouts.as_ref().unwrap()
}

/// The Redis of the pool of this name.
fn redis<'s>(settings: &'s Settings, name: &str) -> &'s RedisConfig {
    settings.pools[name].redis().unwrap()
}

/// The effective value of a key, and where it was set.
fn shown(settings: &Settings, key: &str) -> (String, String) {
    let found = settings.shown().iter().find(|shown| shown.key == key);
    let found = found.unwrap_or_else(|| panic!("{key} is not shown"));
    (found.value.clone(), found.from.clone())
}
