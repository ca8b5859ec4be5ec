//! Days of a storage pool, on real books.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[macro_use]
mod scene;

mod closing;
mod collecting;
mod corrected_at_random;
mod correcting;
mod correcting_beside;
mod correcting_vesting;
mod dates;
mod history;
mod importing;
mod interrupted;
mod late;
mod losses;
mod moving;
mod observing;
mod settling;
mod sixty;
mod spans;
mod vesting;
mod whole;
