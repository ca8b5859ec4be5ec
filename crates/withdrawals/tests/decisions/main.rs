//! What may go out, on real books of both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[macro_use]
mod scene;

mod asking;
mod at_once;
mod deciding;
mod importing;
mod repairing;
