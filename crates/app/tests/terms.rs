//! What the configuration says of a pool, in the words that settling goes by.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use paydirt_app::AppError;
use paydirt_app::config::{Environment, Settings, Sources, load};
use paydirt_app::terms::{pool_terms, settled_pools, stream_of, terms_of};
use paydirt_app::wire::Scope;
use paydirt_books::PowerBasis;
use paydirt_earnings::Oversold;
use paydirt_schedule::Day;
use paydirt_settlement::{Credit, Due, Losses, PowerFallback, Source, Whole};

const CONFIG: &str = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[chain.eth]
kind = "ethereum"
coin = "ETC"
endpoints = ["http://127.0.0.1:1"]
[wallet.hot]
chain = "eth"
signer = "env"
[pool.space]
chain = "fil"
ledger = "sql"
time_zone = "Asia/Shanghai"
first_day = "2026-11-01"
power_basis = "quality-adjusted"
power_fallback = "previous"
oversold = "scale"
losses = "carry"
coefficient = "1.25"
[pool.space.stream.mainnet]
source = "chain"
vesting = { immediate = "0.25", linear_days = 180 }
[pool.space.stream.bonus]
credit = "transfer"
due = "when_recorded"
from = "2026-11-05"
until = "2026-11-10"
vesting = { immediate = "0.5", dates = ["2027-01-01", "2027-07-01"] }
[pool.sold]
chain = "fil"
ledger = "sql"
first_day = "2026-11-01"
whole = "sold"
[pool.sold.stream.main]
[pool.etc]
chain = "eth"
wallet = "hot"
ledger = "redis"
redis_url = "redis://127.0.0.1:1/0"
redis_prefix = "etc"
[pool.etc.payouts]
minimum = "0.5 ETC"
"#;

fn settings() -> Settings {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), CONFIG).unwrap();
    let sources = Sources {
        files: vec![file.path().to_owned()],
        environment: Environment::from_iter([("X", "")]),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn every_choice_of_a_pool_comes_over() {
    let terms = pool_terms(&settings(), "space").unwrap();
    assert_eq!((terms.id.as_str(), terms.coin.symbol()), ("space", "FIL"));
    assert_eq!(terms.first_day, day("2026-11-01"));
    assert_eq!(terms.whole, Whole::Pool(PowerBasis::QualityAdjusted));
    assert_eq!(terms.power_fallback, PowerFallback::Previous);
    assert_eq!(
        (terms.oversold, terms.losses),
        (Oversold::Scale, Losses::Carry)
    );
    assert_eq!(terms.coefficient.to_string(), "1.25");
    assert_eq!(
        terms.zones().zone_on(terms.first_day).to_string(),
        "Asia/Shanghai"
    );
    let mainnet = stream_of(&terms, "mainnet").unwrap();
    assert_eq!(
        (mainnet.source, mainnet.credit),
        (Source::Chain, Credit::Available)
    );
    let vesting = mainnet.vesting.as_ref().unwrap();
    assert_eq!(
        (vesting.immediate.millionths(), vesting.linear_days),
        (250_000, Some(180))
    );
    let sold = pool_terms(&settings(), "sold").unwrap();
    assert_eq!(sold.whole, Whole::Sold);
    assert_eq!(sold.streams[0].vesting, None);
}

#[test]
fn the_day_on_which_a_stream_is_no_more_due_follows_its_last() {
    let terms = pool_terms(&settings(), "space").unwrap();
    let bonus = stream_of(&terms, "bonus").unwrap();
    assert_eq!(
        (bonus.from, bonus.until),
        (Some(day("2026-11-05")), Some(day("2026-11-09")))
    );
    assert_eq!(
        (bonus.credit, bonus.due),
        (Credit::Transfer, Due::WhenRecorded)
    );
    let vesting = bonus.vesting.as_ref().unwrap();
    assert_eq!(vesting.linear_days, None);
    assert_eq!(vesting.dates, [day("2027-01-01"), day("2027-07-01")]);
}

#[test]
fn a_pool_that_is_not_settled_here_is_wrong_usage_and_those_that_are_are_named() {
    let settings = settings();
    assert_eq!(settled_pools(&settings), ["sold", "space"]);
    for name in ["etc", "nowhere"] {
        let refused = pool_terms(&settings, name).unwrap_err();
        assert!(matches!(refused, AppError::Usage { .. }), "{refused}");
        assert!(refused.to_string().contains("sold, space"), "{refused}");
    }
    let all = terms_of(&settings, &Scope::default()).unwrap();
    assert_eq!(all.len(), 2);
}
