//! Whatever happens to the pool's Redis: nothing is lost, nothing is paid twice, and the message
//! says what to do. A real Redis, the journal in SQLite, the chain in this process.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

mod redis_sqlite_and_devnet {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use paydirt_books::Books;
    use paydirt_chain::Address;
    use paydirt_devnet::{AutoMine, DevChain, Devnet, Rules};
    use paydirt_ledger::{Journal, PoolId};
    use paydirt_ledger_redis::{RedisLedger, RedisLedgerConfig};
    use paydirt_money::{Amount, Coin};
    use paydirt_payouts::{
        Engine, FinalityChoice, PayoutError, Pool, PoolPolicy, ReconcileOptions, RunOptions,
        RunReport, Stop, Tally, WalletPolicy,
    };
    use paydirt_schedule::SystemClock;
    use paydirt_testkit::RedisServer;
    use tempfile::TempDir;
    use tokio::sync::watch;

    const ETHER: i64 = 1_000_000_000;
    const WEI: u128 = 1_000_000_000;

    struct Scene {
        redis: RedisServer,
        url: String,
        net: Devnet,
        wallet: Address,
        dir: TempDir,
        mining: Option<AutoMine>,
    }

    impl Scene {
        async fn new() -> Self {
            Self::on(RedisServer::start().await.unwrap()).await
        }

        async fn on(redis: RedisServer) -> Self {
            let net = Devnet::new(Rules::default());
            let wallet = net.wallet(1_000_000 * WEI * WEI).unwrap();
            net.mine(3);
            let url = redis.url();
            let mining = Some(net.auto_mine(Duration::from_millis(15)));
            Self {
                redis,
                url,
                net,
                wallet,
                dir: TempDir::new().unwrap(),
                mining,
            }
        }

        async fn member(&self, units: i64) -> String {
            let login = self.net.stranger().to_string();
            self.balance_of(&login, &units.to_string()).await;
            login
        }

        async fn balance_of(&self, login: &str, text: &str) {
            let key = format!("eth:miners:{login}");
            self.redis
                .command(&["HSET", &key, "balance", text])
                .await
                .unwrap();
        }

        async fn field(&self, login: &str, field: &str) -> i64 {
            let key = format!("eth:miners:{login}");
            let text = self.redis.command(&["HGET", &key, field]).await.unwrap();
            text.trim().parse().unwrap_or(0)
        }

        /// (balance, pending, paid)
        async fn books(&self, login: &str) -> (i64, i64, i64) {
            (
                self.field(login, "balance").await,
                self.field(login, "pending").await,
                self.field(login, "paid").await,
            )
        }

        fn received(&self, login: &str) -> u128 {
            self.net.balance(&Address::canonical(login))
        }

        async fn engine(&self) -> Engine {
            let journal = format!("sqlite://{}", self.dir.path().join("paydirt.db").display());
            let books = Books::connect(&journal).await.unwrap();
            books.migrate().await.unwrap();
            let journal: Arc<dyn Journal> = Arc::new(books.journal().await.unwrap());
            let mut config = RedisLedgerConfig::new(&self.url, "eth", Coin::ETH);
            config.response_timeout_ms = 1_000;
            let ledger = Arc::new(RedisLedger::connect(config).unwrap());
            let minimum = Amount::from_units(ETHER / 2, Coin::ETH);
            let id = PoolId::new("eth");
            let pool = Pool {
                id: id.clone(),
                ledger,
                policy: PoolPolicy { minimum },
            };
            Engine {
                chain: Arc::new(DevChain::new(&self.net)),
                journal,
                clock: Arc::new(SystemClock),
                address: self.wallet.clone(),
                network: None,
                finality: FinalityChoice::Detect { confirmations: 12 },
                policy: WalletPolicy {
                    poll_ms: 10,
                    head_age_max_ms: u64::MAX,
                    ..WalletPolicy::default()
                },
                pools: BTreeMap::from([(id, pool)]),
                owner: format!("test:{}", uuid::Uuid::now_v7()),
                is_gone: |_| true,
                stop: Stop::default(),
                progress: watch::Sender::new(Tally::default()),
            }
        }

        async fn run(&self) -> Result<RunReport, PayoutError> {
            let options = RunOptions {
                once: true,
                ..RunOptions::default()
            };
            self.engine().await.run(&options).await
        }

        /// Runs until everyone is held and sent, and stops there: nobody mines.
        async fn run_until_sent(&mut self) {
            self.mining = None;
            let options = RunOptions {
                once: true,
                deadline_ms: Some(300),
                ..RunOptions::default()
            };
            let report = self.engine().await.run(&options).await.unwrap();
            assert!(report.in_flight > 0);
        }

        fn mine(&mut self) {
            self.mining = Some(self.net.auto_mine(Duration::from_millis(15)));
        }

