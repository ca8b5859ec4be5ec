//! An Ethereum-style chain: its nodes, and how money is sent on it.

use paydirt_money::{Amount, BaseUnits, Coin};

use super::read_endpoints;
use crate::config::fault::Fault;
use crate::config::finality::{Finality, read_confirmations};
use crate::config::section::Section;
use crate::config::url::SecretUrl;
use crate::config::words::{digits, one_of};

/// Most gas that one transaction may use: EIP-7825, 2^24.
const TX_GAS_MAX: u64 = 16_777_216;
/// Gas of a plain transfer, and the least of any transaction.
const TRANSFER_GAS: u64 = 21_000;
/// Decimals of wei, whatever an Ethereum-style chain calls its coin.
const WEI_DECIMALS: u8 = 18;
/// A cancel may offer at least 5/4 of what a payment may.
const CANCEL_CAP_NUMERATOR: u128 = 5;
const CANCEL_CAP_DENOMINATOR: u128 = 4;

/// Which fees are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fees {
    /// As the chain has them: EIP-1559 where blocks have a base fee, legacy elsewhere.
    Auto,
    /// One gas price, by the nodes' quote.
    Legacy,
    /// One gas price, this one (base units per gas). Replacements offer more, up to the cap.
    Fixed {
        /// Base units per gas.
        gas_price: BaseUnits,
    },
}

/// Whether contracts are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contracts {
    /// They are not paid until a person lifts the quarantine. An account that only delegates to
    /// code (EIP-7702) is no contract.
    Refuse,
    /// Like anybody, if a simulation succeeds.
    Allow,
}

/// An Ethereum-style chain: its nodes, and how money is sent on it.
#[derive(Clone, Debug)]
pub struct EthereumConfig {
    /// Its coin.
    pub coin: Coin,
    /// Its nodes, in order of preference; at least one where a wallet is of this chain.
    pub endpoints: Vec<SecretUrl>,
    /// The chain id that every node must answer; `None`: the one of first contact.
    pub chain_id: Option<u64>,
    /// How many of the endpoints, from the first on, must agree for a verdict; 1 to all.
    pub quorum: usize,
    /// A request without an answer for so long has failed, milliseconds.
    pub timeout_ms: u64,
    /// Which fees are offered.
    pub fees: Fees,
    /// Most base units per gas that a payment may offer.
    pub fee_cap: BaseUnits,
    /// The same for a cancel; at least 1.25 times `fee_cap`.
    pub cancel_fee_cap: BaseUnits,
    /// Base units that stay in each wallet of this chain, whatever is due.
    pub reserve: BaseUnits,
    /// Gas limit of a payment; `None`: what the payee needs.
    pub gas_limit: Option<u64>,
    /// When a block is final; a pool may say otherwise for its wallet.
    pub finality: Finality,
    /// A head older than this is not worked on, seconds.
    pub head_age_max_s: u64,
    /// Peers that each node must have; 0: not asked. A pool may say otherwise.
    pub require_peers: u64,
    /// Whether a node that can't tell its peers will do.
    pub allow_unknown_peers: bool,
    /// Whether contracts are paid.
    pub contracts: Contracts,
    /// Most gas that paying a contract may take; one that needs more is quarantined.
    pub contract_gas_max: u64,
    /// Most payments of a wallet saved and not yet included.
    pub max_in_flight: usize,
    /// Unmined for so long (the lowest nonce only), a payment offers a higher fee, seconds.
    pub replace_after_s: u64,
    /// Unmined for so long, the same bytes are sent again, seconds.
    pub resend_s: u64,
    /// Pause between two looks at the chain, milliseconds.
    pub poll_ms: u64,
    /// Most requests in one JSON-RPC batch.
    pub batch_size: usize,
}

fn read_coin(section: &Section<'_>) -> Option<Coin> {
    section.required("coin", "name the coin, as coin = \"ETH\"", |text| {
        let coin = Coin::new(text, WEI_DECIMALS).map_err(|_| {
            Fault::new(
                "is no coin's symbol",
                "write 1 to 12 of A-Z and 0-9, as ETH",
            )
        })?;
        match coin == Coin::FIL {
            true => Err(Fault::new(
                "FIL is not an Ethereum-style chain's coin",
                "write ETH or ETC, or kind = \"filecoin\"",
            )),
            false => Ok(coin),
        }
    })
}

