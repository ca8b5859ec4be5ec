//! From settings to engines: what an operator decided is what the engine works by.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::sync::Arc;

use paydirt_app::AppError;
use paydirt_app::config::{Environment, Settings, Sources, load};
use paydirt_app::wire::{Scope, engines};
use paydirt_chain::Finality;
use paydirt_ledger::memory::MemoryJournal;
use paydirt_payouts::{Engine, FinalityChoice, Stop};
use paydirt_schedule::SystemClock;

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
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), CONFIG).unwrap();
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
    let journal = Arc::new(MemoryJournal::new(Arc::new(SystemClock)));
    let wired = engines(&settings(more), &["hot"], journal, &Stop::default()).await?;
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
