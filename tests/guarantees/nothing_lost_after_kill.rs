//! Nothing is lost and nobody is paid twice when the process is killed (SIGKILL) at any step: the
//! real program beside open-ethereum-pool's keys on a real Redis and a real node.
//!
//! A first run lists the points that it passes. Then, for each of them, another pool is paid by a
//! process that kills itself there and by a second one that is let alone, and the chain, the
//! ledger and the wallet have to agree to the wei. `PAYDIRT_LONG` takes every turn of each point.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, RedisServer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::{JoinHandle, spawn_blocking};

/// Wei in one ledger unit.
const WEI: u128 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000;
/// What anvil gives its accounts.
const FUNDED_WEI: u128 = 10_000 * ETHER * WEI;
/// Code that takes no money.
const REVERTS: &str = "0x60006000fd";
/// Takes money in a simulation, and refuses it once a transaction that pays it is pending.
const TURNCOAT: &str = "0x1000000000000000000000000000000000000007";

/// Logins, balances in ledger units, and whether they can be paid.
const MEMBERS: [(&str, u128, bool); 7] = [
    (
        "0x1000000000000000000000000000000000000001",
        3 * ETHER,
        true,
    ),
    (
        "0x1000000000000000000000000000000000000002",
        ETHER + 1,
        true,
    ),
    ("0x1000000000000000000000000000000000000003", ETHER, true),
    // Below the threshold.
    ("0x1000000000000000000000000000000000000004", 1_000, false),
    (REX, ETHER, false),
    (TURNCOAT, 2 * ETHER, false),
    ("0xnowhere", ETHER, false),
];
/// A contract that refuses from the start.
const REX: &str = "0x1000000000000000000000000000000000000005";

/// A pool, its Redis and its node.
struct Pool {
    redis: RedisServer,
    node: Arc<Anvil>,
    dir: TempDir,
    miner: JoinHandle<()>,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.miner.abort();
    }
}

impl Pool {
    async fn start() -> Self {
        let redis = RedisServer::start().await.unwrap();
        let options = AnvilOptions {
            slots_in_an_epoch: Some(1),
            extra_args: vec!["--no-mining".into()],
            ..AnvilOptions::default()
        };
        let node = Arc::new(Anvil::start(options).await.unwrap());
        for (login, balance, _) in MEMBERS {
            let key = format!("eth:miners:{login}");
            let words = ["HSET", &key, "balance", &balance.to_string()];
            redis.command(&words).await.unwrap();
        }
        let sum: u128 = MEMBERS.iter().map(|(_, balance, _)| balance).sum();
        let words = ["HSET", "eth:finances", "balance", &sum.to_string()];
        redis.command(&words).await.unwrap();
        refuses(&node, REX).await;
        let dir = TempDir::with_prefix("paydirt-killed-").unwrap();
        let file = dir.path().join("payouts.json");
        std::fs::write(file, its_own_config(&redis, &node).to_string()).unwrap();
        let miner = tokio::spawn(mine(Arc::clone(&node)));
        Self {
            redis,
            node,
            dir,
            miner,
        }
    }

    /// The program pays once; `crash_at` a point it kills itself.
    async fn pay(&self, crash_at: Option<&str>) -> Output {
        let (dir, point) = (self.dir.path().to_owned(), crash_at.map(str::to_owned));
        spawn_blocking(move || run(&dir, point.as_deref()))
            .await
            .unwrap()
    }

    /// The points that processes of this pool have passed.
    fn points(&self) -> Vec<String> {
        let list = std::fs::read_to_string(self.dir.path().join("points")).unwrap();
        list.lines().map(str::to_owned).collect()
    }

    async fn redis(&self, words: &[&str]) -> String {
        self.redis.command(words).await.unwrap()
    }

