//! The rules of one devnet.

use paydirt_money::Coin;

/// When the chain looks at whether the sender can pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funds {
    /// As Ethereum: at submission, all pending of the sender together; a transaction whose sender
    /// can't pay is never mined.
    AtSubmission,
    /// As Filecoin: at execution; an overdraft is mined, pays nobody and costs its fee.
    AtExecution,
}

/// The rules of one devnet. All can be chosen at its start, many changed later.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Names the network; two devnets of one name have one genesis.
    pub network: String,
    /// The coin that accounts hold.
    pub coin: Coin,
    /// Number of endpoints.
    pub endpoints: usize,
    /// Time of the genesis block, unix seconds.
    pub genesis_time_s: u64,
    /// Seconds between blocks.
    pub block_time_s: u64,
    /// Gas that one block takes.
    pub block_gas: u64,
    /// Base fee of the next block, base units per gas.
    pub base_fee: u128,
    /// Tip that nodes quote, base units per gas.
    pub tip: u128,
    /// Nodes refuse a fee cap below this, base units per gas.
    pub min_fee: u128,
    /// A replacement must raise cap and tip by this many percent.
    pub replacement_percent: u8,
    /// Transactions of one sender that a node keeps beyond a nonce gap.
    pub queue_limit: usize,
    /// Transactions that a node keeps in all.
    pub pool_limit: usize,
    /// When balances are checked.
    pub funds: Funds,
    /// Blocks between the head and the finalised block; `None`: no finality signal.
    pub finality_lag: Option<u64>,
}

impl Default for Rules {
    /// One honest endpoint; 12 s blocks; base fee 10, tip 1 and minimum 1 gwei; replacement by
    /// 10 %; 64 queued; 5000 kept; balances checked at submission; final after 2 blocks.
    fn default() -> Self {
        const GWEI: u128 = 1_000_000_000;
        Self {
            network: "1337".into(),
            coin: Coin::ETH,
            endpoints: 1,
            genesis_time_s: 1_700_000_000,
            block_time_s: 12,
            block_gas: 30_000_000,
            base_fee: 10 * GWEI,
            tip: GWEI,
            min_fee: GWEI,
            replacement_percent: 10,
            queue_limit: 64,
            pool_limit: 5_000,
            funds: Funds::AtSubmission,
            finality_lag: Some(2),
        }
    }
}
