//! What is refused, and what the message says.

use paydirt_app::config::{Sources, load};

use crate::{Files, GOOD, loaded, refused};

/// `GOOD` with one line replaced.
fn with(line: &str, other: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replace(line, other)
}

/// Each replaced line with what the message must contain.
const REPLACED: [(&str, &str, &[&str]); 29] = [
    (
        "coin = \"ETH\"",
        "",
        &["chain.eth.coin: is missing; name the coin, as coin = \"ETH\""],
    ),
    (
        "coin = \"ETH\"",
        "coin = \"eth\"",
        &["chain.eth.coin (in ", "write 1 to 12 of A-Z and 0-9"],
    ),
    (
        "coin = \"ETH\"",
        "coin = \"FIL\"",
        &["chain.eth.coin", "write ETH or ETC"],
    ),
    (
        "coin = \"ETH\"",
        "coin = 1",
        &["chain.eth.coin", "is no text; write it in quotes"],
    ),
    ("kind = \"ethereum\"", "", &["chain.eth.kind: is missing"]),
    (
        "kind = \"ethereum\"",
        "kind = \"filecoin\"",
        &[
            "chain.eth.coin",
            "is not Filecoin's coin; write coin = \"FIL\"",
        ],
    ),
    (
        "kind = \"ethereum\"",
        "kind = \"x\"",
        &["chain.eth.kind", "write one of: ethereum, filecoin"],
    ),
    (
        "endpoints = [\"http://127.0.0.1:8545\"]",
        "",
        &["chain.eth.endpoints: is missing; name at least one node"],
    ),
    (
        "endpoints = [\"http://127.0.0.1:8545\"]",
        "endpoints = []",
        &["chain.eth.endpoints", "name at least one node"],
    ),
    (
        "endpoints = [\"http://127.0.0.1:8545\"]",
        "endpoints = [\"ws://127.0.0.1:8545\"]",
        &["its scheme is \"ws\", not http or https; write it as http://127.0.0.1:8545"],
    ),
    (
        "endpoints = [\"http://127.0.0.1:8545\"]",
        "endpoint = [\"http://127.0.0.1:8545\"]",
        &[
            "chain.eth.endpoint (in ",
            "is not a key known here; did you mean endpoints?",
        ],
    ),
    (
        "chain = \"eth\"\nkeystore",
        "chain = \"eht\"\nkeystore",
        &["did you mean eth?"],
    ),
    (
        "keystore = \"hot.json\"",
        "",
        &[
            "wallet.hot.keystore: is missing; name the key file",
            "`paydirt keys new`",
        ],
    ),
    (
        "keystore = \"hot.json\"",
        "signer = \"node\"",
        &[
            "wallet.hot.address: is missing; write the address whose key the node holds",
            "wallet.hot.password_file",
            "is only for signer = \"keystore\"",
        ],
    ),
    (
        "keystore = \"hot.json\"",
        "signer = \"keystor\"",
        &["did you mean keystore? It is one of: keystore, env, node"],
    ),
    (
        "keystore = \"hot.json\"",
        "keystore = \"hot.json\"\naddress = \"0x12\"",
        &["wallet.hot.address", "write 0x and 40 hexadecimal digits"],
    ),
    (
        "wallet = \"hot\"",
        "wallet = \"cold\"",
        &[
            "pool.eth.wallet (in ",
            "there is no [wallet.cold]; add a section [wallet.NAME]",
        ],
    ),
    (
        "ledger = \"redis\"",
        "ledger = \"sql\"",
        &[
            "pool.eth.redis_url (in ",
            "is only for ledger = \"redis\"; remove it",
            "pool.eth.first_day: is missing; write the day with which settling begins",
        ],
    ),
    ("ledger = \"redis\"", "", &["pool.eth.ledger: is missing"]),
    (
        "redis_url = \"redis://127.0.0.1:6379/0\"",
        "redis_url = \"rediss://127.0.0.1:6379/0\"",
        &["pool.eth.redis_url", "its scheme is \"rediss\", not redis"],
    ),
    (
        "redis_url = \"redis://127.0.0.1:6379/0\"",
        "redis_url = \"redis://127.0.0.1/db\"",
        &["has more than the number of a database after the host"],
    ),
    (
        "redis_prefix = \"eth\"",
        "redis_prefix = \"e*\"",
        &["pool.eth.redis_prefix", "none of *?[]"],
    ),
    (
        "minimum = \"0.5 ETH\"",
        "",
        &["pool.eth.payouts.minimum: is missing"],
    ),
    (
        "minimum = \"0.5 ETH\"",
        "minimum = \"0.5 FIL\"",
        &["pool.eth.payouts.minimum", "FIL"],
    ),
    (
        "minimum = \"0.5 ETH\"",
        "minimum = \"5e-1\"",
        &["pool.eth.payouts.minimum", "write 1.5 ETH"],
    ),
    (
        "interval = \"2h\"",
        "interval = \"2 h\"",
        &["cannot read the duration", "120m or 1h30m"],
    ),
    (
        "interval = \"2h\"",
        "cron = \"61 * * * *\"",
        &["pool.eth.payouts.cron", "cannot read the cron"],
    ),
    (
        "interval = \"2h\"",
        "interval = \"2h\"\ncron = \"0 * * * *\"",
        &[
            "pool.eth.payouts.interval",
            "cron is set too; remove one of them",
        ],
    ),
    (
        "interval = \"2h\"",
        "mode = \"request\"",
        &["paid above the minimum, not on request; write mode = \"threshold\""],
    ),
];

