//! What can change in a journal. Each change is one line of the history.

use paydirt_chain::{AttemptKind, BlockRef, Signed, TxId};

use crate::{
    Answer, AttemptId, FinalBy, Inclusion, Leg, LegId, LegState, LegVerdict, MemberId, MoveId,
    PaymentId, PoolId, Purpose, RequestId,
};

/// A payment to be planned. Its legs are all of one pool and `Live`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Its id.
    pub id: PaymentId,
    /// `Pay` with at least one leg, or `Fill` with none.
    pub purpose: Purpose,
    /// Its legs.
    pub legs: Vec<Leg>,
}

/// An attempt to be saved: the first of a held (or fill) payment, a replacement, or the fields of
/// one that a node is about to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// Its id.
    pub id: AttemptId,
    /// The payment.
    pub payment: PaymentId,
    /// Pays, or cancels.
    pub kind: AttemptKind,
    /// What was signed (or only its fields).
    pub signed: Signed,
    /// For a payment's first attempt: a block at which the wallet's nonce was at most this one.
    pub floor_block: u64,
}

/// One change, with the state that it needs to find. A write whose changes don't all apply changes
/// nothing and fails with `Conflict`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing → `Planned` (a `Fill`: → `Held`, as it has nothing to hold).
    Plan(NewPayment),
    /// `Planned` → `Held`: the ledger holds all legs.
    Held(PaymentId),
    /// `Planned` → `Closed`: the ledger has tombstones (or gave back) for all legs.
    Dropped {
        /// The payment.
        payment: PaymentId,
        /// Why.
        reason: String,
    },
    /// `Held` → `Releasing`: forbids saving.
    Releasing {
        /// The payment.
        payment: PaymentId,
        /// Why.
        reason: String,
    },
    /// `Releasing` → `Closed`: the ledger gave the legs back.
    ReleasedUnsaved(PaymentId),
    /// A remote signer's answer for an attempt whose fields were saved: bytes and id.
    SignedRemotely {
        /// The attempt.
        attempt: AttemptId,
        /// Bytes (absent where the node sent them by itself) and id.
        signed: Signed,
    },
    /// An attempt was handed to the nodes; sets `first_sent_at`, `last_sent_at`, `last_verdict`.
    Sent {
        /// The attempt.
        attempt: AttemptId,
        /// The verdict in words.
        verdict: String,
    },
    /// `Saved` or `Included` → `Included`.
    Included {
        /// The payment.
        payment: PaymentId,
        /// Where.
        inclusion: Inclusion,
    },
    /// `Included` → `Saved`: the block is no longer canonical.
    Reorged(PaymentId),
    /// `Saved` or `Included` → `Final`, with the verdict of each leg. Records the block as one
    /// that a verdict was taken from.
    Final {
        /// The payment.
        payment: PaymentId,
        /// What was found at its nonce.
        by: Box<FinalBy>,
        /// One verdict a leg.
        legs: Vec<(LegId, LegVerdict)>,
    },
    /// `Final` → `Closed`: the ledger settled and released. Each leg's end.
    Closed {
        /// The payment.
        payment: PaymentId,
        /// `Settled` or `Released`, one a leg.
        legs: Vec<(LegId, LegState)>,
    },
    /// The ledger's last move that was acknowledged; kept if later than the one known, or set
    /// whatever it is after a reconciliation.
    Moved {
        /// The pool.
        pool: PoolId,
        /// The move.
        last: MoveId,
        /// After a reconciliation.
        reconciled: bool,
    },
    /// The chain's nonce becomes our first. Only with none set.
    FirstNonce {
        /// The nonce.
        nonce: u64,
        /// Why it could be accepted.
        reason: String,
    },
    /// A transaction of the wallet at our next nonce that this journal did not make, accepted by a
    /// person: takes the nonce as a closed payment of purpose `Foreign`.
    Adopted {
        /// The new payment's id.
        payment: PaymentId,
        /// The nonce; must be the next one.
        nonce: u64,
        /// The transaction, where it is known.
        id: Option<TxId>,
        /// What it was.
        reason: String,
    },
    /// A closed payment of purpose `Pay` for a transaction found on chain while putting together
    /// what a lost journal knew, or what another program left: its legs are over already.
    Recovered {
        /// The payment with its (over) legs.
        payment: NewPayment,
        /// The transaction.
        id: Option<TxId>,
        /// The block.
        block: Option<BlockRef>,
        /// What was found.
        reason: String,
    },
    /// Nothing new is planned until resumed.
    Paused {
        /// Why, and by whom.
        reason: String,
    },
    /// Planning goes on; failed runs are forgotten.
    Resumed {
        /// Why, and by whom.
        reason: String,
    },
    /// Something at the wallet's nonces needs a person.
    Frozen {
        /// What.
        reason: String,
    },
    /// A person said what it was.
    Unfrozen {
        /// What, and who said it.
        reason: String,
    },
    /// An address is not paid until lifted. Again with another reason: the reason changes.
    Quarantined {
        /// The pool.
        pool: PoolId,
        /// The member.
        member: MemberId,
        /// The address as text.
        address: String,
        /// Why.
        reason: String,
    },
    /// It is paid again.
    QuarantineLifted {
        /// The pool.
        pool: PoolId,
        /// The member.
        member: MemberId,
        /// Why, and by whom.
        reason: String,
    },
    /// A run ended; counts runs in a row in which payments failed at finality.
    RunEnded {
        /// Whether any failed.
        failed: bool,
    },
    /// A request was carried out or refused.
    Answered {
        /// The request.
        request: RequestId,
        /// What came of it.
        answer: Answer,
    },
    /// Something that a person must know, without a change of state.
    Alert {
        /// The payment that it is about.
        payment: Option<PaymentId>,
        /// What happened.
        message: String,
    },
}
