//! Doing: each kind of step for all payments that take it, in the order in which money is safest:
//! first what is final, then what was never sent, then what is to be sent.

mod close;
mod moves;
mod record;
mod replace;
mod sign;
mod submit;
mod undo;

use std::collections::BTreeMap;

use paydirt_ledger::{Payment, PaymentState, PoolId};

pub(crate) use sign::transfers;

use crate::decide::{Around, Evidence, Step, next_step};
use crate::error::PayoutError;
use crate::look::Found;
use crate::session::Session;

/// How a payment ends in its ledger.
#[derive(Clone, Copy)]
enum Ending {
    Close,
    Void,
    GiveBack,
}

impl Session<'_> {
    /// Decides for every open payment and does what was decided. Returns whether anything changed.
    pub(crate) async fn act(&mut self, found: &Found) -> Result<bool, PayoutError> {
        let steps = self.decide(found);
        let of = |wanted: fn(&Step) -> bool| -> Vec<&Payment> {
            steps
                .iter()
                .filter(|(_, step)| wanted(step))
                .map(|(p, _)| *p)
                .collect()
        };
        let mut trouble = None;
        let mut changed = self.record(&steps).await?;
        for (ending, over) in [
            (Ending::Close, of(|s| matches!(s, Step::Close))),
            (Ending::Void, of(|s| matches!(s, Step::Void))),
            (Ending::GiveBack, of(|s| matches!(s, Step::GiveBack))),
        ] {
            changed |= self.end(ending, &over, &mut trouble).await?;
        }
        changed |= self
            .cancel_unheld(&of(|s| matches!(s, Step::CancelUnheld)))
            .await?;
        changed |= self
            .sign_again(&of(|s| matches!(s, Step::SignAgain)))
            .await?;
        let replace = of(|s| matches!(s, Step::Replace));
        changed |= self.replace(&replace, found.now).await?;
        let to_sign = of(|s| matches!(s, Step::SignAndSave));
        changed |= self.sign_and_save(&to_sign, found).await?;
        changed |= self.submit(&of(|s| matches!(s, Step::Send))).await?;
        trouble.map_or(Ok(changed), Err)
    }

    /// Ends payments, each pool's by themselves: a ledger that is away delays nobody else's, and
    /// what was saved is sent all the same.
    async fn end(
        &mut self,
        ending: Ending,
        payments: &[&Payment],
        trouble: &mut Option<PayoutError>,
    ) -> Result<bool, PayoutError> {
        let mut pools: BTreeMap<Option<&PoolId>, Vec<&Payment>> = BTreeMap::new();
        for payment in payments {
            pools
                .entry(payment.legs.first().map(|leg| &leg.pool))
                .or_default()
                .push(payment);
        }
        let mut changed = false;
        for part in pools.into_values() {
            let ended = match ending {
                Ending::Close => self.close(&part).await,
                Ending::Void => self.void(&part).await,
                Ending::GiveBack => self.give_back(&part).await,
            };
            match ended {
                Ok(any) => changed |= any,
                Err(error) if error.is_retryable() => *trouble = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok(changed)
    }

    fn decide<'f>(&self, found: &'f Found) -> Vec<(&'f Payment, Step)> {
        let unmined = found
            .snapshot
            .open
            .iter()
            .filter(|p| p.state == PaymentState::Saved)
            .count();
        let mut room = self.window().saturating_sub(unmined);
        let wallet = &found.snapshot.wallet;
        // On every restart the same bytes are sent again at once.
        let is_old = |payment: &Payment| {
            let last = payment.attempts.last().and_then(|a| a.last_sent_at);
            last.is_some_and(|at| at < self.started)
        };
        let mut steps = Vec::with_capacity(found.snapshot.open.len());
        for payment in &found.snapshot.open {
            let evidence = found.evidence.get(&payment.id).unwrap_or(&Evidence::Unseen);
            let is_lowest = |(nonce, _): &(u64, _)| payment.nonce == Some(*nonce);
            let around = Around {
                now: found.now,
                blind: payment
                    .legs
                    .iter()
                    .any(|leg| found.blind.contains(&leg.pool)),
                holds: &found.holds,
                lowest_since: found.lowest.filter(is_lowest).map(|(_, since)| since),
                is_mined: payment
                    .nonce
                    .zip(found.mined)
                    .is_some_and(|(n, mined)| n < mined),
                has_room: room > 0,
                frozen: wallet.frozen.is_some(),
                stopped: wallet.frozen.is_some() || wallet.paused.is_some(),
                node_sends: self.node_sends(),
                resend_ms: if is_old(payment) {
                    0
                } else {
                    self.engine.policy.resend_ms
                },
                replace_after_ms: self.engine.policy.replace_after_ms,
            };
            let step = next_step(payment, evidence, &around);
            if step == Step::SignAndSave {
                room = room.saturating_sub(1);
            }
            steps.push((payment, step));
        }
        steps
    }

    pub(crate) fn node_sends(&self) -> bool {
        self.engine.chain.signing_mode() == paydirt_chain::SigningMode::NodeSends
    }

    fn window(&self) -> usize {
        if self.node_sends() { 1 } else { self.window }
    }
}
