//! A pool of our own: its Redis, its node, its configuration, and the binary that pays.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, DevAccount, RedisServer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::state::{Paid, State, dump};

const THRESHOLD: i64 = 500_000_000;
const WEI_PER_SHANNON: u128 = 1_000_000_000;
/// The wallet that pays.
pub(crate) const WALLET: DevAccount = DEV_ACCOUNTS[0];

pub(crate) struct Pool {
    pub(crate) redis: RedisServer,
    pub(crate) anvil: Anvil,
    folder: TempDir,
}

/// The n-th member's login.
pub(crate) fn login(n: usize) -> String {
    format!("0x{:040x}", 0x5eed_0000_0000_u64 + n as u64)
}

/// Every fourth member is at or below the threshold, the first of them exactly at it.
pub(crate) fn balance(n: usize) -> i64 {
    let n = i64::try_from(n).unwrap();
    match n % 4 {
        0 => THRESHOLD - n,
        _ => THRESHOLD + 1 + n * 1_234_567,
    }
}

/// Who is due of the first `members`.
pub(crate) fn due(members: usize) -> Vec<(String, i64)> {
    let all = (0..members).map(|n| (login(n), balance(n)));
    all.filter(|(_, balance)| *balance > THRESHOLD).collect()
}

/// A node with a block a second, where the second block below the head is final.
pub(crate) fn quick() -> AnvilOptions {
    AnvilOptions {
        block_time_s: Some(1),
        slots_in_an_epoch: Some(1),
        ..AnvilOptions::default()
    }
}

/// A node that mines only when told to.
pub(crate) fn by_hand() -> AnvilOptions {
    AnvilOptions {
        block_time_s: None,
        extra_args: vec!["--no-mining".into()],
        ..quick()
    }
}

impl Pool {
    /// A pool with so many members, and everything that the original keeps in its Redis.
    pub(crate) async fn with(members: usize, node: AnvilOptions) -> Pool {
        let pool = Pool {
            redis: RedisServer::start().await.unwrap(),
            anvil: Anvil::start(node).await.unwrap(),
            folder: TempDir::new().unwrap(),
        };
        pool.fill(members).await;
        pool.configure(|_| ());
        pool
    }

    pub(crate) async fn redis(&self, words: &[&str]) {
        let reply = self.redis.command(words).await.unwrap();
        assert!(!reply.starts_with('-'), "{words:?}: {reply}");
    }

    async fn fill(&self, members: usize) {
        let (mut sum, paid) = (0, 42_i64);
        for n in 0..members {
            let (key, balance) = (format!("eth:miners:{}", login(n)), balance(n).to_string());
            sum += self::balance(n);
            self.redis(&["HSET", &key, "lastShare", "1795208816", "balance", &balance])
                .await;
            // Fields that the pool has not written yet are missing.
            if n % 3 == 0 {
                let paid = paid.to_string();
                let more = [
                    "HSET",
                    &key,
                    "immature",
                    "120000000",
                    "pending",
                    "0",
                    "paid",
                    &paid,
                ];
                self.redis(&more).await;
                self.redis(&["HSET", &key, "blocksFound", "3"]).await;
            }
        }
        let sum = sum.to_string();
        for words in [
            &[
                "HSET",
                "eth:finances",
                "balance",
                &sum,
                "immature",
                "120000000",
            ][..],
            &[
                "HSET",
                "eth:finances",
                "totalMined",
                "9000000000",
                "lastCreditHeight",
                "4999000",
            ],
            &[
                "HSET",
                "eth:stats",
                "roundShares",
                "4000000000",
                "lastBlockFound",
                "1795208816",
            ],
            &[
                "HSET",
                "eth:nodes",
                "main:name",
                "main",
                "main:height",
                "5000000",
            ],
            &["HSET", "eth:shares:roundCurrent", &login(0), "2000000000"],
            &[
                "ZADD",
                "eth:blocks:candidates",
                "5000000",
                "0x1a2b:0xpow:0xmix:1795208816:2:19",
            ],
            &[
                "ZADD",
                "eth:blocks:immature",
                "4999950",
                "0:0:0x11aa:0xhash1:1795208816:2:15:3",
            ],
            &[
                "ZADD",
                "eth:blocks:matured",
                "4998000",
                "0:1:0x33cc:0x0:1795208816:2:15:0",
            ],
            &[
                "ZADD",
                "eth:hashrate",
                "1795208816",
                "2000000000:0xb851:rig1:1795208816123",
            ],
            &[
                "ZADD",
                "eth:credits:all",
                "4998000",
                "0xhash0:1795200000:2625000000000000000",
            ],
            &[
                "HSET",
                "eth:credits:4998000:0xhash0",
                &login(1),
                "700000000",
            ],
            &[
                "ZADD",
                "eth:payments:all",
                "1795100000",
                "0xdead:0xb851:700000000",
            ],
            &[
                "ZADD",
                "eth:payments:0xb851",
                "1795100000",
                "0xdead:700000000",
            ],
            &["SET", "other:key", "is nobody's business here"],
        ] {
            self.redis(words).await;
        }
    }

