//! Payments: from the plan to the end of every leg.

use std::collections::BTreeMap;

use paydirt_chain::{AttemptKind, BlockRef, TxId};

use super::attempts::conflict;
use super::{Draft, LiveKey, words};
use crate::{
    FinalBy, Inclusion, JournalError, Leg, LegId, LegState, LegVerdict, NewPayment, Payment,
    PaymentId, PaymentState, Purpose,
};

const UNDERWAY: [PaymentState; 2] = [PaymentState::Saved, PaymentState::Included];

impl Draft {
    pub(super) fn plan(&mut self, new: &NewPayment) -> Result<(), JournalError> {
        let state = match new.purpose {
            Purpose::Pay if !new.legs.is_empty() => PaymentState::Planned,
            Purpose::Fill if new.legs.is_empty() => PaymentState::Held,
            _ => {
                return Err(conflict(
                    new.id,
                    "a plan to pay legs, or to fill a nonce with none",
                    format!("{} with {} legs", new.purpose.name(), new.legs.len()),
                ));
            }
        };
        self.check_new(new, |leg| {
            leg.state == LegState::Live && leg.verdict.is_none()
        })?;
        for leg in &new.legs {
            for key in LiveKey::of(leg) {
                if let Some(other) = self.live.insert(key.clone(), leg.id) {
                    let what = format!("{} (leg {other})", key.words());
                    return Err(JournalError::Live { what });
                }
            }
        }
        let payment = self.made(new, state);
        self.push(payment, true);
        self.line(Some(new.id), "planned", words::plan(new));
        Ok(())
    }

    /// What holds for every new payment: new ids, one pool, amounts above 0.
    fn check_new(
        &mut self,
        new: &NewPayment,
        fits: impl Fn(&Leg) -> bool,
    ) -> Result<(), JournalError> {
        if self.places.contains_key(&new.id) {
            return Err(conflict(new.id, "new", "in the journal already"));
        }
        let pool = new.legs.first().map(|leg| &leg.pool);
        for leg in &new.legs {
            let wrong = if Some(&leg.pool) != pool {
                "of another pool than the first"
            } else if !leg.amount.is_positive() {
                "of no amount"
            } else if LiveKey::of(leg).is_empty() {
                "for no withdrawal"
            } else if !fits(leg) {
                "in a state that it can't be in"
            } else if !self.known_legs.insert(leg.id) {
                "in the journal already"
            } else {
                continue;
            };
            return Err(conflict(
                new.id,
                "of new legs of one pool",
                format!("with leg {} {wrong}", leg.id),
            ));
        }
        Ok(())
    }

    fn made(&self, new: &NewPayment, state: PaymentState) -> Payment {
        Payment {
            id: new.id,
            wallet: self.wallet.id.clone(),
            purpose: new.purpose,
            state,
            nonce: None,
            floor_block: None,
            legs: new.legs.clone(),
            attempts: Vec::new(),
            included: None,
            fee: None,
            planned_at: self.now,
        }
    }

    pub(super) fn included(
        &mut self,
        id: PaymentId,
        inclusion: &Inclusion,
    ) -> Result<(), JournalError> {
        let drafted = self.payment(id, &UNDERWAY)?;
        drafted.payment.state = PaymentState::Included;
        drafted.payment.included = Some(inclusion.clone());
        drafted.row = true;
        let detail = format!("{} in block {}", inclusion.id, inclusion.block);
        self.line(Some(id), "included", detail);
        Ok(())
    }

    pub(super) fn reorged(&mut self, id: PaymentId) -> Result<(), JournalError> {
        let drafted = self.payment(id, &[PaymentState::Included])?;
        drafted.payment.state = PaymentState::Saved;
        let was = drafted.payment.included.take();
        drafted.row = true;
        let was = was.map_or_else(String::new, |at| format!(" {} ({})", at.block, at.id));
        self.line(
            Some(id),
            "reorged",
            format!("block{was} is no longer canonical"),
        );
        Ok(())
    }

    pub(super) fn finalise(
        &mut self,
        id: PaymentId,
        by: &FinalBy,
        verdicts: &[(LegId, LegVerdict)],
    ) -> Result<(), JournalError> {
        let drafted = self.payment(id, &UNDERWAY)?;
        let payment = &mut drafted.payment;
        check_final(payment, by)?;
        let verdicts = one_a_leg(payment, verdicts)?;
        let pays = matches!(
            by,
            FinalBy::Ours {
                kind: AttemptKind::Pay,
                ..
            }
        );
        if !pays && verdicts.values().any(|v| **v == LegVerdict::Paid) {
            return Err(conflict(
                id,
                "paid by a paying attempt",
                "paid by something else",
            ));
        }
        for leg in &mut payment.legs {
            leg.verdict = verdicts.get(&leg.id).map(|v| (*v).clone());
        }
        payment.state = PaymentState::Final;
        let block = match by {
            FinalBy::Ours { receipt, .. } => {
                payment.fee = Some(receipt.fee);
                payment.included = Some(Inclusion {
                    id: receipt.id.clone(),
                    block: receipt.block.clone(),
                });
                receipt.block.clone()
            }
            FinalBy::Foreign { sighting } => {
                payment.included = None;
                sighting.block.clone()
            }
        };
        drafted.row = true;
        drafted.legs = true;
        let detail = words::finality(by, &payment.legs);
        self.verdict_blocks.push(block);
        self.line(Some(id), "final", detail);
        Ok(())
    }

