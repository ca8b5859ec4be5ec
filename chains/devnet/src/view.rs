//! What one node sees of the chain, and what it says about it.

use std::ops::RangeInclusive;

use paydirt_chain::{
    Account, Address, BlockRef, FeeKind, FeeQuote, Identity, Probe, Receipt, Sighting, Transfer,
    TxId, TxOutcome,
};

use crate::Payee;
use crate::address::{Addr, hash_text, parse_hash};
use crate::canon::{Block, Canon, Mined};
use crate::endpoint::Node;
use crate::execute::needed_gas;
use crate::fault::Lie;
use crate::world::World;

/// A node's answers, its lies included.
pub(crate) struct View<'w> {
    pub(crate) world: &'w World,
    node: &'w Node,
    pub(crate) canon: &'w Canon,
    head: u64,
}

impl<'w> View<'w> {
    pub(crate) fn of(world: &'w World, index: usize) -> Result<Self, String> {
        let node = world
            .nodes
            .get(index)
            .ok_or_else(|| format!("there is no node {index}"))?;
        let canon = node.frozen.as_ref().unwrap_or(&world.canon);
        Ok(Self {
            world,
            node,
            canon,
            head: node.head(canon),
        })
    }

    fn lie<T>(&self, told: impl Fn(&Lie) -> Option<T>) -> Option<T> {
        self.node.lies.iter().rev().find_map(told)
    }

    pub(crate) fn identity(&self) -> Identity {
        let told = self.lie(|lie| match lie {
            Lie::Identity(identity) => Some(identity.clone()),
            _ => None,
        });
        told.unwrap_or_else(|| Identity {
            network: self.world.rules.network.clone(),
            genesis: hash_text(&self.world.network),
        })
    }

    /// Number and time of the head.
    pub(crate) fn head(&self) -> (u64, u64) {
        (
            self.head,
            self.canon.block(self.head).map_or(0, |block| block.time_s),
        )
    }

    pub(crate) fn syncing(&self) -> bool {
        self.node.lies.iter().any(|lie| matches!(lie, Lie::Syncing))
    }

    pub(crate) fn peers(&self) -> Option<u64> {
        self.node.peers
    }

    pub(crate) fn signals_finality(&self) -> bool {
        self.world.rules.finality_lag.is_some()
    }

    pub(crate) fn finalised(&self) -> Option<u64> {
        let told = self.lie(|lie| match lie {
            Lie::Finalised(number) => Some(*number),
            _ => None,
        });
        told.unwrap_or_else(|| {
            let reached = self.head.checked_sub(self.world.rules.finality_lag?)?;
            Some(self.canon.finalised?.min(reached))
        })
    }

    pub(crate) fn named(&self, block: &Block) -> BlockRef {
        let told = self.lie(|lie| match lie {
            Lie::BlockHash { number, hash } if *number == block.number => Some(hash.clone()),
            _ => None,
        });
        let hash = told.unwrap_or_else(|| hash_text(&block.hash));
        BlockRef {
            number: block.number,
            hash,
        }
    }

    pub(crate) fn block(&self, number: u64) -> Option<BlockRef> {
        (number <= self.head)
            .then(|| self.canon.block(number).map(|b| self.named(b)))
            .flatten()
    }

    /// The newest block that is at most as young as this time; genesis if none is.
    pub(crate) fn block_before(&self, time_s: u64) -> u64 {
        let blocks = self.canon.blocks();
        let younger = blocks.partition_point(|block| block.time_s <= time_s);
        let old = blocks
            .get(younger.saturating_sub(1))
            .map_or(0, |block| block.number);
        old.min(self.head)
    }

