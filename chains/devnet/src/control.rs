//! The tester's hand on the world.

use std::sync::{Arc, Mutex, PoisonError};

use paydirt_chain::{
    Address, BlockRef, Call, Fee, FeeKind, Identity, LegOutcome, ObservedPower, TxId, Unsigned,
};

use crate::address::{Addr, hash_text, parse_hash};
use crate::canon::{Block, Mined};
use crate::codec::{Tx, resalted};
use crate::execute::needed_gas;
use crate::world::World;
use crate::{DevnetError, EndpointHandle, Payee, Rules};

/// What becomes of the transactions of blocks that a reorganisation replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    /// They are pending again, unless another one took their nonce.
    Return,
    /// All forget them.
    Drop,
}

/// A transaction on the canonical chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinedTransaction {
    /// Its id.
    pub id: TxId,
    /// Its fields.
    pub unsigned: Unsigned,
    /// Its block.
    pub block: BlockRef,
    /// What it came to.
    pub outcome: LegOutcome,
    /// What its sender paid for it, base units.
    pub fee: u128,
}

/// All money of a devnet, base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    /// What was dealt in all.
    pub dealt: u128,
    /// What accounts hold at the head.
    pub held: u128,
    /// What the fees of canonical transactions took.
    pub fees: u128,
}

/// A handle on one devnet; clones share it.
#[derive(Clone, Debug)]
pub struct Devnet(Arc<Mutex<World>>);

