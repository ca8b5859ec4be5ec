//! A wallet in the suite's hand: identified client, next fee, transfers.

use super::Bench;
use crate::{
    Account, Address, AttemptKind, Call, Chain, Fee, FeeQuote, LegOutcome, Probe, Receipt, Saved,
    Transfer, Trust, TxId, TxOutcome, Unsigned, Verdict,
};

/// Enough for any case: ten coins of 18 decimals.
pub(super) const FUNDS: u128 = 10_000_000_000_000_000_000;

pub(super) struct Hand<B: Bench> {
    pub(super) chain: B::C,
    pub(super) wallet: Address,
    /// Somebody who holds nothing yet.
    pub(super) payee: Address,
}

impl<B: Bench> Hand<B> {
    pub(super) async fn new(bench: &B) -> Self {
        Self::with_funds(bench, FUNDS).await
    }

    pub(super) async fn with_funds(bench: &B, funds: u128) -> Self {
        let wallet = bench.wallet(funds).await;
        let payee = bench.stranger().await;
        let chain = bench.client().await;
        chain
            .identify(None)
            .await
            .expect("the bench's own chain answers");
        Self {
            chain,
            wallet,
            payee,
        }
    }

    pub(super) async fn quote(&self) -> FeeQuote {
        self.chain
            .quote()
            .await
            .expect("an identified chain quotes")
    }

    /// High enough for a dozen replacements.
    pub(super) async fn fee_cap(&self) -> u128 {
        let quote = self.quote().await;
        (quote.base_fee + quote.tip) * 20 + 1_000
    }

    pub(super) async fn first_fee(&self) -> Fee {
        let cap = self.fee_cap().await;
        self.chain
            .first_fee(&self.quote().await, cap)
            .expect("twenty times the market")
    }

    pub(super) async fn bumped(&self, last: &Fee) -> Fee {
        let cap = self.fee_cap().await * 2;
        self.chain
            .bumped_fee(last, &self.quote().await, cap)
            .expect("far below the cap")
    }

    /// A payment of `value` to the payee at this nonce.
    pub(super) async fn pay(&self, nonce: u64, value: u128) -> Unsigned {
        self.pay_to(&self.payee, nonce, value).await
    }

    pub(super) async fn pay_to(&self, to: &Address, nonce: u64, value: u128) -> Unsigned {
        let legs = [Transfer {
            to: to.clone(),
            value,
        }];
        let probes = self
            .chain
            .probe(&self.wallet, &legs)
            .await
            .expect("a reading");
        let gas_limit = match probes.as_slice() {
            [Probe::Fits { gas_limit }] => *gas_limit,
            // Sent all the same: nobody can know gas for a call that fails.
            [Probe::PayeeFails { .. }] => 100_000,
            other => panic!("one probe for one leg, not {other:?}"),
        };
        let call = self.chain.compose(&legs).expect("one leg");
        let fee = self.first_fee().await;
        Unsigned {
            from: self.wallet.clone(),
            nonce,
            call,
            gas_limit,
            fee,
        }
    }

    /// Nothing to ourselves, as replacement of `last`.
    pub(super) async fn cancel(&self, last: &Unsigned) -> Unsigned {
        Unsigned {
            from: self.wallet.clone(),
            nonce: last.nonce,
            call: Call {
                to: self.wallet.clone(),
                value: 0,
                data: Vec::new(),
            },
            gas_limit: self.chain.cancel_gas(),
            fee: self.bumped(&last.fee).await,
        }
    }

    /// A pay or cancel attempt, as the journal would have saved it.
    pub(super) async fn attempt(&self, kind: AttemptKind, last: &Unsigned) -> (Saved, TxId) {
        let unsigned = match kind {
            AttemptKind::Pay => Unsigned {
                fee: self.bumped(&last.fee).await,
                ..last.clone()
            },
            AttemptKind::Cancel => self.cancel(last).await,
        };
        self.sign(&unsigned).await
    }

    pub(super) async fn sign(&self, unsigned: &Unsigned) -> (Saved, TxId) {
        let signed = self
            .chain
            .sign(unsigned)
            .await
            .expect("the bench's client has the key");
        let id = signed
            .id
            .clone()
            .expect("the bench's client signs by itself");
        (Saved::by_journal(signed), id)
    }

    pub(super) async fn submit(&self, saved: &Saved) -> Verdict {
        let verdicts = self.chain.submit(std::slice::from_ref(saved)).await;
        match <[Verdict; 1]>::try_from(verdicts) {
            Ok([verdict]) => verdict,
            Err(other) => panic!("one verdict for one transaction, not {other:?}"),
        }
    }

    /// Signs, submits, and is taken.
    pub(super) async fn send(&self, unsigned: &Unsigned) -> TxId {
        let (saved, id) = self.sign(unsigned).await;
        let verdict = self.submit(&saved).await;
        assert!(verdict.is_taken(), "{verdict:?}");
        id
    }

    pub(super) async fn receipt(&self, id: &TxId) -> Option<Receipt> {
        let ids = std::slice::from_ref(id);
        let sure = self
            .chain
            .receipts(ids, Trust::All)
            .await
            .expect("a verdict");
        let read = self
            .chain
            .receipts(ids, Trust::Any)
            .await
            .expect("a reading");
        assert_eq!(
            sure, read,
            "an honest chain's readings and verdicts are alike"
        );
        assert_eq!(sure.len(), 1, "one answer for one id");
        sure.into_iter().next().flatten()
    }

    pub(super) async fn mined(&self, id: &TxId) -> Receipt {
        self.receipt(id).await.expect("it was mined")
    }

    pub(super) async fn account(&self, address: &Address) -> Account {
        self.chain
            .account(address, None, Trust::Any)
            .await
            .expect("a reading")
    }

    pub(super) async fn received(&self) -> u128 {
        self.account(&self.payee).await.balance
    }
}

/// What a transaction of one leg came to.
pub(super) fn only_leg(outcome: &TxOutcome) -> LegOutcome {
    match outcome {
        TxOutcome::Whole(leg) => leg.clone(),
        TxOutcome::PerLeg(legs) => match legs.as_slice() {
            [leg] => leg.clone(),
            other => panic!("one leg was sent, not {other:?}"),
        },
    }
}