    pub(super) fn close(
        &mut self,
        id: PaymentId,
        ends: &[(LegId, LegState)],
    ) -> Result<(), JournalError> {
        let now = self.now;
        let drafted = self.payment(id, &[PaymentState::Final])?;
        let ends = one_a_leg(&drafted.payment, ends)?;
        for leg in &drafted.payment.legs {
            let right = match leg.verdict {
                Some(LegVerdict::Paid) => LegState::Settled,
                _ => LegState::Released,
            };
            if ends.get(&leg.id) != Some(&&right) {
                let wanted = format!("with leg {} {}", leg.id, right.name());
                return Err(conflict(id, wanted, "closed otherwise"));
            }
        }
        let ends: BTreeMap<LegId, LegState> = ends.iter().map(|(k, v)| (*k, **v)).collect();
        let mut freed = Vec::new();
        for leg in &mut drafted.payment.legs {
            if let Some(end) = ends.get(&leg.id) {
                leg.state = *end;
            }
            freed.extend(LiveKey::of(leg));
        }
        drafted.payment.state = PaymentState::Closed;
        drafted.closed_at = Some(now);
        drafted.row = true;
        drafted.legs = true;
        for key in freed {
            self.live.remove(&key);
        }
        self.line(Some(id), "closed", words::ends(&ends));
        Ok(())
    }

    pub(super) fn adopt(
        &mut self,
        id: PaymentId,
        nonce: u64,
        transaction: Option<&TxId>,
        reason: &str,
    ) -> Result<(), JournalError> {
        if self.places.contains_key(&id) {
            return Err(conflict(id, "new", "in the journal already"));
        }
        let after = nonce
            .checked_add(1)
            .filter(|_| self.wallet.next_nonce == Some(nonce));
        let Some(after) = after else {
            let next = self
                .wallet
                .next_nonce
                .map_or("none yet".into(), |n| n.to_string());
            return Err(conflict(
                id,
                format!("at nonce {next}"),
                format!("at nonce {nonce}"),
            ));
        };
        self.wallet.next_nonce = Some(after);
        self.wallet_changed = true;
        let new = NewPayment {
            id,
            purpose: Purpose::Foreign,
            legs: Vec::new(),
        };
        let mut payment = self.made(&new, PaymentState::Closed);
        payment.nonce = Some(nonce);
        self.push(payment, true);
        let detail = format!(
            "nonce {nonce}, transaction {}: {reason}",
            words::tx(transaction)
        );
        self.line(Some(id), "adopted", detail);
        Ok(())
    }

    pub(super) fn recover(
        &mut self,
        new: &NewPayment,
        id: Option<&TxId>,
        block: Option<&BlockRef>,
        reason: &str,
    ) -> Result<(), JournalError> {
        if new.purpose != Purpose::Pay || new.legs.is_empty() {
            return Err(conflict(new.id, "a payment of legs", new.purpose.name()));
        }
        let over = |leg: &Leg| matches!(leg.state, LegState::Settled | LegState::Released);
        self.check_new(new, over)?;
        let mut payment = self.made(new, PaymentState::Closed);
        payment.included = id.zip(block).map(|(id, block)| Inclusion {
            id: id.clone(),
            block: block.clone(),
        });
        self.push(payment, true);
        let block = block.map_or("unknown".into(), ToString::to_string);
        let detail = format!("transaction {}, block {block}: {reason}", words::tx(id));
        self.line(Some(new.id), "recovered", detail);
        Ok(())
    }
}

/// Whether what was found final can be at this payment's nonce.
fn check_final(payment: &Payment, by: &FinalBy) -> Result<(), JournalError> {
    let wrong = |wanted: &str, found: String| Err(conflict(payment.id, wanted, found));
    match by {
        FinalBy::Foreign { sighting } if Some(sighting.nonce) != payment.nonce => wrong(
            "final by a transaction of its nonce",
            format!("at nonce {}", payment.nonce.unwrap_or_default()),
        ),
        FinalBy::Ours {
            attempt: Some(id),
            kind,
            receipt,
        } => match payment.attempts.iter().find(|a| a.id == *id) {
            None => wrong(
                "final by one of its attempts",
                format!("without attempt {id}"),
            ),
            Some(a) if a.kind != *kind => wrong(
                "final by an attempt of its kind",
                format!("{:?} in {id}", a.kind),
            ),
            Some(a)
                if a.signed
                    .id
                    .as_ref()
                    .is_some_and(|known| *known != receipt.id) =>
            {
                wrong(
                    "final by the receipt of its attempt",
                    format!("saved as transaction {}", words::tx(a.signed.id.as_ref())),
                )
            }
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The items by leg, if there is exactly one for each leg.
fn one_a_leg<'a, T>(
    payment: &Payment,
    items: &'a [(LegId, T)],
) -> Result<BTreeMap<LegId, &'a T>, JournalError> {
    let by_leg: BTreeMap<LegId, &T> = items.iter().map(|(leg, item)| (*leg, item)).collect();
    let complete = payment.legs.iter().all(|leg| by_leg.contains_key(&leg.id));
    if complete && items.len() == payment.legs.len() && by_leg.len() == items.len() {
        return Ok(by_leg);
    }
    Err(conflict(
        payment.id,
        format!("given one word a leg, {} in all", payment.legs.len()),
        format!("given {}, or for other legs", items.len()),
    ))
}