    /// A field of a hash, in ledger units; one that is missing is 0.
    async fn units(&self, key: &str, field: &str) -> u128 {
        let text = self.redis(&["HGET", key, field]).await;
        text.trim().parse().unwrap_or_else(|_| {
            assert!(text.starts_with("$-1"), "{key} {field}: {text:?}");
            0
        })
    }

    async fn rows(&self, key: &str) -> Vec<String> {
        let reply = self.redis(&["ZRANGE", key, "0", "-1"]).await;
        let lines = reply.lines().filter(|line| !line.starts_with(['*', '$']));
        lines.map(str::to_owned).collect()
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        self.node.rpc(method, params).await.unwrap()
    }

    async fn wei(&self, address: &str) -> u128 {
        number(&self.rpc("eth_getBalance", json!([address, "latest"])).await)
    }

    /// Receipts of all transactions on the chain, oldest first.
    async fn receipts(&self) -> Vec<Value> {
        let head = number(&self.rpc("eth_blockNumber", json!([])).await);
        let mut receipts = Vec::new();
        for block in 0..=head {
            let tag = format!("{block:#x}");
            let of_block = self.rpc("eth_getBlockReceipts", json!([tag])).await;
            receipts.extend(of_block.as_array().unwrap().iter().cloned());
        }
        receipts
    }
}

fn its_own_config(redis: &RedisServer, node: &Anvil) -> Value {
    json!({
        "coin": "eth",
        "redis": {"endpoint": redis.address().to_string(), "database": 0, "password": ""},
        "payouts": {
            "enabled": true, "requirePeers": 0, "interval": "120m", "daemon": node.url(),
            "timeout": "10s", "address": DEV_ACCOUNTS[0].address, "gas": "21000",
            "gasPrice": "50000000000", "autoGas": true, "threshold": 500_000_000, "bgsave": false
        }
    })
}

fn run(dir: &Path, crash_at: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
    command
        .args(["payouts", "run", "--once", "--yes", "--deadline", "100s"])
        .args(["--from-open-ethereum-pool", "payouts.json"])
        .args(["--set", "chain.eth.poll_ms=50"])
        .current_dir(dir)
        .env_clear()
        .env("PAYDIRT_PRIVATE_KEY", DEV_ACCOUNTS[0].private_key)
        .env("PAYDIRT_CRASH_LIST", dir.join("points"));
    if let Some(point) = crash_at {
        command.env("PAYDIRT_CRASH_AT", point);
    }
    command.output().unwrap()
}

async fn refuses(node: &Anvil, address: &str) {
    let params = json!([address, REVERTS]);
    node.rpc("anvil_setCode", params).await.unwrap();
}

