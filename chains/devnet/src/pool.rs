//! One node's mempool.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use paydirt_chain::Rejection;

use crate::address::Addr;
use crate::canon::State;
use crate::codec::{Hash, Tx};
use crate::execute::intrinsic_gas;
use crate::{Funds, Rules};

/// Why a node does not take a transaction.
pub(crate) type Refusal = (Rejection, String);

/// How a node took a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    New,
    Known,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) tx: Arc<Tx>,
    /// Order of arrival; decides between equal tips.
    pub(crate) arrival: u64,
}

/// At most one transaction for each sender and nonce.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    senders: BTreeMap<Addr, BTreeMap<u64, Entry>>,
    ids: HashSet<Hash>,
    arrivals: u64,
}

impl Pool {
    /// Takes a transaction if the rules allow it, the sender's account being in `state`.
    pub(crate) fn offer(
        &mut self,
        tx: &Arc<Tx>,
        state: State,
        rules: &Rules,
    ) -> Result<Taken, Refusal> {
        if self.ids.contains(&tx.id) {
            return Ok(Taken::Known);
        }
        check_alone(tx, state, rules)?;
        let none = BTreeMap::new();
        let pending = self.senders.get(&tx.from).unwrap_or(&none);
        match pending.get(&tx.nonce) {
            Some(last) => check_replacement(tx, &last.tx, rules)?,
            None => {
                check_gap(tx, pending, state, rules)?;
                if self.ids.len() >= rules.pool_limit {
                    return Err((Rejection::PoolFull, "the pool is full".into()));
                }
            }
        }
        if rules.funds == Funds::AtSubmission {
            check_funds(tx, pending, state)?;
        }
        self.force(tx);
        Ok(Taken::New)
    }

    /// Takes a transaction whatever the rules say; an earlier one of its nonce is gone.
    pub(crate) fn force(&mut self, tx: &Arc<Tx>) {
        let entry = Entry {
            tx: Arc::clone(tx),
            arrival: self.arrivals,
        };
        self.arrivals = self.arrivals.saturating_add(1);
        let last = self
            .senders
            .entry(tx.from)
            .or_default()
            .insert(tx.nonce, entry);
        if let Some(last) = last {
            self.ids.remove(&last.tx.id);
        }
        self.ids.insert(tx.id);
    }

    pub(crate) fn holds(&self, from: &Addr, nonce: u64) -> bool {
        self.get(from, nonce).is_some()
    }

    pub(crate) fn get(&self, from: &Addr, nonce: u64) -> Option<&Entry> {
        self.senders.get(from)?.get(&nonce)
    }

    pub(crate) fn remove(&mut self, tx: &Tx) -> bool {
        let known = self.ids.remove(&tx.id);
        if known && let Some(pending) = self.senders.get_mut(&tx.from) {
            pending.remove(&tx.nonce);
        }
        known
    }

    pub(crate) fn clear(&mut self) {
        self.senders.clear();
        self.ids.clear();
    }

    /// Drops what can't be mined any more, as its nonce is used up.
    pub(crate) fn prune(&mut self, nonce_of: impl Fn(&Addr) -> u64) {
        for (from, pending) in &mut self.senders {
            let kept = pending.split_off(&nonce_of(from));
            for entry in std::mem::replace(pending, kept).into_values() {
                self.ids.remove(&entry.tx.id);
            }
        }
        self.senders.retain(|_, pending| !pending.is_empty());
    }

    /// One above the highest nonce here.
    pub(crate) fn next_nonce(&self, from: &Addr) -> Option<u64> {
        self.senders.get(from)?.keys().next_back()?.checked_add(1)
    }

    pub(crate) fn senders(&self) -> impl Iterator<Item = &Addr> {
        self.senders.keys()
    }

    /// All transactions, by sender and nonce.
    pub(crate) fn transactions(&self) -> impl Iterator<Item = &Arc<Tx>> {
        self.senders
            .values()
            .flat_map(BTreeMap::values)
            .map(|entry| &entry.tx)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

fn check_alone(tx: &Tx, state: State, rules: &Rules) -> Result<(), Refusal> {
    if tx.gas_limit < intrinsic_gas(&tx.data) {
        return Err((Rejection::Invalid, "intrinsic gas too low".into()));
    }
    if tx.gas_limit > rules.block_gas {
        return Err((Rejection::Invalid, "exceeds block gas limit".into()));
    }
    if tx.fee.tip > tx.fee.cap {
        return Err((Rejection::Invalid, "tip above fee cap".into()));
    }
    if tx.nonce == u64::MAX {
        return Err((Rejection::Invalid, "nonce has max value".into()));
    }
    if tx.nonce < state.nonce {
        let text = format!(
            "nonce too low: next nonce {}, tx nonce {}",
            state.nonce, tx.nonce
        );
        return Err((Rejection::NonceTooLow, text));
    }
    if tx.fee.cap < rules.min_fee {
        let text = format!("fee cap {} below the minimum {}", tx.fee.cap, rules.min_fee);
        return Err((Rejection::FeeTooLow, text));
    }
    Ok(())
}

fn check_replacement(tx: &Tx, last: &Tx, rules: &Rules) -> Result<(), Refusal> {
    let percent = u128::from(rules.replacement_percent).saturating_add(100);
    let raised = |new: u128, old: u128| new.saturating_mul(100) >= old.saturating_mul(percent);
    let higher = tx.fee.cap > last.fee.cap || rules.replacement_percent == 0;
    if higher && raised(tx.fee.cap, last.fee.cap) && raised(tx.fee.tip, last.fee.tip) {
        return Ok(());
    }
    Err((
        Rejection::Underpriced,
        "replacement transaction underpriced".into(),
    ))
}

fn check_gap(
    tx: &Tx,
    pending: &BTreeMap<u64, Entry>,
    state: State,
    rules: &Rules,
) -> Result<(), Refusal> {
    let mut next = state.nonce;
    let mut queued = 0_usize;
    for nonce in pending.range(state.nonce..).map(|(nonce, _)| *nonce) {
        if nonce == next {
            next = next.saturating_add(1);
        } else {
            queued = queued.saturating_add(1);
        }
    }
    if tx.nonce > next && queued >= rules.queue_limit {
        let text = format!("nonce too high: next nonce {next}, tx nonce {}", tx.nonce);
        return Err((Rejection::NonceGap, text));
    }
    Ok(())
}

fn check_funds(tx: &Tx, pending: &BTreeMap<u64, Entry>, state: State) -> Result<(), Refusal> {
    let others = pending
        .range(state.nonce..)
        .filter(|(nonce, _)| **nonce != tx.nonce);
    let cost = others.fold(tx.worst_cost(), |sum, (_, e)| {
        sum.saturating_add(e.tx.worst_cost())
    });
    if cost > state.balance {
        let text = format!(
            "insufficient funds: have {}, pending need {cost}",
            state.balance
        );
        return Err((Rejection::InsufficientFunds, text));
    }
    Ok(())
}
