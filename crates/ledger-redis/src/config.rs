//! Which Redis, which pool on it, and how long to wait for it.

use std::fmt;

use paydirt_money::Coin;

/// What a [`RedisLedger`](crate::RedisLedger) is made of.
#[derive(Clone)]
pub struct RedisLedgerConfig {
    /// `redis://[user:password@]host:port/database`; never printed.
    pub url: String,
    /// open-ethereum-pool's `coin`, as `eth`: what all its keys begin with.
    pub prefix: String,
    /// The coin of its balances, which are whole ledger units (Shannon).
    pub coin: Coin,
    /// Longest time to connect, in ms, above 0.
    pub connection_timeout_ms: u64,
    /// Longest time from asking to the answer, connecting included, in ms, above 0.
    pub response_timeout_ms: u64,
    /// Whether a run that made payments ends with BGSAVE.
    pub bgsave: bool,
    /// How many replicas must acknowledge each move (WAIT); 0 for none. A move that too few
    /// acknowledged is `Unavailable`, and repeated.
    pub wait_replicas: u32,
}

impl RedisLedgerConfig {
    /// The usual: 1 s to connect, 5 s to answer, no BGSAVE, no replicas.
    pub fn new(url: impl Into<String>, prefix: impl Into<String>, coin: Coin) -> Self {
        Self {
            url: url.into(),
            prefix: prefix.into(),
            coin,
            connection_timeout_ms: 1_000,
            response_timeout_ms: 5_000,
            bgsave: false,
            wait_replicas: 0,
        }
    }
}

impl fmt::Debug for RedisLedgerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLedgerConfig")
            .field("url", &"[redacted]")
            .field("prefix", &self.prefix)
            .field("coin", &self.coin.symbol())
            .field("connection_timeout_ms", &self.connection_timeout_ms)
            .field("response_timeout_ms", &self.response_timeout_ms)
            .field("bgsave", &self.bgsave)
            .field("wait_replicas", &self.wait_replicas)
            .finish()
    }
}

/// Why no ledger can be made of a configuration. Nothing was connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL is not read.
    #[error(
        "the Redis URL can't be used: {0}; nothing was connected; \
         write redis://[user:password@]host:port/database"
    )]
    Url(String),
    /// The prefix is empty.
    #[error(
        "the Redis prefix is empty; nothing was connected; \
         give the value of `coin` in the pool's own configuration, as \"eth\""
    )]
    NoPrefix,
    /// A time-out is 0.
    #[error("{0} is 0; nothing was connected; give a time in milliseconds, as 5000")]
    NoTime(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_redis_is_never_printed() {
        let config = RedisLedgerConfig::new("redis://:canary@h/0", "eth", Coin::ETH);
        assert!(!format!("{config:?}").contains("canary"));
    }
}
