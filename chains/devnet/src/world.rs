//! The world behind one lock: the chain, the miners' pool, the nodes, and who can sign.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use paydirt_chain::{Address, LegOutcome, ObservedPower, Rejection, Unsigned};

use crate::address::Addr;
use crate::canon::{Canon, Mined};
use crate::codec::{Hash, Key, Tx, decode, sha256, sign};
use crate::endpoint::Node;
use crate::execute::{executable, run};
use crate::pool::{Pool, Refusal, Taken};
use crate::{DevnetError, Orphans, Payee, Rules};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    /// Hash of the genesis block: what signatures are bound to.
    pub(crate) network: Hash,
    pub(crate) canon: Canon,
    /// What the producers of blocks know.
    pub(crate) miners: Pool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) keys: BTreeMap<Addr, Key>,
    pub(crate) payees: BTreeMap<Addr, Payee>,
    /// All transactions that were ever shown to anyone here.
    pub(crate) seen: BTreeMap<Hash, Arc<Tx>>,
    /// Money from nowhere, with the block as of which it is there.
    deals: Vec<(u64, Addr, u128)>,
    /// A pool's power, with the block since which it is so, oldest first.
    powers: Vec<(u64, ObservedPower)>,
    names: u64,
    reorgs: u64,
    pub(crate) finality_stalled: bool,
}

impl World {
    pub(crate) fn new(rules: Rules) -> Self {
        let canon = Canon::new(&rules.network, rules.genesis_time_s);
        Self {
            network: canon.block(0).map_or([0; 32], |genesis| genesis.hash),
            canon,
            miners: Pool::default(),
            nodes: (0..rules.endpoints.max(1))
                .map(|_| Node::default())
                .collect(),
            keys: BTreeMap::new(),
            payees: BTreeMap::new(),
            seen: BTreeMap::new(),
            deals: Vec::new(),
            powers: Vec::new(),
            names: 0,
            reorgs: 0,
            finality_stalled: false,
            rules,
        }
    }

    /// An address that nobody used, with its key.
    pub(crate) fn new_address(&mut self) -> (Addr, Key) {
        self.names = self.names.saturating_add(1);
        let key = sha256(&[b"paydirt devnet key ", &self.names.to_be_bytes()]);
        let hash = sha256(&[b"paydirt devnet address ", &key]);
        let mut address = [0; 20];
        address
            .iter_mut()
            .zip(hash)
            .for_each(|(to, from)| *to = from);
        (Addr(address), key)
    }

    pub(crate) fn deal(&mut self, to: Addr, value: u128) -> Result<(), DevnetError> {
        let dealt = self
            .deals
            .iter()
            .try_fold(value, |sum, (_, _, v)| sum.checked_add(*v));
        dealt.ok_or(DevnetError::TooMuch(value))?;
        let head = self.canon.head();
        self.credit(to, head, value);
        self.deals.push((head, to, value));
        Ok(())
    }

    /// The money from nowhere of one block.
    pub(crate) fn dealt_in(&self, number: u64) -> impl Iterator<Item = (Addr, u128)> {
        let deals = self.deals.iter();
        deals
            .filter(move |(since, _, _)| *since == number)
            .map(|(_, to, value)| (*to, *value))
    }

    /// Power as of the head.
    pub(crate) fn set_power(&mut self, power: ObservedPower) {
        self.powers.push((self.canon.head(), power));
    }

    /// The power after a block.
    pub(crate) fn power_at(&self, number: u64) -> Option<ObservedPower> {
        let since = self.powers.iter().rev();
        let mut until = since.skip_while(|(since, _)| *since > number);
        until.next().map(|(_, power)| *power)
    }

    pub(crate) fn dealt(&self) -> u128 {
        self.deals
            .iter()
            .fold(0, |sum, (_, _, value)| sum.saturating_add(*value))
    }

    /// All money dealt fits 128 bits, so no balance can overflow.
    fn credit(&mut self, to: Addr, number: u64, value: u128) {
        self.canon.change(to, number, |state| {
            state.balance = state.balance.saturating_add(value)
        });
    }

    pub(crate) fn sign(&mut self, unsigned: &Unsigned) -> Result<Arc<Tx>, DevnetError> {
        let from = Addr::of(&unsigned.from)?;
        let key = self
            .keys
            .get(&from)
            .ok_or_else(|| DevnetError::UnknownKey(from.public()))?;
        Ok(Arc::new(sign(&self.network, key, unsigned)?))
    }

