use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use alloy::primitives::B256;
use alloy::signers::local::PrivateKeySigner;
use async_trait::async_trait;
use futures::future::BoxFuture;
use paydirt_chain::{
    Account, Address, AddressError, BlockRef, Call, Chain, ChainError, EndpointReport, Endpoints,
    Fee, FeeQuote, Finality, Identity, NonceSeen, Probe, Receipt, Saved, Sighting, Signed,
    SigningMode, Tip, Transfer, Trust, TxId, Unsigned, Verdict,
};
use paydirt_keys::PrivateKey;
use paydirt_money::Coin;

use crate::probe::{GasRules, TRANSFER_GAS};
use crate::receipts::Receipts;
use crate::rpc::Node;
use crate::{
    Config, EthereumError, FeePolicy, NodeSigning, Signer, address, fees, head, identify,
    node_signer, sign, submit,
};

/// An Ethereum-style chain over its nodes.
#[derive(Debug)]
pub struct Ethereum {
    coin: Coin,
    pub(crate) endpoints: Endpoints<Node>,
    configured_chain_id: Option<u64>,
    /// What the endpoints first agreed on; from then on they must stay so.
    identity: OnceLock<Identity>,
    fees: FeePolicy,
    gas: GasRules,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Nobody,
    Local(Vec<PrivateKeySigner>),
    Node(NodeSigning),
}

impl Ethereum {
    /// Makes the clients; asks nothing yet.
    ///
    /// # Errors
    /// [`EthereumError`]: a number out of range, no endpoint, an unusable key.
    pub fn new(config: Config) -> Result<Self, EthereumError> {
        config.check()?;
        let mut nodes: Vec<(String, Node)> = Vec::with_capacity(config.endpoints.len());
        for endpoint in config.endpoints {
            let name = unused_name(endpoint.name(), &nodes);
            let node = Node::new(name.clone(), endpoint, config.timeout_ms, config.batch_size)?;
            nodes.push((name, node));
        }
        let key = match config.signer {
            Signer::Nobody => Key::Nobody,
            Signer::Node(mode) => Key::Node(mode),
            Signer::Local(keys) => Key::Local(signers_of(&keys)?),
        };
        Ok(Self {
            coin: config.coin,
            endpoints: Endpoints::new(nodes, config.quorum),
            configured_chain_id: config.chain_id,
            identity: OnceLock::new(),
            fees: config.fees,
            gas: GasRules {
                plain: config.gas_limit.unwrap_or(TRANSFER_GAS).max(TRANSFER_GAS),
                contracts: config.contracts,
                contract_gas_max: config.contract_gas_max,
            },
            key,
        })
    }

    /// The chain id: configured, or that of the endpoints once they are identified.
    fn chain_id(&self) -> Option<u64> {
        let identified = || {
            self.identity
                .get()
                .and_then(|identity| identity.network.parse().ok())
        };
        self.configured_chain_id.or_else(identified)
    }

    /// A reading or a verdict.
    async fn ask<T, F>(&self, trust: Trust, what: &str, ask: F) -> Result<T, ChainError>
    where
        T: PartialEq + std::fmt::Debug,
        F: for<'a> Fn(&'a Node) -> BoxFuture<'a, Result<T, String>>,
    {
        match trust {
            Trust::Any => self.endpoints.first(ask).await,
            Trust::All => self.endpoints.agreed(what, ask).await,
        }
    }
}

fn signers_of(keys: &[PrivateKey]) -> Result<Vec<PrivateKeySigner>, EthereumError> {
    let signer = |key: &PrivateKey| PrivateKeySigner::from_slice(key.expose_bytes().as_ref());
    let signers: Result<_, _> = keys.iter().map(signer).collect();
    signers.map_err(|error| EthereumError::Key(error.to_string()))
}

/// Two endpoints may differ in path or password only.
fn unused_name(name: &str, nodes: &[(String, Node)]) -> String {
    let same = |taken: &&(String, Node)| taken.1.endpoint_name() == name;
    match nodes.iter().filter(same).count() {
        0 => name.to_owned(),
        others => format!("{name} #{}", others.saturating_add(1)),
    }
}

