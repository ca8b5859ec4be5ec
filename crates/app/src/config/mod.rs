//! What did the operator decide? One set of typed [`Settings`], read from layers:
//!
//! built-in defaults < open-ethereum-pool's own file < files in the order given <
//! `PAYDIRT__SECTION__KEY` < `--set key=value`.
//!
//! Loading either gives settings in which everything fits together, or a list of *all* problems,
//! each with its key, where it was set, what is wrong and the cure. Nothing is opened or contacted.
//!
//! Secrets come from files that a `*_file` key names, or from the environment. They are in none of
//! the messages, in no `Debug`, and not in [`Settings::shown`].
//!
//! Relative paths in a file are relative to that file; elsewhere, to the working directory. The
//! database is beside the first file unless `database.url` says otherwise.

mod addresses;
mod chain;
mod database;
mod environment;
mod fault;
mod finality;
mod layers;
mod log;
mod open_ethereum_pool;
mod payouts;
mod pool;
mod section;
mod settings;
mod together;
mod url;
mod values;
mod wallet;
mod words;

pub(crate) use addresses::address_of_chain;
pub use chain::{
    ChainConfig, ChainKind, Contracts, EthereumConfig, Fees, FilecoinConfig, FilecoinNetwork,
};
pub use database::{Database, PostgresConfig};
pub use environment::{Environment, SecretError, SecretSource};
pub use fault::{ConfigError, Problem};
pub use finality::Finality;
pub use layers::Sources;
pub use log::{Log, LogFormat, LogLevel};
pub use payouts::{NetworkFee, PayoutMode, PayoutsConfig, RequestTerms, When};
pub use pool::{
    Credit, Due, IncomeSource, LedgerConfig, Losses, Oversold, PoolConfig, PowerBasis,
    PowerFallback, RedisConfig, SettlementConfig, StreamConfig, VestingConfig, Whole,
};
pub use section::Shown;
pub use settings::{Paid, Settings, load};
pub use url::SecretUrl;
pub use wallet::{NodeSigning, Signer, WalletConfig};
