//! Withdrawals and balances of a storage pool, paid by the program itself on a real node, with the
//! books on SQLite and on PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::duplicate_mod,
    reason = "tests, each on both"
)]

mod asked;
mod place;
mod postgres;
mod sqlite;
