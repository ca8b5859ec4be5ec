//! A chain with points.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use paydirt_chain::{
    Account, Address, AddressError, BlockRef, Call, Chain, ChainError, EndpointReport, Fee,
    FeeQuote, Finality, Identity, NonceSeen, Probe, Receipt, Saved, Sighting, Signed, SigningMode,
    Tip, Transfer, Trust, TxId, Unsigned, Verdict,
};
use paydirt_money::Coin;

use crate::calls::Faulty;
use crate::script::Act;

const SUBMIT: &str = "the script broke the connection";

#[async_trait]
impl Chain for Faulty<dyn Chain> {
    fn coin(&self) -> Coin {
        self.inner.coin()
    }

    fn parse_address(&self, text: &str) -> Result<Address, AddressError> {
        self.inner.parse_address(text)
    }

    fn first_fee(&self, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        self.inner.first_fee(quote, cap)
    }

    fn bumped_fee(&self, last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        self.inner.bumped_fee(last, quote, cap)
    }

    fn max_legs(&self) -> usize {
        self.inner.max_legs()
    }

    fn compose(&self, legs: &[Transfer]) -> Result<Call, ChainError> {
        self.inner.compose(legs)
    }

    fn cancel_gas(&self) -> u64 {
        self.inner.cancel_gas()
    }

    fn signing_mode(&self) -> SigningMode {
        self.inner.signing_mode()
    }

    async fn signers(&self) -> Result<Vec<Address>, ChainError> {
        self.call("chain.signers", self.inner.signers()).await
    }

    async fn sign(&self, transaction: &Unsigned) -> Result<Signed, ChainError> {
        self.call("chain.sign", self.inner.sign(transaction)).await
    }

    async fn identify(&self, expected: Option<&Identity>) -> Result<Identity, ChainError> {
        self.call("chain.identify", self.inner.identify(expected))
            .await
    }

    /// A failure makes of every endpoint one that does not answer.
    async fn reports(&self) -> Vec<EndpointReport> {
        let reports = async { Ok::<_, ChainError>(self.inner.reports().await) };
        match self.call("chain.reports", reports).await {
            Ok(reports) => reports,
            Err(error) => {
                let mut silent = self.inner.reports().await;
                for report in &mut silent {
                    report.identity = Err(error.to_string());
                }
                silent
            }
        }
    }

    async fn signals_finality(&self) -> Result<bool, ChainError> {
        self.call("chain.signals_finality", self.inner.signals_finality())
            .await
    }

    async fn tip(&self, finality: Finality) -> Result<Tip, ChainError> {
        self.call("chain.tip", self.inner.tip(finality)).await
    }

    async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Option<BlockRef>>, ChainError> {
        self.call("chain.blocks", self.inner.blocks(numbers)).await
    }

    async fn block_before(&self, time_s: u64) -> Result<u64, ChainError> {
        self.call("chain.block_before", self.inner.block_before(time_s))
            .await
    }

    async fn account(
        &self,
        address: &Address,
        at: Option<&BlockRef>,
        trust: Trust,
    ) -> Result<Account, ChainError> {
        self.call("chain.account", self.inner.account(address, at, trust))
            .await
    }

    async fn nonce_seen(&self, address: &Address) -> Result<NonceSeen, ChainError> {
        self.call("chain.nonce_seen", self.inner.nonce_seen(address))
            .await
    }

    async fn quote(&self) -> Result<FeeQuote, ChainError> {
        self.call("chain.quote", self.inner.quote()).await
    }

    async fn probe(&self, from: &Address, legs: &[Transfer]) -> Result<Vec<Probe>, ChainError> {
        self.call("chain.probe", self.inner.probe(from, legs)).await
    }

    /// Midway, the lower half of the nonces has been handed over.
    async fn submit(&self, transactions: &[Saved]) -> Vec<Verdict> {
        let unknown = || vec![Verdict::Unknown(SUBMIT.to_owned()); transactions.len()];
        if self.script.reach("chain.submit:before").await.is_err() {
            return unknown();
        }
        if transactions.len() > 1 {
            let act = self.script.note("chain.submit:midway").await;
            if act != Act::Go {
                let (half, rest) = transactions.split_at(transactions.len().div_ceil(2));
                let mut verdicts = self.inner.submit(half).await;
                if self.script.play(act).await.is_err() {
                    return unknown();
                }
                verdicts.extend(self.inner.submit(rest).await);
                return self.answered(verdicts).await;
            }
        }
        let verdicts = self.inner.submit(transactions).await;
        self.answered(verdicts).await
    }

    async fn receipts(
        &self,
        ids: &[TxId],
        trust: Trust,
    ) -> Result<Vec<Option<Receipt>>, ChainError> {
        self.call("chain.receipts", self.inner.receipts(ids, trust))
            .await
    }

    async fn sent_by(
        &self,
        sender: &Address,
        blocks: RangeInclusive<u64>,
        trust: Trust,
    ) -> Result<Vec<Sighting>, ChainError> {
        self.call("chain.sent_by", self.inner.sent_by(sender, blocks, trust))
            .await
    }
}

impl Faulty<dyn Chain> {
    async fn answered(&self, verdicts: Vec<Verdict>) -> Vec<Verdict> {
        match self.script.reach("chain.submit:after").await {
            Ok(()) => verdicts,
            Err(_) => vec![Verdict::Unknown(SUBMIT.to_owned()); verdicts.len()],
        }
    }
}
