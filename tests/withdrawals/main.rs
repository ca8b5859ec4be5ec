//! Withdrawals by the program's own commands, on SQLite and on PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::duplicate_mod,
    reason = "tests, each on both"
)]

mod postgres;
mod shell;
mod sqlite;
