//! No secret is shown: a whole run that logs everything, with secrets that can be told apart, and
//! none of them in what it prints or writes.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod redis_anvil_and_sqlite {
    use std::path::Path;
    use std::process::{Command, Output};

    use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, RedisServer};

    const REDIS_PASSWORD: &str = "canary-of-redis-7f3a";
    const NODE_USER: &str = "canaryuser5e1b";
    const NODE_PASSWORD: &str = "canarynode93cd";
    const KEY_PASSWORD: &str = "canary-of-the-key-file-44d0";

    fn paydirt(dir: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .current_dir(dir)
            .args(args)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1");
        command
            .env("PAYDIRT_KEYSTORE", "key.json")
            .env("PAYDIRT_PASSWORD_FILE", "key.pass");
        command.output().unwrap()
    }

    fn private(path: &Path, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn assert_no_canary(what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        let key = DEV_ACCOUNTS[0]
            .private_key
            .trim_start_matches("0x")
            .to_lowercase();
        for canary in [REDIS_PASSWORD, NODE_USER, NODE_PASSWORD, KEY_PASSWORD, &key] {
            assert!(!text.contains(canary), "{canary} is in {what}");
        }
    }

    #[tokio::test]
    async fn a_whole_run_that_logs_everything_shows_no_secret() {
        paydirt_testkit::uses("sqlite");
        let redis = RedisServer::start().await.unwrap();
        let member = format!("eth:miners:{}", DEV_ACCOUNTS[1].address.to_lowercase());
        redis
            .command(&["HSET", &member, "balance", "700000000"])
            .await
            .unwrap();
        redis
            .command(&["CONFIG", "SET", "requirepass", REDIS_PASSWORD])
            .await
            .unwrap();
        let options = AnvilOptions {
            block_time_s: Some(1),
            slots_in_an_epoch: Some(1),
            ..AnvilOptions::default()
        };
        let anvil = Anvil::start(options).await.unwrap();
        let node = anvil
            .url()
            .replace("://", &format!("://{NODE_USER}:{NODE_PASSWORD}@"));
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let file = serde_json::json!({
            "coin": "eth",
            "redis": {
                "endpoint": redis.address().to_string(), "database": 0, "password": REDIS_PASSWORD
            },
            "payouts": {
                "enabled": true, "requirePeers": 0, "interval": "120m", "daemon": node,
                "timeout": "10s", "address": DEV_ACCOUNTS[0].address, "autoGas": true,
                "threshold": 500_000_000, "bgsave": false
            }
        });
        private(&dir.join("payouts.json"), &file.to_string());
        private(&dir.join("key.hex"), DEV_ACCOUNTS[0].private_key);
        private(&dir.join("key.pass"), KEY_PASSWORD);
        let from = ["--from-open-ethereum-pool", "payouts.json", "-vv"];
        let import: &[&str] = &[
            "keys",
            "import",
            "key.json",
            "--private-key-file",
            "key.hex",
        ];
        for args in [
            [import, &["--password-file", "key.pass", "--light", "-vv"]].concat(),
            [&["config", "show", "--redacted"], &from[..]].concat(),
            [&["check"], &from[..]].concat(),
            [&["payouts", "run", "--dry-run"], &from[..]].concat(),
            [&["payouts", "run", "--once", "--yes"], &from[..]].concat(),
            [&["payouts", "status", "--output", "json"], &from[..]].concat(),
            [&["payouts", "history"], &from[..]].concat(),
        ] {
            let out = paydirt(dir, &args);
            let logged = String::from_utf8_lossy(&out.stderr);
            assert!(out.status.success(), "{args:?}: {logged}");
            if args.contains(&"--once") {
                assert!(logged.contains("lease taken"), "it logged: {logged}");
            }
            assert_no_canary(&format!("what {args:?} prints"), &out.stdout);
            assert_no_canary(&format!("what {args:?} logs"), &out.stderr);
        }
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("paydirt.db") || name == "key.json" {
                assert_no_canary(&name, &std::fs::read(&path).unwrap());
            }
        }
    }
}
