//! Ethereum-style chains over JSON-RPC: Ethereum, Ethereum Classic and other chains of the same
//! transactions, through one node or several.
//!
//! [`Ethereum`] is the [`Chain`](paydirt_chain::Chain); each group of its questions is a file:
//! [`Config`], the wire (`rpc`: batches through alloy's client over our `transport`), identity,
//! head and finality, accounts, fees, simulation, signing, submission (with every client's wording
//! in one table), receipts, and the search through blocks. By that it is an
//! [`IncomeSource`](paydirt_chain::IncomeSource), too.
//!
//! Every field of a transaction is set by us: nothing is filled in, numbered or sent again by a
//! library. A batch is one HTTP request for up to [`Config::batch_size`] calls, so a thousand
//! submissions or receipts are a few requests.

mod account;
mod address;
mod answers;
mod chain;
mod config;
mod endpoint_url;
mod error;
mod fees;
mod head;
mod identify;
mod income;
mod json_rpc;
mod node_signer;
mod probe;
mod receipts;
mod reports;
mod rpc;
mod scan;
mod sign;
mod submit;
mod transport;
mod wording;

#[cfg(test)]
mod anvil;

pub use address::parse as parse_address;
pub use chain::Ethereum;
pub use config::{Config, ContractPolicy, FeePolicy, NodeSigning, Signer};
pub use endpoint_url::EndpointUrl;
pub use error::EthereumError;
