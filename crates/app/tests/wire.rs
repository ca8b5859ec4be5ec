//! From settings to engines: what an operator decided is what the engine works by.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use paydirt_app::AppError;
use paydirt_app::check::check;
use paydirt_app::config::{Environment, Settings, Sources, load};
use paydirt_app::migrate::migrate;
use paydirt_app::payouts::{RunRequest, prepare};
use paydirt_app::wire::{Opened, Scope, engines};
use paydirt_chain::Finality;
use paydirt_ledger::Severity;
use paydirt_payouts::{Engine, FinalityChoice, Stop};

const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const CONFIG: &str = r#"
[chain.eth]
kind = "ethereum"
coin = "ETC"
endpoints = ["http://127.0.0.1:1"]
chain_id = 61
confirmations = "auto"
fee_cap = "50 gwei"
reserve = "1.5 ETC"
replace_after_s = 7
[wallet.hot]
chain = "eth"
signer = "env"
[pool.a]
chain = "eth"
wallet = "hot"
ledger = "redis"
redis_url = "redis://127.0.0.1:1/0"
redis_prefix = "a"
[pool.a.payouts]
minimum = "0.5 ETC"
require_peers = 5
breaker_after = 9
[pool.b]
chain = "eth"
wallet = "hot"
ledger = "redis"
redis_url = "redis://127.0.0.1:1/0"
redis_prefix = "b"
[pool.b.payouts]
minimum = "2 ETC"
require_peers = 25
breaker_after = 2
"#;

fn settings(more: &[&str]) -> Settings {
    settings_of(CONFIG, more)
}

fn settings_of(text: &str, more: &[&str]) -> Settings {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    let variables = [("PAYDIRT_PRIVATE_KEY", KEY)];
    load(&Sources {
        files: vec![file.path().to_owned()],
        environment: Environment::from_iter(variables),
        set: more.iter().map(|text| (*text).to_owned()).collect(),
        ..Sources::default()
    })
    .unwrap()
}

async fn engine(more: &[&str]) -> Result<Engine, AppError> {
    engine_of(&settings(more)).await
}

async fn engine_of(settings: &Settings) -> Result<Engine, AppError> {
    let wired = engines(settings, &["hot"], &Opened::empty(), &Stop::default()).await?;
    Ok(wired.into_iter().next().unwrap().engine)
}

#[tokio::test]
async fn an_engine_has_all_pools_of_its_wallet_and_the_strictest_of_their_limits() {
    let engine = engine(&[]).await.unwrap();
    let pools: Vec<(&str, String)> = engine
        .pools
        .values()
        .map(|pool| (pool.id.as_str(), pool.policy.minimum.to_string()))
        .collect();
    assert_eq!(
        pools,
        [("a", "0.5 ETC".to_owned()), ("b", "2 ETC".to_owned())]
    );
    let policy = &engine.policy;
    assert_eq!((policy.require_peers, policy.breaker_after), (25, 2));
    assert_eq!(policy.fee_cap, 50_000_000_000);
    assert_eq!(policy.reserve, 1_500_000_000_000_000_000);
    assert_eq!(policy.replace_after_ms, 7_000);
    assert_eq!(engine.network.as_deref(), Some("61"));
    assert_eq!(
        engine.address.as_str(),
        "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b"
    );
}

#[tokio::test]
async fn finality_is_detected_fixed_or_signalled_as_configured() {
    let depth = Finality::Depth {
        confirmations: 20,
        release_confirmations: 60,
    };
    for (confirmations, finality, release) in [
        ("auto", FinalityChoice::Detect { confirmations: 12 }, 36),
        ("20", FinalityChoice::Fixed(depth), 60),
        ("finalized", FinalityChoice::Fixed(Finality::Signalled), 36),
    ] {
        let set = format!("chain.eth.confirmations={confirmations}");
        let engine = engine(&[&set]).await.unwrap();
        assert_eq!(engine.finality, finality, "{confirmations}");
        assert_eq!(engine.policy.release_confirmations, release);
    }
}

#[tokio::test]
async fn a_key_of_another_address_than_configured_is_refused() {
    let other = "wallet.hot.address=0x00000000000000000000000000000000000000aa";
    let refused = engine(&[other]).await.err().unwrap();
    assert!(matches!(refused, AppError::OtherKey { .. }), "{refused}");
    assert!(!refused.to_string().contains(KEY));
}

/// Besides the pools above: one that earns on Filecoin, one that is to be paid there, and one
/// whose members are paid on request.
const STORAGE: &str = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[wallet.fil_hot]
chain = "fil"
keystore = "none.json"
[pool.earns]
chain = "fil"
ledger = "sql"
first_day = "2026-11-01"
whole = "sold"
time_zone = "Asia/Shanghai"
time_zone_changes = ["2026-12-01 Europe/Berlin"]
[pool.earns.stream.mainnet]
[pool.fil]
chain = "fil"
wallet = "fil_hot"
ledger = "sql"
first_day = "2026-11-01"
whole = "sold"
settle_cron = "0 3 * * 1"
[pool.fil.stream.mainnet]
[pool.fil.payouts]
minimum = "1 FIL"
[pool.asked]
chain = "eth"
wallet = "hot"
ledger = "sql"
first_day = "2026-11-01"
whole = "sold"
[pool.asked.stream.mainnet]
[pool.asked.payouts]
minimum = "1 ETC"
require_peers = 1
mode = "request"
cron = "0 * * * *"
"#;

