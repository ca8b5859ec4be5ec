//! open-ethereum-pool's own configuration file.

use std::path::Path;

use paydirt_app::config::{
    Contracts, Environment, Fees, Finality, NodeSigning, Settings, Signer, Sources, When, load,
};
use paydirt_money::{BaseUnits, Coin};

use crate::{Files, ethereum, payouts, redis, shown};

/// The parts that are read of that pool's `config.example.json`, and some that are not.
const FILE: &str = r#"{
    "threads": 2,
    "coin": "eth",
    "name": "main",
    "proxy": {"enabled": true, "listen": "0.0.0.0:8888"},
    "redis": {"endpoint": "127.0.0.1:6380", "poolSize": 10, "database": 3, "password": ""},
    "payouts": {
        "enabled": true,
        "requirePeers": 25,
        "interval": "120m",
        "daemon": "http://127.0.0.1:8546",
        "timeout": "9s",
        "address": "0x00000000000000000000000000000000000000Aa",
        "gas": "21000",
        "gasPrice": "50000000000",
        "autoGas": true,
        "threshold": 500000000,
        "bgsave": false
    }
}"#;

fn try_load(
    text: &str,
    environment: &[(&'static str, &'static str)],
    set: &[&str],
) -> Result<Settings, String> {
    let files = Files::new();
    load(&Sources {
        open_ethereum_pool: Some(files.write("payouts.json", text)),
        environment: environment.iter().copied().collect::<Environment>(),
        set: set.iter().map(|&set| set.to_owned()).collect(),
        files: Vec::new(),
    })
    .map_err(|error| error.to_string())
}

fn loaded(text: &str) -> Settings {
    try_load(text, &[], &[]).unwrap()
}

#[test]
fn the_file_alone_is_enough() {
    let files = Files::new();
    let path = files.write("payouts.json", FILE);
    let settings = load(&Sources {
        open_ethereum_pool: Some(path),
        ..Sources::default()
    })
    .unwrap();
    assert_eq!(settings.database.path(), Some(&*files.path("paydirt.db")));
    let chain = ethereum(&settings, "eth");
    assert_eq!(
        (chain.coin, chain.timeout_ms, chain.fees),
        (Coin::ETH, 9_000, Fees::Auto)
    );
    assert_eq!(chain.endpoints[0].expose(), "http://127.0.0.1:8546/");
    assert_eq!((chain.chain_id, chain.gas_limit), (None, None));
    assert_eq!(chain.contracts, Contracts::Allow);
    let wallet = &settings.wallets["eth"];
    assert!(matches!(
        wallet.signer,
        Signer::Node {
            signing: NodeSigning::Sign,
            ..
        }
    ));
    assert_eq!(
        wallet.address.as_deref(),
        Some("0x00000000000000000000000000000000000000Aa")
    );
    let pool = &settings.pools["eth"];
    let (wallet, payouts) = pool.paid().unwrap();
    assert_eq!((pool.chain.as_str(), wallet), ("eth", "eth"));
    let redis = redis(&settings, "eth");
    assert_eq!(redis.prefix, "eth");
    let url = redis.connection_url(&settings.environment).unwrap();
    assert_eq!(url.expose(), "redis://127.0.0.1:6380/3");
    assert_eq!(payouts.minimum.units(), 500_000_000);
    assert_eq!(
        payouts.when,
        When::Interval {
            interval_ms: 7_200_000
        }
    );
    let auto = Finality::Auto {
        confirmations: 12,
        release_confirmations: 36,
    };
    assert_eq!((payouts.require_peers, payouts.finality), (25, auto));
    assert!(payouts.enabled && !payouts.bgsave && !settings.resolve_only);
}

#[test]
fn keys_are_found_in_any_case_and_the_last_one_wins() {
    let text = FILE
        .replace("\"threshold\"", "\"Threshold\": 1, \"THRESHOLD\"")
        .replace(
            "\"payouts\"",
            "\"Payouts\": {\"bgsave\": true, \"requirePeers\": 3}, \"PAYOUTS\"",
        )
        .replace("\"requirePeers\": 25,", "");
    let settings = loaded(&text);
    let payouts = payouts(&settings, "eth");
    assert_eq!(
        (payouts.minimum.units(), payouts.require_peers),
        (500_000_000, 3)
    );
    assert!(!payouts.bgsave);
}

