//! What can go wrong with a ledger or a journal.

use paydirt_money::MoneyError;

use crate::{JournalId, MoveId, PaymentId};

/// Why a journal refused or could not do something. Nothing was changed by a call that failed
/// (or, when the connection broke during it, everything or nothing was).
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another owner took the lease.
    #[error(
        "the lease of this wallet was taken over (token {ours} is no longer the newest, \
         {newest}); nothing was written; the new owner goes on"
    )]
    Fenced {
        /// The token of this lease.
        ours: u64,
        /// The newest token.
        newest: u64,
    },
    /// A payment is not in the state that a change needs.
    #[error("payment {payment} is {found}, not {wanted}; nothing was written")]
    Conflict {
        /// The payment.
        payment: PaymentId,
        /// What it needed to be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// Something else than a payment is not as a change needs it.
    #[error("{what} is {found}, not {wanted}; nothing was written")]
    Mismatch {
        /// What.
        what: String,
        /// What it needed to be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// A member's balance or a withdrawal has a live leg already.
    #[error("{what} is being paid already by a live leg; nothing was planned")]
    Live {
        /// The member or the withdrawal.
        what: String,
    },
    /// The wallet differs from what was journalled at first contact.
    #[error(
        "the wallet's {what} was {journalled} at first contact and is {found} now; nothing was \
         done; correct the configuration or the node, or use another journal for another chain"
    )]
    Changed {
        /// Chain, address or finality.
        what: String,
        /// What the journal has.
        journalled: String,
        /// What is there now.
        found: String,
    },
    /// No such wallet.
    #[error("wallet {0} is not in this journal")]
    UnknownWallet(String),
    /// What was read back is not what was written.
    #[error("the journal holds something that can't be read: {0}; restore it from a backup")]
    Corrupt(String),
    /// The database failed.
    #[error("the journal's database failed: {0}; the step is repeated after a restart")]
    Database(String),
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl JournalError {
    /// Whether somebody else owns the wallet now.
    pub fn is_fenced(&self) -> bool {
        matches!(self, Self::Fenced { .. })
    }
}

/// Why a ledger refused or could not do something.
///
/// After every error but `Unavailable` nothing was moved; after `Unavailable` the move happened
/// whole or not at all, and repeating it is safe.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It doesn't know a move that the journal knows: it is an older copy.
    #[error(
        "the ledger doesn't know its own move {expected}: it was restored from an older copy or \
         failed over, or is another one (check its URL and prefix); nothing was moved; run \
         `paydirt payouts reconcile --dry-run`"
    )]
    Older {
        /// The move that the journal knows.
        expected: MoveId,
    },
    /// A higher token was seen for this wallet.
    #[error("the ledger has seen a newer owner of this wallet (token {seen}); nothing was moved")]
    Fenced {
        /// The highest token seen.
        seen: u64,
    },
    /// It belongs to another journal.
    #[error(
        "the ledger belongs to journal {found}, not to {ours}; nothing was moved; \
         use that journal (is this its directory and database?), or, if it is lost, run \
         `paydirt payouts reconcile --adopt`"
    )]
    OtherJournal {
        /// The journal that it knows.
        found: String,
        /// Ours.
        ours: JournalId,
    },
    /// Another program holds its lock, or took ours away.
    #[error("{}; nothing was moved; {}", lock_is(.holder), lock_cure(.holder))]
    Locked {
        /// The lock's value; empty when there is none.
        holder: String,
    },
    /// A balance or entry can't be read exactly.
    #[error("the ledger's entry {entry} is {found:?}, which is no whole amount; nothing was moved")]
    BadEntry {
        /// Which entry.
        entry: String,
        /// What it holds.
        found: String,
    },
    /// It refuses writes (read-only replica, out of memory, failed persistence).
    #[error("the ledger refuses writes: {0}; nothing was moved")]
    NotWritable(String),
    /// It did not answer, or the connection broke.
    #[error("the ledger did not answer: {0}; moves are idempotent and will be repeated")]
    Unavailable(String),
    /// An amount is out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

fn lock_is(holder: &str) -> String {
    match holder {
        "" => "the payments lock was taken away by another program".to_owned(),
        _ => format!("the payments lock is held by {holder:?}"),
    }
}

fn lock_cure(holder: &str) -> &'static str {
    match holder {
        "" => "make sure that no other payer of this ledger runs, then run again",
        _ => "stop that program, then run `paydirt payouts resolve`",
    }
}
