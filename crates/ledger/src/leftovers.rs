//! What another program's payer left in a ledger: its lock, its pending rows.

use paydirt_chain::TxId;
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;

use crate::MemberId;

/// A pending row that no journal of ours knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftoverRow {
    /// The row as it stands, to be removed by equality.
    pub text: String,
    /// The member.
    pub member: MemberId,
    /// The amount.
    pub amount: Amount,
    /// When the other program debited it.
    pub at: Timestamp,
    /// A transaction that the other program recorded for it.
    pub transaction: Option<TxId>,
    /// A nonce that the other program recorded for it.
    pub nonce: Option<u64>,
}

/// Everything of another payer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// The lock's value, if it isn't ours.
    pub lock: Option<String>,
    /// Its pending rows, oldest first.
    pub rows: Vec<LeftoverRow>,
    /// Rows that can't be read, as they stand: a person must look.
    pub unreadable: Vec<String>,
}

impl Leftovers {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.lock.is_none() && self.rows.is_empty() && self.unreadable.is_empty()
    }
}

/// What becomes of a pending row of another payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It was paid by this transaction: recorded as the other program would have.
    Paid(TxId),
    /// It was not paid and never will be: credited back.
    CreditBack,
}

/// A payment that the ledger has on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPayment {
    /// Its transaction.
    pub transaction: TxId,
    /// The member.
    pub member: MemberId,
    /// How much.
    pub amount: Amount,
    /// When it was recorded.
    pub at: Timestamp,
}
