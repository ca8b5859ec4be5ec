//! The moves of the ledger's model.

use std::collections::BTreeMap;

use paydirt_chain::TxId;

use super::member::fit;
use super::state::{End, State};
use crate::{
    HoldOutcome, HoldState, LedgerError, Leg, MoveContext, PaymentId, Reapply, ReapplyOutcome,
    ReapplyTo, RecordedPayment, ReleaseOutcome, SettleOutcome, Settlement, VoidOutcome,
};

impl State {
    /// Validates a payment's legs, then writes them. Returns whether anything was written.
    pub(super) fn hold(
        &mut self,
        context: &MoveContext,
        payment: PaymentId,
        legs: &[Leg],
    ) -> Result<(HoldOutcome, bool), LedgerError> {
        let mut wanted: BTreeMap<_, i64> = BTreeMap::new();
        let mut new = Vec::new();
        for leg in legs {
            let refused = match self.look(&leg.id) {
                HoldState::Held if !self.is_as_marked(leg) => {
                    Some("it is held for another member or amount".to_owned())
                }
                HoldState::Held => continue,
                HoldState::Absent => self.lacks(leg, &mut wanted)?,
                HoldState::RolledBack => Some("another program rolled its hold back".into()),
                HoldState::Settled => Some("it is settled".into()),
                HoldState::Released => Some("it was given back".into()),
                HoldState::Void => Some("it is void".into()),
            };
            if let Some(reason) = refused {
                return Ok((
                    HoldOutcome::Refused {
                        leg: leg.id,
                        reason,
                    },
                    false,
                ));
            }
            new.push(leg);
        }
        for leg in &new {
            let member = self.member(&leg.member);
            member.balance = fit(member.balance.checked_sub(leg.amount.units()))?;
            member.pend(leg.amount.units())?;
            self.mark(context, leg, Some(payment), End::InFlight { row: true });
        }
        Ok((HoldOutcome::Held, !new.is_empty()))
    }

    fn is_as_marked(&self, leg: &Leg) -> bool {
        self.marks
            .get(&leg.id)
            .is_some_and(|mark| mark.member == leg.member && mark.amount == leg.amount.units())
    }

    /// Why a member's balance is too small for this leg beside those before it.
    fn lacks(
        &self,
        leg: &Leg,
        wanted: &mut BTreeMap<crate::MemberId, i64>,
    ) -> Result<Option<String>, LedgerError> {
        self.amount(0).checked_cmp(leg.amount)?;
        let member = self.members.get(&leg.member).cloned().unwrap_or_default();
        if let Some(found) = &member.unreadable {
            return Ok(Some(format!(
                "the balance is {found:?}, which is no whole amount"
            )));
        }
        let sum = wanted.entry(leg.member.clone()).or_default();
        *sum = fit(sum.checked_add(leg.amount.units()))?;
        let available = member.available()?;
        if available >= *sum {
            return Ok(None);
        }
        Ok(Some(format!(
            "the balance is {}, below {}",
            self.amount(available),
            self.amount(*sum)
        )))
    }

    pub(super) fn settle(
        &mut self,
        context: &MoveContext,
        item: &Settlement,
    ) -> Result<(SettleOutcome, bool), LedgerError> {
        let leg = &item.leg;
        let units = leg.amount.units();
        let outcome = match self.look(&leg.id) {
            HoldState::Settled => return Ok((SettleOutcome::Already, false)),
            HoldState::Held => {
                self.member(&leg.member).unpend(units)?;
                SettleOutcome::Settled
            }
            _ => {
                let member = self.member(&leg.member);
                member.check(&leg.member)?;
                let (debited, rest) = member.debit(units)?;
                SettleOutcome::WithoutHold {
                    debited: self.amount(debited),
                    receivable: self.amount(rest),
                }
            }
        };
        self.member(&leg.member).pay(units)?;
        self.record(context, leg, &item.transaction);
        self.mark(context, leg, None, End::Settled);
        Ok((outcome, true))
    }

