//! Submitting: exactly the saved bytes, all together, lowest nonce first.

use paydirt_chain::{Rejection, Saved, Verdict};
use paydirt_ledger::{Attempt, Change, Payment};

use crate::decide::UNDERPRICED;
use crate::error::PayoutError;
use crate::session::Session;

impl Session<'_> {
    /// Sends the newest attempt of each payment. No reply is evidence: the same bytes are sent
    /// again later, until their nonce is mined.
    pub(super) async fn submit(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        let mut newest: Vec<(&Payment, &Attempt)> = payments
            .iter()
            .filter_map(|p| Some((*p, p.attempts.last()?)))
            .collect();
        if newest.is_empty() {
            return Ok(false);
        }
        newest.sort_by_key(|(payment, _)| payment.nonce);
        let saved: Vec<Saved> = newest.iter().map(|(_, attempt)| attempt.saved()).collect();
        let verdicts = self.engine.chain.submit(&saved).await;
        if verdicts.iter().any(is_pool_full) {
            self.window = self.window.div_ceil(2).max(1);
            tracing::warn!(
                window = self.window,
                "a node's pool is full: fewer in flight"
            );
        }
        let mut changes = Vec::with_capacity(newest.len());
        for ((payment, attempt), verdict) in newest.iter().zip(&verdicts) {
            tell(payment, attempt, verdict);
            changes.push(Change::Sent {
                attempt: attempt.id,
                verdict: in_words(verdict),
            });
        }
        self.chain_trouble |= verdicts.iter().any(|v| matches!(v, Verdict::Unknown(_)));
        self.write(changes).await?;
        Ok(true)
    }
}

/// One line for a first send, and for each that was not taken.
fn tell(payment: &Payment, attempt: &Attempt, verdict: &Verdict) {
    let transaction = attempt.signed.id.as_ref().map(ToString::to_string);
    let (payment, nonce, words) = (payment.id, payment.nonce, in_words(verdict));
    if !verdict.is_taken() {
        tracing::warn!(%payment, nonce, transaction, "not taken now, sent again later: {words}");
    } else if attempt.first_sent_at.is_none() {
        tracing::info!(%payment, nonce, transaction, "sent: {words}");
    }
}

fn is_pool_full(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Rejected(Rejection::PoolFull, _))
}

fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted => "accepted".to_owned(),
        Verdict::AlreadyKnown => "already known".to_owned(),
        Verdict::Rejected(Rejection::Underpriced, text) => format!("{UNDERPRICED}: {text}"),
        Verdict::Rejected(kind, text) => format!("rejected ({kind}): {text}"),
        Verdict::Unknown(text) => format!("no answer to rely on: {text}"),
    }
}
