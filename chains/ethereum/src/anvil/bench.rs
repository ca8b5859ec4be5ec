//! The suite that every chain must pass, on anvil: with a local key, and with keys at the node.

use std::sync::Mutex;

use async_trait::async_trait;
use paydirt_chain::conformance::{Bench, Spellings};
use paydirt_chain::{Address, Finality};
use paydirt_keys::PrivateKey;
use paydirt_testkit::{Anvil, DEV_ACCOUNTS, RpcFault, RpcProxy};
use serde_json::json;

use super::{config, dev_address, mine, node, set_code};
use crate::{ContractPolicy, Ethereum, FeePolicy, NodeSigning, Signer};

/// One anvil behind two endpoints.
struct AnvilBench {
    anvil: Anvil,
    proxies: [RpcProxy; 2],
    signing: Signing,
    fees: FeePolicy,
}

enum Signing {
    Local(Mutex<Vec<PrivateKey>>),
    /// How many of the node's accounts are given out.
    Node(Mutex<usize>),
}

async fn bench(signing: Signing, fees: FeePolicy) -> AnvilBench {
    let anvil = node().await;
    let proxies = [
        RpcProxy::start(&anvil.url()).await.unwrap(),
        RpcProxy::start(&anvil.url()).await.unwrap(),
    ];
    AnvilBench {
        anvil,
        proxies,
        signing,
        fees,
    }
}

#[async_trait]
impl Bench for AnvilBench {
    type C = Ethereum;

    async fn client(&self) -> Ethereum {
        let mut config = config(&[self.proxies[0].url(), self.proxies[1].url()]);
        config.contracts = ContractPolicy::Allow;
        config.fees = self.fees;
        config.signer = match &self.signing {
            Signing::Local(keys) => Signer::Local(keys.lock().unwrap().clone()),
            Signing::Node(_) => Signer::Node(NodeSigning::SignTransaction),
        };
        Ethereum::new(config).unwrap()
    }

    async fn wallet(&self, balance: u128) -> Address {
        let wallet = match &self.signing {
            Signing::Local(keys) => {
                let key = PrivateKey::random().unwrap();
                let address = crate::address::canonical(key.ethereum_address().into());
                keys.lock().unwrap().push(key);
                address
            }
            Signing::Node(given) => {
                let mut given = given.lock().unwrap();
                *given += 1;
                dev_address(*given - 1)
            }
        };
        let balance = format!("{balance:#x}");
        self.anvil
            .rpc("anvil_setBalance", json!([wallet, balance]))
            .await
            .unwrap();
        wallet
    }

    async fn stranger(&self) -> Address {
        let key = PrivateKey::random().unwrap();
        crate::address::canonical(key.ethereum_address().into())
    }

    async fn mine(&self, blocks: u64) {
        mine(&self.anvil, blocks).await;
    }

    fn finality(&self) -> Finality {
        Finality::Signalled
    }

    async fn finalise(&self) {
        mine(&self.anvil, 2).await;
    }

    fn spellings(&self) -> Spellings {
        let checksummed = DEV_ACCOUNTS[0].address;
        let lower = checksummed.to_lowercase();
        let upper = format!("0x{}", checksummed[2..].to_uppercase());
        Spellings {
            good: [checksummed, &upper, &lower]
                .map(|text| (text.into(), lower.clone()))
                .into(),
            bad: vec![
                checksummed.replacen('f', "F", 1),
                "0x0000000000000000000000000000000000000000".into(),
                "f410ffm4uwdbk3iflzcqxu2ycjhfzqmdmhnplecvqkxq".into(),
            ],
        }
    }

    fn wants_a_bump(&self) -> bool {
        // Real clients want 10 %; anvil takes one wei.
        false
    }

    async fn rejecting_payee(&self) -> Option<Address> {
        let payee = self.stranger().await;
        // PUSH0 PUSH0 REVERT
        set_code(&self.anvil, &payee, "0x5f5ffd").await;
        Some(payee)
    }

    async fn reorg(&self, depth: u64) -> bool {
        self.anvil
            .rpc("anvil_reorg", json!([depth, []]))
            .await
            .unwrap();
        true
    }

    async fn silence(&self, silent: bool) -> bool {
        match silent {
            true => self.proxies[1].always("*", RpcFault::Refuse),
            false => self.proxies[1].heal(),
        }
        true
    }
}

mod local_key {
    use super::*;

    async fn bench() -> AnvilBench {
        super::bench(Signing::Local(Mutex::default()), FeePolicy::Auto).await
    }

    paydirt_chain::chain_conformance!(bench);
}

mod local_key_legacy_fees {
    use super::*;

    async fn bench() -> AnvilBench {
        super::bench(Signing::Local(Mutex::default()), FeePolicy::Legacy).await
    }

    paydirt_chain::chain_conformance!(bench);
}

mod key_at_the_node {
    use super::*;

    async fn bench() -> AnvilBench {
        super::bench(Signing::Node(Mutex::default()), FeePolicy::Auto).await
    }

    paydirt_chain::chain_conformance!(bench);
}
