//! The ledger on Redis keeps what every ledger promises.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use paydirt_ledger::conformance::{Figures, LedgerBench, fixtures};
use paydirt_ledger::{Ledger, LeftoverRow, MemberId};
use paydirt_money::Amount;
use paydirt_testkit::RedisServer;
use redis::aio::MultiplexedConnection;

use super::pool::{connect, ledger};

struct Bench {
    _server: RedisServer,
    ledger: Arc<dyn Ledger>,
    raw: MultiplexedConnection,
    /// Key and dumped value.
    copy: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
}

async fn bench() -> Bench {
    let server = RedisServer::start().await.unwrap();
    Bench {
        ledger: Arc::new(ledger(server.url())),
        raw: connect(&server.url()).await,
        _server: server,
        copy: Mutex::new(Vec::new()),
    }
}

impl Bench {
    async fn run(&self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.exec_async(&mut self.raw.clone()).await.unwrap();
    }

    async fn field(&self, member: &MemberId, name: &str) -> i64 {
        let mut command = redis::cmd("HGET");
        command.arg(format!("eth:miners:{member}")).arg(name);
        let value: Option<i64> = command.query_async(&mut self.raw.clone()).await.unwrap();
        value.unwrap_or(0)
    }

    /// Between balance and pending, of the member and the finances.
    async fn debit(&self, member: &MemberId, units: i64) {
        for key in [format!("eth:miners:{member}"), "eth:finances".into()] {
            self.run(&["HINCRBY", &key, "balance", &(-units).to_string()])
                .await;
            self.run(&["HINCRBY", &key, "pending", &units.to_string()])
                .await;
        }
    }
}

#[async_trait]
impl LedgerBench for Bench {
    fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.clone()
    }

    fn is_strict(&self) -> bool {
        true
    }

    async fn set_balance(&self, member: &MemberId, balance: Amount) {
        let text = balance.units().to_string();
        assert!(self.spoil_balance(member, &text).await);
    }

    async fn figures(&self, member: &MemberId) -> Figures {
        Figures::new(
            self.field(member, "balance").await,
            self.field(member, "pending").await,
            self.field(member, "paid").await,
        )
    }

    async fn spoil_balance(&self, member: &MemberId, text: &str) -> bool {
        let key = format!("eth:miners:{member}");
        self.run(&["HSET", &key, "balance", text]).await;
        true
    }

    async fn set_threshold(&self, member: &MemberId, threshold: Amount) -> bool {
        let (key, units) = (
            format!("eth:settings:{member}"),
            threshold.units().to_string(),
        );
        self.run(&["HSET", &key, "payoutthreshold", &units]).await;
        true
    }

    async fn keep_copy(&self) -> bool {
        let mut raw = self.raw.clone();
        let mut copy = Vec::new();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut raw)
            .await
            .unwrap();
        for key in keys {
            let value = redis::cmd("DUMP").arg(&key).query_async(&mut raw).await;
            copy.push((key, value.unwrap()));
        }
        *self.copy.lock().unwrap() = copy;
        true
    }

    async fn restore_copy(&self) -> bool {
        self.run(&["FLUSHALL"]).await;
        let copy = self.copy.lock().unwrap().clone();
        for (key, value) in copy {
            let mut command = redis::cmd("RESTORE");
            command.arg(key).arg(0).arg(value);
            command.exec_async(&mut self.raw.clone()).await.unwrap();
        }
        true
    }

    async fn roll_back(&self, member: &MemberId) -> bool {
        let rows: Vec<String> = redis::cmd("ZRANGE")
            .arg("eth:payments:pending")
            .arg(0)
            .arg(-1)
            .query_async(&mut self.raw.clone())
            .await
            .unwrap();
        for row in rows {
            let (login, units) = row.split_once(':').unwrap();
            if login == member.as_str() {
                self.debit(member, -units.parse::<i64>().unwrap()).await;
                self.run(&["ZREM", "eth:payments:pending", &row]).await;
            }
        }
        true
    }

    async fn set_lock(&self, value: Option<&str>) -> bool {
        match value {
            Some(value) => self.run(&["SET", "eth:payments:lock", value]).await,
            None => self.run(&["DEL", "eth:payments:lock"]).await,
        }
        true
    }

    async fn add_leftover(&self, member: &MemberId, amount: Amount) -> Option<LeftoverRow> {
        let (text, at) = (format!("{member}:{}", amount.units()), fixtures::at(0));
        self.debit(member, amount.units()).await;
        let seconds = at.as_secs().to_string();
        self.run(&["ZADD", "eth:payments:pending", &seconds, &text])
            .await;
        Some(LeftoverRow {
            text,
            member: member.clone(),
            amount,
            at,
            transaction: None,
            nonce: None,
        })
    }
}

paydirt_ledger::ledger_conformance!(bench());
