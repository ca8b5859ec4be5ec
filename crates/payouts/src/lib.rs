//! How does a debt become a payment?
//!
//! Lock, debit, submit, record, each step durable before the next begins:
//!
//! ```text
//! lease → check → recover → plan → hold → sign and save → submit → follow → settle | release
//! ```
//!
//! - [`decide`] is the protocol on one page: a pure function from what was found to the next step;
//!   [`judge`] and [`plan`] are its two larger questions, pure as well.
//! - `look` finds: journal, chain, ledgers, clock. `act` does: one journal transaction, one ledger
//!   call, one batch of RPC calls for each kind of step, however many payments take it.
//! - An [`Engine`] owns one wallet with all pools that it pays for, and finishes by itself what an
//!   earlier run left, on the chain's evidence.
//!
//! Money is given back in one place (`act::close`), on a verdict of [`judge`], or where nothing
//! was ever saved (`act::undo`). No time-out, error text or operator's flag does so.
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

mod act;
mod check;
mod claims;
mod command;
pub mod decide;
mod engine;
mod error;
pub mod judge;
mod look;
pub mod plan;
mod planning;
mod policy;
mod reconcile;
mod report;
mod resolve;
mod run;
mod session;

pub use check::CheckReport;
pub use claims::Found;
pub use engine::{Engine, FinalityChoice, LEASE_RENEW_MS, LEASE_TTL_MS, Pool, Stop};
pub use error::{PayoutError, Refusal};
pub use planning::Preview;
pub use policy::{PoolPolicy, WalletPolicy};
pub use reconcile::{ReconcileOptions, Reconciled};
pub use report::{RunReport, Tally};
pub use resolve::{ResolveReport, RowReport};
pub use run::{RunOptions, Schedule};
