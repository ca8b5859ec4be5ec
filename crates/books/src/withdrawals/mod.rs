//! Withdrawals: what members asked to be paid, and how far each has come.
//!
//! Each change locks the pool, moves what it moves between the member's buckets in one posting,
//! and writes its event, in the caller's transaction. Who may decide what, and what a policy
//! allows, is not known here; states, balances and that nothing is paid twice are.

mod change;
pub(crate) mod events;
mod evidence;
mod imported;
mod outside;
mod request;
mod rows;

use std::fmt;

pub use change::Change;
pub use events::WithdrawalEvent;
pub use evidence::{AttemptSeen, LegSeen, PaymentLine, Quarantined};
pub use imported::NewImported;
pub use outside::{OutsidePayment, UsedBy};
pub use request::{BodyHash, NewWithdrawal, request_hash};
pub use rows::{Withdrawal, WithdrawalsAsked};

/// How far a withdrawal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WithdrawalState {
    /// Asked for; its amount is set aside. A second person has to approve it.
    Requested,
    /// May be paid: the next run takes it.
    Approved,
    /// In a payment that is not over.
    Processing,
    /// Paid, and final.
    Paid,
    /// Its payment failed and was given back, or so it came from before these books. Its amount is
    /// still set aside, until a person says what follows.
    Failed,
    /// Somebody decided against it; its amount is available again.
    Rejected,
    /// Taken back; its amount is available again.
    Cancelled,
}

impl WithdrawalState {
    /// All of them, in the order of their lives.
    pub const ALL: &'static [Self] = &[
        Self::Requested,
        Self::Approved,
        Self::Processing,
        Self::Paid,
        Self::Failed,
        Self::Rejected,
        Self::Cancelled,
    ];

    /// Its name in the books and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }
}

impl fmt::Display for WithdrawalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
