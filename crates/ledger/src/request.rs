//! What commands ask of the running owner of a wallet.

use paydirt_schedule::Timestamp;

use crate::{MemberId, PaymentId, PoolId, RequestId, WalletId};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RequestKind {
    /// Save and send a cancel for this payment.
    Cancel {
        /// The payment.
        payment: PaymentId,
    },
    /// Plan and hold nothing new.
    Pause,
    /// Plan again.
    Resume,
    /// A person said what the foreign transaction was: plan again.
    Unfreeze,
    /// Pay this address again.
    LiftQuarantine {
        /// The pool.
        pool: PoolId,
        /// The member.
        member: MemberId,
    },
}

/// A request, with its answer once there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The wallet.
    pub wallet: WalletId,
    /// What is asked.
    pub kind: RequestKind,
    /// Who asks.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was asked.
    pub posted_at: Timestamp,
    /// What came of it.
    pub answer: Option<Answer>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// Whether it was carried out.
    pub done: bool,
    /// What was done, or why not.
    pub message: String,
    /// When.
    pub at: Timestamp,
}
