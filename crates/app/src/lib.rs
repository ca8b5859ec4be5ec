//! Configuration, wiring, and each use case once.
//!
//! [`config`] reads what an operator decided into typed [`Settings`](config::Settings); [`wire`]
//! makes engines of them, and is the only place that names concrete chains, ledgers and journals;
//! the other modules are the use cases that commands and pages translate to.

pub mod check;
pub mod config;
pub mod earnings;
mod error;
pub mod keys;
pub mod migrate;
pub mod owner;
pub mod payouts;
pub mod signals;
pub mod wire;

pub use error::AppError;