    fn record(&mut self, context: &MoveContext, leg: &Leg, transaction: &TxId) {
        self.recorded.push(RecordedPayment {
            transaction: transaction.clone(),
            member: leg.member.clone(),
            amount: leg.amount,
            at: context.at,
        });
    }

    pub(super) fn release(
        &mut self,
        context: &MoveContext,
        leg: &Leg,
    ) -> Result<(ReleaseOutcome, bool), LedgerError> {
        match self.look(&leg.id) {
            HoldState::Released | HoldState::Void => Ok((ReleaseOutcome::Already, false)),
            HoldState::Settled => Ok((ReleaseOutcome::IsSettled, false)),
            HoldState::Held => {
                self.give_back(leg)?;
                self.mark(context, leg, None, End::Released);
                Ok((ReleaseOutcome::Released, true))
            }
            HoldState::Absent | HoldState::RolledBack => {
                self.mark(context, leg, None, End::Void);
                Ok((ReleaseOutcome::NothingHeld, true))
            }
        }
    }

    pub(super) fn void(
        &mut self,
        context: &MoveContext,
        leg: &Leg,
    ) -> Result<(VoidOutcome, bool), LedgerError> {
        let outcome = match self.look(&leg.id) {
            HoldState::Released | HoldState::Void => return Ok((VoidOutcome::Already, false)),
            HoldState::Settled => return Ok((VoidOutcome::IsSettled, false)),
            HoldState::Held => {
                self.give_back(leg)?;
                VoidOutcome::GivenBack
            }
            HoldState::Absent | HoldState::RolledBack => VoidOutcome::Voided,
        };
        self.mark(context, leg, None, End::Void);
        Ok((outcome, true))
    }

    fn give_back(&mut self, leg: &Leg) -> Result<(), LedgerError> {
        let units = leg.amount.units();
        let member = self.member(&leg.member);
        member.check(&leg.member)?;
        member.unpend(units)?;
        member.credit(units)?;
        self.credited.insert(leg.member.clone());
        Ok(())
    }

    /// Undoes what the ledger did with a leg, then does what the journal says.
    pub(super) fn reapply(
        &mut self,
        context: &MoveContext,
        item: &Reapply,
    ) -> Result<ReapplyOutcome, LedgerError> {
        let (leg, from) = (&item.leg, self.look(&item.leg.id));
        let same = matches!(
            (&item.to, from),
            (ReapplyTo::Gone, HoldState::Void | HoldState::Released)
                | (ReapplyTo::Held, HoldState::Held)
                | (ReapplyTo::Settled(_), HoldState::Settled)
        );
        if same {
            return Ok(ReapplyOutcome::Unchanged);
        }
        let units = leg.amount.units();
        let member = self.member(&leg.member);
        member.check(&leg.member)?;
        match from {
            HoldState::Held => member.unpend(units)?,
            HoldState::Settled => member.unpay(units)?,
            _ => {}
        }
        let had = matches!(from, HoldState::Held | HoldState::Settled);
        let mut receivable = 0;
        match &item.to {
            ReapplyTo::Gone if had => member.credit(units)?,
            ReapplyTo::Gone => {}
            _ if had => {}
            _ => receivable = member.debit(units)?.1,
        }
        match &item.to {
            ReapplyTo::Held => member.pend(units)?,
            ReapplyTo::Settled(_) => member.pay(units)?,
            ReapplyTo::Gone => {}
        }
        if had && matches!(item.to, ReapplyTo::Gone) {
            self.credited.insert(leg.member.clone());
        }
        let end = match &item.to {
            ReapplyTo::Held => End::InFlight { row: true },
            ReapplyTo::Gone => End::Void,
            ReapplyTo::Settled(settlement) => {
                self.record(context, leg, &settlement.transaction);
                End::Settled
            }
        };
        self.mark(context, leg, Some(item.payment), end);
        Ok(ReapplyOutcome::Applied {
            from,
            receivable: self.amount(receivable),
        })
    }
}