#[test]
fn a_wrong_line_is_named_with_its_key_its_fault_and_its_cure() {
    for (line, other, expected) in REPLACED {
        let message = refused(&with(line, other), &[]);
        for text in expected {
            assert!(message.contains(text), "{other}: no {text:?} in {message}");
        }
        assert!(message.starts_with("the configuration cannot be used, nothing was started"));
    }
}

#[test]
fn a_wrong_value_of_an_optional_key_is_named_with_its_fault_and_its_cure() {
    for (set, expected) in [
        (
            "time_zone=Mars/Olympus",
            "is no time zone known here; write its IANA name",
        ),
        (
            "database.url=postgres://localhost",
            "does not end with the name of a database; write it as postgres://paydirt@127.0.0.1",
        ),
        ("database.max_connections=5", "is only for PostgreSQL"),
        (
            "database.url=mysql://localhost/x",
            "is a database of a kind not known here",
        ),
        ("database.url=paydirt.db", "is no database's URL"),
        (
            "log.level=verbose",
            "write one of: error, warn, info, debug, trace",
        ),
        (
            "chain.eth.timeout_ms=0",
            "write a whole number from 100 to 600000, without quotes",
        ),
        ("chain.eth.timeout_ms=1e3", "is no such number"),
        ("chain.eth.timeout_ms=-1", "is no such number"),
        (
            "chain.eth.quorum=2",
            "is neither \"all\" nor a number from 1 to 1 (endpoints)",
        ),
        ("chain.eth.quorum=0", "write how many endpoints must agree"),
        (
            "chain.eth.fees=fixed",
            "is fixed, but there is no gas_price",
        ),
        (
            "chain.eth.gas_price=20 gwei",
            "is only for fees = \"fixed\"",
        ),
        (
            "chain.eth.fee_cap=200",
            "its unit is missing; write a number and its unit",
        ),
        (
            "chain.eth.fee_cap=0 gwei",
            "is 0; write what a unit of gas may cost",
        ),
        (
            "chain.eth.cancel_fee_cap=249 gwei",
            "is below 250000000000 wei, 1.25 times fee_cap",
        ),
        ("chain.eth.reserve=1 FIL", "write 1.5 ETH or 1.5"),
        (
            "chain.eth.gas_limit=20999",
            "write a whole number from 21000 to 16777216",
        ),
        (
            "chain.eth.confirmations=0",
            "is neither \"finalized\", \"auto\" nor a number of blocks",
        ),
        ("chain.eth.contracts=some", "write one of: allow, refuse"),
        (
            "chain.eth.allow_unknown_peers=yes",
            "write true or false, without quotes",
        ),
        ("chain.eth.network=sepoila", "did you mean sepolia?"),
        (
            "wallet.hot.node_signing=send",
            "is only for signer = \"node\"",
        ),
        ("pool.eth.payouts.interval=10ms", "is not from 1s to 8784h"),
        (
            "pool.eth.payuots.minimum=1 ETH",
            "is not a key known here; did you mean payouts?",
        ),
        ("chian.eth.timeout_ms=1", "did you mean chain?"),
        ("chain.eth", "has no '='; write --set section.key=value"),
        (
            "chain.ETH.coin=ETH",
            "is no key: its parts are of a-z, 0-9 and _",
        ),
        ("chain.eth.coin.x=1", "chain.eth.coin"),
        ("chain=1", "is a value; write a section [chain]"),
    ] {
        let message = refused(GOOD, &[set]);
        assert!(
            message.contains(expected),
            "{set}: no {expected:?} in {message}"
        );
    }
}

