//! What to do next with a payment: a pure function of what was found.
//!
//! This is the protocol on one page. Looking (`look`) and doing (`act`) are elsewhere; the table
//! in the tests has a row for each case.

use std::collections::BTreeMap;

use paydirt_chain::AttemptKind;
use paydirt_ledger::{
    Attempt, FinalBy, HoldState, Inclusion, LegId, LegVerdict, Payment, PaymentState, Purpose,
};
use paydirt_schedule::Timestamp;

use crate::judge::judge;

/// What the chain shows of a payment that counts as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Its nonce is not mined as far as we can read, or it is and we haven't found by what.
    Unseen,
    /// An attempt is in a block that is not final yet.
    Mined(Inclusion),
    /// The block in which it was seen is no longer canonical: a verdict.
    Reorged,
    /// What happened at its nonce is final: a verdict.
    Final(FinalBy),
}

/// What was found around a payment.
#[derive(Clone, Debug)]
pub struct Around<'a> {
    /// The time.
    pub now: Timestamp,
    /// Where the ledger has its legs; only looked at before a first send.
    pub holds: &'a BTreeMap<LegId, HoldState>,
    /// Whether the ledger could not be asked about its holds now.
    pub blind: bool,
    /// Whether its nonce is the lowest unmined one, and since when we know.
    pub lowest_since: Option<Timestamp>,
    /// Whether its nonce is mined as far as we can read, by whatever.
    pub is_mined: bool,
    /// Whether fewer than the allowed number of payments are unmined.
    pub has_room: bool,
    /// Whether a person has to say first what a foreign transaction was.
    pub frozen: bool,
    /// Whether the wallet is paused or frozen, so that nothing new is saved.
    pub stopped: bool,
    /// Whether the node signs and sends in one call, so that there are no bytes.
    pub node_sends: bool,
    /// Send the same bytes again after this.
    pub resend_ms: u64,
    /// Offer a higher fee after this.
    pub replace_after_ms: u64,
}

/// The next step of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing now.
    Wait,
    /// A plan that another run left: tombstones in the ledger, then drop it.
    Void,
    /// Held: sign under the next nonce and save.
    SignAndSave,
    /// Held, and the wallet was paused before anything was saved: journal that it is released.
    LetGo,
    /// Releasing is journalled: give the legs back.
    GiveBack,
    /// A remote signer has not answered for a saved attempt: ask again for the same fields.
    SignAgain,
    /// Send the newest saved attempt.
    Send,
    /// A hold is missing before the first send: save a cancel instead.
    CancelUnheld,
    /// The lowest unmined nonce waited too long: save the same with a higher fee.
    Replace,
    /// Record where it was mined.
    Include(Inclusion),
    /// Record that it no longer is.
    Unmine,
    /// Record the final word; freezes the wallet if a foreign transaction is at its nonce.
    Finish {
        /// What was found.
        by: FinalBy,
        /// One verdict a leg.
        legs: Vec<(LegId, LegVerdict)>,
    },
    /// A foreign transaction pays one of our payees: freeze, and wait for a person.
    Freeze(String),
    /// The final word is journalled: settle and release in the ledger.
    Close,
}

/// The next step of this payment.
pub fn next_step(payment: &Payment, evidence: &Evidence, around: &Around<'_>) -> Step {
    match payment.state {
        PaymentState::Planned => Step::Void,
        PaymentState::Held if around.stopped && payment.purpose == Purpose::Pay => Step::LetGo,
        PaymentState::Held if around.has_room => Step::SignAndSave,
        PaymentState::Held => Step::Wait,
        PaymentState::Releasing => Step::GiveBack,
        PaymentState::Saved | PaymentState::Included => match evidence {
            Evidence::Final(by) => finish(payment, by, around.frozen),
            Evidence::Mined(at) if payment.included.as_ref() != Some(at) => {
                Step::Include(at.clone())
            }
            Evidence::Mined(_) => Step::Wait,
            Evidence::Reorged => Step::Unmine,
            Evidence::Unseen if payment.state == PaymentState::Included || around.is_mined => {
                Step::Wait
            }
            Evidence::Unseen => send(payment, around),
        },
        PaymentState::Final => Step::Close,
        PaymentState::Closed => Step::Wait,
    }
}

fn finish(payment: &Payment, by: &FinalBy, frozen: bool) -> Step {
    if let FinalBy::Foreign { sighting } = by
        && let Some(leg) = payment.legs.iter().find(|l| l.address == sighting.call.to)
    {
        let why = format!(
            "transaction {} at nonce {} is not ours and pays {}, whom payment {} was to pay: \
             say what it was with `paydirt payouts resume`",
            sighting.id, sighting.nonce, leg.address, payment.id
        );
        return if frozen {
            Step::Wait
        } else {
            Step::Freeze(why)
        };
    }
    Step::Finish {
        by: by.clone(),
        legs: judge(payment, by),
    }
}

fn send(payment: &Payment, around: &Around<'_>) -> Step {
    let Some(newest) = payment.attempts.last() else {
        return Step::Wait;
    };
    if is_first_send(payment) && around.blind {
        return Step::Wait;
    }
    if must_cancel(payment, around) {
        return Step::CancelUnheld;
    }
    if newest.signed.raw.is_none() && !around.node_sends {
        return Step::SignAgain;
    }
    let Some(sent) = newest.last_sent_at else {
        return Step::Send;
    };
    if around.lowest_since.is_some() && outbids(newest) {
        return Step::Replace;
    }
    // What a clock that was set back dates ahead must not be waited for.
    let saved_at = Some(newest.saved_at).filter(|at| *at <= around.now);
    let waited_since = around
        .lowest_since
        .map(|since| saved_at.map_or(since, |at| since.max(at)));
    if waited_since.is_some_and(|since| around.now.ms_since(since) >= around.replace_after_ms) {
        return Step::Replace;
    }
    if sent > around.now || around.now.ms_since(sent) >= around.resend_ms {
        Step::Send
    } else {
        Step::Wait
    }
}

/// A cancel has to outbid whatever is pending at its nonce, so it does not wait to be told twice.
pub(crate) fn outbids(attempt: &Attempt) -> bool {
    let refused = attempt
        .last_verdict
        .as_deref()
        .is_some_and(|v| v.starts_with(UNDERPRICED));
    attempt.kind == AttemptKind::Cancel && refused
}

/// How a verdict begins that says that a replacement offers too little.
pub(crate) const UNDERPRICED: &str = "underpriced";

/// Before anything of a payment was sent its holds are looked at once more. Where one is missing
/// (another program rolled it back, the ledger lost it) the bytes must not be used.
fn must_cancel(payment: &Payment, around: &Around<'_>) -> bool {
    is_first_send(payment)
        && payment
            .legs
            .iter()
            .any(|l| around.holds.get(&l.id) != Some(&HoldState::Held))
}

/// Whether paying bytes would be sent that nobody has seen yet.
fn is_first_send(payment: &Payment) -> bool {
    payment.purpose == Purpose::Pay
        && !payment.was_sent()
        && payment.attempts.iter().all(|a| a.kind == AttemptKind::Pay)
}
