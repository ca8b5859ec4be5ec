//! A pool in memory on a chain in this process, under a clock that mines while it waits.
#![allow(dead_code, reason = "each test file uses its part of the scene")]
#![allow(clippy::unwrap_used, reason = "a scene that can't be built has failed")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use paydirt_chain::{Address, Call, Chain};
use paydirt_devnet::{DevChain, Devnet, Rules};
use paydirt_ledger::memory::{MemoryJournal, MemoryLedger};
use paydirt_ledger::{
    Journal, Ledger, LegState, LegVerdict, MemberId, Payment, PaymentState, PoolId, Purpose,
    WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::{
    Engine, FinalityChoice, PayoutError, Pool, PoolPolicy, RunOptions, RunReport, Stop,
    WalletPolicy,
};
use paydirt_schedule::{Clock, Timestamp};
use tokio::sync::watch;

pub(crate) const START_S: i64 = 1_700_000_000;
pub(crate) const ETHER: i64 = 1_000_000_000;
pub(crate) const WEI: u128 = 1_000_000_000;

/// A thousand ether in wei.
pub(crate) fn plenty() -> u128 {
    1_000 * WEI * u128::try_from(ETHER).unwrap()
}

type Hook = Box<dyn FnMut(u64) + Send>;

/// Time passes only where somebody waits; the chain mines meanwhile, and a test's hook is called
/// with the number of the wait.
pub(crate) struct MiningClock {
    net: Devnet,
    state: Mutex<(i64, u64)>,
    hook: Mutex<Option<Hook>>,
    mines: Mutex<bool>,
}

impl MiningClock {
    pub(crate) fn stop_mining(&self, stop: bool) {
        *self.mines.lock().unwrap() = !stop;
    }
}

#[async_trait]
impl Clock for MiningClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.state.lock().unwrap().0)
    }

    async fn sleep_until(&self, at: Timestamp) {
        tokio::task::yield_now().await;
        let (now, tick) = {
            let mut state = self.state.lock().unwrap();
            state.0 = state.0.max(at.as_ms());
            state.1 += 1;
            *state
        };
        if *self.mines.lock().unwrap() {
            self.net.mine_until(u64::try_from(now / 1000).unwrap());
        }
        let hook = self.hook.lock().unwrap().take();
        if let Some(mut hook) = hook {
            hook(tick);
            self.hook.lock().unwrap().get_or_insert(hook);
        }
    }
}