#[async_trait]
impl Chain for Ethereum {
    fn coin(&self) -> Coin {
        self.coin
    }

    fn parse_address(&self, text: &str) -> Result<Address, AddressError> {
        address::parse(text)
    }

    fn first_fee(&self, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        fees::first(quote, cap)
    }

    fn bumped_fee(&self, last: &Fee, quote: &FeeQuote, cap: u128) -> Option<Fee> {
        fees::bumped(last, quote, cap)
    }

    fn max_legs(&self) -> usize {
        1
    }

    fn compose(&self, legs: &[Transfer]) -> Result<Call, ChainError> {
        match legs {
            [leg] => Ok(Call {
                to: leg.to.clone(),
                value: leg.value,
                data: Vec::new(),
            }),
            _ => Err(ChainError::Unsupported {
                what: format!("a transaction with {} payees", legs.len()),
                detail: "a plain transfer pays one; make a payment for each".to_owned(),
            }),
        }
    }

    fn cancel_gas(&self) -> u64 {
        self.gas.plain
    }

    fn signing_mode(&self) -> SigningMode {
        match self.key {
            Key::Nobody | Key::Local(_) => SigningMode::Local,
            Key::Node(NodeSigning::SignTransaction) => SigningMode::Remote,
            Key::Node(NodeSigning::SendTransaction) => SigningMode::NodeSends,
        }
    }

    async fn signers(&self) -> Result<Vec<Address>, ChainError> {
        match &self.key {
            Key::Nobody => Ok(Vec::new()),
            Key::Local(signers) => Ok(signers
                .iter()
                .map(|signer| address::canonical(signer.address()))
                .collect()),
            Key::Node(_) => {
                let mut all: Vec<Address> = node_signer::accounts(&self.endpoints)
                    .await?
                    .into_iter()
                    .flat_map(|(_, listed)| listed)
                    .collect();
                all.sort();
                all.dedup();
                Ok(all)
            }
        }
    }

    async fn sign(&self, transaction: &Unsigned) -> Result<Signed, ChainError> {
        let Some(chain_id) = self.chain_id() else {
            let unknown = "the chain id is not known until an endpoint was identified";
            return Err(ChainError::Signing(unknown.to_owned()));
        };
        match &self.key {
            Key::Nobody => Err(ChainError::Signing("no key is configured".to_owned())),
            Key::Local(signers) => {
                sign::locally(transaction, chain_id, signers).map_err(ChainError::Signing)
            }
            Key::Node(NodeSigning::SignTransaction) => {
                node_signer::sign(&self.endpoints, transaction, chain_id).await
            }
            Key::Node(NodeSigning::SendTransaction) => Ok(Signed {
                unsigned: transaction.clone(),
                raw: None,
                id: None,
            }),
        }
    }

    async fn identify(&self, expected: Option<&Identity>) -> Result<Identity, ChainError> {
        let known = expected.or_else(|| self.identity.get());
        let found = identify::identify(&self.endpoints, known, self.configured_chain_id).await?;
        let first = self.identity.get_or_init(|| found.clone());
        if *first == found {
            return Ok(found);
        }
        // Only when the caller expects another chain than it did before.
        Err(ChainError::WrongChain {
            endpoint: "what is expected".to_owned(),
            expected: first.clone(),
            found,
        })
    }

    async fn reports(&self) -> Vec<EndpointReport> {
        let reports = self
            .endpoints
            .each(|node| Box::pin(async move { Ok(node.report().await) }))
            .await;
        reports
            .into_iter()
            .filter_map(|(_, report)| report.ok())
            .collect()
    }

    async fn signals_finality(&self) -> Result<bool, ChainError> {
        self.endpoints
            .agreed("whether there is a finalized block", |node| {
                Box::pin(node.signals_finality())
            })
            .await
    }

    async fn tip(&self, finality: Finality) -> Result<Tip, ChainError> {
        head::tip(&self.endpoints, finality).await
    }

    async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Option<BlockRef>>, ChainError> {
        head::agreed_blocks(&self.endpoints, numbers.to_vec()).await
    }

