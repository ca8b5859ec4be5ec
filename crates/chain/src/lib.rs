//! What do we ask of any chain?
//!
//! Four groups of things, each in a file of its own:
//!
//! - **nouns**: [`Address`], [`TxId`], [`BlockRef`], [`Fee`], [`Unsigned`], [`Signed`], [`Saved`];
//! - **answers**: [`Verdict`] of a submission, [`Receipt`], [`Sighting`], [`Tip`], [`Account`];
//! - the [`Chain`] trait, and [`Endpoints`], which asks several nodes and knows when they agree;
//! - the [`IncomeSource`] trait: what came in, where a pool's income is seen on its chain.
//!
//! Two kinds of reads exist, and they must not be mixed up. A *reading* ([`Trust::Any`]) comes
//! from the first endpoint that answers, and may be wrong or old: it can make us wait or send
//! saved bytes again, nothing else. A *verdict* ([`Trust::All`]) is what every endpoint configured
//! for verdicts says, none of them failing to answer: only it may end a hold.
//!
//! The chain's errors and time-outs are never evidence of anything.

mod account;
mod address;
mod block;
#[cfg(feature = "conformance")]
pub mod conformance;
mod endpoints;
mod error;
mod fee;
mod identity;
mod income;
mod receipt;
mod traits;
mod transaction;
mod verdict;

pub use account::{Account, NonceSeen, Probe, Transfer};
pub use address::{Address, AddressError};
pub use block::{BlockRef, Finality, Tip};
pub use endpoints::Endpoints;
pub use error::ChainError;
pub use fee::{Fee, FeeKind, FeeQuote};
pub use identity::{EndpointReport, Identity};
pub use income::{Evidence, IncomeSource, Inflow, Observation, Observed, ObservedPower, Origin};
pub use receipt::{Fault, LegOutcome, Receipt, Sighting, TxOutcome};
pub use traits::{Chain, Trust};
pub use transaction::{AttemptKind, Call, Saved, Signed, SigningMode, TxId, Unsigned};
pub use verdict::{Rejection, Verdict};