    /// Balance and nonce after a block, or at the head.
    pub(crate) fn account(
        &self,
        address: &Address,
        at: Option<&BlockRef>,
    ) -> Result<Account, String> {
        let addr = Addr::of(address).map_err(|e| e.to_string())?;
        let number = at.map_or(self.head, |block| block.number);
        let block = self
            .block(number)
            .filter(|found| at.is_none_or(|asked| asked == found));
        let block = block.ok_or_else(|| format!("header not found: block {number}"))?;
        let state = self.canon.state(&addr, number);
        let balance = self.lie(|lie| match lie {
            Lie::Balance {
                address: of,
                balance,
            } if of == address => Some(*balance),
            _ => None,
        });
        let nonce = self.mined_nonce(address, state.nonce);
        Ok(Account {
            block,
            balance: balance.unwrap_or(state.balance),
            nonce,
        })
    }

    fn mined_nonce(&self, address: &Address, honest: u64) -> u64 {
        let told = self.lie(|lie| match lie {
            Lie::Nonce { address: of, nonce } if of == address => Some(*nonce),
            _ => None,
        });
        told.unwrap_or(honest)
    }

    /// Mined nonce, and the one after all that are pending or queued.
    pub(crate) fn nonce_seen(&self, address: &Address) -> Result<(u64, u64), String> {
        let addr = Addr::of(address).map_err(|e| e.to_string())?;
        let mined = self.mined_nonce(address, self.canon.state(&addr, self.head).nonce);
        let pending = self.node.pool.next_nonce(&addr).unwrap_or(0);
        Ok((mined, mined.max(pending)))
    }

    pub(crate) fn quote(&self) -> FeeQuote {
        let told = self.lie(|lie| match lie {
            Lie::Quote(quote) => Some(*quote),
            _ => None,
        });
        let rules = &self.world.rules;
        let honest = FeeQuote {
            kind: FeeKind::Dynamic,
            base_fee: rules.base_fee,
            tip: rules.tip,
        };
        told.unwrap_or(honest)
    }

    /// Simulates plain transfers. A sender who can't pay is not the payee's failure: as far as
    /// the node goes, such a transfer fits.
    pub(crate) fn probe(&self, leg: &Transfer) -> Probe {
        let to = match Addr::of(&leg.to) {
            Ok(to) => to,
            Err(error) => {
                return Probe::PayeeFails {
                    reason: error.to_string(),
                };
            }
        };
        let payee = self.world.payees.get(&to).unwrap_or(&Payee::Plain);
        let gas = needed_gas(payee, &[]);
        match payee {
            Payee::Rejects { reason } => Probe::PayeeFails {
                reason: reason.clone(),
            },
            _ if gas > self.world.rules.block_gas => Probe::PayeeFails {
                reason: format!("needs {gas} gas, more than a block takes"),
            },
            Payee::Plain | Payee::Contract { .. } => Probe::Fits { gas_limit: gas },
        }
    }

    pub(crate) fn receipt(&self, id: &TxId) -> Option<Receipt> {
        let told = self.lie(|lie| match lie {
            Lie::Receipt { id: of, receipt } if of == id => Some(receipt.clone()),
            _ => None,
        });
        told.unwrap_or_else(|| {
            let (block, mined) = self.canon.find(&parse_hash(id.as_str())?)?;
            (block.number <= self.head).then(|| self.receipt_of(id, block, mined))
        })
    }

    fn receipt_of(&self, id: &TxId, block: &Block, mined: &Mined) -> Receipt {
        Receipt {
            id: id.clone(),
            block: self.named(block),
            outcome: TxOutcome::Whole(mined.outcome.clone()),
            fee: mined.fee,
        }
    }

    pub(crate) fn sent_by(
        &self,
        sender: &Address,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<Sighting>, String> {
        let sender = Addr::of(sender).map_err(|e| e.to_string())?;
        let mut found = Vec::new();
        for number in numbers.clone() {
            let block = self.canon.block(number).filter(|_| number <= self.head);
            let block = block.ok_or_else(|| format!("block {number} is above the head"))?;
            for mined in block
                .transactions
                .iter()
                .filter(|mined| mined.tx.from == sender)
            {
                found.push(Sighting {
                    id: mined.tx.tx_id(),
                    nonce: mined.tx.nonce,
                    call: mined.tx.call(),
                    block: self.named(block),
                });
            }
        }
        Ok(found)
    }
}