#[test]
fn without_auto_gas_its_gas_and_price_are_fixed() {
    let fixed = FILE.replace("\"autoGas\": true", "\"autoGas\": false");
    let settings = loaded(&fixed);
    let chain = ethereum(&settings, "eth");
    let price = BaseUnits::new(50_000_000_000);
    assert_eq!(
        (chain.fees, chain.gas_limit),
        (Fees::Fixed { gas_price: price }, Some(21_000))
    );
    assert_eq!(chain.fee_cap, BaseUnits::new(200_000_000_000));
    let dear = loaded(&fixed.replace("\"50000000000\"", "\"300000000000\""));
    assert_eq!(
        ethereum(&dear, "eth").fee_cap,
        BaseUnits::new(300_000_000_000)
    );
    assert_eq!(
        ethereum(&dear, "eth").cancel_fee_cap,
        BaseUnits::new(375_000_000_000)
    );
}

#[test]
fn the_key_comes_from_a_keystore_else_the_environment_else_the_node() {
    let signer = |environment: &[(&'static str, &'static str)]| {
        try_load(FILE, environment, &[]).map(|settings| settings.wallets["eth"].signer.clone())
    };
    let keystore = ("PAYDIRT_KEYSTORE", "keys/hot.json");
    let password = ("PAYDIRT_PASSWORD_FILE", "keys/hot.pass");
    let Signer::Keystore { file, password } = signer(&[keystore, password]).unwrap() else {
        panic!()
    };
    assert_eq!(file, Path::new("keys/hot.json"));
    assert!(format!("{password:?}").contains("keys/hot.pass"));
    let private = ("PAYDIRT_PRIVATE_KEY", "canary");
    assert!(matches!(
        signer(&[private]).unwrap(),
        Signer::Environment { .. }
    ));
    let both = signer(&[keystore, private]).unwrap_err();
    assert!(
        both.contains("unset one of them") && !both.contains("canary"),
        "{both}"
    );
}

#[test]
fn everything_can_be_overridden() {
    let environment = [("PAYDIRT__POOL__ETH__PAYOUTS__MINIMUM", "1 ETH")];
    let set = [
        "chain.eth.confirmations=3",
        "chain.eth.allow_unknown_peers=true",
        "wallet.eth.node_signing=send",
        "database.url=sqlite://elsewhere.db",
        "pool.eth.payouts.require_peers=0",
    ];
    let settings = try_load(FILE, &environment, &set).unwrap();
    let payouts = payouts(&settings, "eth");
    let three = Finality::Depth {
        confirmations: 3,
        release_confirmations: 9,
    };
    assert_eq!((payouts.finality, payouts.require_peers), (three, 0));
    assert_eq!(payouts.minimum.units(), 1_000_000_000);
    assert!(ethereum(&settings, "eth").allow_unknown_peers);
    assert!(matches!(
        settings.wallets["eth"].signer,
        Signer::Node {
            signing: NodeSigning::Send,
            ..
        }
    ));
    assert_eq!(settings.database.path(), Some("elsewhere.db".as_ref()));
}

#[test]
fn what_the_file_sets_can_be_taken_back() {
    let fixed = FILE.replace("\"autoGas\": true", "\"autoGas\": false");
    let set = [
        "chain.eth.fees=auto",
        "chain.eth.gas_price=",
        "chain.eth.gas_limit=",
        "pool.eth.payouts.interval=",
        "pool.eth.payouts.cron=0 * * * *",
    ];
    let settings = try_load(&fixed, &[], &set).unwrap();
    let chain = ethereum(&settings, "eth");
    assert_eq!((chain.fees, chain.gas_limit), (Fees::Auto, None));
    let when = &payouts(&settings, "eth").when;
    assert!(matches!(when, When::Cron(_)), "{when:?}");
    let missing = try_load(FILE, &[], &["pool.eth.payouts.minimum="]).unwrap_err();
    assert!(missing.contains("pool.eth.payouts.minimum"), "{missing}");
}

#[test]
fn the_pools_prefix_is_kept_and_names_and_coin_are_made_from_it() {
    let settings = loaded(&FILE.replace("\"eth\"", "\"ETC-main\""));
    assert_eq!(redis(&settings, "etc_main").prefix, "ETC-main");
    assert_eq!(ethereum(&settings, "etc_main").coin, Coin::ETH);
    assert_eq!(
        ethereum(&loaded(&FILE.replace("\"eth\"", "\"exp\"")), "exp")
            .coin
            .symbol(),
        "EXP"
    );
}

