//! Payments, their legs and attempts, as the journal keeps them.

use paydirt_chain::{Address, AttemptKind, BlockRef, Receipt, Saved, Sighting, Signed, Unsigned};
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;

use crate::{AttemptId, LegId, MemberId, PaymentId, PoolId, WalletId};

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Pays its legs.
    Pay,
    /// Has no legs: uses up a nonce that something unknown may still use.
    Fill,
    /// Was not made by this journal: a transaction of the wallet that a person accepted as what it
    /// is, so that nonces have no gap.
    Foreign,
}

impl Purpose {
    /// Its name in the books and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Fill => "fill",
            Self::Foreign => "foreign",
        }
    }

    /// The one of this name, if there is one.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Pay, Self::Fill, Self::Foreign]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// How far a payment has come. Each step is durable before the next begins.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Legs are recorded; the ledger may or may not hold them.
    Planned,
    /// The ledger holds all legs; nothing is saved.
    Held,
    /// Held, and to be given back: saving is forbidden from here on.
    Releasing,
    /// Has a nonce and at least one saved attempt: counts as sent.
    Saved,
    /// An attempt was seen in a block that is not final yet.
    Included,
    /// What happened at its nonce is final, and each leg has its verdict; the ledger may not know.
    Final,
    /// The ledger knows too, or the plan was dropped. Nothing is left to do.
    Closed,
}

impl PaymentState {
    /// Its name in the books and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Saved => "saved",
            Self::Included => "included",
            Self::Final => "final",
            Self::Closed => "closed",
        }
    }

    /// The one of this name, if there is one.
    pub fn of_name(name: &str) -> Option<Self> {
        [
            Self::Planned,
            Self::Held,
            Self::Releasing,
            Self::Saved,
            Self::Included,
            Self::Final,
            Self::Closed,
        ]
        .into_iter()
        .find(|it| it.name() == name)
    }
}

/// One signed version of a payment. All attempts of a payment share its nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Pays, or cancels.
    pub kind: AttemptKind,
    /// The bytes, or only the fields where the node signs (`raw` and `id` may come later).
    pub signed: Signed,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// When it was first handed to a node and the journal learned of it.
    pub first_sent_at: Option<Timestamp>,
    /// When it was last handed to a node.
    pub last_sent_at: Option<Timestamp>,
    /// What the nodes said last.
    pub last_verdict: Option<String>,
}

impl Attempt {
    /// The saved transaction: an attempt exists only in a journal, so it may be submitted.
    pub fn saved(&self) -> Saved {
        Saved::by_journal(self.signed.clone())
    }

    /// What was (or is to be) signed.
    pub fn unsigned(&self) -> &Unsigned {
        &self.signed.unsigned
    }
}

/// What a leg pays.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegSource {
    /// A member's balance above the threshold.
    Threshold,
    /// One or more withdrawals of one member to one address, by id.
    Withdrawals(Vec<String>),
}

/// Where a leg stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Not over: at most one live leg per member's balance, and per withdrawal.
    Live,
    /// Paid.
    Settled,
    /// Given back.
    Released,
    /// Never held.
    Void,
}

impl LegState {
    /// Its name in the books and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Settled => "settled",
            Self::Released => "released",
            Self::Void => "void",
        }
    }

    /// The one of this name, if there is one.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Live, Self::Settled, Self::Released, Self::Void]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// The final word of the chain on a leg, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegVerdict {
    /// The payee has it.
    Paid,
    /// The payee provably does not and will not have it.
    Release {
        /// The proof in words: failed in a final transaction, cancelled, another transaction at
        /// the nonce, nothing ever saved.
        reason: String,
        /// Whether the address is at fault, and is to be quarantined.
        quarantine: bool,
        /// Whether the failure is ours, and the wallet is to be paused.
        ours: bool,
    },
}

/// One recipient of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Its id: moves of the ledger are idempotent by it.
    pub id: LegId,
    /// The pool whose ledger it is paid from.
    pub pool: PoolId,
    /// Who is paid.
    pub member: MemberId,
    /// Where to.
    pub address: Address,
    /// How much, ledger units, above 0.
    pub amount: Amount,
    /// What it pays.
    pub source: LegSource,
    /// Where it stands.
    pub state: LegState,
    /// The chain's final word, once there is one.
    pub verdict: Option<LegVerdict>,
}

/// Where an attempt was seen mined.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Inclusion {
    /// The transaction's id as the chain has it.
    pub id: paydirt_chain::TxId,
    /// The block.
    pub block: BlockRef,
}

/// What was found final at a payment's nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinalBy {
    /// One of our attempts, with its receipt (`attempt`: `None` when the content is ours under an
    /// id that we never had).
    Ours {
        /// The attempt.
        attempt: Option<AttemptId>,
        /// Pays or cancels.
        kind: AttemptKind,
        /// The receipt.
        receipt: Receipt,
    },
    /// Another transaction, seen itself.
    Foreign {
        /// What was seen.
        sighting: Sighting,
    },
}

/// One transaction of one wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The wallet.
    pub wallet: WalletId,
    /// What it is for.
    pub purpose: Purpose,
    /// How far it has come.
    pub state: PaymentState,
    /// Its nonce, once saved.
    pub nonce: Option<u64>,
    /// A block at which the wallet's nonce was at most this one: scanning starts there.
    pub floor_block: Option<u64>,
    /// Its legs, in the order of the transaction. All of one pool.
    pub legs: Vec<Leg>,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Where it was seen mined, while `Included` or later.
    pub included: Option<Inclusion>,
    /// Network fee paid, base units, once final.
    pub fee: Option<u128>,
    /// When it was planned.
    pub planned_at: Timestamp,
}

impl Payment {
    /// Whether a cancel was saved: then no further paying attempt is made.
    pub fn is_cancelling(&self) -> bool {
        self.attempts.iter().any(|a| a.kind == AttemptKind::Cancel)
    }

    /// Whether any attempt was ever handed to a node, as far as the journal learned.
    pub fn was_sent(&self) -> bool {
        self.attempts.iter().any(|a| a.first_sent_at.is_some())
    }
}