pub(crate) struct Scene {
    pub(crate) net: Devnet,
    pub(crate) clock: Arc<MiningClock>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) chain: Arc<dyn Chain>,
    pub(crate) wallet: Address,
    pub(crate) funded: u128,
    pub(crate) policy: WalletPolicy,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(Rules::default(), plenty())
    }

    pub(crate) fn with(rules: Rules, funds: u128) -> Self {
        let rules = Rules {
            genesis_time_s: u64::try_from(START_S).unwrap(),
            ..rules
        };
        let net = Devnet::new(rules);
        let wallet = net.wallet(funds).unwrap();
        net.mine(3);
        let now = i64::try_from(net.head_time_s()).unwrap();
        let clock = Arc::new(MiningClock {
            net: net.clone(),
            state: Mutex::new((now * 1000, 0)),
            hook: Mutex::new(None),
            mines: Mutex::new(true),
        });
        let chain: Arc<dyn Chain> = Arc::new(DevChain::new(&net));
        let journal = Arc::new(MemoryJournal::new(clock.clone()));
        let ledger = Arc::new(MemoryLedger::strict(Coin::ETH));
        let policy = WalletPolicy {
            poll_ms: 6_000,
            ..WalletPolicy::default()
        };
        Self {
            net,
            clock,
            ledger,
            journal,
            chain,
            wallet,
            funded: funds,
            policy,
        }
    }

    /// Called at every wait, with its number.
    pub(crate) fn each_wait(&self, hook: impl FnMut(u64) + Send + 'static) {
        *self.clock.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Nothing is mined before the first wait; then `act` happens, and mining goes on.
    pub(crate) fn before_the_first_block(&self, act: impl FnOnce(&Devnet) + Send + 'static) {
        let (net, clock) = (self.net.clone(), self.clock.clone());
        let mut act = Some(act);
        clock.stop_mining(true);
        self.each_wait(move |_| {
            if let Some(act) = act.take() {
                act(&net);
                clock.stop_mining(false);
            }
        });
    }

    /// A call of somebody else who has the wallet's key.
    pub(crate) fn call(to: &Address, value: u128) -> Call {
        Call {
            to: to.clone(),
            value,
            data: Vec::new(),
        }
    }

    pub(crate) fn with_endpoints(endpoints: usize) -> Self {
        let rules = Rules {
            endpoints,
            ..Rules::default()
        };
        Self::with(rules, plenty())
    }

    pub(crate) fn no_hook(&self) {
        *self.clock.hook.lock().unwrap() = None;
    }

    /// A member with this balance whose login is an address of the chain.
    pub(crate) fn member(&self, units: i64) -> MemberId {
        self.member_at(&self.net.stranger(), units)
    }

    pub(crate) fn member_at(&self, address: &Address, units: i64) -> MemberId {
        let member = MemberId::new(address.as_str());
        self.ledger
            .set_balance(&member, Amount::from_units(units, Coin::ETH));
        member
    }

    pub(crate) fn pool(&self) -> PoolId {
        PoolId::new("eth")
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine_named("a")
    }

    pub(crate) fn engine_named(&self, owner: &str) -> Engine {
        let minimum = Amount::from_units(ETHER / 2, Coin::ETH);
        let ledger: Arc<dyn Ledger> = self.ledger.clone();
        let pool = Pool {
            id: self.pool(),
            ledger,
            policy: PoolPolicy { minimum },
        };
        Engine {
            chain: self.chain.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            address: self.wallet.clone(),
            network: None,
            finality: FinalityChoice::Detect { confirmations: 12 },
            policy: self.policy.clone(),
            pools: BTreeMap::from([(pool.id.clone(), pool)]),
            owner: owner.to_owned(),
            is_gone: |_| false,
            stop: Stop::default(),
            progress: watch::Sender::new(paydirt_payouts::Tally::default()),
        }
    }

    pub(crate) fn once() -> RunOptions {
        RunOptions {
            once: true,
            ..RunOptions::default()
        }
    }

    pub(crate) async fn run(&self) -> Result<RunReport, PayoutError> {
        self.engine().run(&Self::once()).await
    }

    pub(crate) async fn run_for(&self, ms: u64) -> Result<RunReport, PayoutError> {
        let options = RunOptions {
            deadline_ms: Some(ms),
            ..Self::once()
        };
        self.engine().run(&options).await
    }

    pub(crate) async fn wallet_id(&self) -> WalletId {
        self.journal
            .wallets()
            .await
            .unwrap()
            .first()
            .unwrap()
            .id
            .clone()
    }

    pub(crate) fn received(&self, member: &MemberId) -> u128 {
        self.net.balance(&Address::canonical(member.as_str()))
    }

    /// (balance, pending, paid) in ledger units.
    pub(crate) fn books(&self, member: &MemberId) -> (i64, i64, i64) {
        let ledger = &self.ledger;
        (
            ledger.balance(member).units(),
            ledger.pending(member).units(),
            ledger.paid(member).units(),
        )
    }

    /// The invariants of the protocol at rest: nothing held, nothing locked, chain and ledger
    /// agree to the base unit.
    pub(crate) fn assert_at_rest(&self) {
        assert_eq!(self.ledger.lock_value(), None, "no lock is left");
        let payments = self.journal.all_payments();
        let mut left_wallet = 0_u128;
        let mut paid: BTreeMap<MemberId, i64> = BTreeMap::new();
        let mut nonces = Vec::new();
        for payment in &payments {
            assert_eq!(payment.state, PaymentState::Closed, "{payment:?}");
            nonces.extend(payment.nonce);
            left_wallet += self.assert_over(payment, &mut paid);
        }
        nonces.sort_unstable();
        let mined = self.net.nonce(&self.wallet);
        let first = mined - u64::try_from(nonces.len()).unwrap();
        assert_eq!(
            nonces,
            (first..mined).collect::<Vec<_>>(),
            "no gap, no nonce twice"
        );
        for member in self.ledger.members() {
            let due = paid.get(&member).copied().unwrap_or(0);
            assert_eq!(self.ledger.pending(&member).units(), 0, "{member}");
            assert_eq!(self.ledger.paid(&member).units(), due, "{member}");
            assert_eq!(
                self.received(&member),
                u128::try_from(due).unwrap() * WEI,
                "{member}"
            );
        }
        if first == 0 {
            assert_eq!(self.net.balance(&self.wallet), self.funded - left_wallet);
        }
    }

    fn assert_over(&self, payment: &Payment, paid: &mut BTreeMap<MemberId, i64>) -> u128 {
        let mut left_wallet = payment.fee.unwrap_or(0);
        for leg in &payment.legs {
            assert_ne!(leg.state, LegState::Live, "{payment:?}");
            if leg.state == LegState::Settled {
                assert_eq!(leg.verdict, Some(LegVerdict::Paid), "{payment:?}");
                left_wallet += leg.amount.to_base_units().unwrap().get();
                *paid.entry(leg.member.clone()).or_default() += leg.amount.units();
            }
        }
        assert!(payment.purpose != Purpose::Foreign || payment.legs.is_empty());
        left_wallet
    }
}
