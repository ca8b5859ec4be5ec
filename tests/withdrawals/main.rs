//! Withdrawals of a storage pool by the program's own commands, paid on a real node, with the books
//! on SQLite and on PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::duplicate_mod,
    reason = "tests, each on both"
)]

mod place;
mod postgres;
mod shell;
mod sqlite;
