//! A storage pool's books, on SQLite and on PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::duplicate_mod,
    clippy::indexing_slicing,
    reason = "tests, each on both"
)]

mod full;
mod home;
mod postgres;
mod scene;
mod sqlite;
