//! A pool on a Redis of its own, with the ledger on it.

use std::collections::BTreeMap;

use paydirt_chain::{Address, TxId};
use paydirt_ledger::{
    HoldOutcome, JournalId, Ledger, LedgerError, Leg, LegId, LegSource, LegState, MemberId,
    MoveContext, MoveId, Moved, PaymentId, PoolId, Settlement, WalletId,
};
use paydirt_ledger_redis::{RedisLedger, RedisLedgerConfig};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;
use paydirt_testkit::RedisServer;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

pub(crate) const NOW_S: i64 = 1_795_208_817;
pub(crate) const TX: &str = "0x097f86dd3b5787be5ad2ebf617b46eccbc449b221b75798b3c6f9347a428414f";

pub(crate) fn shannon(units: i64) -> Amount {
    Amount::from_units(units, Coin::ETH)
}

pub(crate) fn config(url: String) -> RedisLedgerConfig {
    RedisLedgerConfig::new(url, "eth", Coin::ETH)
}

pub(crate) fn ledger(url: String) -> RedisLedger {
    RedisLedger::connect(config(url)).unwrap()
}

pub(crate) fn login(number: usize) -> String {
    format!("0x{number:040x}")
}

pub(crate) fn leg(login: &str, units: i64) -> Leg {
    Leg {
        id: LegId::new(),
        pool: PoolId::new("etc"),
        member: MemberId::new(login),
        address: Address::canonical(login),
        amount: shannon(units),
        source: LegSource::Threshold,
        state: LegState::Live,
        verdict: None,
    }
}

pub(crate) fn settlement(leg: &Leg) -> Settlement {
    Settlement {
        leg: leg.clone(),
        transaction: TxId::new(TX),
        block: 5_000_000,
        fee: 21_000,
    }
}

/// One payment a leg.
pub(crate) fn singly(legs: &[Leg]) -> Vec<(PaymentId, Vec<Leg>)> {
    legs.iter()
        .map(|leg| (PaymentId::new(), vec![leg.clone()]))
        .collect()
}

pub(crate) struct Pool {
    pub(crate) server: RedisServer,
    pub(crate) ledger: RedisLedger,
    pub(crate) journal: JournalId,
    pub(crate) wallet: WalletId,
    pub(crate) token: u64,
    pub(crate) known: Option<MoveId>,
    pub(crate) raw: MultiplexedConnection,
}

impl Pool {
    /// Members with balances, the sums in finances, attached and locked.
    pub(crate) async fn with(members: &[(&str, i64)]) -> Self {
        Self::on(RedisServer::start().await.unwrap(), members).await
    }

    pub(crate) async fn on(server: RedisServer, members: &[(&str, i64)]) -> Self {
        let raw = connect(&server.url()).await;
        let mut pool = Self {
            ledger: ledger(server.url()),
            server,
            journal: JournalId::new(),
            wallet: WalletId::new("1/0xgenesis/0xwallet"),
            token: 1,
            known: None,
            raw,
        };
        pool.credit(members).await;
        pool.ledger.attach(pool.journal).await.unwrap();
        pool.ledger.lock(&pool.context()).await.unwrap();
        pool
    }

    /// Credits as the unlocker does.
    pub(crate) async fn credit(&mut self, members: &[(&str, i64)]) {
        if members.is_empty() {
            return;
        }
        let mut pipeline = redis::pipe();
        for (login, units) in members {
            let key = format!("eth:miners:{login}");
            pipeline.cmd("HINCRBY").arg(key).arg("balance").arg(*units);
            pipeline
                .cmd("HINCRBY")
                .arg("eth:finances")
                .arg("balance")
                .arg(*units);
        }
        pipeline.exec_async(&mut self.raw).await.unwrap();
    }

    pub(crate) fn context(&self) -> MoveContext {
        MoveContext {
            journal: self.journal,
            wallet: self.wallet.clone(),
            token: self.token,
            known: self.known,
            id: Uuid::now_v7(),
            at: Timestamp::from_ms(NOW_S * 1000 + 456),
        }
    }

