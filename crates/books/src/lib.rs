//! The books in SQL.
//!
//! One file a noun, with all of its SQL: one text for SQLite and PostgreSQL, run through `db`.
//! [`Books`] is a database; [`Journal`] is Paydirt's own record in it. What a database does in its
//! own way (connecting, locking, migrations) is under `sqlite` and `postgres`.
//!
//! A write of the journal is one transaction that locks its wallet first (SQLite: everything). It
//! checks the lease's token, loads what the changes name (a few statements, whatever their number),
//! lets [`paydirt_ledger::draft`] apply them, and stores what that changed, many rows a statement.
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
mod books;
mod codec;
mod db;
mod error;
mod facts;
mod history;
mod journal;
mod leases;
mod legs;
mod migrations;
mod moves;
mod payments;
mod postgres;
mod quarantine;
mod requests;
mod sqlite;
mod store;
mod url;
mod wallets;

pub use books::{Books, PendingMigration};
pub use error::BooksError;
pub use journal::Journal;
pub use postgres::PostgresOptions;
