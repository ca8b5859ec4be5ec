//! What the operator decided: limits, fees and delays.

use paydirt_money::Amount;

/// Limits and delays of one wallet.
#[derive(Clone, Debug)]
pub struct WalletPolicy {
    /// Most base units per gas that a paying attempt may offer; affordability counts all fees at
    /// this.
    pub fee_cap: u128,
    /// The same for cancels; at least 1.25 times `fee_cap`.
    pub cancel_fee_cap: u128,
    /// Base units that stay in the wallet whatever is due.
    pub reserve: u128,
    /// Most payments saved and not yet included.
    pub max_in_flight: usize,
    /// Unmined for so long (the lowest nonce only): a higher fee is offered.
    pub replace_after_ms: u64,
    /// Unmined for so long: the same bytes are sent again.
    pub resend_ms: u64,
    /// Pause between two looks at the chain.
    pub poll_ms: u64,
    /// A head older than this is not worked on.
    pub head_age_max_ms: u64,
    /// Peers that each node must have; 0: not asked.
    pub require_peers: u64,
    /// Whether a node that can't tell its peers will do.
    pub allow_unknown_peers: bool,
    /// Confirmations of a block before money is given back, where the chain signals no finality;
    /// and how far back verdict blocks are looked at again.
    pub release_confirmations: u64,
    /// Runs in a row with payments that failed at finality before the wallet is paused.
    pub breaker_after: u32,
}

impl Default for WalletPolicy {
    fn default() -> Self {
        Self {
            fee_cap: 200_000_000_000,
            cancel_fee_cap: 250_000_000_000,
            reserve: 0,
            max_in_flight: 256,
            replace_after_ms: 180_000,
            resend_ms: 30_000,
            poll_ms: 1_000,
            head_age_max_ms: 600_000,
            require_peers: 0,
            allow_unknown_peers: false,
            release_confirmations: 36,
            breaker_after: 3,
        }
    }
}

/// What one pool pays, and when.
#[derive(Clone, Debug)]
pub struct PoolPolicy {
    /// Balances that reach it are paid (beside open-ethereum-pool: that exceed it).
    pub minimum: Amount,
}