    async fn block_before(&self, time_s: u64) -> Result<u64, ChainError> {
        let numbers = self
            .endpoints
            .quorum("a block's time", move |node| {
                Box::pin(node.block_before(time_s))
            })
            .await?;
        Ok(numbers
            .into_iter()
            .map(|(_, number)| number)
            .min()
            .unwrap_or_default())
    }

    async fn account(
        &self,
        address: &Address,
        at: Option<&BlockRef>,
        trust: Trust,
    ) -> Result<Account, ChainError> {
        let wallet = parsed(address)?;
        if trust == Trust::All && at.is_none() {
            return Err(ChainError::Unsupported {
                what: "a verdict about an account".to_owned(),
                detail: "it needs the block at which endpoints shall agree".to_owned(),
            });
        }
        let at = at.cloned();
        self.ask(trust, "the wallet's balance and nonce", move |node| {
            let at = at.clone();
            Box::pin(async move { node.account(wallet, at.as_ref()).await })
        })
        .await
    }

    async fn nonce_seen(&self, address: &Address) -> Result<NonceSeen, ChainError> {
        let wallet = parsed(address)?;
        let asked = self
            .endpoints
            .all_identified("the wallet's nonce", move |node| {
                Box::pin(node.nonce_seen(wallet))
            })
            .await;
        let answers = asked.map_err(|error| match error {
            ChainError::NoVerdict {
                endpoint, detail, ..
            } => ChainError::Unreachable {
                detail: format!("{endpoint}: {detail}"),
            },
            other => other,
        })?;
        let mined = answers
            .iter()
            .map(|(_, (_, mined))| *mined)
            .max()
            .unwrap_or_default();
        let highest = answers.into_iter().max_by_key(|(_, (next, _))| *next);
        let Some((endpoint, (next, _))) = highest else {
            return Err(ChainError::Unreachable {
                detail: "none is identified".to_owned(),
            });
        };
        Ok(NonceSeen {
            next,
            mined,
            endpoint: endpoint.to_owned(),
        })
    }

    async fn quote(&self) -> Result<FeeQuote, ChainError> {
        let policy = self.fees;
        self.endpoints
            .first(move |node| Box::pin(node.quote(policy)))
            .await
    }

    async fn probe(&self, from: &Address, legs: &[Transfer]) -> Result<Vec<Probe>, ChainError> {
        let wallet = parsed(from)?;
        let gas = self.gas;
        let payees: Result<Vec<_>, ChainError> = legs
            .iter()
            .map(|leg| Ok((parsed(&leg.to)?, leg.value)))
            .collect();
        let payees = Arc::new(payees?);
        self.endpoints
            .first(move |node| {
                let payees = Arc::clone(&payees);
                Box::pin(async move { node.probe(wallet, &payees, gas).await })
            })
            .await
    }

    async fn submit(&self, transactions: &[Saved]) -> Vec<Verdict> {
        submit::everywhere(&self.endpoints, transactions, self.chain_id()).await
    }

    async fn receipts(
        &self,
        ids: &[TxId],
        trust: Trust,
    ) -> Result<Vec<Option<Receipt>>, ChainError> {
        let hashes: Result<Vec<B256>, String> = ids.iter().map(address::hash_of).collect();
        let unusable = |detail| ChainError::Unsupported {
            what: "reading these receipts".to_owned(),
            detail,
        };
        let hashes = Arc::new(hashes.map_err(unusable)?);
        let receipts: Receipts = self
            .ask(trust, "receipts", move |node| {
                let hashes = Arc::clone(&hashes);
                Box::pin(async move { node.receipts(&hashes).await })
            })
            .await?;
        receipts.map_err(unusable)
    }

    async fn sent_by(
        &self,
        sender: &Address,
        blocks: RangeInclusive<u64>,
        trust: Trust,
    ) -> Result<Vec<Sighting>, ChainError> {
        let sender = parsed(sender)?;
        self.ask(trust, "the wallet's transactions", move |node| {
            let blocks = blocks.clone();
            Box::pin(async move { node.sent_by(sender, blocks).await })
        })
        .await
    }
}

pub(crate) fn parsed(address: &Address) -> Result<alloy::primitives::Address, ChainError> {
    let what = "using this address".to_owned();
    address::of(address).map_err(|detail| ChainError::Unsupported { what, detail })
}
