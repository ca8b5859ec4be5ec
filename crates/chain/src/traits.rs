//! The one trait that every chain implements.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use paydirt_money::Coin;

use crate::{
    Account, Address, AddressError, BlockRef, Call, ChainError, EndpointReport, Fee, FeeQuote,
    Finality, Identity, NonceSeen, Probe, Receipt, Saved, Sighting, Signed, SigningMode, Tip,
    Transfer, TxId, Unsigned, Verdict,
};

/// How far an answer may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The first endpoint that answers. Good for waiting and for sending again.
    Any,
    /// All endpoints configured for verdicts answered, and said the same. Needed to settle,
    /// release or freeze.
    All,
}

/// A chain, seen through all of its endpoints.
///
/// Amounts are base units. Calls take many items; an implementation asks for them in one batch
/// where its nodes allow that. No method retries by itself: the caller knows when to.
#[async_trait]
pub trait Chain: Send + Sync {
    /// The chain's coin.
    fn coin(&self) -> Coin;

    /// Parses an address strictly and normalises it.
    ///
    /// # Errors
    /// Says what is wrong: form, checksum, another network's, the zero address.
    fn parse_address(&self, text: &str) -> Result<Address, AddressError>;

    /// The fee of a first attempt at the quoted market, or `None` when the market is above `cap`.
    fn first_fee(&self, quote: &FeeQuote, cap: u128) -> Option<Fee>;

    /// A fee that every node takes as replacement of `last` (and the market where that is
    /// higher), or `None` when that is above `cap`.
    fn bumped_fee(&self, last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee>;

    /// Most legs that one transaction may pay.
    fn max_legs(&self) -> usize;

    /// The call that pays these legs, in this order.
    ///
    /// # Errors
    /// `Unsupported` for more than [`max_legs`](Self::max_legs), or none.
    fn compose(&self, legs: &[Transfer]) -> Result<Call, ChainError>;

    /// Gas limit of a cancel: a plain transfer to ourselves.
    fn cancel_gas(&self) -> u64;

    /// Who signs.
    fn signing_mode(&self) -> SigningMode;

    /// The addresses that this chain can sign for now.
    ///
    /// # Errors
    /// Where the signer is a node, its errors.
    async fn signers(&self) -> Result<Vec<Address>, ChainError>;

    /// Signs. A pure function of its input with a local key; nothing is sent.
    ///
    /// # Errors
    /// `Signing` when there is no such key or the node refuses.
    async fn sign(&self, transaction: &Unsigned) -> Result<Signed, ChainError>;

    /// Asks every endpoint for its chain id and genesis, and remembers who answered rightly; the
    /// others stay unused, and verdicts wait for them.
    ///
    /// # Errors
    /// `WrongChain` when any endpoint is on another chain than `expected`, the configuration or
    /// the other endpoints; `Unreachable` when none answered.
    async fn identify(&self, expected: Option<&Identity>) -> Result<Identity, ChainError>;

    /// What each endpoint says about itself. Never fails: errors are in the reports.
    async fn reports(&self) -> Vec<EndpointReport>;

    /// Whether the chain has a finality signal. An error is neither yes nor no.
    ///
    /// # Errors
    /// As for any verdict.
    async fn signals_finality(&self) -> Result<bool, ChainError>;

    /// Where the chain stands. A verdict.
    ///
    /// # Errors
    /// As for any verdict.
    async fn tip(&self, finality: Finality) -> Result<Tip, ChainError>;

    /// The canonical blocks of these numbers; `None` for numbers above the head. A verdict.
    ///
    /// # Errors
    /// As for any verdict.
    async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Option<BlockRef>>, ChainError>;

    /// A block that is surely not younger than this time (unix seconds), for scans to begin at: the
    /// lowest number that any verdict endpoint names; 0 when the chain is younger.
    ///
    /// # Errors
    /// As for any verdict.
    async fn block_before(&self, time_s: u64) -> Result<u64, ChainError>;

    /// Balance and nonce at the head. With [`Trust::Any`] a reading; with [`Trust::All`] at `at`,
    /// which must then be given.
    ///
    /// # Errors
    /// As for readings and verdicts.
    async fn account(
        &self,
        address: &Address,
        at: Option<&BlockRef>,
        trust: Trust,
    ) -> Result<Account, ChainError>;

    /// The highest nonce of the wallet on any identified endpoint: mined, pending and, where the
    /// node tells, queued.
    ///
    /// # Errors
    /// `Unreachable` unless every identified endpoint answers: this look must not miss one.
    async fn nonce_seen(&self, address: &Address) -> Result<NonceSeen, ChainError>;

    /// Current fees. A reading.
    ///
    /// # Errors
    /// As for readings.
    async fn quote(&self) -> Result<FeeQuote, ChainError>;

    /// Simulates each transfer by itself. A reading.
    ///
    /// # Errors
    /// As for readings; a failing payee is an answer, not an error.
    async fn probe(&self, from: &Address, legs: &[Transfer]) -> Result<Vec<Probe>, ChainError>;

    /// Sends saved bytes to the endpoints, lowest nonce first, and returns a verdict for each, in
    /// order. Never fails: what could not be sent is [`Verdict::Unknown`].
    async fn submit(&self, transactions: &[Saved]) -> Vec<Verdict>;

    /// Receipts of these transactions on the canonical chain; `None` where there is none. With
    /// [`Trust::All`] all endpoints name the same block and outcome.
    ///
    /// # Errors
    /// As for readings and verdicts.
    async fn receipts(
        &self,
        ids: &[TxId],
        trust: Trust,
    ) -> Result<Vec<Option<Receipt>>, ChainError>;

    /// Every transaction that `sender` made in these blocks, oldest first, seen itself.
    ///
    /// # Errors
    /// As for readings and verdicts; also when a block in the range is missing.
    async fn sent_by(
        &self,
        sender: &Address,
        blocks: RangeInclusive<u64>,
        trust: Trust,
    ) -> Result<Vec<Sighting>, ChainError>;
}
