//! The reference models: a ledger and a journal in memory, as plain as they can be.
//!
//! For tests, simulations and as what every other ledger and journal is compared with. Nothing of
//! them survives the process.

mod journal;
mod ledger;
mod member;
mod moves;
mod pool;
mod reads;
mod state;
mod write;

pub use journal::MemoryJournal;
pub use ledger::{LedgerCopy, MemoryLedger};
