//! What the ledger's model does when asked.

use async_trait::async_trait;
use paydirt_money::{Amount, Coin};

use super::MemoryLedger;
use super::state::{End, State};
use crate::{
    BadEntry, Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError,
    LeftoverRow, Leftovers, Leg, LegId, LegSource, MoveContext, MoveId, Moved, Payable, Payables,
    PaymentId, Reapply, ReapplyOutcome, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome,
    Settlement, Severity, VoidOutcome,
};

#[async_trait]
impl Ledger for MemoryLedger {
    fn coin(&self) -> Coin {
        self.balance_coin()
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        let mut state = self.state();
        state.journal.get_or_insert(journal);
        state.check_journal(journal)
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        let mut findings = self.findings().clone();
        if findings.is_empty() {
            findings.push(Finding {
                severity: Severity::Ok,
                what: "ledger".into(),
                detail: "in memory, for tests".into(),
            });
        }
        Ok(findings)
    }

    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let ours = State::lock_of(context.journal);
        match &state.lock {
            Some(holder) if *holder != ours => Err(LedgerError::Locked {
                holder: holder.clone(),
            }),
            _ => {
                state.lock = Some(ours);
                state.tokens.insert(context.wallet.clone(), context.token);
                Ok(())
            }
        }
    }

    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let in_flight = state
            .marks
            .values()
            .any(|mark| matches!(mark.end, End::InFlight { .. }));
        if !in_flight && state.lock == Some(State::lock_of(context.journal)) {
            state.lock = None;
        }
        Ok(state.lock.is_none())
    }

    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError> {
        let state = self.state();
        let mut payables = Payables::default();
        for (id, member) in &state.members {
            let bad = match &member.unreadable {
                Some(text) => Some(format!("the balance is {text:?}, which is no whole amount")),
                None if member.balance < 0 => Some(format!(
                    "the balance is negative: {}",
                    state.amount(member.balance)
                )),
                None => None,
            };
            if let Some(found) = bad {
                let reason = format!("{found}; it is not paid until that is corrected");
                payables.bad.push(BadEntry {
                    member: id.clone(),
                    source: LegSource::Threshold,
                    reason,
                });
                continue;
            }
            let amount = state.amount(member.available()?);
            let order = amount.checked_cmp(member.threshold.unwrap_or(minimum))?;
            let enough = if self.is_strict() {
                order.is_gt()
            } else {
                order.is_ge()
            };
            if enough && amount.is_positive() {
                let address = member.address.clone().unwrap_or_else(|| id.to_string());
                payables.due.push(Payable {
                    member: id.clone(),
                    address,
                    amount,
                    source: LegSource::Threshold,
                });
            } else if member.balance > 0 {
                payables.below = payables.below.saturating_add(1);
            }
        }
        payables
            .due
            .sort_by_key(|due| std::cmp::Reverse(due.amount.units()));
        Ok(payables)
    }

    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError> {
        let mut state = self.state();
        state.check(context)?;
        if state.lock != Some(State::lock_of(context.journal)) {
            return Err(LedgerError::Locked {
                holder: state.lock.clone().unwrap_or_default(),
            });
        }
        let legs = payments.iter().flat_map(|(_, legs)| legs);
        state.all_or_nothing(context, legs, payments, |state, (payment, legs)| {
            state.hold(context, *payment, legs)
        })
    }

    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError> {
        let mut state = self.state();
        state.check(context)?;
        state.all_or_nothing(
            context,
            legs.iter().map(|item| &item.leg),
            legs,
            |state, item| state.settle(context, item),
        )
    }

    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError> {
        let mut state = self.state();
        state.check(context)?;
        state.all_or_nothing(context, legs, legs, |state, leg| {
            state.release(context, leg)
        })
    }

    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError> {
        let mut state = self.state();
        state.check(context)?;
        state.all_or_nothing(context, legs, legs, |state, leg| state.void(context, leg))
    }

    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError> {
        let state = self.state();
        state.check_journal(journal)?;
        state.check_known(known)?;
        Ok(legs.iter().map(|leg| state.look(leg)).collect())
    }

    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError> {
        let state = self.state();
        let mut held: Vec<HeldLeg> = state
            .marks
            .iter()
            .filter(|(_, mark)| matches!(mark.end, End::InFlight { .. }))
            .filter_map(|(leg, mark)| {
                Some(HeldLeg {
                    leg: *leg,
                    payment: mark.payment?,
                    wallet: mark.wallet.clone(),
                    member: mark.member.clone(),
                    address: mark.address.clone(),
                    amount: state.amount(mark.amount),
                    source: LegSource::Threshold,
                    at: mark.at,
                })
            })
            .collect();
        held.sort_by_key(|leg| (leg.at, leg.leg));
        Ok(held)
    }

    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let touched = legs.iter().map(|item| &item.leg);
        let moved = state.all_or_nothing(context, touched, legs, |state, item| {
            Ok((state.reapply(context, item)?, true))
        })?;
        // With nothing to bring anywhere it is a move all the same.
        let last = if legs.is_empty() {
            state.finish(context, true)
        } else {
            moved.last
        };
        Ok(Moved { last, ..moved })
    }

    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError> {
        let mut state = self.state();
        let old = state.journal.replace(journal).map(State::lock_of);
        if old.is_some() && state.lock == old {
            state.lock = Some(State::lock_of(journal));
        }
        Ok(())
    }

    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError> {
        Ok(self
            .state()
            .recorded
            .iter()
            .rev()
            .take(limit)
            .cloned()
            .collect())
    }

    async fn leftovers(&self) -> Result<Leftovers, LedgerError> {
        let state = self.state();
        let ours = state.journal.map(State::lock_of);
        let mut rows = state.rows.clone();
        rows.sort_by_key(|row| row.at);
        Ok(Leftovers {
            lock: state
                .lock
                .clone()
                .filter(|value| Some(value) != ours.as_ref()),
            rows,
            unreadable: state.unreadable_rows.clone(),
        })
    }

    async fn resolve(
        &self,
        context: &MoveContext,
        row: &LeftoverRow,
        resolution: &Resolution,
    ) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let Some(place) = state.rows.iter().position(|known| known.text == row.text) else {
            return Ok(false);
        };
        let units = row.amount.units();
        let mut member = state.member(&row.member).clone();
        member.check(&row.member)?;
        member.unpend(units)?;
        match resolution {
            Resolution::Paid(_) => member.pay(units)?,
            Resolution::CreditBack => member.credit(units)?,
        }
        *state.member(&row.member) = member;
        state.rows.remove(place);
        if let Resolution::Paid(transaction) = resolution {
            state.recorded.push(RecordedPayment {
                transaction: transaction.clone(),
                member: row.member.clone(),
                amount: row.amount,
                at: context.at,
            });
        }
        Ok(true)
    }

    async fn remove_lock(&self, context: &MoveContext, value: &str) -> Result<bool, LedgerError> {
        let mut state = self.state();
        state.check_journal(context.journal)?;
        state.check_token(context)?;
        let ours = State::lock_of(context.journal);
        let same = value != ours && state.lock.as_deref() == Some(value);
        if same {
            state.lock = None;
        }
        Ok(same)
    }

    async fn after_run(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}
