//! The ledger on open-ethereum-pool's Redis keys.
//!
//! The pool's proxy, unlocker, API and pages go on working on their keys while Paydirt pays:
//! what is in flight looks to them exactly as if their own payer had debited it, and what was
//! paid as if their own payer had recorded it. What is ours lies under `<prefix>:paydirt:`.
//!
//! - [`keys`] is the contract: every key, its type, its members, who writes it.
//! - `lua/*.lua` are the atomic moves. A script reads and validates everything before its first
//!   write, because Redis does not roll back; amounts stay decimal strings of 64 bits.
//! - Each move is one round trip for any number of legs. A thousand legs block Redis for some
//!   milliseconds; more than that a call is allowed and blocks it for longer.
//!
//! Redis Cluster is refused by [`health`](paydirt_ledger::Ledger::health), as the pool itself
//! could not run on it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )
)]

mod arguments;
mod config;
mod fault;
mod health;
pub mod keys;
mod ledger;
mod leftovers;
mod mark;
mod outcomes;
mod payable;
mod reply;
mod script;
mod wire;

pub use config::{ConfigError, RedisLedgerConfig};
pub use ledger::RedisLedger;
