use paydirt_keys::PrivateKey;
use paydirt_money::Coin;

use crate::{EndpointUrl, EthereumError};

/// What a chain is made from. Plain data: the application fills it from its own configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The chain's coin.
    pub coin: Coin,
    /// Nodes in order of preference; at least one. They are reached directly: proxies named in
    /// the environment are not used, redirects not followed.
    pub endpoints: Vec<EndpointUrl>,
    /// The chain id that every endpoint must have; `None`: what the first answers.
    pub chain_id: Option<u64>,
    /// How many endpoints, from the first, must agree on a verdict; `None`: all.
    pub quorum: Option<usize>,
    /// Longest wait for one HTTP answer, 1 to 600,000 ms.
    pub timeout_ms: u64,
    /// Most JSON-RPC calls in one HTTP request, 1 to 1,000. A node that refuses a batch of that
    /// size gets smaller ones from then on.
    pub batch_size: usize,
    /// How transactions state their fee.
    pub fees: FeePolicy,
    /// Gas limit of payments; never used below what a plain transfer needs. `None`: 21,000.
    pub gas_limit: Option<u64>,
    /// Whether contracts are paid.
    pub contracts: ContractPolicy,
    /// Most gas that a payment to an address with code may be given.
    pub contract_gas_max: u64,
    /// Who signs.
    pub signer: Signer,
}

impl Config {
    /// With the defaults: 10 s, 500 calls a batch, automatic fees, contracts refused.
    pub fn new(coin: Coin, endpoints: Vec<EndpointUrl>, signer: Signer) -> Self {
        Self {
            coin,
            endpoints,
            chain_id: None,
            quorum: None,
            timeout_ms: 10_000,
            batch_size: 500,
            fees: FeePolicy::Auto,
            gas_limit: None,
            contracts: ContractPolicy::Refuse,
            contract_gas_max: 200_000,
            signer,
        }
    }

    pub(crate) fn check(&self) -> Result<(), EthereumError> {
        let batch_size = u64::try_from(self.batch_size).unwrap_or(u64::MAX);
        // Beyond the limit of EIP-7825 no transaction is valid.
        let gas = "21,000 to 16,777,216";
        check_range("timeout_ms", self.timeout_ms, 1, 600_000, "1 to 600,000")?;
        check_range("batch_size", batch_size, 1, 1_000, "1 to 1,000")?;
        check_range(
            "contract_gas_max",
            self.contract_gas_max,
            21_000,
            1 << 24,
            gas,
        )?;
        check_range(
            "gas_limit",
            self.gas_limit.unwrap_or(21_000),
            21_000,
            1 << 24,
            gas,
        )?;
        if self.endpoints.is_empty() {
            return Err(EthereumError::NoEndpoint);
        }
        if let Some(quorum) = self.quorum
            && !(1..=self.endpoints.len()).contains(&quorum)
        {
            let value = u64::try_from(quorum).unwrap_or(u64::MAX);
            let range = "from 1 to the number of endpoints";
            return Err(EthereumError::OutOfRange {
                key: "quorum",
                value,
                range,
            });
        }
        Ok(())
    }
}

fn check_range(
    key: &'static str,
    value: u64,
    least: u64,
    most: u64,
    range: &'static str,
) -> Result<(), EthereumError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(EthereumError::OutOfRange { key, value, range })
}

/// How transactions state their fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeePolicy {
    /// EIP-1559 where blocks have a base fee, else the node's gas price.
    Auto,
    /// The node's gas price in a legacy transaction, on any chain.
    Legacy,
    /// This gas price in a legacy transaction (open-ethereum-pool's `autoGas: false`).
    Fixed {
        /// Wei per gas.
        gas_price: u128,
    },
}

/// Whether an address with code is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractPolicy {
    /// No: it is quarantined. A person's account that delegates to code (EIP-7702) is paid all
    /// the same, with the gas that it needs.
    Refuse,
    /// Yes, with the gas that it needs.
    Allow,
}

/// Who signs.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Nobody: for commands that only look.
    Nobody,
    /// We, in memory, for the addresses of these keys.
    Local(Vec<PrivateKey>),
    /// A node that holds the key: the first endpoint that lists the address in `eth_accounts`.
    Node(NodeSigning),
}

/// What a node that holds the key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeSigning {
    /// `eth_signTransaction`: it signs, we send.
    SignTransaction,
    /// `eth_sendTransaction` only: it signs and sends in one call.
    SendTransaction,
}
