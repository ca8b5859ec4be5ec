//! What a chain's crate lends to the suite.

use async_trait::async_trait;

use crate::{Address, Chain, Finality};

/// A private chain in the suite's hands. Nobody else uses it; blocks come only from
/// [`mine`](Bench::mine) and [`finalise`](Bench::finalise).
#[async_trait]
pub trait Bench: Send + Sync {
    /// The chain under test.
    type C: Chain;

    /// A new client through all endpoints, not identified yet, that signs (local or remote, with
    /// bytes) for every [`wallet`](Bench::wallet) made so far.
    async fn client(&self) -> Self::C;

    /// A new wallet with this balance in base units and nonce 0.
    async fn wallet(&self, balance: u128) -> Address;

    /// An address that nobody used and nobody signs for.
    async fn stranger(&self) -> Address;

    /// Mines so many blocks, with what is pending and pays enough.
    async fn mine(&self, blocks: u64);

    /// How finality is asked for here.
    fn finality(&self) -> Finality;

    /// Makes the newest block final, mining as many blocks as that needs.
    async fn finalise(&self);

    /// Addresses as people write them.
    fn spellings(&self) -> Spellings;

    /// Whether the least rise is too little for a replacement. False: any rise will do here, and
    /// the suite asks for none.
    fn wants_a_bump(&self) -> bool {
        true
    }

    /// A payee that refuses money whatever gas it is given. `None`: this chain has none.
    async fn rejecting_payee(&self) -> Option<Address> {
        None
    }

    /// Replaces the newest `depth` blocks by as many without their transactions (which may be
    /// pending again, or not). False: this bench can't.
    async fn reorg(&self, depth: u64) -> bool {
        let _ = depth;
        false
    }

    /// Makes an endpoint that is asked for verdicts answer nothing, or answer again. False: this
    /// bench can't.
    async fn silence(&self, silent: bool) -> bool {
        let _ = silent;
        false
    }
}

/// Addresses as people write them.
#[derive(Clone, Debug)]
pub struct Spellings {
    /// Texts to accept, each with its canonical text.
    pub good: Vec<(String, String)>,
    /// Texts to refuse: bad form, checksum or network, the zero address. The suite adds what no
    /// chain takes.
    pub bad: Vec<String>,
}
