//! Payouts: one use case a file.

mod known;
mod reconcile;
mod requests;
mod resolve;
mod run;
mod status;

pub(crate) use known::address as wallet_address;
pub use reconcile::{ReconcileRequest, WalletReconciled, reconcile};
pub use requests::{Outcome, cancel, lift_quarantine, pause, resume};
pub use resolve::{WalletResolved, resolve};
pub use run::{Dry, Ran, RunRequest, Runs, prepare};
pub use status::{HistoryOfWallet, WalletStatus, history, status};
