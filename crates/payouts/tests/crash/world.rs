//! A wallet that pays for two pools, whose members are of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::FutureExt;
use paydirt_chain::{Address, Chain, Identity};
use paydirt_devnet::{DevChain, Devnet, Payee, Rules};
use paydirt_faults::{Faulty, Script};
use paydirt_ledger::memory::{LedgerCopy, MemoryJournal, MemoryLedger};
use paydirt_ledger::{
    Journal, JournalId, Ledger, MemberId, Payment, PaymentState, PoolId, Snapshot, WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::{Engine, FinalityChoice, Pool, PoolPolicy, Stop, Tally, WalletPolicy};
use paydirt_schedule::{Clock, DrivenClock, Timestamp};
use tokio::sync::watch;

const START_S: u64 = 1_700_000_000;
/// Where the chain signals no finality.
const CONFIRMATIONS: u64 = 3;
/// The same for giving money back.
pub(crate) const RELEASE_CONFIRMATIONS: u64 = 5;
pub(crate) const ETHER: i64 = 1_000_000_000;
const WEI_OF_ETHER: u128 = 1_000_000_000_000_000_000;

/// What must have become of a member at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Paid,
    Below,
    Quarantined,
}

pub(crate) struct Member {
    pub(crate) pool: PoolId,
    pub(crate) id: MemberId,
    pub(crate) address: Option<Address>,
    pub(crate) fate: Fate,
    /// Everything that was ever credited, ledger units.
    pub(crate) credited: AtomicI64,
}

pub(crate) struct World {
    pub(crate) net: Devnet,
    pub(crate) clock: Arc<DrivenClock>,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) ledgers: BTreeMap<PoolId, Arc<MemoryLedger>>,
    pub(crate) wallet: Address,
    pub(crate) funded: u128,
    pub(crate) members: Vec<Member>,
    /// Takes money in a simulation, and refuses it as soon as bytes that pay it are saved.
    turncoat: Address,
}

/// How blocks become final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Signalled,
    Depth,
}

impl World {
    pub(crate) fn new(ending: Ending) -> Arc<Self> {
        let net = Devnet::new(Rules {
            genesis_time_s: START_S,
            block_time_s: 1,
            finality_lag: (ending == Ending::Signalled).then_some(3),
            ..Rules::default()
        });
        let funded = 1_000 * WEI_OF_ETHER;
        let wallet = net.wallet(funded).unwrap();
        net.mine(10);
        let now = Timestamp::from_secs(i64::try_from(net.head_time_s()).unwrap()).unwrap();
        let clock = Arc::new(DrivenClock::new(now));
        let turncoat = net.payee(Payee::Plain);
        let mut world = Self {
            journal: Arc::new(MemoryJournal::new(clock.clone())),
            net,
            clock,
            ledgers: BTreeMap::new(),
            wallet,
            funded,
            members: Vec::new(),
            turncoat,
        };
        world.settle_members();
        Arc::new(world)
    }

    fn settle_members(&mut self) {
        for pool in ["big", "small"] {
            let ledger = Arc::new(MemoryLedger::new(Coin::ETH));
            self.ledgers.insert(PoolId::new(pool), ledger);
        }
        let contract = self.net.payee(Payee::Contract { gas: 40_000 });
        let rejects = self.net.payee(Payee::Rejects {
            reason: "no thanks".into(),
        });
        let turncoat = self.turncoat.clone();
        let stranger = || self.net.stranger();
        let members = [
            ("big", "alice", Some(stranger()), 3 * ETHER, Fate::Paid),
            ("big", "bob", Some(stranger()), 2 * ETHER + 1, Fate::Paid),
            ("big", "contract", Some(contract), ETHER, Fate::Paid),
            ("big", "rex", Some(rejects), 5 * ETHER, Fate::Quarantined),
            ("big", "turncoat", Some(turncoat), ETHER, Fate::Quarantined),
            ("big", "nowhere", None, ETHER, Fate::Quarantined),
            ("big", "little", Some(stranger()), ETHER / 10, Fate::Below),
            ("small", "carol", Some(stranger()), ETHER, Fate::Paid),
            ("small", "dan", Some(stranger()), 7 * ETHER, Fate::Paid),
        ];
        for (pool, name, address, units, fate) in members {
            let member = Member {
                pool: PoolId::new(pool),
                id: MemberId::new(name),
                address,
                fate,
                credited: AtomicI64::new(0),
            };
            let text = member.address.as_ref().map_or("0x1234", Address::as_str);
            self.ledgers[&member.pool].set_address(&member.id, text);
            self.members.push(member);
            self.credit(name, units);
        }
    }

