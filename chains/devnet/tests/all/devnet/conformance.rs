//! The devnet passes the suite of all chains: with rules like Ethereum's, and with others.

use async_trait::async_trait;
use paydirt_chain::conformance::{Bench, Spellings};
use paydirt_chain::{Address, Finality, chain_conformance};
use paydirt_devnet::{DevChain, Devnet, Funds, Orphans, Payee, Rules};

struct DevBench {
    net: Devnet,
    finality: Finality,
}

impl DevBench {
    fn new(rules: Rules, finality: Finality) -> Self {
        Self {
            net: Devnet::new(Rules {
                endpoints: 2,
                ..rules
            }),
            finality,
        }
    }
}

#[async_trait]
impl Bench for DevBench {
    type C = DevChain;

    async fn client(&self) -> DevChain {
        DevChain::new(&self.net)
    }

    async fn wallet(&self, balance: u128) -> Address {
        self.net.wallet(balance).expect("fits")
    }

    async fn stranger(&self) -> Address {
        self.net.stranger()
    }

    async fn mine(&self, blocks: u64) {
        self.net.mine(blocks);
    }

    fn finality(&self) -> Finality {
        self.finality
    }

    async fn finalise(&self) {
        self.net.mine(10);
    }

    fn spellings(&self) -> Spellings {
        let lower = "0x00a329c0648769a73afac7f9381e08fb43dbea72";
        Spellings {
            good: vec![
                (lower.into(), lower.into()),
                (lower.to_uppercase().replacen("0X", "0x", 1), lower.into()),
            ],
            bad: vec![
                format!("0x{}", "0".repeat(40)),
                lower.replacen("0x", "0X", 1),
                lower.replace('a', "g"),
                lower.replacen("0x", "", 1),
                lower.replace("00", "٠0"),
                "f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za".into(),
            ],
        }
    }

    async fn rejecting_payee(&self) -> Option<Address> {
        Some(self.net.payee(Payee::Rejects {
            reason: "execution reverted".into(),
        }))
    }

    async fn reorg(&self, depth: u64) -> bool {
        self.net.reorg(depth, Orphans::Drop).is_ok()
    }

    async fn silence(&self, silent: bool) -> bool {
        let endpoint = self.net.endpoint(1);
        if silent {
            endpoint.down()
        } else {
            endpoint.up()
        };
        true
    }
}

mod like_ethereum {
    use super::*;

    async fn bench() -> DevBench {
        DevBench::new(Rules::default(), Finality::Signalled)
    }

    chain_conformance!(bench);
}

mod without_finality_signal {
    use super::*;

    async fn bench() -> DevBench {
        let finality = Finality::Depth {
            confirmations: 2,
            release_confirmations: 6,
        };
        DevBench::new(
            Rules {
                finality_lag: None,
                ..Rules::default()
            },
            finality,
        )
    }

    chain_conformance!(bench);
}

mod with_overdrafts_and_no_queue {
    use super::*;

    async fn bench() -> DevBench {
        let rules = Rules {
            funds: Funds::AtExecution,
            queue_limit: 0,
            ..Rules::default()
        };
        DevBench::new(rules, Finality::Signalled)
    }

    chain_conformance!(bench);
}
