//! Signing and saving: from here on the bytes count as sent, whoever sends them, whenever.

use std::collections::BTreeSet;

use paydirt_chain::{
    AttemptKind, Call, ChainError, Fee, FeeQuote, Probe, Signed, SigningMode, Transfer, Unsigned,
};
use paydirt_ledger::{AttemptId, Change, NewAttempt, Payment, PaymentId, Purpose};

use crate::error::PayoutError;
use crate::look::Found;
use crate::session::Session;

impl Session<'_> {
    /// Signs held payments under the wallet's next nonces, in order, and saves them in one journal
    /// transaction.
    pub(super) async fn sign_and_save(
        &mut self,
        payments: &[&Payment],
        found: &Found,
    ) -> Result<bool, PayoutError> {
        let Some(first) = found
            .snapshot
            .wallet
            .next_nonce
            .filter(|_| !payments.is_empty())
        else {
            return Ok(false);
        };
        let quote = match self.engine.chain.quote().await {
            Ok(quote) => quote,
            Err(error) => return self.chain_failed(error),
        };
        let fee_of = |payment: &Payment| {
            let cap = self.cap(kind_of(payment));
            self.engine.chain.first_fee(&quote, cap).ok_or(cap)
        };
        if let Some(cap) = payments.first().and_then(|p| fee_of(p).err()) {
            return self.wait_for_fees(&quote, cap).await;
        }
        let fees: Vec<(&Payment, Fee)> = payments
            .iter()
            .map_while(|p| Some((*p, fee_of(p).ok()?)))
            .collect();
        self.sign_at(first, fees).await
    }

    async fn sign_at(
        &mut self,
        first: u64,
        fees: Vec<(&Payment, Fee)>,
    ) -> Result<bool, PayoutError> {
        let payments: Vec<&Payment> = fees.iter().map(|(payment, _)| *payment).collect();
        let (fit, mut changed) = match self.with_gas(&payments).await {
            Ok(found) => found,
            Err(PayoutError::Chain(error)) => return self.chain_failed(error),
            Err(error) => return Err(error),
        };
        let mut attempts = Vec::with_capacity(fit.len());
        let fitting = fees.into_iter().filter(|(p, _)| fit.contains(&p.id));
        for (nonce, (payment, fee)) in (first..).zip(fitting) {
            let unsigned = self.transaction(payment, nonce, fee)?;
            attempts.push(self.attempt(payment, kind_of(payment), unsigned).await?);
        }
        changed |= self.save(attempts).await?;
        Ok(changed)
    }

    /// Asks a remote signer for attempts whose fields are saved, and saves its answers.
    pub(super) async fn sign_again(&mut self, payments: &[&Payment]) -> Result<bool, PayoutError> {
        let mut changes = Vec::new();
        for attempt in payments.iter().filter_map(|p| p.attempts.last()) {
            match self.engine.chain.sign(attempt.unsigned()).await {
                Ok(signed) => {
                    changes.push(Change::SignedRemotely {
                        attempt: attempt.id,
                        signed,
                    });
                }
                Err(error) => {
                    tracing::warn!(attempt = %attempt.id, %error, "the signer did not sign");
                    break;
                }
            }
        }
        let changed = !changes.is_empty();
        self.write(changes).await?;
        Ok(changed)
    }

    /// Saves attempts, after which they may be sent.
    pub(crate) async fn save(&mut self, attempts: Vec<NewAttempt>) -> Result<bool, PayoutError> {
        if attempts.is_empty() {
            return Ok(false);
        }
        self.engine
            .journal
            .save(&self.lease, &attempts, self.now())
            .await?;
        for attempt in &attempts {
            let id = attempt.signed.id.as_ref().map(ToString::to_string);
            tracing::info!(
                payment = %attempt.payment, nonce = attempt.signed.unsigned.nonce,
                transaction = id, kind = ?attempt.kind, fee_cap = %attempt.signed.unsigned.fee.cap,
                "saved"
            );
        }
        self.tally.saved = self.tally.saved.saturating_add(attempts.len());
        self.engine.progress.send_replace(self.tally.clone());
        Ok(true)
    }

    /// An attempt ready to be saved: signed where we sign, only its fields where another does.
    pub(super) async fn attempt(
        &self,
        payment: &Payment,
        kind: AttemptKind,
        unsigned: Unsigned,
    ) -> Result<NewAttempt, PayoutError> {
        let signed = match self.engine.chain.signing_mode() {
            SigningMode::Local => self.engine.chain.sign(&unsigned).await?,
            SigningMode::Remote | SigningMode::NodeSends => Signed {
                unsigned,
                raw: None,
                id: None,
            },
        };
        Ok(NewAttempt {
            id: AttemptId::new(),
            payment: payment.id,
            kind,
            signed,
            floor_block: self.floor_block,
        })
    }

    /// Nothing to ourselves.
    pub(super) fn cancelling(&self, nonce: u64, fee: Fee) -> Unsigned {
        let to = self.engine.address.clone();
        Unsigned {
            from: to.clone(),
            nonce,
            call: Call {
                to,
                value: 0,
                data: Vec::new(),
            },
            gas_limit: self.engine.chain.cancel_gas(),
            fee,
        }
    }

    /// A chain that can't answer now changes nothing: it is identified again, then asked again.
    pub(super) fn chain_failed(&mut self, error: ChainError) -> Result<bool, PayoutError> {
        if !error.is_retryable() {
            return Err(error.into());
        }
        tracing::warn!(%error, "the chain did not answer");
        self.chain_trouble = true;
        Ok(false)
    }

    async fn wait_for_fees(&mut self, quote: &FeeQuote, cap: u128) -> Result<bool, PayoutError> {
        let message = format!(
            "the network asks {} (base fee) + {} (tip) base units per gas, above the fee cap of \
             {cap}: held payments wait unsigned until it falls, or the cap is raised",
            quote.base_fee, quote.tip
        );
        let alert = self.alert_of("fees above the cap".to_owned(), None, message);
        self.write(alert.into_iter().collect()).await?;
        Ok(false)
    }

    fn transaction(
        &self,
        payment: &Payment,
        nonce: u64,
        fee: Fee,
    ) -> Result<Unsigned, PayoutError> {
        if payment.legs.is_empty() {
            return Ok(self.cancelling(nonce, fee));
        }
        let call = self.engine.chain.compose(&transfers(payment)?)?;
        let gas = payment.legs.iter().filter_map(|leg| self.gas.get(&leg.id));
        let gas_limit = gas.fold(0_u64, |sum, gas| sum.saturating_add(*gas));
        Ok(Unsigned {
            from: self.engine.address.clone(),
            nonce,
            call,
            gas_limit,
            fee,
        })
    }

    /// The payments that have a gas limit for each leg; a plan that another process held is
    /// simulated again. A payee that fails now is quarantined and its payment given back.
    async fn with_gas(
        &mut self,
        payments: &[&Payment],
    ) -> Result<(BTreeSet<PaymentId>, bool), PayoutError> {
        let mut asked = Vec::new();
        for payment in payments {
            for (leg, transfer) in payment.legs.iter().zip(transfers(payment)?) {
                if !self.gas.contains_key(&leg.id) {
                    asked.push((payment.id, leg, transfer));
                }
            }
        }
        let mut changes = Vec::new();
        let mut refused = BTreeSet::new();
        if !asked.is_empty() {
            let legs: Vec<Transfer> = asked.iter().map(|(_, _, t)| t.clone()).collect();
            let probes = self.engine.chain.probe(&self.engine.address, &legs).await?;
            for ((payment, leg, _), probe) in asked.into_iter().zip(probes) {
                match probe {
                    Probe::Fits { gas_limit } => {
                        self.gas.insert(leg.id, gas_limit);
                    }
                    Probe::PayeeFails { reason } => {
                        changes.push(Change::Quarantined {
                            pool: leg.pool.clone(),
                            member: leg.member.clone(),
                            address: leg.address.to_string(),
                            reason: reason.clone(),
                        });
                        if refused.insert(payment) {
                            changes.push(Change::Releasing { payment, reason });
                        }
                    }
                }
            }
        }
        let changed = !changes.is_empty();
        self.write(changes).await?;
        let fit = payments
            .iter()
            .map(|p| p.id)
            .filter(|id| !refused.contains(id))
            .collect();
        Ok((fit, changed))
    }
}

/// What a payment's first attempt does: a nonce is filled by paying nobody.
fn kind_of(payment: &Payment) -> AttemptKind {
    match payment.purpose {
        Purpose::Pay => AttemptKind::Pay,
        Purpose::Fill | Purpose::Foreign => AttemptKind::Cancel,
    }
}

/// What a payment's legs receive, in base units.
pub(crate) fn transfers(payment: &Payment) -> Result<Vec<Transfer>, PayoutError> {
    let each = payment.legs.iter().map(|leg| {
        Ok(Transfer {
            to: leg.address.clone(),
            value: leg.amount.to_base_units()?.get(),
        })
    });
    each.collect()
}
