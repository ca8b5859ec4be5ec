//! The suites that any journal and any ledger must pass.
//!
//! Each case is an async function whose name is the promise that it checks, and panics when it is
//! broken. [`journal_conformance!`](crate::journal_conformance) and
//! [`ledger_conformance!`](crate::ledger_conformance) make a test of each, on a new bench.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "a test suite: it panics on purpose, and its cases are named by what they check"
)]

pub mod fixtures;
pub mod journal;
pub mod ledger;
mod random;

pub use journal::JournalBench;
pub use ledger::{Figures, LedgerBench};
pub use random::Random;

/// Makes a test of each of these cases of a suite: `bench` is an expression of an async block
/// that makes a new bench.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($suite:ident, $bench:expr, [$($case:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $case() {
                let bench = $bench.await;
                $crate::conformance::$suite::$case(&bench).await;
            }
        )*
    };
}
