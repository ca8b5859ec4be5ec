//! Configuration, wiring, and each use case once.
//!
//! [`config`] reads what an operator decided into typed [`Settings`](config::Settings); [`wire`]
//! makes engines of them, and is the only place that names concrete chains, ledgers and journals;
//! the other modules are the use cases that commands and pages translate to.

pub mod approvals;
pub mod audit;
pub mod check;
pub mod config;
pub mod earnings;
mod error;
pub mod imports;
pub mod income;
pub mod income_observe;
pub mod keys;
pub mod ledger;
pub mod members;
pub mod migrate;
mod of_pool;
pub mod orders;
pub mod owner;
pub mod payouts;
pub mod power;
pub mod reports;
pub mod serve;
pub mod settle;
pub mod signals;
pub mod terms;
pub mod transfers;
pub mod treasury;
pub mod wire;
pub mod withdrawals;

pub use error::AppError;