#[test]
fn its_redis_password_is_used_and_not_shown() {
    let settings = loaded(&FILE.replace("\"password\": \"\"", "\"password\": \"canary/1\""));
    let url = redis(&settings, "eth")
        .connection_url(&settings.environment)
        .unwrap();
    assert_eq!(url.expose(), "redis://:canary%2F1@127.0.0.1:6380/3");
    let text = format!("{settings:?} {:?} {url}", settings.shown());
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(shown(&settings, "pool.eth.redis_password").0, "***");
}

#[test]
fn resolve_payout_is_what_go_takes_as_true() {
    let resolve = |value| {
        try_load(FILE, &[("RESOLVE_PAYOUT", value)], &[]).map(|settings| settings.resolve_only)
    };
    for value in ["1", "True", "true", "t"] {
        assert_eq!(resolve(value), Ok(true), "{value}");
    }
    for value in ["0", "False", ""] {
        assert_eq!(resolve(value), Ok(false), "{value}");
    }
    let unclear = resolve("yes").unwrap_err();
    assert!(
        unclear.contains("RESOLVE_PAYOUT (in the environment)"),
        "{unclear}"
    );
}

#[test]
fn resolve_payout_holds_with_a_configuration_in_toml_too() {
    let resolve = |value| {
        let loaded = super::loaded(super::GOOD, &[("RESOLVE_PAYOUT", value)], &[]);
        loaded.map(|settings| settings.resolve_only)
    };
    assert!(resolve("1").unwrap() && resolve("True").unwrap());
    assert!(!resolve("0").unwrap());
    let unclear = resolve("yes").unwrap_err().to_string();
    assert!(
        unclear.contains("RESOLVE_PAYOUT (in the environment)"),
        "{unclear}"
    );
}

#[test]
fn payouts_that_are_not_enabled_there_are_not_enabled_here() {
    let unsaid = loaded(&FILE.replace("\"enabled\": true,\n        \"req", "\"req"));
    assert!(!payouts(&unsaid, "eth").enabled);
    let disabled = FILE.replace(
        "\"enabled\": true,\n        \"req",
        "\"enabled\": false, \"req",
    );
    assert!(!payouts(&loaded(&disabled), "eth").enabled);
    let again = try_load(&disabled, &[], &["pool.eth.payouts.enabled=true"]).unwrap();
    assert!(payouts(&again, "eth").enabled);
}

#[test]
fn a_wrong_or_missing_key_is_named_as_that_file_names_it() {
    let with = |from: &str, to: &str| {
        assert!(FILE.contains(from), "{from}");
        try_load(&FILE.replace(from, to), &[], &[]).unwrap_err()
    };
    for (from, to, expected) in [
        ("\"threshold\": 500000000,", "", "payouts.threshold (in "),
        (": 500000000", ": 5e8", "payouts.threshold"),
        (
            ": 500000000",
            ": \"500000000\"",
            "write a whole number of 0 or more, without quotes",
        ),
        (": 500000000", ": -1", "payouts.threshold"),
        ("\"coin\": \"eth\"", "\"coin\": \"\"", "coin (in "),
        ("\"http://127.0.0.1:8546\"", "\"\"", "payouts.daemon"),
        ("\"127.0.0.1:6380\"", "\"\"", "redis.endpoint"),
        (
            "\"0x00000000000000000000000000000000000000Aa\"",
            "\"0x12\"",
            "payouts.address",
        ),
        ("\"9s\"", "\"9\"", "payouts.timeout"),
        ("\"120m\"", "\"2 hours\"", "payouts.interval"),
        (
            "\"autoGas\": true",
            "\"autoGas\": 1",
            "is neither true nor false",
        ),
        (
            "\"autoGas\": true",
            "\"gasPrice\": \"5e10\"",
            "payouts.gasPrice",
        ),
    ] {
        let message = with(from, to);
        assert!(
            message.contains(expected),
            "{to}: no {expected:?} in {message}"
        );
    }
    let two = FILE
        .replace(": 500000000", ": -1")
        .replace("\"9s\"", "\"9\"");
    let message = try_load(&two, &[], &[]).unwrap_err();
    assert!(message.contains("payouts.threshold") && message.contains("payouts.timeout"));
    let broken = try_load("{\"coin\": \"canary", &[], &[]).unwrap_err();
    assert!(
        broken.contains("is no JSON") && !broken.contains("canary"),
        "{broken}"
    );
}