fn with_storage_pools(more: &[&str]) -> Settings {
    settings_of(&format!("{CONFIG}{STORAGE}"), more)
}

fn of_pool(name: &str) -> Scope {
    Scope {
        pool: Some(name.to_owned()),
    }
}

async fn refusal(settings: &Settings, pool: &str) -> AppError {
    let request = RunRequest {
        scope: of_pool(pool),
        once: true,
        dry_run: true,
        ..RunRequest::default()
    };
    let prepared = prepare(settings, &request, &Stop::default()).await;
    prepared.err().unwrap()
}

#[tokio::test]
async fn a_pool_on_filecoin_is_refused_and_takes_nobody_with_it() {
    let settings = with_storage_pools(&[]);
    assert_eq!(Scope::default().wallets(&settings).unwrap(), ["hot"]);
    let engine = engine_of(&settings).await.unwrap();
    let pools: Vec<&str> = engine.pools.values().map(|pool| pool.id.as_str()).collect();
    assert_eq!(
        pools,
        ["a", "b"],
        "without books there is nothing of a storage pool to pay"
    );

    let refused = refusal(&settings, "fil").await;
    assert!(matches!(refused, AppError::Policy { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("wallet fil_hot is of a Filecoin chain"),
        "{refused}"
    );
    let refused = refusal(&settings, "earns").await;
    assert!(matches!(refused, AppError::Usage { .. }), "{refused}");
    assert!(
        refused.to_string().contains("earns is not paid"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_storage_pool_is_paid_from_its_books_in_both_modes() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database.url=sqlite://{}/a.db", folder.path().display());
    for mode in ["request", "threshold"] {
        let mode = format!("pool.asked.payouts.mode={mode}");
        let settings = with_storage_pools(&[&database, &mode]);
        migrate(&settings).await.unwrap();
        let request = RunRequest {
            scope: of_pool("asked"),
            once: true,
            ..RunRequest::default()
        };
        prepare(&settings, &request, &Stop::default())
            .await
            .unwrap();
        // What a check says of it does not hang on its node.
        let lines = check(&settings, &of_pool("asked")).await.unwrap();
        let schedule = lines.iter().find(|it| it.what == "pool asked: schedule");
        assert_eq!(schedule.unwrap().severity, Severity::Ok, "{schedule:?}");
    }
}

#[tokio::test]
async fn postgres_is_named_where_it_would_be_opened() {
    let settings = with_storage_pools(&["database.url=postgres://u:canary@127.0.0.1:1/books"]);
    let refused = migrate(&settings).await.unwrap_err();
    assert!(!refused.to_string().contains("canary"), "{refused}");
    let lines = check(&settings, &of_pool("earns")).await.unwrap();
    let database = lines.iter().find(|line| line.what == "database").unwrap();
    assert_eq!(database.severity, Severity::Fail);
    assert!(!database.detail.contains("canary"), "{}", database.detail);
}

#[tokio::test]
async fn a_check_shows_when_each_storage_pool_settles_and_asks_no_node_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database.url=sqlite://{}/a.db", folder.path().display());
    let settings = with_storage_pools(&[&database]);
    let lines = check(&settings, &of_pool("earns")).await.unwrap();
    let failed = lines.iter().find(|line| line.severity != Severity::Ok);
    assert!(failed.is_none(), "{failed:?}");
    let what = "pool earns: settle schedule";
    let line = lines.iter().find(|line| line.what == what).unwrap();
    let (spec, next) = line.detail.split_once(": next ").unwrap();
    assert!(spec.starts_with("15 0 * * * in "), "{spec}");
    let next: Vec<&str> = next.split(", ").collect();
    assert_eq!(next.len(), 3, "{next:?}");
    // In Shanghai or in Berlin, it is a quarter past midnight there.
    assert!(
        next.iter().all(|at| at.contains(" 00:15:00 +0")),
        "{next:?}"
    );

    let lines = check(&settings, &of_pool("fil")).await.unwrap();
    let settling = lines
        .iter()
        .find(|line| line.what == "pool fil: settle schedule");
    assert!(
        settling
            .unwrap()
            .detail
            .starts_with("0 3 * * MON in UTC: next ")
    );
    let warned: Vec<_> = lines
        .iter()
        .filter(|line| line.severity == Severity::Warn)
        .collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0].what, "wallet fil_hot: chain");
    assert!(warned[0].detail.contains("where this version can't pay"));
    assert!(
        lines.iter().all(|line| line.severity != Severity::Fail),
        "{lines:?}"
    );
    let lines = check(&settings, &of_pool("nobody")).await.unwrap_err();
    assert!(
        lines
            .to_string()
            .ends_with("name one of: a, asked, b, earns, fil"),
        "{lines}"
    );
}

#[test]
fn a_pool_that_does_not_exist_is_answered_with_those_that_do() {
    let settings = settings(&[]);
    let scope = |pool: Option<&str>| Scope {
        pool: pool.map(str::to_owned),
    };
    assert_eq!(scope(None).wallets(&settings).unwrap(), ["hot"]);
    assert_eq!(scope(Some("b")).wallets(&settings).unwrap(), ["hot"]);
    let refused = scope(Some("c")).wallets(&settings).unwrap_err();
    assert!(
        refused.to_string().ends_with("name one of: a, b"),
        "{refused}"
    );
}