    /// The pool credits a member.
    pub(crate) fn credit(&self, name: &str, units: i64) {
        let named = |m: &&Member| m.id.as_str() == name;
        let member = self.members.iter().find(named).unwrap();
        member.credited.fetch_add(units, Ordering::SeqCst);
        let amount = Amount::from_units(units, Coin::ETH);
        self.ledgers[&member.pool]
            .credit(&member.id, amount)
            .unwrap();
    }

    /// A process of its own: its own connections, its own owner's name.
    pub(crate) fn engine(&self, owner: &str, script: &Arc<Script>) -> Engine {
        let chain: Arc<dyn Chain> = Arc::new(DevChain::new(&self.net));
        let journal: Arc<dyn Journal> = self.journal.clone();
        let pools = self.ledgers.iter().map(|(id, ledger)| {
            let ledger: Arc<dyn Ledger> = ledger.clone();
            let pool = Pool {
                id: id.clone(),
                ledger: Arc::new(Faulty::new(ledger, Arc::clone(script))),
                policy: PoolPolicy {
                    minimum: Amount::from_units(ETHER / 2, Coin::ETH),
                },
            };
            (id.clone(), pool)
        });
        Engine {
            chain: Arc::new(Faulty::new(chain, Arc::clone(script))),
            journal: Arc::new(Faulty::new(journal, Arc::clone(script))),
            clock: self.clock.clone(),
            address: self.wallet.clone(),
            network: None,
            finality: FinalityChoice::Detect {
                confirmations: CONFIRMATIONS,
            },
            policy: policy(),
            pools: pools.collect(),
            owner: owner.to_owned(),
            is_gone: |_| false,
            stop: Stop::default(),
            progress: watch::Sender::new(Tally::default()),
        }
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Nobody has anything to do now: time passes until somebody has, and blocks with it.
    pub(crate) fn tick(&self) {
        let next = self.clock.next_wake().unwrap();
        self.pass_until(next);
    }

    pub(crate) fn pass_until(&self, at: Timestamp) {
        self.clock.set(at.max(self.clock.now()));
        self.turn();
        let now_s = u64::try_from(self.clock.now().as_secs()).unwrap();
        self.net.mine_until(now_s);
        self.assert_always();
    }

    /// The turncoat turns once bytes that pay it are saved.
    fn turn(&self) {
        let payments = self.journal.all_payments();
        let saved = payments.iter().filter(|p| !p.attempts.is_empty());
        if saved
            .flat_map(|p| &p.legs)
            .any(|leg| leg.address == self.turncoat)
        {
            let payee = Payee::Rejects {
                reason: "changed my mind".into(),
            };
            self.net.set_payee(&self.turncoat, payee).unwrap();
        }
    }

    pub(crate) fn wallet_id(&self) -> WalletId {
        let identity: Identity = self.net.identity();
        WalletId::of(&identity, &self.wallet)
    }

    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let wallet = self.wallet_id();
        // The model never waits.
        self.journal.snapshot(&wallet).now_or_never()?.ok()
    }

    pub(crate) fn open_payments(&self) -> Vec<Payment> {
        let mut payments = self.journal.all_payments();
        payments.retain(|p| p.state != PaymentState::Closed);
        payments
    }

    /// Whether the journal knows a move that these ledgers have forgotten.
    pub(crate) fn is_older(&self) -> bool {
        let moves = self.snapshot().map(|s| s.moves).unwrap_or_default();
        moves.iter().any(|(pool, known)| {
            let look = self.ledgers[pool].look(self.journal_id(), Some(known), &[]);
            look.now_or_never().unwrap().is_err()
        })
    }

    fn journal_id(&self) -> JournalId {
        self.journal.id().now_or_never().unwrap().unwrap()
    }

    /// The most blocks that a reorganisation may replace before a run takes them for final.
    pub(crate) fn reorganisable(&self) -> u64 {
        let head = self.net.head().number;
        let finalised = self.net.finalised().map_or(0, |b| b.number);
        match finalised {
            0 => CONFIRMATIONS - 1,
            finalised => head - finalised,
        }
    }

    pub(crate) fn copies(&self) -> Vec<LedgerCopy> {
        self.ledgers.values().map(|l| l.snapshot()).collect()
    }

    pub(crate) fn restore(&self, copies: &[LedgerCopy]) {
        for (ledger, copy) in self.ledgers.values().zip(copies) {
            ledger.restore(copy);
        }
    }
}

fn policy() -> WalletPolicy {
    WalletPolicy {
        max_in_flight: 4,
        resend_ms: 4_000,
        replace_after_ms: 15_000,
        release_confirmations: RELEASE_CONFIRMATIONS,
        breaker_after: 3,
        ..WalletPolicy::default()
    }
}