impl Devnet {
    /// A new world at its genesis block.
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(Mutex::new(World::new(rules))))
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The endpoint of this number, from 0.
    ///
    /// # Panics
    /// When there is none.
    pub fn endpoint(&self, index: usize) -> EndpointHandle {
        let endpoints = self.endpoints();
        assert!(
            index < endpoints,
            "the devnet has {endpoints} endpoints, and no number {index}"
        );
        EndpointHandle::new(self.clone(), index)
    }

    /// Number of endpoints.
    pub fn endpoints(&self) -> usize {
        self.with(|world| world.nodes.len())
    }

    /// Network name and genesis.
    pub fn identity(&self) -> Identity {
        self.with(|world| Identity {
            network: world.rules.network.clone(),
            genesis: hash_text(&world.network),
        })
    }

    /// A new address whose key is known, with this balance in base units.
    ///
    /// # Errors
    /// `TooMuch`.
    pub fn wallet(&self, balance: u128) -> Result<Address, DevnetError> {
        self.with(|world| {
            let (address, key) = world.new_address();
            world.deal(address, balance)?;
            world.keys.insert(address, key);
            Ok(address.public())
        })
    }

    /// A new address that nobody can sign for and that holds nothing.
    pub fn stranger(&self) -> Address {
        self.with(|world| world.new_address().0.public())
    }

    /// A new address that takes money in this way.
    pub fn payee(&self, payee: Payee) -> Address {
        self.with(|world| {
            let address = world.new_address().0;
            world.payees.insert(address, payee);
            address.public()
        })
    }

    /// Changes how an address takes money, from the next block on.
    ///
    /// # Errors
    /// `BadAddress`.
    pub fn set_payee(&self, address: &Address, payee: Payee) -> Result<(), DevnetError> {
        let address = Addr::of(address)?;
        self.with(|world| world.payees.insert(address, payee));
        Ok(())
    }

    /// Gives base units from nowhere, there as of the head, as a block's reward would be. A
    /// reorganisation does not take them.
    ///
    /// # Errors
    /// `BadAddress`, `TooMuch`.
    pub fn deal(&self, address: &Address, value: u128) -> Result<(), DevnetError> {
        let address = Addr::of(address)?;
        self.with(|world| world.deal(address, value))
    }

    /// What miners of this chain would have of storage, as of the head.
    pub fn set_power(&self, power: ObservedPower) {
        self.with(|world| world.set_power(power));
    }

    /// Changes rules from now on (fees, limits, finality …); the network's name and the number of
    /// endpoints stay.
    pub fn set_rules(&self, change: impl FnOnce(&mut Rules)) {
        self.with(|world| {
            let network = world.rules.network.clone();
            change(&mut world.rules);
            world.rules.network = network;
        });
    }

    /// Sets the base fee of the next blocks. What offers less stays pending.
    pub fn set_base_fee(&self, base_fee: u128) {
        self.set_rules(|rules| rules.base_fee = base_fee);
    }

    /// Stops finality where it is, or lets it catch up at the next block.
    pub fn stall_finality(&self, stalled: bool) {
        self.with(|world| world.finality_stalled = stalled);
    }

    /// Mines this many blocks with what is pending; returns the new head.
    pub fn mine(&self, blocks: u64) -> BlockRef {
        self.with(|world| world.mine(blocks, false));
        self.head()
    }

    /// Mines this many blocks without transactions; returns the new head.
    pub fn mine_empty(&self, blocks: u64) -> BlockRef {
        self.with(|world| world.mine(blocks, true));
        self.head()
    }

    /// Mines until the next block would be later than `time_s` (unix seconds); returns the head.
    pub fn mine_until(&self, time_s: u64) -> BlockRef {
        self.with(|world| {
            let passed_s = time_s.saturating_sub(world.canon.head_time_s());
            world.mine(
                passed_s.checked_div(world.rules.block_time_s).unwrap_or(0),
                false,
            );
        });
        self.head()
    }

    /// Mines one block of exactly these transactions, in this order, whatever the mempools hold.
    /// The network must have seen them (submitted to any endpoint, even if refused).
    ///
    /// # Errors
    /// `UnknownTransaction`, `NotExecutable`.
    pub fn include(&self, ids: &[TxId]) -> Result<BlockRef, DevnetError> {
        self.with(|world| {
            let find = |id: &TxId| {
                let known = parse_hash(id.as_str()).and_then(|hash| world.seen.get(&hash));
                known
                    .cloned()
                    .ok_or_else(|| DevnetError::UnknownTransaction(id.clone()))
            };
            let transactions = ids.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            world.include(&transactions)
        })?;
        Ok(self.head())
    }

    /// Replaces the newest `depth` blocks by as many empty ones. Returns the ids of what the old
    /// ones held.
    ///
    /// # Errors
    /// `TooDeep`: the finalised block stays.
    pub fn reorg(&self, depth: u64, orphans: Orphans) -> Result<Vec<TxId>, DevnetError> {
        let orphaned = self.with(|world| world.reorg(depth, orphans))?;
        Ok(orphaned.iter().map(|tx| tx.tx_id()).collect())
    }

    /// All mempools lose this transaction; whether any had it.
    pub fn drop_from_mempool(&self, id: &TxId) -> bool {
        self.with(|world| {
            let known = parse_hash(id.as_str()).and_then(|hash| world.seen.get(&hash));
            let Some(tx) = known.cloned() else {
                return false;
            };
            let pools = world.nodes.iter_mut().map(|node| &mut node.pool);
            pools
                .chain([&mut world.miners])
                .filter_map(|pool| pool.remove(&tx).then_some(()))
                .count()
                > 0
        })
    }

    /// Somebody else uses the wallet's key: this call is pending at this nonce, before the miners
    /// and on every gossiping endpoint, instead of what was there. Pays the market's fee.
    ///
    /// # Errors
    /// `UnknownKey`, `BadAddress`.
    pub fn inject(&self, from: &Address, nonce: u64, call: Call) -> Result<TxId, DevnetError> {
        self.inject_with(from, nonce, call, true)
    }

    /// As [`inject`](Self::inject), but no endpoint sees it before it is mined.
    ///
    /// # Errors
    /// As for `inject`.
    pub fn inject_unseen(
        &self,
        from: &Address,
        nonce: u64,
        call: Call,
    ) -> Result<TxId, DevnetError> {
        self.inject_with(from, nonce, call, false)
    }

    fn inject_with(
        &self,
        from: &Address,
        nonce: u64,
        call: Call,
        visible: bool,
    ) -> Result<TxId, DevnetError> {
        let to = Addr::of(&call.to)?;
        self.with(|world| {
            let rules = &world.rules;
            let cap = rules.base_fee.saturating_add(rules.tip);
            let gas_limit = needed_gas(world.payees.get(&to).unwrap_or(&Payee::Plain), &call.data);
            let fee = Fee {
                kind: FeeKind::Dynamic,
                cap,
                tip: rules.tip,
            };
            let tx = world.sign(&Unsigned {
                from: from.clone(),
                nonce,
                call,
                gas_limit,
                fee,
            })?;
            world.impose(&tx, visible);
            Ok(tx.tx_id())
        })
    }

    /// The same content and signature under another id, as a malleable signature allows. The
    /// other bytes take the place of the first in all mempools.
    ///
    /// # Errors
    /// `BadBytes`.
    pub fn malleate(&self, raw: &[u8]) -> Result<TxId, DevnetError> {
        self.with(|world| {
            let tx = world.read(&resalted(raw))?;
            world.impose(&tx, true);
            Ok(tx.tx_id())
        })
    }

    /// The newest block.
    pub fn head(&self) -> BlockRef {
        self.with(|world| world.canon.blocks().last().map(Block::reference))
            .unwrap_or_else(|| {
                let Identity { genesis, .. } = self.identity();
                BlockRef {
                    number: 0,
                    hash: genesis,
                }
            })
    }

    /// Time of the newest block, unix seconds.
    pub fn head_time_s(&self) -> u64 {
        self.with(|world| world.canon.head_time_s())
    }

    /// The newest final block, if there is one.
    pub fn finalised(&self) -> Option<BlockRef> {
        self.with(|world| {
            world
                .canon
                .block(world.canon.finalised?)
                .map(Block::reference)
        })
    }

    /// Balance at the head, base units; 0 for what is no address.
    pub fn balance(&self, address: &Address) -> u128 {
        let address = Addr::of(address);
        address.map_or(0, |address| {
            self.with(|world| world.canon.latest(&address).balance)
        })
    }

    /// Mined nonce at the head.
    pub fn nonce(&self, address: &Address) -> u64 {
        let address = Addr::of(address);
        address.map_or(0, |address| {
            self.with(|world| world.canon.latest(&address).nonce)
        })
    }

    /// Where all money is: what was dealt is always what accounts hold and fees took.
    pub fn supply(&self) -> Supply {
        self.with(|world| {
            let blocks = world.canon.blocks().iter();
            let fees = blocks
                .flat_map(|block| &block.transactions)
                .map(|mined| mined.fee);
            Supply {
                dealt: world.dealt(),
                held: world.canon.total(),
                fees: fees.fold(0, u128::saturating_add),
            }
        })
    }

    /// All transactions of the canonical chain, oldest first.
    pub fn transactions(&self) -> Vec<MinedTransaction> {
        self.with(|world| {
            let blocks = world.canon.blocks().iter();
            blocks
                .flat_map(|block| block.transactions.iter().map(|mined| public(block, mined)))
                .collect()
        })
    }

    /// What the miners know, by sender and nonce.
    pub fn mempool(&self) -> Vec<(TxId, Unsigned)> {
        self.with(|world| world.miners.transactions().map(listed).collect())
    }

    /// All transactions that anybody ever showed to the network, by id: any of them may be mined
    /// some day.
    pub fn seen(&self) -> Vec<(TxId, Unsigned)> {
        self.with(|world| world.seen.values().map(listed).collect())
    }
}

fn listed(tx: &Arc<Tx>) -> (TxId, Unsigned) {
    (tx.tx_id(), tx.unsigned())
}

fn public(block: &Block, mined: &Mined) -> MinedTransaction {
    MinedTransaction {
        id: mined.tx.tx_id(),
        unsigned: mined.tx.unsigned(),
        block: block.reference(),
        outcome: mined.outcome.clone(),
        fee: mined.fee,
    }
}
