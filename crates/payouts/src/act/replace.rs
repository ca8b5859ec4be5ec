//! Replacing: the same payment at a higher fee, or a cancel in its place.

use paydirt_chain::{AttemptKind, Fee, FeeKind, FeeQuote};
use paydirt_ledger::{Change, NewAttempt, Payment};
use paydirt_schedule::Timestamp;

use crate::decide::outbids;
use crate::error::PayoutError;
use crate::session::Session;

impl Session<'_> {
    /// Offers a higher fee for the lowest unmined nonce. At the cap, the same bytes are sent again.
    pub(super) async fn replace(
        &mut self,
        payments: &[&Payment],
        now: Timestamp,
    ) -> Result<bool, PayoutError> {
        let mut changed = false;
        for payment in payments {
            let Some((last, nonce)) = payment.attempts.last().zip(payment.nonce) else {
                continue;
            };
            let quote = match self.engine.chain.quote().await {
                Ok(quote) => quote,
                Err(error) => return self.chain_failed(error),
            };
            let cap = self.cap(last.kind);
            let last_fee = &last.unsigned().fee;
            let bumped = match outbids(last) {
                true => doubled(last_fee, cap),
                false => self.engine.chain.bumped_fee(last_fee, &quote, cap),
            };
            let Some(fee) = bumped else {
                changed |= self.stuck_at_cap(payment, nonce, cap, now).await?;
                continue;
            };
            let mut unsigned = last.unsigned().clone();
            unsigned.fee = fee;
            let attempt = self.attempt(payment, last.kind, unsigned).await?;
            changed |= self.save(vec![attempt]).await?;
        }
        Ok(changed)
    }

    /// A hold is missing before anything was sent: the saved bytes are not used, a cancel is.
    pub(super) async fn cancel_unheld(
        &mut self,
        payments: &[&Payment],
    ) -> Result<bool, PayoutError> {
        let mut changed = false;
        for payment in payments {
            let message = "the hold is missing in the ledger before the first send: \
                           a cancel is sent instead of the payment";
            let alert = self.alert(Some(payment.id), message.to_owned());
            self.write(alert.into_iter().collect()).await?;
            match self.cancel_attempt(payment).await {
                Ok(attempt) => changed |= self.save(vec![attempt]).await?,
                Err(PayoutError::Chain(error)) => return self.chain_failed(error),
                Err(error) => return Err(error),
            }
        }
        Ok(changed)
    }

    /// A cancel for a saved payment, at a fee that replaces its newest attempt.
    pub(crate) async fn cancel_attempt(
        &self,
        payment: &Payment,
    ) -> Result<NewAttempt, PayoutError> {
        let Some((last, nonce)) = payment.attempts.last().zip(payment.nonce) else {
            return Err(PayoutError::Impossible(format!(
                "payment {} has no attempt to cancel; nothing was done",
                payment.id
            )));
        };
        let quote = self.engine.chain.quote().await?;
        let fee = self.cancel_fee(&last.unsigned().fee, &quote);
        self.attempt(payment, AttemptKind::Cancel, self.cancelling(nonce, fee))
            .await
    }

    pub(super) fn cap(&self, kind: AttemptKind) -> u128 {
        match kind {
            AttemptKind::Pay => self.engine.policy.fee_cap,
            AttemptKind::Cancel => self.engine.policy.cancel_fee_cap,
        }
    }

    /// Beyond the cap a cancel still has to be saved: it forbids further payments, and may be
    /// mined where the node has forgotten the payment.
    fn cancel_fee(&self, last: &Fee, quote: &FeeQuote) -> Fee {
        let cap = self.engine.policy.cancel_fee_cap;
        let bumped = self.engine.chain.bumped_fee(last, quote, cap);
        bumped.unwrap_or(Fee {
            cap,
            tip: last.tip.min(cap),
            kind: last.kind,
        })
    }

    async fn stuck_at_cap(
        &mut self,
        payment: &Payment,
        nonce: u64,
        cap: u128,
        now: Timestamp,
    ) -> Result<bool, PayoutError> {
        let message = format!(
            "nonce {nonce} is not mined, and a higher fee would be above the cap of {cap} base \
             units per gas: it is sent again and followed; raise the cap or wait"
        );
        let alert: Vec<Change> = self.alert(Some(payment.id), message).into_iter().collect();
        self.write(alert).await?;
        let last_sent = payment.attempts.last().and_then(|a| a.last_sent_at);
        if last_sent.is_some_and(|at| now.ms_since(at) < self.engine.policy.resend_ms) {
            return Ok(false);
        }
        self.submit(&[payment]).await
    }
}

/// Twice the fee, up to the cap; then as much of the cap as tip. `None` when there is no more.
fn doubled(last: &Fee, cap: u128) -> Option<Fee> {
    let new_cap = last.cap.saturating_mul(2).min(cap);
    let tip = match last.kind {
        FeeKind::Legacy => new_cap,
        FeeKind::Dynamic => last.tip.saturating_mul(2).max(1).min(new_cap),
    };
    (tip > last.tip).then_some(Fee {
        kind: last.kind,
        cap: new_cap,
        tip,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_outbids_up_to_its_cap_and_no_further() {
        let mut fee = Fee {
            kind: FeeKind::Dynamic,
            cap: 30,
            tip: 1,
        };
        let mut offers = Vec::new();
        while let Some(next) = doubled(&fee, 100) {
            offers.push((next.cap, next.tip));
            fee = next;
        }
        let expected = [
            (60, 2),
            (100, 4),
            (100, 8),
            (100, 16),
            (100, 32),
            (100, 64),
            (100, 100),
        ];
        assert_eq!(offers, expected);
    }
}