    /// What the journal does with a move's id.
    pub(crate) fn learn<T>(&mut self, moved: Moved<T>) -> Vec<T> {
        self.known = moved.last.or(self.known);
        moved.outcomes
    }

    pub(crate) async fn hold(&mut self, legs: &[Leg]) -> Result<Vec<HoldOutcome>, LedgerError> {
        let moved = self.ledger.hold(&self.context(), &singly(legs)).await?;
        Ok(self.learn(moved))
    }

    pub(crate) async fn held(&mut self, legs: &[Leg]) {
        let outcomes = self.hold(legs).await.unwrap();
        assert!(
            outcomes.iter().all(|o| *o == HoldOutcome::Held),
            "{outcomes:?}"
        );
    }

    /// Why the only leg is refused.
    pub(crate) async fn refused(&mut self, leg: &Leg) -> String {
        let before = self.dump().await;
        let outcomes = self.hold(std::slice::from_ref(leg)).await.unwrap();
        assert_eq!(self.dump().await, before, "a refusal moved something");
        match outcomes.as_slice() {
            [HoldOutcome::Refused { leg: at, reason }] if *at == leg.id => reason.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn do_raw(&mut self, words: &[&str]) {
        let [name, rest @ ..] = words else { return };
        redis::cmd(name)
            .arg(rest)
            .exec_async(&mut self.raw)
            .await
            .unwrap();
    }

    pub(crate) async fn field(&mut self, key: &str, field: &str) -> String {
        let value: Option<String> = redis::cmd("HGET")
            .arg(key)
            .arg(field)
            .query_async(&mut self.raw)
            .await
            .unwrap();
        value.unwrap_or_else(|| "0".into())
    }

    /// balance, pending, paid of a member.
    pub(crate) async fn account(&mut self, login: &str) -> [String; 3] {
        let key = format!("eth:miners:{login}");
        [
            self.field(&key, "balance").await,
            self.field(&key, "pending").await,
            self.field(&key, "paid").await,
        ]
    }

    pub(crate) async fn finances(&mut self) -> [String; 3] {
        [
            self.field("eth:finances", "balance").await,
            self.field("eth:finances", "pending").await,
            self.field("eth:finances", "paid").await,
        ]
    }

    pub(crate) async fn dump(&mut self) -> State {
        dump(&mut self.raw).await
    }

    /// All that is not ours.
    pub(crate) async fn pool_state(&mut self) -> State {
        let mut state = self.dump().await;
        state.retain(|key, _| !key.starts_with("eth:paydirt:"));
        state
    }
}

/// Key with type → sorted lines.
pub(crate) type State = BTreeMap<String, Vec<(String, String)>>;

pub(crate) async fn connect(url: &str) -> MultiplexedConnection {
    redis::Client::open(url)
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap()
}

pub(crate) async fn dump(raw: &mut MultiplexedConnection) -> State {
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(raw).await.unwrap();
    let mut state = State::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(raw).await.unwrap();
        let mut read = match kind.as_str() {
            "hash" => redis::cmd("HGETALL"),
            "zset" => redis::cmd("ZRANGE"),
            "list" => redis::cmd("LRANGE"),
            _ => redis::cmd("GET"),
        };
        read.arg(&key);
        if kind == "zset" {
            read.arg(0).arg(-1).arg("WITHSCORES");
        }
        let lines = if kind == "list" {
            let values: Vec<String> = read.arg(0).arg(-1).query_async(raw).await.unwrap();
            values.into_iter().map(|v| (v, String::new())).collect()
        } else if kind == "string" {
            let value: String = read.query_async(raw).await.unwrap();
            vec![(value, String::new())]
        } else {
            let flat: Vec<String> = read.query_async(raw).await.unwrap();
            let mut lines: Vec<_> = flat
                .chunks(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect();
            lines.sort();
            lines
        };
        state.insert(format!("{key} [{kind}]"), lines);
    }
    state
}