/// A block after the other; the turncoat turns before one could pay it.
async fn mine(node: Arc<Anvil>) {
    loop {
        // A node that is going down ends the pool with it.
        let Ok(pool) = node.rpc("txpool_content", json!([])).await else {
            return;
        };
        if pool.to_string().contains(&TURNCOAT[2..]) {
            refuses(&node, TURNCOAT).await;
        }
        if node.rpc("evm_mine", json!([])).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn number(hex: &Value) -> u128 {
    u128::from_str_radix(hex.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn in_words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Everybody who can be paid was, once; chain, ledger and wallet agree; nothing is left over.
async fn assert_settled(pool: &Pool) {
    let receipts = pool.receipts().await;
    let mut rows = BTreeSet::new();
    let (mut paid_sum, mut balance_sum) = (0, 0);
    for (login, earned, payable) in MEMBERS {
        let key = format!("eth:miners:{login}");
        let balance = pool.units(&key, "balance").await;
        let pending = pool.units(&key, "pending").await;
        let paid = pool.units(&key, "paid").await;
        assert_eq!(pending, 0, "pending of {login}");
        assert_eq!(balance + paid, earned, "{login}: balance and paid");
        // The turncoat may have been paid by a block that came between our look and its turn.
        if login != TURNCOAT {
            assert_eq!(paid, if payable { earned } else { 0 }, "paid of {login}");
        }
        if login.len() == 42 {
            assert_eq!(pool.wei(login).await, paid * WEI, "{login} on chain");
        }
        if paid > 0 {
            rows.extend(assert_one_transaction(&receipts, login, paid));
        }
        (paid_sum, balance_sum) = (paid_sum + paid, balance_sum + balance);
    }
    assert_eq!(pool.units("eth:finances", "balance").await, balance_sum);
    assert_eq!(pool.units("eth:finances", "pending").await, 0);
    assert_eq!(pool.units("eth:finances", "paid").await, paid_sum);
    let recorded: BTreeSet<_> = pool.rows("eth:payments:all").await.into_iter().collect();
    assert_eq!(recorded, rows, "payments on record");
    for left in ["payments:lock", "payments:pending", "paydirt:open"] {
        let exists = pool.redis(&["EXISTS", &format!("eth:{left}")]).await;
        assert_eq!(exists.trim(), ":0", "{left} is left");
    }
    let fees: u128 = receipts
        .iter()
        .map(|r| number(&r["gasUsed"]) * number(&r["effectiveGasPrice"]))
        .sum();
    let wallet = pool.wei(DEV_ACCOUNTS[0].address).await;
    assert_eq!(wallet, FUNDED_WEI - paid_sum * WEI - fees, "the wallet");
}

/// The one successful transaction to this payee, as a row of `payments:all`.
fn assert_one_transaction(receipts: &[Value], login: &str, paid: u128) -> Option<String> {
    let to = |r: &&Value| r["to"].as_str() == Some(login) && number(&r["status"]) == 1;
    let found: Vec<&Value> = receipts.iter().filter(to).collect();
    let [receipt] = found.as_slice() else {
        panic!("{login} was paid by {} transactions", found.len());
    };
    let id = receipt["transactionHash"].as_str()?;
    Some(format!("{id}:{login}:{paid}"))
}

/// Returns whether it was killed; a point that hangs on timing may not come up again.
async fn killed_at(point: &str) -> bool {
    let pool = Pool::start().await;
    let killed = pool.pay(Some(point)).await;
    let was_killed = killed.status.signal() == Some(9);
    assert!(
        was_killed || killed.status.success(),
        "{}",
        in_words(&killed)
    );
    let last = pool.points().last().cloned();
    assert!(!was_killed || last.as_deref() == Some(point), "{last:?}");
    let next = pool.pay(None).await;
    assert!(next.status.success(), "{}", in_words(&next));
    assert_settled(&pool).await;
    was_killed
}

/// The first turn of each point, or every turn.
fn chosen(points: Vec<String>) -> Vec<String> {
    let all = std::env::var_os("PAYDIRT_LONG").is_some();
    let wanted = |point: &String| all || point.ends_with("#1");
    points.into_iter().filter(wanted).collect()
}

/// Says where it was, if the test fails there.
struct Here<'p>(&'p str);

impl Drop for Here<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("while or after being killed at {}", self.0);
        }
    }
}

#[tokio::test]
async fn a_process_killed_at_any_step_loses_nothing_and_pays_nobody_twice() {
    let first = Pool::start().await;
    let output = first.pay(None).await;
    assert!(output.status.success(), "{}", in_words(&output));
    assert_settled(&first).await;
    let points = chosen(first.points());
    drop(first);
    for wanted in [
        "journal.save:after#1",
        "ledger.hold:after#1",
        "chain.submit:midway#1",
        "ledger.settle:after#1",
    ] {
        assert!(points.iter().any(|p| p == wanted), "{wanted} in {points:?}");
    }
    let runs = stream::iter(&points).map(|point| async move {
        let _here = Here(point);
        killed_at(point).await
    });
    let killed: Vec<bool> = runs.buffer_unordered(2).collect().await;
    let killed = killed.into_iter().filter(|was_killed| *was_killed).count();
    println!("{killed} of {} processes were killed", points.len());
    assert!(killed * 10 >= points.len() * 8, "only {killed}");
}
