//! Reports and exports by the program's own commands, opened again by what people open them with,
//! on SQLite and on PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::duplicate_mod,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests, each on both"
)]

mod postgres;
mod scene;
#[path = "../settlement/shell.rs"]
#[allow(dead_code, reason = "what other tests need of it")]
mod shell;
mod sqlite;
mod tools;