    /// Reads and remembers a transaction.
    pub(crate) fn read(&mut self, raw: &[u8]) -> Result<Arc<Tx>, DevnetError> {
        let id = sha256(&[raw]);
        if let Some(tx) = self.seen.get(&id) {
            return Ok(Arc::clone(tx));
        }
        let tx = Arc::new(decode(
            &self.network,
            |from| self.keys.get(from).copied(),
            raw,
        )?);
        self.seen.insert(id, Arc::clone(&tx));
        Ok(tx)
    }

    /// A submission as it arrives at node `index`; what a gossiping node takes, the others see.
    pub(crate) fn submit(&mut self, index: usize, raw: &[u8]) -> Result<Taken, Refusal> {
        let tx = self
            .read(raw)
            .map_err(|e| (Rejection::Invalid, e.to_string()))?;
        let taken = self.offer(index, &tx)?;
        let gossips = self.nodes.get(index).is_some_and(|node| node.gossips);
        if taken == Taken::New && gossips {
            self.offer_to_miners(&tx);
            for other in 0..self.nodes.len() {
                if other != index && self.nodes.get(other).is_some_and(|n| n.gossips && n.up) {
                    // Whether other nodes take it is not this caller's answer.
                    let _ = self.offer(other, &tx);
                }
            }
        }
        Ok(taken)
    }

    fn offer(&mut self, index: usize, tx: &Arc<Tx>) -> Result<Taken, Refusal> {
        let unknown = || (Rejection::Invalid, format!("there is no node {index}"));
        let node = self.nodes.get_mut(index).ok_or_else(unknown)?;
        let canon = node.frozen.as_ref().unwrap_or(&self.canon);
        let state = canon.state(&tx.from, node.head(canon));
        node.pool.offer(tx, state, &self.rules)
    }

    fn offer_to_miners(&mut self, tx: &Arc<Tx>) {
        // A refusal is nobody's answer: the transaction waits in the nodes' pools.
        let _ = self
            .miners
            .offer(tx, self.canon.latest(&tx.from), &self.rules);
    }

    /// Puts a transaction before the miners, and before all gossiping nodes if `visible`,
    /// in the place of whatever has its nonce.
    pub(crate) fn impose(&mut self, tx: &Arc<Tx>, visible: bool) {
        self.seen.insert(tx.id, Arc::clone(tx));
        self.miners.force(tx);
        if visible {
            self.nodes
                .iter_mut()
                .filter(|n| n.gossips && n.up)
                .for_each(|n| n.pool.force(tx));
        }
    }

    /// Mines blocks with what the miners know, or without transactions.
    pub(crate) fn mine(&mut self, blocks: u64, empty: bool) {
        self.gossip();
        for _ in 0..blocks {
            let transactions = if empty { Vec::new() } else { self.fill_block() };
            self.seal(transactions);
        }
        self.prune();
    }

    /// Mines one block of just these transactions, in this order.
    pub(crate) fn include(&mut self, transactions: &[Arc<Tx>]) -> Result<(), DevnetError> {
        let head = self.canon.head();
        let mut mined = Vec::new();
        for tx in transactions {
            match self.execute(tx) {
                Ok(done) => mined.push(done),
                Err(reason) => {
                    self.canon.truncate(head);
                    return Err(DevnetError::NotExecutable {
                        id: tx.tx_id(),
                        reason,
                    });
                }
            }
        }
        self.seal(mined);
        self.prune();
        Ok(())
    }

