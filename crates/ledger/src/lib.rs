//! Who is owed what, and what may have left the building?
//!
//! Two traits, both with a reference model in [`memory`] and a conformance suite:
//!
//! - [`Ledger`]: members' balances. Money moves between *payable*, *in flight* and *paid*; each
//!   move is idempotent by leg id, all-or-nothing per payment, fenced, and has an id of its own.
//! - [`Journal`]: Paydirt's own record of wallets, nonces, payments, attempts and legs: the
//!   authority on what may have left the building.
//!
//! A journal is a record of what was signed and of what a chain answered, so this crate uses the
//! nouns of `paydirt-chain`; it never asks a chain anything.
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

mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod draft;
mod error;
mod ids;
mod journal;
mod ledger;
mod leftovers;
pub mod memory;
mod moves;
mod payment;
mod request;
mod wallet;

pub use change::{Change, NewAttempt, NewPayment};
pub use error::{JournalError, LedgerError};
pub use ids::{
    AttemptId, JournalId, LegId, MemberId, MoveId, PaymentId, PoolId, RequestId, WalletId,
};
pub use journal::{Acquired, HistoryEntry, Journal, Snapshot};
pub use ledger::{Finding, Ledger, Severity};
pub use leftovers::{LeftoverRow, Leftovers, RecordedPayment, Resolution};
pub use moves::{
    BadEntry, HeldLeg, HoldOutcome, HoldState, MoveContext, Moved, Payable, Payables, Reapply,
    ReapplyOutcome, ReapplyTo, ReleaseOutcome, SettleOutcome, Settlement, VoidOutcome, Waiting,
};
pub use payment::{
    Attempt, FinalBy, Inclusion, Leg, LegSource, LegState, LegVerdict, Payment, PaymentState,
    Purpose,
};
pub use request::{Answer, Request, RequestKind};
pub use wallet::{Lease, Quarantine, Wallet, WalletOpening};