impl EthereumConfig {
    pub(super) fn read(section: Section<'_>) -> Option<EthereumConfig> {
        let coin = read_coin(&section);
        let endpoints = read_endpoints(&section, "http://127.0.0.1:8545");
        let identity = read_identity(&section);
        let quorum = read_quorum(&section, endpoints.as_deref());
        let timeout_ms = section.whole_or("timeout_ms", 10_000, 100..=600_000);
        let fees = read_fees(&section);
        let caps = read_caps(&section, fees);
        let reserve = coin.and_then(|coin| {
            section.or("reserve", &Amount::zero(coin).to_string(), |text| {
                Ok(BaseUnits::parse_coin(text, coin)?)
            })
        });
        let gas_limit = section.whole("gas_limit", TRANSFER_GAS..=TX_GAS_MAX);
        let finality = read_confirmations(&section, None);
        let head_age_max_s = section.whole_or("head_age_max_s", 600, 1..=86_400);
        let require_peers = section.whole_or("require_peers", 0, 0..=10_000);
        let allow_unknown_peers = section.flag_or("allow_unknown_peers", false);
        let contracts = [("allow", Contracts::Allow), ("refuse", Contracts::Refuse)];
        let contracts = section.choice("contracts", "refuse", &contracts);
        let contract_gas_max =
            section.whole_or("contract_gas_max", 200_000, TRANSFER_GAS..=TX_GAS_MAX);
        let max_in_flight = section.whole_or("max_in_flight", 256, 1..=100_000);
        let replace_after_s = section.whole_or("replace_after_s", 180, 1..=86_400);
        let resend_s = section.whole_or("resend_s", 30, 1..=86_400);
        let poll_ms = section.whole_or("poll_ms", 1_000, 10..=600_000);
        let batch_size = section.whole_or("batch_size", 500, 1..=1_000);
        section.finish();
        let (fee_cap, cancel_fee_cap) = caps?;
        Some(EthereumConfig {
            coin: coin?,
            endpoints: endpoints?,
            chain_id: identity,
            quorum: quorum?,
            timeout_ms,
            fees: fees?,
            fee_cap,
            cancel_fee_cap,
            reserve: reserve?,
            gas_limit,
            finality: finality?,
            head_age_max_s,
            require_peers,
            allow_unknown_peers,
            contracts: contracts?,
            contract_gas_max,
            max_in_flight: usize::try_from(max_in_flight).ok()?,
            replace_after_s,
            resend_s,
            poll_ms,
            batch_size: usize::try_from(batch_size).ok()?,
        })
    }
}

/// Networks by name, with their chain ids (<https://chainid.network>).
const NETWORKS: [(&str, u64); 6] = [
    ("mainnet", 1),
    ("sepolia", 11_155_111),
    ("holesky", 17_000),
    ("hoodi", 560_048),
    ("classic", 61),
    ("mordor", 63),
];

fn read_identity(section: &Section<'_>) -> Option<u64> {
    let chain_id = section.whole("chain_id", 1..=(i64::MAX as u64));
    let network = section.optional("network", |text| one_of(text, &NETWORKS));
    if let (Some(id), Some(of_network)) = (chain_id, network)
        && id != of_network
    {
        let what = format!("is the network of chain id {of_network}, but chain_id is {id}");
        section.fault(
            "network",
            Fault::new(what, "correct one of them, or remove it"),
        );
    }
    chain_id.or(network)
}

fn read_quorum(section: &Section<'_>, endpoints: Option<&[SecretUrl]>) -> Option<usize> {
    let all = endpoints.map_or(1, |endpoints| endpoints.len().max(1));
    let parse = |text: &str| match text {
        "all" => Ok(all),
        number => digits(number)
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| (1..=all).contains(number) || endpoints.is_none())
            .ok_or_else(|| {
                let what = format!("is neither \"all\" nor a number from 1 to {all} (endpoints)");
                Fault::new(what, "write how many endpoints must agree")
            }),
    };
    section.word_or_number("quorum", Some("all"), parse)
}

fn read_fees(section: &Section<'_>) -> Option<Fees> {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Auto,
        Legacy,
        Fixed,
    }
    let words = [
        ("auto", Word::Auto),
        ("legacy", Word::Legacy),
        ("fixed", Word::Fixed),
    ];
    let word = section.choice("fees", "auto", &words);
    let gas_price = section.optional("gas_price", per_gas);
    match (word?, gas_price) {
        (Word::Fixed, Some(gas_price)) => Some(Fees::Fixed { gas_price }),
        (Word::Fixed, None) => {
            let cure = "set gas_price, as gas_price = \"20 gwei\"";
            section.fault(
                "fees",
                Fault::new("is fixed, but there is no gas_price", cure),
            );
            None
        }
        (_, Some(_)) => {
            let cure = "write fees = \"fixed\", or remove gas_price";
            section.fault(
                "gas_price",
                Fault::new("is only for fees = \"fixed\"", cure),
            );
            None
        }
        (Word::Auto, None) => Some(Fees::Auto),
        (Word::Legacy, None) => Some(Fees::Legacy),
    }
}

/// The caps of payments and of cancels.
fn read_caps(section: &Section<'_>, fees: Option<Fees>) -> Option<(BaseUnits, BaseUnits)> {
    let fee_cap = section.or("fee_cap", "200 gwei", per_gas);
    let least = |cap: BaseUnits| cap.mul_div_ceil(CANCEL_CAP_NUMERATOR, CANCEL_CAP_DENOMINATOR);
    let least = fee_cap.and_then(|cap| least(cap).ok());
    let default = least.map_or_else(|| "250 gwei".to_owned(), |least| format!("{least} wei"));
    let cancel_cap = section.or("cancel_fee_cap", &default, per_gas);
    let (fee_cap, cancel_cap, least) = (fee_cap?, cancel_cap?, least?);
    if cancel_cap < least {
        let what = format!("is below {least} wei, 1.25 times fee_cap");
        let cure = "raise it, so that a payment at its cap can still be cancelled";
        section.fault("cancel_fee_cap", Fault::new(what, cure));
        return None;
    }
    if let Some(Fees::Fixed { gas_price }) = fees
        && gas_price > fee_cap
    {
        section.fault(
            "gas_price",
            Fault::new("is above fee_cap", "lower it, or raise fee_cap"),
        );
        return None;
    }
    Some((fee_cap, cancel_cap))
}

/// Base units per gas: a number and its unit, above 0.
fn per_gas(text: &str) -> Result<BaseUnits, Fault> {
    let price = BaseUnits::parse_with_unit(text)?;
    match price.is_zero() {
        true => Err(Fault::new(
            "is 0",
            "write what a unit of gas may cost, as 20 gwei",
        )),
        false => Ok(price),
    }
}