    /// Nodes tell the miners again what these forgot or once refused.
    fn gossip(&mut self) {
        let told: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| node.gossips && node.up)
            .flat_map(|node| node.pool.transactions())
            .map(Arc::clone)
            .collect();
        told.iter().for_each(|tx| self.offer_to_miners(tx));
    }

    /// The best paying transactions that can be executed, each sender's in order of nonce.
    fn fill_block(&mut self) -> Vec<Arc<Mined>> {
        let base_fee = self.rules.base_fee;
        let number = self.canon.head().saturating_add(1);
        let next = |pool: &Pool, canon: &Canon, from: &Addr| {
            let entry = pool.get(from, canon.state(from, number).nonce)?;
            Some((entry.tx.tip_at(base_fee)?, Reverse(entry.arrival), *from))
        };
        let senders = self.miners.senders();
        let mut heap: BinaryHeap<_> = senders
            .filter_map(|from| next(&self.miners, &self.canon, from))
            .collect();
        let mut gas_left = self.rules.block_gas;
        let mut block = Vec::new();
        while let Some((_, _, from)) = heap.pop() {
            let nonce = self.canon.state(&from, number).nonce;
            let Some(tx) = self.miners.get(&from, nonce).map(|e| Arc::clone(&e.tx)) else {
                continue;
            };
            let Some(rest) = gas_left.checked_sub(tx.gas_limit) else {
                continue;
            };
            if let Ok(mined) = self.execute(&tx) {
                gas_left = rest;
                block.push(mined);
                heap.extend(next(&self.miners, &self.canon, &from));
            }
        }
        block
    }

    /// Executes a transaction into the block that is being built on the head.
    fn execute(&mut self, tx: &Arc<Tx>) -> Result<Arc<Mined>, String> {
        let number = self.canon.head().saturating_add(1);
        let base_fee = self.rules.base_fee;
        let state = self.canon.state(&tx.from, number);
        executable(tx, state, base_fee, self.rules.funds)?;
        let run = run(
            tx,
            state.balance,
            self.payees.get(&tx.to).unwrap_or(&Payee::Plain),
        );
        let price = base_fee.saturating_add(tx.tip_at(base_fee).unwrap_or(0));
        let fee = price.saturating_mul(u128::from(run.gas_used));
        let paid = if run.outcome == LegOutcome::Paid {
            tx.value
        } else {
            0
        };
        // `executable` and `run` have checked that the balance covers both.
        self.canon.change(tx.from, number, |state| {
            state.balance = state.balance.saturating_sub(fee).saturating_sub(paid);
            state.nonce = state.nonce.saturating_add(1);
        });
        if paid > 0 {
            self.credit(tx.to, number, paid);
        }
        Ok(Arc::new(Mined {
            tx: Arc::clone(tx),
            outcome: run.outcome,
            fee,
        }))
    }

    fn seal(&mut self, transactions: Vec<Arc<Mined>>) {
        let time_s = self
            .canon
            .head_time_s()
            .saturating_add(self.rules.block_time_s);
        self.canon.append(time_s, self.reorgs, transactions);
        if !self.finality_stalled
            && let Some(lag) = self.rules.finality_lag
        {
            let reached = self.canon.head().checked_sub(lag);
            self.canon.finalised = self.canon.finalised.max(reached);
        }
    }

    pub(crate) fn prune(&mut self) {
        if !self.miners.is_empty() {
            self.miners.prune(|from| self.canon.latest(from).nonce);
        }
        for node in self.nodes.iter_mut().filter(|node| !node.pool.is_empty()) {
            let canon = node.frozen.as_ref().unwrap_or(&self.canon);
            let head = node.head(canon);
            node.pool.prune(|from| canon.state(from, head).nonce);
        }
    }

    /// Replaces the newest `depth` blocks by empty ones. Returns what they held.
    pub(crate) fn reorg(
        &mut self,
        depth: u64,
        orphans: Orphans,
    ) -> Result<Vec<Arc<Tx>>, DevnetError> {
        let head = self.canon.head();
        let limit = self.canon.finalised.unwrap_or(0);
        let fork = head.checked_sub(depth).filter(|fork| *fork >= limit);
        let fork = fork.ok_or(DevnetError::TooDeep { depth, head, limit })?;
        let removed = self.canon.truncate(fork);
        let lost: Vec<_> = self
            .deals
            .extract_if(.., |(since, _, _)| *since > fork)
            .collect();
        for (_, to, value) in lost {
            self.credit(to, fork, value);
            self.deals.push((fork, to, value));
        }
        for (since, _) in &mut self.powers {
            *since = fork.min(*since);
        }
        self.reorgs = self.reorgs.saturating_add(1);
        (0..depth).for_each(|_| self.seal(Vec::new()));
        let transactions: Vec<_> = removed
            .iter()
            .flat_map(|block| &block.transactions)
            .map(|mined| Arc::clone(&mined.tx))
            .collect();
        if orphans == Orphans::Return {
            transactions.iter().for_each(|tx| self.give_back(tx));
        }
        Ok(transactions)
    }

    fn give_back(&mut self, tx: &Arc<Tx>) {
        let followers = self
            .nodes
            .iter_mut()
            .filter(|n| n.gossips && n.up && n.frozen.is_none());
        let pools = followers
            .map(|node| &mut node.pool)
            .chain([&mut self.miners]);
        pools
            .filter(|pool| !pool.holds(&tx.from, tx.nonce))
            .for_each(|pool| pool.force(tx));
    }

    /// The addresses that were dealt keys.
    pub(crate) fn signers(&self) -> Vec<Address> {
        self.keys.keys().map(|address| address.public()).collect()
    }
}
