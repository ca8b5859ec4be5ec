//! One endpoint: a node of the devnet, and what a script makes of it.

use std::sync::Arc;

use paydirt_chain::TxId;
use tokio::sync::Notify;

use crate::canon::Canon;
use crate::control::Devnet;
use crate::fault::{Call, Fault, Lie};
use crate::pool::Pool;

/// What the world keeps of a node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) pool: Pool,
    pub(crate) up: bool,
    pub(crate) gossips: bool,
    pub(crate) lag: u64,
    /// The chain as it stood when the node stopped following.
    pub(crate) frozen: Option<Canon>,
    pub(crate) lies: Vec<Lie>,
    pub(crate) peers: Option<u64>,
    script: Vec<(Fault, Call, u32)>,
    /// Submissions that have not arrived yet.
    pub(crate) late: Vec<Vec<u8>>,
    pub(crate) released: Arc<Notify>,
    pub(crate) calls: Vec<Call>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            pool: Pool::default(),
            up: true,
            gossips: true,
            lag: 0,
            frozen: None,
            lies: Vec::new(),
            peers: Some(25),
            script: Vec::new(),
            late: Vec::new(),
            released: Arc::new(Notify::new()),
            calls: Vec::new(),
        }
    }
}

impl Node {
    /// The newest block that this node knows of `canon`.
    pub(crate) fn head(&self, canon: &Canon) -> u64 {
        canon.head().saturating_sub(self.lag)
    }

    /// The next fault that the script has for this call.
    pub(crate) fn take_fault(&mut self, call: Call, per_transaction: bool) -> Option<Fault> {
        let fits = |(fault, on, times): &(Fault, Call, u32)| {
            *times > 0
                && (*on == call || *on == Call::Any)
                && fault.is_per_transaction() == per_transaction
        };
        let at = self.script.iter().position(fits)?;
        let (fault, _, times) = self.script.get_mut(at)?;
        let fault = *fault;
        *times = times.saturating_sub(1);
        if *times == 0 {
            self.script.remove(at);
        }
        Some(fault)
    }
}

/// A hand on one endpoint: makes it lag, lie, forget or fail. Changes take effect at once, and
/// each returns the handle, so that they can be chained.
#[derive(Clone, Debug)]
pub struct EndpointHandle {
    net: Devnet,
    index: usize,
}

impl EndpointHandle {
    pub(crate) fn new(net: Devnet, index: usize) -> Self {
        Self { net, index }
    }

    /// The name by which the chain's errors call it.
    pub fn name(&self) -> String {
        name(self.index)
    }

    /// The next `times` such calls fail this way. Faults of one call strike in the order of
    /// their scripts.
    pub fn script(&self, fault: Fault, call: Call, times: u32) -> &Self {
        self.change(|node| node.script.push((fault, call, times)))
    }

    /// Forgets all scripts that have not struck yet.
    pub fn clear_script(&self) -> &Self {
        self.change(|node| node.script.clear())
    }

    /// Delivers what was late, and lets hanging calls go on.
    pub fn release(&self) -> &Self {
        let index = self.index;
        self.net.with(|world| {
            let Some(node) = world.nodes.get_mut(index) else {
                return;
            };
            node.released.notify_waiters();
            for raw in std::mem::take(&mut node.late) {
                // Nobody waits for the answer any more.
                let _ = world.submit(index, &raw);
            }
        });
        self
    }

    /// Knows only blocks this far below the head.
    pub fn lag(&self, blocks: u64) -> &Self {
        self.change(|node| node.lag = blocks)
    }

    /// Stops following: stays on the blocks it has, whatever the others do.
    pub fn freeze(&self) -> &Self {
        let index = self.index;
        self.net.with(|world| {
            if let Some(node) = world.nodes.get_mut(index) {
                node.frozen = Some(world.canon.clone());
            }
        });
        self
    }

    /// Follows the chain again.
    pub fn thaw(&self) -> &Self {
        self.change(|node| node.frozen = None);
        self.net.with(|world| world.prune());
        self
    }

    /// Answers nothing until [`up`](Self::up).
    pub fn down(&self) -> &Self {
        self.change(|node| node.up = false)
    }

    /// Answers again.
    pub fn up(&self) -> &Self {
        self.change(|node| node.up = true)
    }

    /// Loses its mempool, as by a restart without a journal of its own.
    pub fn forget_mempool(&self) -> &Self {
        self.change(|node| node.pool.clear())
    }

    /// Starts anew: up, with an empty mempool, and late submissions lost.
    pub fn restart(&self) -> &Self {
        self.change(|node| {
            node.pool.clear();
            node.late.clear();
            node.up = true;
        })
    }

    /// Whether it tells others what it takes, and hears of what they take. A node that doesn't
    /// gossip keeps transactions that nobody mines.
    pub fn gossip(&self, gossips: bool) -> &Self {
        self.change(|node| node.gossips = gossips)
    }

    /// Number of peers that it reports.
    pub fn peers(&self, peers: Option<u64>) -> &Self {
        self.change(|node| node.peers = peers)
    }

    /// Tells a lie until it is honest again.
    pub fn lie(&self, lie: Lie) -> &Self {
        self.change(|node| node.lies.push(lie))
    }

    /// Takes back all lies.
    pub fn honest(&self) -> &Self {
        self.change(|node| node.lies.clear())
    }

    /// Ids of the transactions in its mempool, by sender and nonce.
    pub fn mempool(&self) -> Vec<TxId> {
        self.net.with(|world| {
            let node = world.nodes.get(self.index);
            node.into_iter()
                .flat_map(|n| n.pool.transactions())
                .map(|tx| tx.tx_id())
                .collect()
        })
    }

    /// The calls that it got since the last look, in order, answered or not.
    pub fn take_calls(&self) -> Vec<Call> {
        self.net.with(|world| {
            let node = world.nodes.get_mut(self.index);
            node.map(|node| std::mem::take(&mut node.calls))
                .unwrap_or_default()
        })
    }

    fn change(&self, change: impl FnOnce(&mut Node)) -> &Self {
        self.net.with(|world| {
            if let Some(node) = world.nodes.get_mut(self.index) {
                change(node);
            }
        });
        self
    }
}

pub(crate) fn name(index: usize) -> String {
    format!("devnet-{index}")
}
