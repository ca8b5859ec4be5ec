//! Crashes, lost replies, paused owners, reorganisations and lost ledgers at every single point
//! between the steps of a run, on the models and the devnet, under a driven clock.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]
#![allow(
    clippy::result_large_err,
    reason = "the engine's own error, a few times in a test"
)]

mod devnet;
mod drive;
mod invariants;
mod world;
