//! Every change, sent to where its rule is.

use super::Draft;
use crate::{Change, JournalError, LegState, PaymentState};

impl Draft {
    /// Applies a change to the draft. After an error the draft is of no further use.
    ///
    /// # Errors
    /// `Conflict`, `Mismatch` or `Live`, saying what the change did not find as it needs it.
    pub fn apply(&mut self, change: &Change) -> Result<(), JournalError> {
        match change {
            Change::Plan(new) => self.plan(new),
            Change::Held(id) => {
                self.step(*id, &[PaymentState::Planned], PaymentState::Held)?;
                self.line(Some(*id), "held", "the ledger holds all legs".into());
                Ok(())
            }
            Change::Dropped { payment, reason } => {
                self.step(*payment, &[PaymentState::Planned], PaymentState::Closed)?;
                self.end_legs(*payment, LegState::Void);
                self.line(Some(*payment), "dropped", reason.clone());
                Ok(())
            }
            Change::Releasing { payment, reason } => {
                self.step(*payment, &[PaymentState::Held], PaymentState::Releasing)?;
                self.line(Some(*payment), "releasing", reason.clone());
                Ok(())
            }
            Change::ReleasedUnsaved(id) => {
                self.step(*id, &[PaymentState::Releasing], PaymentState::Closed)?;
                self.end_legs(*id, LegState::Released);
                self.line(
                    Some(*id),
                    "released",
                    "nothing was ever saved for it".into(),
                );
                Ok(())
            }
            Change::SignedRemotely { attempt, signed } => self.signed_remotely(*attempt, signed),
            Change::Sent { attempt, verdict } => self.sent(*attempt, verdict),
            Change::Included { payment, inclusion } => self.included(*payment, inclusion),
            Change::Reorged(id) => self.reorged(*id),
            Change::Final { payment, by, legs } => self.finalise(*payment, by, legs),
            Change::Closed { payment, legs } => self.close(*payment, legs),
            Change::Adopted {
                payment,
                nonce,
                id,
                reason,
            } => self.adopt(*payment, *nonce, id.as_ref(), reason),
            Change::Recovered {
                payment,
                id,
                block,
                reason,
            } => self.recover(payment, id.as_ref(), block.as_ref(), reason),
            other => self.apply_to_wallet(other),
        }
    }

    /// Brings a payment from one of these states to another.
    fn step(
        &mut self,
        id: crate::PaymentId,
        from: &[PaymentState],
        to: PaymentState,
    ) -> Result<(), JournalError> {
        let now = self.now;
        let drafted = self.payment(id, from)?;
        drafted.payment.state = to;
        drafted.row = true;
        if to == PaymentState::Closed {
            drafted.closed_at = Some(now);
        }
        Ok(())
    }
}