    /// Writes payouts.json, as the original's users have it, with a change.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Value)) {
        let mut config = json!({
            "threads": 2,
            "coin": "eth",
            "name": "main",
            "redis": {
                "endpoint": self.redis.address().to_string(),
                "poolSize": 10, "database": 0, "password": ""
            },
            "payouts": {
                "enabled": true, "requirePeers": 0, "interval": "120m",
                "daemon": self.anvil.url(), "timeout": "10s",
                "address": WALLET.address,
                "gas": "21000", "gasPrice": "50000000000", "autoGas": true,
                "threshold": THRESHOLD, "bgsave": false
            },
            "newrelicEnabled": false
        });
        change(&mut config);
        std::fs::write(self.path("payouts.json"), config.to_string()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with the pool's configuration and the wallet's key in the environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .args(["--from-open-ethereum-pool", "payouts.json"])
            .args(line.split_whitespace())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PAYDIRT_PRIVATE_KEY", WALLET.private_key);
        command
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, line: &str) -> Ran {
        Self::finish(self.command(line)).await
    }

    pub(crate) async fn finish(mut command: Command) -> Ran {
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        Ran(output.await.unwrap())
    }

    /// Starts it and goes on.
    pub(crate) fn start(&self, line: &str) -> Child {
        let mut command = self.command(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    pub(crate) async fn state(&self) -> State {
        dump(&self.redis).await
    }

    /// How many wei an address has.
    pub(crate) async fn wei(&self, address: &str) -> u128 {
        let balance = self
            .anvil
            .rpc("eth_getBalance", json!([address, "latest"]))
            .await
            .unwrap();
        hex(&balance)
    }

    /// The wallet's mined nonce.
    pub(crate) async fn nonce(&self) -> u128 {
        let at = json!([WALLET.address, "latest"]);
        hex(&self.anvil.rpc("eth_getTransactionCount", at).await.unwrap())
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        let blocks = json!([format!("{blocks:#x}")]);
        self.anvil.rpc("anvil_mine", blocks).await.unwrap();
    }

    pub(crate) async fn mine_each_second(&self) {
        self.anvil
            .rpc("evm_setIntervalMining", json!([1]))
            .await
            .unwrap();
    }

    /// All payments of the wallet on chain, in Shannon, without those to itself.
    pub(crate) async fn on_chain(&self) -> Vec<Paid> {
        let head = hex(&self.anvil.rpc("eth_blockNumber", json!([])).await.unwrap());
        let mut paid = Vec::new();
        for number in 1..=head {
            let block = json!([format!("{number:#x}"), true]);
            let block = self.anvil.rpc("eth_getBlockByNumber", block).await.unwrap();
            for transaction in block["transactions"].as_array().unwrap() {
                let to = transaction["to"].as_str().unwrap().to_lowercase();
                if to == WALLET.address.to_lowercase() {
                    continue;
                }
                let value = hex(&transaction["value"]);
                assert_eq!(value % WEI_PER_SHANNON, 0);
                let amount = i64::try_from(value / WEI_PER_SHANNON).unwrap();
                paid.push((to, amount, transaction["hash"].as_str().unwrap().to_owned()));
            }
        }
        paid.sort();
        paid
    }

    /// Each of these, and nobody else, received exactly this; gives the transactions.
    pub(crate) async fn assert_paid(&self, due: &[(String, i64)]) -> Vec<Paid> {
        let paid = self.on_chain().await;
        let mut amounts: Vec<(String, i64)> = paid
            .iter()
            .map(|(login, amount, _)| (login.clone(), *amount))
            .collect();
        let mut due = due.to_vec();
        due.sort();
        amounts.sort();
        assert_eq!(amounts, due);
        for (login, amount) in &due {
            let wei = u128::try_from(*amount).unwrap() * WEI_PER_SHANNON;
            assert_eq!(self.wei(login).await, wei, "{login}");
        }
        paid
    }
}

fn hex(value: &Value) -> u128 {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    u128::from_str_radix(digits, 16).unwrap()
}

/// How a command ended.
pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    pub(crate) fn exit(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// It did what was asked; gives what it printed.
    pub(crate) fn done(&self) -> String {
        assert_eq!(self.exit(), 0, "{}\n{}", self.out(), self.err());
        self.out()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// It ended with this code and an error object as the last line; gives code and message.
    pub(crate) fn refused(&self, exit: i32) -> (String, String) {
        assert_eq!(self.exit(), exit, "{}\n{}", self.out(), self.err());
        assert_eq!(self.out(), "");
        let err = self.err();
        let error: Value = serde_json::from_str(err.lines().last().unwrap()).unwrap();
        let text = |key: &str| error["error"][key].as_str().unwrap().to_owned();
        assert!(!text("cure").is_empty());
        (text("code"), text("message"))
    }
}
