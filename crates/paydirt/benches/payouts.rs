//! How fast a whole run is: a pool of 1000 members on a real Redis and anvil at 1 s blocks, the
//! journal in SQLite, a keystore signer. `cargo bench -p paydirt --bench payouts [-- MEMBERS]`
//!
//! Two runs: one straight, for the times; one through proxies that count, for the calls a payout.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a measurement"
)]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, RedisProxy, RedisServer, RpcProxy};
use tokio::process::Command;

/// What open-ethereum-pool's payouts module takes for each payout at 1 s blocks.
const ORIGINAL_S: f64 = 5.2;

#[derive(Clone, Copy)]
struct Times {
    mined: Duration,
    settled: Duration,
}

fn main() {
    let members = std::env::args()
        .find_map(|a| a.parse().ok())
        .unwrap_or(1000);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut times = Vec::new();
        for _ in 0..3 {
            times.push(straight(members).await);
        }
        times.sort_by_key(|t| t.mined);
        let median = times[times.len() / 2];
        let original = ORIGINAL_S * members as f64;
        println!(
            "{members} members, anvil at 1 s blocks, median of {} runs:",
            times.len()
        );
        println!(
            "  all mined {:.2} s after the start ({:.0} x the original's {original:.0} s)",
            median.mined.as_secs_f64(),
            original / median.mined.as_secs_f64()
        );
        println!(
            "  all settled and done after {:.2} s",
            median.settled.as_secs_f64()
        );
        counted(members).await;
    });
}

async fn straight(members: u64) -> Times {
    let (redis, anvil) = servers(members).await;
    let dir = tempfile::tempdir().unwrap();
    pool(dir.path(), redis.address().to_string(), &anvil.url());
    run(dir.path(), &anvil, members).await
}

async fn counted(members: u64) {
    let (redis, anvil) = servers(members).await;
    let before_redis = RedisProxy::start(redis.address()).await.unwrap();
    let before_anvil = RpcProxy::start(&anvil.url()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    pool(
        dir.path(),
        before_redis.address().to_string(),
        &before_anvil.url(),
    );
    run(dir.path(), &anvil, members).await;
    let (trips, calls) = (before_redis.round_trips(), before_anvil.http_requests());
    println!(
        "  {trips} Redis round trips ({:.4} a payout), {calls} HTTP calls ({:.4} a payout)",
        trips as f64 / members as f64,
        calls as f64 / members as f64
    );
}

async fn servers(members: u64) -> (RedisServer, Anvil) {
    let redis = RedisServer::start().await.unwrap();
    let mut total = 0;
    for n in 0..members {
        let units = 600_000_000 + n;
        total += units;
        let key = format!("eth:miners:0x{:040x}", 0x1_0000_0000_u64 + n);
        redis
            .command(&["HSET", &key, "balance", &units.to_string()])
            .await
            .unwrap();
    }
    redis
        .command(&["HSET", "eth:finances", "balance", &total.to_string()])
        .await
        .unwrap();
    let options = AnvilOptions {
        block_time_s: Some(1),
        slots_in_an_epoch: Some(1),
        ..AnvilOptions::default()
    };
    (redis, Anvil::start(options).await.unwrap())
}

/// The pool's own configuration file, and a keystore with the first development key.
fn pool(dir: &Path, redis: String, node: &str) {
    let file = serde_json::json!({
        "coin": "eth",
        "redis": { "endpoint": redis, "database": 0, "password": "" },
        "payouts": {
            "enabled": true, "requirePeers": 0, "interval": "120m", "daemon": node,
            "timeout": "10s", "address": DEV_ACCOUNTS[0].address, "autoGas": true,
            "gas": "21000", "gasPrice": "50000000000", "threshold": 500_000_000, "bgsave": false
        }
    });
    std::fs::write(dir.join("payouts.json"), file.to_string()).unwrap();
    for (name, text) in [("key.hex", DEV_ACCOUNTS[0].private_key), ("pass", "bench")] {
        write_private(&dir.join(name), text);
    }
    let imported = std::process::Command::new(env!("CARGO_BIN_EXE_paydirt"))
        .current_dir(dir)
        .args([
            "keys",
            "import",
            "key.json",
            "--private-key-file",
            "key.hex",
            "--password-file",
            "pass",
        ])
        .output()
        .unwrap();
    assert!(
        imported.status.success(),
        "{}",
        String::from_utf8_lossy(&imported.stderr)
    );
}

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn run(dir: &Path, anvil: &Anvil, members: u64) -> Times {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_paydirt"))
        .current_dir(dir)
        .env("PAYDIRT_KEYSTORE", "key.json")
        .env("PAYDIRT_PASSWORD_FILE", "pass")
        .args([
            "payouts",
            "run",
            "--from-open-ethereum-pool",
            "payouts.json",
        ])
        .args(["--once", "--yes", "--set", "chain.eth.max_in_flight=1000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mined = loop {
        let nonce = anvil
            .rpc(
                "eth_getTransactionCount",
                serde_json::json!([DEV_ACCOUNTS[0].address, "latest"]),
            )
            .await
            .unwrap();
        if nonce.as_str() == Some(&format!("{members:#x}")) {
            break begun.elapsed();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(300),
            "not mined: {nonce}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let status = child.wait().await.unwrap();
    assert!(status.success(), "{status}");
    Times {
        mined,
        settled: begun.elapsed(),
    }
}
