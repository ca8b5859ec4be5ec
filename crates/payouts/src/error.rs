//! Why a run stopped or a command was refused.

use paydirt_chain::ChainError;
use paydirt_ledger::{JournalError, LedgerError};
use paydirt_money::MoneyError;

/// Why a run stopped or a command was refused. Whatever was saved before goes on in the next run.
#[derive(Debug, thiserror::Error)]
pub enum PayoutError {
    /// Something must be put right by a person before anything is paid.
    #[error("{0}")]
    Refused(Refusal),
    /// Somebody else runs this wallet.
    #[error(
        "{owner} owns the wallet for another {left_ms} ms; nothing was done here; \
         it goes on by itself, or wait until it has stopped"
    )]
    Owned {
        /// The owner.
        owner: String,
        /// Until its lease expires, unless renewed.
        left_ms: u64,
    },
    /// A command can't be carried out on what it names.
    #[error("{0}")]
    Impossible(String),
    /// The chain could not answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The ledger refused or failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The journal refused or failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A finding of the check before a run: nothing was planned, held or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was found.
    pub found: String,
    /// What to do.
    pub cure: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}; nothing was planned, held or sent; {}",
            self.found, self.cure
        )
    }
}

impl PayoutError {
    pub(crate) fn refused(found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            found: found.into(),
            cure: cure.into(),
        })
    }

    /// Whether the same thing may succeed a little later, without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Chain(error) => error.is_retryable(),
            Self::Ledger(error) => matches!(error, LedgerError::Unavailable(_)),
            Self::Journal(error) => matches!(error, JournalError::Database(_)),
            Self::Owned { .. } => true,
            Self::Refused(_) | Self::Impossible(_) | Self::Money(_) => false,
        }
    }

    /// Whether another owner has taken the wallet, so that this one has nothing left to do.
    pub fn is_fenced(&self) -> bool {
        match self {
            Self::Journal(error) => error.is_fenced(),
            Self::Ledger(LedgerError::Fenced { .. }) => true,
            _ => false,
        }
    }
}