#[test]
fn what_contradicts_across_keys_and_sections_is_named() {
    let second_chain = r#"
        [chain.etc]
        kind = "ethereum"
        coin = "ETC"
        endpoints = ["http://127.0.0.1:8546"]
        [wallet.etc]
        chain = "etc"
        keystore = "etc.json"
    "#;
    let message = refused(&format!("{GOOD}{second_chain}"), &["pool.eth.wallet=etc"]);
    let expected = "[wallet.etc] is of chain etc, the pool of chain eth; name a wallet of the";
    assert!(message.contains(expected), "{message}");

    let second_pool = |rest: &str| {
        let pool = GOOD
            .split_once("[pool.eth]")
            .unwrap()
            .1
            .replace("pool.eth", "pool.two");
        format!("{GOOD}[pool.two]{pool}{rest}")
    };
    let same = second_pool("").replacen("127.0.0.1:6379/0", "127.0.0.1", 1);
    let message = refused(&same, &[]);
    let expected = "pool.two.redis_prefix: [pool.eth] has the same server, database and prefix";
    assert!(message.contains(expected), "{message}");

    let message = refused(
        &second_pool("confirmations = 5"),
        &["pool.two.redis_prefix=two"],
    );
    let expected = "pool.two.payouts.confirmations: [pool.eth] pays from the same wallet, hot";
    assert!(message.contains(expected), "{message}");

    let shallow = [
        "chain.eth.confirmations=12",
        "chain.eth.release_confirmations=23",
    ];
    assert!(refused(GOOD, &shallow).contains("give at least twice the confirmations"));
    let message = refused(
        GOOD,
        &["chain.eth.network=mainnet", "chain.eth.chain_id=61"],
    );
    assert!(
        message.contains("is the network of chain id 1, but chain_id is 61"),
        "{message}"
    );
    let message = refused(
        GOOD,
        &["chain.eth.fees=fixed", "chain.eth.gas_price=201 gwei"],
    );
    assert!(
        message.contains("chain.eth.gas_price (in the command line): is above fee_cap"),
        "{message}"
    );
}

#[test]
fn two_wallets_may_share_an_address_and_two_pools_a_wallet() {
    let pool = GOOD
        .split_once("[pool.eth]")
        .unwrap()
        .1
        .replace("pool.eth", "pool.two");
    let wallet = "[wallet.again]\nchain = \"eth\"\nkeystore = \"hot.json\"\n";
    let both = format!("{GOOD}[pool.two]{pool}{wallet}");
    let settings = loaded(&both, &[], &["pool.two.redis_prefix=two"]).unwrap();
    assert_eq!(settings.pools_of("hot").count(), 2);
}

#[test]
fn all_problems_are_listed_at_once() {
    let message = refused(
        &with("coin = \"ETH\"", "coni = \"ETH\""),
        &[
            "log.level=x",
            "wallet.hot.chain=x",
            "pool.eth.payouts.interval=x",
            "pool.eth.x=1",
        ],
    );
    let keys = [
        "log.level",
        "chain.eth.coin:",
        "chain.eth.coni",
        "wallet.hot.chain",
        "pool.eth.payouts.interval",
        "pool.eth.x",
    ];
    for key in keys {
        assert!(
            message.contains(&format!("\n  {key}")),
            "{key} in {message}"
        );
    }
    assert_eq!(message.lines().count(), keys.len() + 1, "{message}");
}

#[test]
fn names_are_such_that_the_environment_can_set_them() {
    for name in ["Eth", "\"e.th\"", "\"e th\"", "é-1", "\"\""] {
        let message = refused(&format!("{GOOD}[chain.{name}]\nkind = \"ethereum\"\n"), &[]);
        let readable = message.contains("name it with a-z, 0-9 and _");
        assert!(
            readable || name == "é-1" && message.contains("TOML"),
            "{name}: {message}"
        );
    }
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_named() {
    let files = Files::new();
    let sources = Sources {
        files: vec![
            files.path("none.toml"),
            files.write("bad.toml", "[chain.eth\n"),
        ],
        ..Sources::default()
    };
    let message = load(&sources).unwrap_err().to_string();
    assert!(message.contains("none.toml: cannot be read:"), "{message}");
    assert!(
        message.contains("bad.toml: TOML parse error at line 1"),
        "{message}"
    );
}

#[test]
fn nothing_at_all_is_no_error_but_has_no_pools() {
    let settings = load(&Sources::default()).unwrap();
    assert!(settings.pools.is_empty() && settings.chains.is_empty());
}
