//! Attempts: what counts as sent.

use paydirt_chain::{AttemptKind, Saved, Signed};

use super::{Draft, words};
use crate::{Attempt, AttemptId, JournalError, NewAttempt, PaymentId, PaymentState, Purpose};

impl Draft {
    /// Saves an attempt in the draft: the rule of [`Journal::save`](crate::Journal::save).
    ///
    /// # Errors
    /// `Conflict` when the payment is neither held nor saved, the nonce is not the next one (or
    /// the payment's), the sender is another one, a cancel exists, or the id is taken.
    pub fn save(&mut self, new: &NewAttempt) -> Result<Saved, JournalError> {
        let first = self.check_attempt(new)?;
        let nonce = new.signed.unsigned.nonce;
        if first {
            let next = nonce.checked_add(1).ok_or_else(|| {
                conflict(new.payment, "a nonce with one after it", nonce.to_string())
            })?;
            self.wallet.next_nonce = Some(next);
            self.wallet_changed = true;
        }
        let now = self.now;
        let place = self.places.get(&new.payment).copied().unwrap_or_default();
        let drafted = self.payment(new.payment, &SAVABLE)?;
        if first {
            drafted.payment.state = PaymentState::Saved;
            drafted.payment.nonce = Some(nonce);
            drafted.payment.floor_block = Some(new.floor_block);
            drafted.row = true;
        }
        let index = drafted.payment.attempts.len();
        drafted.payment.attempts.push(Attempt {
            id: new.id,
            kind: new.kind,
            signed: new.signed.clone(),
            saved_at: now,
            first_sent_at: None,
            last_sent_at: None,
            last_verdict: None,
        });
        drafted.new_attempts.insert(index);
        self.places_of_attempts.insert(new.id, (place, index));
        self.known_attempts.insert(new.id);
        self.line(Some(new.payment), "saved", words::attempt(new));
        Ok(Saved::by_journal(new.signed.clone()))
    }

    /// Whether it is the payment's first attempt; an error if it can't be saved.
    fn check_attempt(&mut self, new: &NewAttempt) -> Result<bool, JournalError> {
        if self.known_attempts.contains(&new.id) {
            return Err(conflict(
                new.payment,
                "without this attempt",
                format!("saved with attempt {} already", new.id),
            ));
        }
        let unsigned = &new.signed.unsigned;
        let (next, ours) = (self.wallet.next_nonce, self.wallet.opening.address.clone());
        if unsigned.from != ours {
            return Err(conflict(
                new.payment,
                format!("sent from {ours}"),
                format!("signed for {}", unsigned.from),
            ));
        }
        let payment = &self.payment(new.payment, &SAVABLE)?.payment;
        let first = payment.state == PaymentState::Held;
        let wanted = if first { next } else { payment.nonce };
        if wanted != Some(unsigned.nonce) {
            let wanted = wanted.map_or("known first".into(), |n| n.to_string());
            return Err(conflict(
                new.payment,
                format!("at a nonce that is {wanted}"),
                format!("signed at nonce {}", unsigned.nonce),
            ));
        }
        if new.kind == AttemptKind::Pay && payment.is_cancelling() {
            return Err(conflict(
                new.payment,
                "without a saved cancel",
                "being cancelled: no further paying attempt is saved",
            ));
        }
        if new.kind == AttemptKind::Pay && payment.purpose == Purpose::Fill {
            return Err(conflict(
                new.payment,
                "a payment with legs",
                "one that only uses up its nonce: its attempts are cancels",
            ));
        }
        Ok(first)
    }

    pub(super) fn signed_remotely(
        &mut self,
        attempt: AttemptId,
        signed: &Signed,
    ) -> Result<(), JournalError> {
        let (id, index) = self.attempt(attempt)?;
        let drafted = self.payment(id, &[PaymentState::Saved, PaymentState::Included])?;
        let Some(known) = drafted.payment.attempts.get_mut(index) else {
            return Err(unknown(attempt));
        };
        if known.signed.unsigned != signed.unsigned {
            return Err(conflict(
                id,
                "signed as its fields were saved",
                format!("signed otherwise in attempt {attempt}"),
            ));
        }
        let differs = |had: bool, same: bool| had && !same;
        if differs(known.signed.raw.is_some(), known.signed.raw == signed.raw)
            || differs(known.signed.id.is_some(), known.signed.id == signed.id)
        {
            return Err(conflict(
                id,
                "signed once",
                format!("signed already with other bytes or id in attempt {attempt}"),
            ));
        }
        known.signed = signed.clone();
        if !drafted.new_attempts.contains(&index) {
            drafted.attempts.insert(index);
            drafted.signed_attempts.insert(index);
        }
        let detail = format!(
            "attempt {attempt}, transaction {}",
            words::tx(signed.id.as_ref())
        );
        self.line(Some(id), "signed", detail);
        Ok(())
    }

    pub(super) fn sent(&mut self, attempt: AttemptId, verdict: &str) -> Result<(), JournalError> {
        let (id, index) = self.attempt(attempt)?;
        let now = self.now;
        let drafted = self.payment(id, &AFTER_SAVING)?;
        let Some(known) = drafted.payment.attempts.get_mut(index) else {
            return Err(unknown(attempt));
        };
        let news = known.first_sent_at.is_none() || known.last_verdict.as_deref() != Some(verdict);
        known.first_sent_at.get_or_insert(now);
        known.last_sent_at = Some(now);
        known.last_verdict = Some(verdict.to_owned());
        let detail = format!(
            "attempt {attempt}, transaction {}: {verdict}",
            words::tx(known.signed.id.as_ref())
        );
        if !drafted.new_attempts.contains(&index) {
            drafted.attempts.insert(index);
        }
        if news {
            self.line(Some(id), "sent", detail);
        }
        Ok(())
    }

    fn attempt(&self, attempt: AttemptId) -> Result<(PaymentId, usize), JournalError> {
        let found = self
            .places_of_attempts
            .get(&attempt)
            .and_then(|(place, index)| {
                self.payments
                    .get(*place)
                    .map(|drafted| (drafted.payment.id, *index))
            });
        found.ok_or_else(|| unknown(attempt))
    }
}

/// A first attempt needs a held payment, a replacement one that counts as sent.
const SAVABLE: [PaymentState; 3] = [
    PaymentState::Held,
    PaymentState::Saved,
    PaymentState::Included,
];

const AFTER_SAVING: [PaymentState; 4] = [
    PaymentState::Saved,
    PaymentState::Included,
    PaymentState::Final,
    PaymentState::Closed,
];

pub(super) fn conflict(
    payment: PaymentId,
    wanted: impl Into<String>,
    found: impl Into<String>,
) -> JournalError {
    JournalError::Conflict {
        payment,
        wanted: wanted.into(),
        found: found.into(),
    }
}

fn unknown(attempt: AttemptId) -> JournalError {
    JournalError::Mismatch {
        what: format!("attempt {attempt}"),
        wanted: "saved in this journal".into(),
        found: "unknown".into(),
    }
}
