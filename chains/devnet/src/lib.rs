//! A small account chain in this process, for demos and tests.
//!
//! [`Devnet`] is the world: accounts, a mempool with replacement rules, blocks that are mined
//! when the tester says so, reorganisations, finality, and several [endpoints](EndpointHandle)
//! that can lag, lie, forget, fork off or break a call as a script says. [`DevChain`] looks at it
//! the way Paydirt looks at any chain.
//!
//! Everything is deterministic: hashes come from content, time from the blocks; nothing sleeps or
//! reads a clock (except [`Devnet::auto_mine`], for demos).
//!
//! Shape: one lock around one `world`; `canon` is the chain itself with the states of accounts
//! by block, `pool` one node's mempool, `execute` what a transaction does, `node` how an endpoint
//! answers, `view` what it sees, `client`, `chain` and `income` the [`paydirt_chain::Chain`] and
//! [`paydirt_chain::IncomeSource`] on top.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use paydirt_chain::Chain;
//! use paydirt_devnet::{Call, DevChain, Devnet, Fault, Orphans, Rules};
//!
//! let net = Devnet::new(Rules { endpoints: 2, ..Rules::default() });
//! let wallet = net.wallet(1_000_000_000_000_000_000)?;
//! let chain = DevChain::new(&net);
//! chain.identify(Some(&net.identity())).await?;
//!
//! net.endpoint(1).script(Fault::LostReply, Call::Submit, 1);
//! // … sign for `wallet`, save, submit by `chain` …
//! net.mine(1);
//! net.reorg(1, Orphans::Return)?;
//! net.endpoint(1).freeze();
//! net.mine(3);
//! assert_eq!(net.nonce(&wallet), 0);
//! # Ok(())
//! # }
//! ```

mod address;
mod auto;
mod canon;
mod chain;
mod client;
mod codec;
mod config;
mod control;
mod endpoint;
mod error;
mod execute;
mod fault;
mod fee;
mod income;
mod node;
mod pool;
mod verdict;
mod view;
mod world;

pub use auto::AutoMine;
pub use client::DevChain;
pub use config::{Funds, Rules};
pub use control::{Devnet, MinedTransaction, Orphans, Supply};
pub use endpoint::EndpointHandle;
pub use error::DevnetError;
pub use execute::Payee;
pub use fault::{Call, Fault, Lie};