        async fn refuses(&self, words: &[&str]) {
            let error = self.run().await.unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "{word:?} is not in: {error}");
            }
            assert!(self.net.seen().is_empty(), "nothing was sent");
        }

        async fn exists(&self, key: &str) -> String {
            self.redis
                .command(&["EXISTS", key])
                .await
                .unwrap()
                .trim()
                .to_owned()
        }
    }

    /// The replica has the member: WAIT would only tell of writes of its own connection.
    async fn caught_up(replica: &RedisServer, login: &str) {
        let key = format!("eth:miners:{login}");
        while replica.command(&["EXISTS", &key]).await.unwrap() != ":1" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn members_are_paid_and_nothing_is_left_pending_or_locked() {
        let scene = Scene::new().await;
        let (rich, poor) = (scene.member(3 * ETHER).await, scene.member(ETHER / 2).await);
        let report = scene.run().await.unwrap();
        assert_eq!(report.tally.settled, 1);
        assert_eq!(scene.books(&rich).await, (0, 0, 3 * ETHER));
        assert_eq!(scene.books(&poor).await, (ETHER / 2, 0, 0));
        assert_eq!(
            scene.received(&rich),
            u128::try_from(3 * ETHER).unwrap() * WEI
        );
        assert_eq!(scene.exists("eth:payments:pending").await, ":0");
        assert_eq!(scene.exists("eth:payments:lock").await, ":0");
    }

    #[tokio::test]
    async fn a_redis_that_is_down_moves_nothing() {
        let mut scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene.redis.kill9();
        scene.refuses(&["did not answer"]).await;
        scene.redis.restart().await.unwrap();
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member).await, (0, 0, ETHER));
    }

    #[tokio::test]
    async fn a_redis_that_goes_down_in_the_middle_is_waited_for() {
        let mut scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene.run_until_sent().await;
        scene.redis.kill9();
        scene.mine();
        assert!(scene.run().await.is_err());
        scene.redis.restart().await.unwrap();
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member).await, (0, 0, ETHER));
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI
        );
    }

    #[tokio::test]
    async fn a_read_only_replica_moves_nothing() {
        let primary = RedisServer::start().await.unwrap();
        let replica = RedisServer::replica_of(&primary).await.unwrap();
        let mut scene = Scene::on(primary).await;
        let member = scene.member(ETHER).await;
        caught_up(&replica, &member).await;
        scene.url = replica.url();
        scene.refuses(&["replica"]).await;
    }

    #[tokio::test]
    async fn a_redis_without_memory_or_one_that_evicts_moves_nothing() {
        let scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene
            .redis
            .command(&["CONFIG", "SET", "maxmemory", "1mb"])
            .await
            .unwrap();
        scene.refuses(&["memory"]).await;
        scene
            .redis
            .command(&["CONFIG", "SET", "maxmemory", "1gb"])
            .await
            .unwrap();
        let policy = ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"];
        scene.redis.command(&policy).await.unwrap();
        scene.refuses(&["noeviction"]).await;
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
    }

    #[tokio::test]
    async fn a_redis_without_persistence_moves_nothing() {
        let args = ["--appendonly", "no", "--save", ""];
        let scene = Scene::on(RedisServer::start_with(&args).await.unwrap()).await;
        let member = scene.member(ETHER).await;
        scene.refuses(&["appendonly"]).await;
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
    }

    #[tokio::test]
    async fn entries_that_cannot_be_read_are_left_and_the_others_are_paid() {
        let scene = Scene::new().await;
        let good = scene.member(ETHER).await;
        let (word, negative) = (scene.member(1).await, scene.member(1).await);
        scene.balance_of(&word, "12.5").await;
        scene.balance_of(&negative, "-7000000000").await;
        scene.balance_of("0xnotanaddress", "7000000000").await;
        let report = scene.run().await.unwrap();
        assert_eq!(report.tally.settled, 1);
        assert_eq!(report.unreadable.len(), 2, "{report:?}");
        assert_eq!(report.skipped.len(), 1, "{report:?}");
        assert_eq!(scene.books(&good).await, (0, 0, ETHER));
        assert_eq!(scene.field(&negative, "balance").await, -7 * ETHER);
    }

    #[tokio::test]
    async fn another_payers_lock_or_row_stops_before_anything_moves() {
        let scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene
            .redis
            .command(&["SET", "eth:payments:lock", "0xabc:5"])
            .await
            .unwrap();
        scene.refuses(&["0xabc:5", "payouts resolve"]).await;
        scene
            .redis
            .command(&["DEL", "eth:payments:lock"])
            .await
            .unwrap();
        let row = format!("{member}:5");
        scene
            .redis
            .command(&["ZADD", "eth:payments:pending", "1795208817", &row])
            .await
            .unwrap();
        scene.refuses(&[&row, "payouts resolve"]).await;
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
        assert_eq!(scene.exists("eth:payments:lock").await, ":0");
    }

    #[tokio::test]
    async fn a_redis_restored_from_an_older_dump_is_refused_until_reconciled() {
        let mut scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene
            .redis
            .command(&["CONFIG", "SET", "appendonly", "no"])
            .await
            .unwrap();
        scene.redis.command(&["SAVE"]).await.unwrap();
        let dump = scene.redis.dir().join("dump.rdb");
        let old = std::fs::read(&dump).unwrap();
        scene
            .redis
            .command(&["CONFIG", "SET", "save", "3600 1"])
            .await
            .unwrap();
        assert_eq!(scene.run().await.unwrap().tally.settled, 1);
        scene.redis.kill9();
        let aof = scene.redis.dir().join("appendonlydir");
        if aof.exists() {
            std::fs::remove_dir_all(aof).unwrap();
        }
        std::fs::write(&dump, old).unwrap();
        let restored = RedisServer::start_with(&[
            "--appendonly",
            "no",
            "--save",
            "3600 1",
            "--dir",
            scene.redis.dir().to_str().unwrap(),
        ])
        .await
        .unwrap();
        scene.url = restored.url();
        let before = std::mem::replace(&mut scene.redis, restored);
        assert_eq!(
            scene.books(&member).await,
            (ETHER, 0, 0),
            "the older copy owes it again"
        );
        let error = scene.run().await.unwrap_err().to_string();
        assert!(error.contains("reconcile"), "{error}");
        let options = ReconcileOptions {
            reason: "restored".into(),
            adopt: true,
            ..Default::default()
        };
        let done = scene.engine().await.reconcile(&options).await.unwrap();
        assert_eq!(done.reapplied.len(), 1);
        assert_eq!(scene.books(&member).await, (0, 0, ETHER));
        scene.run().await.unwrap();
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI,
            "paid once"
        );
        drop(before);
    }

    #[tokio::test]
    async fn a_failover_to_a_replica_that_missed_our_hold_is_refused_until_reconciled() {
        let primary = RedisServer::start().await.unwrap();
        let replica = RedisServer::replica_of(&primary).await.unwrap();
        let mut scene = Scene::on(primary).await;
        let member = scene.member(ETHER).await;
        caught_up(&replica, &member).await;
        replica.command(&["REPLICAOF", "NO", "ONE"]).await.unwrap();
        scene.run_until_sent().await;
        scene.url = replica.url();
        let lost = std::mem::replace(&mut scene.redis, replica);
        scene.mine();
        let error = scene.run().await.unwrap_err().to_string();
        assert!(error.contains("reconcile"), "{error}");
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
        let options = ReconcileOptions {
            reason: "failover".into(),
            adopt: true,
            dry_run: false,
        };
        scene.engine().await.reconcile(&options).await.unwrap();
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member).await, (0, 0, ETHER));
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI,
            "paid once"
        );
        drop(lost);
    }

    /// What open-ethereum-pool's own repair run does with every pending row it finds.
    async fn original_repair(scene: &Scene, login: &str, units: i64) {
        let (key, text) = (format!("eth:miners:{login}"), units.to_string());
        let (less, row) = (format!("-{text}"), format!("{login}:{text}"));
        for words in [
            vec!["HINCRBY", &key, "balance", &text],
            vec!["HINCRBY", &key, "pending", &less],
            vec!["HINCRBY", "eth:finances", "balance", &text],
            vec!["HINCRBY", "eth:finances", "pending", &less],
            vec!["ZREM", "eth:payments:pending", &row],
            vec!["DEL", "eth:payments:lock"],
        ] {
            scene.redis.command(&words).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_originals_own_repair_run_against_a_sent_payment_pays_once() {
        let mut scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene.run_until_sent().await;
        original_repair(&scene, &member, ETHER).await;
        assert_eq!(scene.books(&member).await, (ETHER, 0, 0));
        scene.mine();
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member).await, (0, 0, ETHER));
        scene.run().await.unwrap();
        assert_eq!(
            scene.received(&member),
            u128::try_from(ETHER).unwrap() * WEI,
            "paid once"
        );
        assert_eq!(scene.exists("eth:payments:pending").await, ":0");
    }

    #[tokio::test]
    async fn what_the_unlocker_credits_while_we_hold_stays() {
        let mut scene = Scene::new().await;
        let member = scene.member(ETHER).await;
        scene.run_until_sent().await;
        let key = format!("eth:miners:{member}");
        scene
            .redis
            .command(&["HINCRBY", &key, "balance", "123"])
            .await
            .unwrap();
        scene.mine();
        scene.run().await.unwrap();
        assert_eq!(scene.books(&member).await, (123, 0, ETHER));
    }

    #[tokio::test]
    async fn an_entry_spoilt_while_in_flight_stops_only_its_own_member() {
        let mut scene = Scene::new().await;
        let (spoilt, good) = (scene.member(ETHER).await, scene.member(2 * ETHER).await);
        scene.run_until_sent().await;
        scene.balance_of(&spoilt, "12.5").await;
        scene.mine();
        let options = RunOptions {
            once: true,
            deadline_ms: Some(700),
            ..RunOptions::default()
        };
        let report = scene.engine().await.run(&options).await.unwrap();
        assert_eq!((report.tally.settled, report.in_flight), (1, 1));
        assert_eq!(scene.books(&good).await, (0, 0, 2 * ETHER));
        scene.balance_of(&spoilt, "0").await;
        scene.run().await.unwrap();
        assert_eq!(scene.books(&spoilt).await, (0, 0, ETHER));
    }
}
