//! The canonical chain: blocks, and each account's state by block.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use paydirt_chain::{BlockRef, LegOutcome};

use crate::address::{Addr, hash_text};
use crate::codec::{Hash, Tx, sha256};

/// Balance and next nonce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) balance: u128,
    pub(crate) nonce: u64,
}

/// A transaction with what it came to.
#[derive(Debug)]
pub(crate) struct Mined {
    pub(crate) tx: Arc<Tx>,
    pub(crate) outcome: LegOutcome,
    pub(crate) fee: u128,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) number: u64,
    pub(crate) hash: Hash,
    pub(crate) time_s: u64,
    pub(crate) transactions: Vec<Arc<Mined>>,
}

impl Block {
    pub(crate) fn reference(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: hash_text(&self.hash),
        }
    }
}

/// A chain from genesis to a head. A node that forked off keeps a copy of its own.
#[derive(Clone, Debug)]
pub(crate) struct Canon {
    /// Never empty; a block's number is its place.
    blocks: Vec<Block>,
    /// The states of each account with the block since which they hold, oldest first.
    states: BTreeMap<Addr, Vec<(u64, State)>>,
    /// Block and place of each transaction.
    places: HashMap<Hash, (u64, usize)>,
    /// The highest block that was ever final.
    pub(crate) finalised: Option<u64>,
}

impl Canon {
    pub(crate) fn new(network: &str, time_s: u64) -> Self {
        let hash = sha256(&[b"paydirt devnet genesis ", network.as_bytes()]);
        Self {
            blocks: vec![Block {
                number: 0,
                hash,
                time_s,
                transactions: Vec::new(),
            }],
            states: BTreeMap::new(),
            places: HashMap::new(),
            finalised: None,
        }
    }

    /// Number of the newest block.
    pub(crate) fn head(&self) -> u64 {
        u64::try_from(self.blocks.len())
            .unwrap_or(u64::MAX)
            .saturating_sub(1)
    }

    pub(crate) fn block(&self, number: u64) -> Option<&Block> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn head_time_s(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.time_s)
    }

    /// The account's state after block `number`.
    pub(crate) fn state(&self, address: &Addr, number: u64) -> State {
        let Some(states) = self.states.get(address) else {
            return State::default();
        };
        let after = states.partition_point(|(since, _)| *since <= number);
        after
            .checked_sub(1)
            .and_then(|at| states.get(at))
            .map_or(State::default(), |(_, s)| *s)
    }

    /// The state at the head.
    pub(crate) fn latest(&self, address: &Addr) -> State {
        self.state(address, self.head())
    }

    /// Changes an account as of block `number`: the head, or the block being built on it.
    pub(crate) fn change(&mut self, address: Addr, number: u64, change: impl FnOnce(&mut State)) {
        let states = self.states.entry(address).or_default();
        let mut state = states.last().map_or(State::default(), |(_, state)| *state);
        change(&mut state);
        match states.last_mut() {
            Some((since, last)) if *since >= number => *last = state,
            _ => states.push((number, state)),
        }
    }

    /// Appends a block, whose effects on accounts are already made.
    pub(crate) fn append(&mut self, time_s: u64, salt: u64, transactions: Vec<Arc<Mined>>) {
        let number = self.head().saturating_add(1);
        let parent = self.blocks.last().map_or([0; 32], |block| block.hash);
        let ids = transactions
            .iter()
            .flat_map(|mined| mined.tx.id)
            .collect::<Vec<u8>>();
        let words = [number, time_s, salt].map(u64::to_be_bytes).concat();
        let hash = sha256(&[&parent, &words, &ids]);
        for (place, mined) in transactions.iter().enumerate() {
            self.places.insert(mined.tx.id, (number, place));
        }
        self.blocks.push(Block {
            number,
            hash,
            time_s,
            transactions,
        });
    }

    /// Takes away all blocks above `number` and their effects; returns them, lowest first.
    pub(crate) fn truncate(&mut self, number: u64) -> Vec<Block> {
        let keep = usize::try_from(number.saturating_add(1)).unwrap_or(usize::MAX);
        let removed = self.blocks.split_off(keep.min(self.blocks.len()));
        for mined in removed.iter().flat_map(|block| &block.transactions) {
            self.places.remove(&mined.tx.id);
        }
        for states in self.states.values_mut() {
            states.truncate(states.partition_point(|(since, _)| *since <= number));
        }
        removed
    }

    /// A mined transaction with its block.
    pub(crate) fn find(&self, id: &Hash) -> Option<(&Block, &Mined)> {
        let (number, place) = self.places.get(id)?;
        let block = self.block(*number)?;
        Some((block, block.transactions.get(*place)?.as_ref()))
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// All balances together.
    pub(crate) fn total(&self) -> u128 {
        let balances = self.states.values().filter_map(|states| states.last());
        balances.fold(0, |sum, (_, state)| sum.saturating_add(state.balance))
    }
}
