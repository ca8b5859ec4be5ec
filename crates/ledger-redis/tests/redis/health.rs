//! What a check says of a Redis.

use paydirt_ledger::{Finding, Ledger, Severity};
use paydirt_testkit::RedisServer;

use super::pool::{Pool, ledger};

async fn findings(server: &RedisServer) -> Vec<Finding> {
    ledger(server.url()).health().await.unwrap()
}

fn of<'a>(findings: &'a [Finding], what: &str) -> &'a Finding {
    findings.iter().find(|f| f.what == what).unwrap()
}

#[tokio::test]
async fn a_redis_as_it_should_be_has_nothing_to_say() {
    let server = RedisServer::start().await.unwrap();
    let found = findings(&server).await;
    assert!(
        found.iter().all(|f| f.severity == Severity::Ok),
        "{found:#?}"
    );
    assert_eq!(found.len(), 7);
}

#[tokio::test]
async fn what_could_lose_or_refuse_money_is_found() {
    for (settings, what, severity, word) in [
        (
            &["appendonly", "no"][..],
            "Redis persistence",
            Severity::Fail,
            "loses everything",
        ),
        (
            &["appendonly", "no", "save", "60 1"],
            "Redis persistence",
            Severity::Warn,
            "snapshots",
        ),
        (
            &["appendfsync", "everysec"],
            "Redis persistence",
            Severity::Warn,
            "last second",
        ),
        (
            &["appendfsync", "no"],
            "Redis persistence",
            Severity::Warn,
            "half a minute",
        ),
        (
            &["maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"],
            "Redis memory",
            Severity::Fail,
            "noeviction",
        ),
        (
            &["maxmemory-policy", "allkeys-lru"],
            "Redis memory",
            Severity::Ok,
            "nothing is evicted",
        ),
        (
            &["maxmemory", "100mb"],
            "Redis memory",
            Severity::Ok,
            "noeviction",
        ),
        (
            &["maxmemory", "1"],
            "Redis writes",
            Severity::Fail,
            "out of memory",
        ),
        (
            &["min-replicas-to-write", "1"],
            "Redis writes",
            Severity::Fail,
            "replicas",
        ),
    ] {
        let server = RedisServer::start().await.unwrap();
        let mut words = vec!["CONFIG", "SET"];
        words.extend(settings);
        assert_eq!(server.command(&words).await.unwrap(), "+OK");
        let found = findings(&server).await;
        let one = of(&found, what);
        assert_eq!(one.severity, severity, "{settings:?}: {one:?}");
        assert!(one.detail.contains(word), "{settings:?}: {one:?}");
    }
}

#[tokio::test]
async fn a_replica_fails_and_a_primary_with_unawaited_replicas_warns() {
    let primary = RedisServer::start().await.unwrap();
    let replica = RedisServer::replica_of(&primary).await.unwrap();
    let found = findings(&replica).await;
    assert_eq!(of(&found, "Redis role").severity, Severity::Fail);
    let writes = of(&found, "Redis writes");
    assert_eq!(writes.severity, Severity::Fail);
    assert!(writes.detail.contains("primary"), "{}", writes.detail);
    assert_eq!(
        of(&findings(&primary).await, "Redis replicas").severity,
        Severity::Warn
    );
}

#[tokio::test]
async fn without_config_get_it_warns_and_looks_at_info() {
    let server = RedisServer::start_with(&["--rename-command", "CONFIG", ""])
        .await
        .unwrap();
    let found = findings(&server).await;
    let one = of(&found, "Redis persistence");
    assert_eq!(one.severity, Severity::Warn);
    assert!(one.detail.contains("not allowed"), "{}", one.detail);
    assert!(
        found.iter().all(|f| f.severity != Severity::Fail),
        "{found:#?}"
    );
}

#[tokio::test]
async fn a_failed_snapshot_fails_the_check_and_moves_nothing() {
    let mut pool = Pool::with(&[("0xa", 5)]).await;
    pool.do_raw(&["CONFIG", "SET", "save", "3600 1"]).await;
    // A directory in the snapshot's place.
    std::fs::create_dir(pool.server.dir().join("dump.rdb")).unwrap();
    pool.do_raw(&["BGSAVE"]).await;
    while pool.server.info("persistence").await.unwrap()["rdb_last_bgsave_status"] != "err" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let found = pool.ledger.health().await.unwrap();
    assert_eq!(of(&found, "Redis on disk").severity, Severity::Fail);
    assert_eq!(of(&found, "Redis writes").severity, Severity::Fail);
    let error = pool.hold(&[super::pool::leg("0xa", 5)]).await.unwrap_err();
    assert!(error.to_string().contains("can't save to disk"), "{error}");
    assert_eq!(pool.account("0xa").await, ["5", "0", "0"]);
}
