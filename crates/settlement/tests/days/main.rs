//! Days of a storage pool, on real books.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod importing;
mod interrupted;
mod observing;
mod scene;
mod settling;
mod sixty;
mod vesting;
