//! An Ethereum-style chain over its nodes, with the wallet's key.

use std::sync::Arc;

use paydirt_chain::{Address, Chain};
use paydirt_ethereum::{
    Config, ContractPolicy, EndpointUrl, Ethereum, EthereumError, FeePolicy, NodeSigning, Signer,
};

use super::key::{self, Key};
use crate::config::{self, Contracts, EthereumConfig, Fees, Settings, WalletConfig};
use crate::error::AppError;

/// The chain that signs for the wallet, and the wallet's address on it.
pub(super) async fn chain(
    settings: &Settings,
    name: &str,
    wallet: &WalletConfig,
    chain: &EthereumConfig,
) -> Result<(Arc<dyn Chain>, Address), AppError> {
    let wrong = |error: EthereumError| AppError::Chain {
        chain: wallet.chain.clone(),
        error,
    };
    let (signer, found) = match key::key(settings, name, wallet).await? {
        Key::Local(key) => {
            let found = const_hex::encode_prefixed(key.ethereum_address());
            (Signer::Local(vec![*key]), found)
        }
        Key::Node { address, signing } => (Signer::Node(node_signing(signing)), address),
    };
    let ethereum = Ethereum::new(config(chain, signer).map_err(wrong)?).map_err(wrong)?;
    let parse = |text: &str| {
        let bad = |error: paydirt_chain::AddressError| AppError::Address {
            wallet: name.to_owned(),
            reason: error.to_string(),
        };
        ethereum.parse_address(text).map_err(bad)
    };
    let address = parse(&found)?;
    if let Some(configured) = &wallet.address
        && parse(configured)? != address
    {
        return Err(AppError::OtherKey {
            wallet: name.to_owned(),
            configured: configured.clone(),
            found: address.to_string(),
        });
    }
    Ok((Arc::new(ethereum), address))
}

/// The chain for one who only looks. Nothing is asked yet.
pub(crate) fn watcher(name: &str, chain: &EthereumConfig) -> Result<Ethereum, AppError> {
    let wrong = |error: EthereumError| AppError::Chain {
        chain: name.to_owned(),
        error,
    };
    Ethereum::new(config(chain, Signer::Nobody).map_err(wrong)?).map_err(wrong)
}

fn config(chain: &EthereumConfig, signer: Signer) -> Result<Config, EthereumError> {
    let endpoints = (1..)
        .zip(&chain.endpoints)
        .map(|(position, url)| EndpointUrl::parse(url.expose(), position))
        .collect::<Result<_, _>>()?;
    Ok(Config {
        chain_id: chain.chain_id,
        quorum: Some(chain.quorum),
        timeout_ms: chain.timeout_ms,
        batch_size: chain.batch_size,
        fees: match chain.fees {
            Fees::Auto => FeePolicy::Auto,
            Fees::Legacy => FeePolicy::Legacy,
            Fees::Fixed { gas_price } => FeePolicy::Fixed {
                gas_price: gas_price.get(),
            },
        },
        gas_limit: chain.gas_limit,
        contracts: match chain.contracts {
            Contracts::Refuse => ContractPolicy::Refuse,
            Contracts::Allow => ContractPolicy::Allow,
        },
        contract_gas_max: chain.contract_gas_max,
        ..Config::new(chain.coin, endpoints, signer)
    })
}

fn node_signing(signing: config::NodeSigning) -> NodeSigning {
    match signing {
        config::NodeSigning::Sign => NodeSigning::SignTransaction,
        config::NodeSigning::Send => NodeSigning::SendTransaction,
    }
}
