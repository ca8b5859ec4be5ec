//! The books in SQL.
//!
//! One file a noun, with all of its SQL. [`Books`] is a database; [`Journal`] is Paydirt's own
//! record in it. What SQLite does in its own way (connecting, locking, lists of ids) is under
//! `sqlite`.
//!
//! A write of the journal is one `BEGIN IMMEDIATE` transaction: it checks the lease's token, loads
//! what the changes name (a few statements, whatever their number), lets
//! [`paydirt_ledger::draft`] apply them, and stores what that changed, many rows a statement.
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

mod attempts;
mod codec;
mod error;
mod facts;
mod history;
mod journal;
mod leases;
mod legs;
mod moves;
mod payments;
mod quarantine;
mod requests;
mod sqlite;
mod store;
mod wallets;

pub use error::BooksError;
pub use journal::Journal;
pub use sqlite::{Books, PendingMigration};
