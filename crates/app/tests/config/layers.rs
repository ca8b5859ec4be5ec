//! Which layer wins, and what paths are relative to.

use std::path::Path;

use paydirt_app::config::{
    ChainKind, Contracts, Fees, Finality, LogLevel, Settings, Signer, Sources, When, load,
};
use paydirt_money::{Amount, BaseUnits, Coin};

use crate::{Files, GOOD, ethereum, loaded, payouts, shown};

#[test]
fn defaults_are_what_nobody_set() {
    let settings = loaded(GOOD, &[], &[]).unwrap();
    let chain = ethereum(&settings, "eth");
    assert_eq!(settings.chains["eth"].kind(), ChainKind::Ethereum);
    assert_eq!(
        (chain.quorum, chain.timeout_ms, chain.max_in_flight),
        (1, 10_000, 256)
    );
    assert_eq!(
        (chain.fees, chain.contracts),
        (Fees::Auto, Contracts::Refuse)
    );
    assert_eq!(chain.fee_cap, BaseUnits::new(200_000_000_000));
    assert_eq!(chain.cancel_fee_cap, BaseUnits::new(250_000_000_000));
    assert_eq!(
        chain.finality,
        Finality::Signalled {
            release_confirmations: 36
        }
    );
    let payouts = payouts(&settings, "eth");
    assert_eq!(
        payouts.minimum,
        Amount::parse("0.5 ETH", Coin::ETH).unwrap()
    );
    assert_eq!(
        payouts.when,
        When::Interval {
            interval_ms: 7_200_000
        }
    );
    assert!(payouts.enabled && !payouts.bgsave);
    assert_eq!(
        shown(&settings, "chain.eth.timeout_ms"),
        ("10000".into(), "default".into())
    );
}

#[test]
fn files_beat_defaults_later_files_earlier_ones_the_environment_files_and_set_everything() {
    let files = Files::new();
    let first = files.write("first.toml", GOOD);
    let second = files.write(
        "second.toml",
        "[chain.eth]\ntimeout_ms = 2000\npoll_ms = 20\n",
    );
    let mut sources = Sources {
        files: vec![first],
        ..Sources::default()
    };
    let timeout = |sources: &Sources| {
        let settings = load(sources).unwrap();
        let (_, from) = shown(&settings, "chain.eth.timeout_ms");
        (ethereum(&settings, "eth").timeout_ms, from)
    };
    assert_eq!(timeout(&sources), (10_000, "default".into()));
    sources.files.push(second.clone());
    assert_eq!(timeout(&sources), (2_000, second.display().to_string()));
    sources.environment = [("PAYDIRT__CHAIN__ETH__TIMEOUT_MS", "3000")]
        .into_iter()
        .collect();
    assert_eq!(timeout(&sources), (3_000, "the environment".into()));
    sources.set = vec!["chain.eth.timeout_ms=4000".into()];
    assert_eq!(timeout(&sources), (4_000, "the command line".into()));
    sources.set.push("chain.eth.timeout_ms=5000".into());
    assert_eq!(timeout(&sources), (5_000, "the command line".into()));
    assert_eq!(ethereum(&load(&sources).unwrap(), "eth").poll_ms, 20);
}

#[test]
fn every_kind_of_value_can_be_set_as_text() {
    let set = [
        "chain.eth.endpoints=http://127.0.0.1:1, http://127.0.0.1:2",
        "chain.eth.quorum=1",
        "chain.eth.allow_unknown_peers=true",
        "chain.eth.confirmations=3",
        "chain.eth.reserve=0.25 ETH",
        "chain.eth.fee_cap=20 gwei",
        "pool.eth.payouts.require_peers=7",
        "log.level=debug",
    ];
    let settings = loaded(GOOD, &[], &set).unwrap();
    let chain = ethereum(&settings, "eth");
    assert_eq!((chain.endpoints.len(), chain.quorum), (2, 1));
    assert!(chain.allow_unknown_peers);
    let three = Finality::Depth {
        confirmations: 3,
        release_confirmations: 9,
    };
    assert_eq!(chain.finality, three);
    assert_eq!(payouts(&settings, "eth").finality, three);
    assert_eq!(payouts(&settings, "eth").require_peers, 7);
    assert_eq!(chain.reserve, BaseUnits::new(250_000_000_000_000_000));
    assert_eq!(chain.cancel_fee_cap, BaseUnits::new(25_000_000_000));
    assert_eq!(settings.log.level, LogLevel::Debug);
}

#[test]
fn paths_in_a_file_are_relative_to_it_and_elsewhere_to_the_working_directory() {
    let files = Files::new();
    let sources = Sources {
        files: vec![files.write(
            "paydirt.toml",
            &format!("{GOOD}[database]\nurl = \"sqlite://a.db\""),
        )],
        set: vec!["wallet.hot.keystore=other.json".into()],
        ..Sources::default()
    };
    let settings = load(&sources).unwrap();
    assert_eq!(settings.database.path(), Some(&*files.path("a.db")));
    let Signer::Keystore { file, password } = &settings.wallets["hot"].signer else {
        panic!()
    };
    assert_eq!(file.to_str(), Some("other.json"));
    assert!(format!("{password:?}").contains(files.path("hot.pass").to_str().unwrap()));
    let settings = load(&Sources {
        set: vec!["database.url=sqlite://b.db".into()],
        ..sources
    });
    assert_eq!(settings.unwrap().database.path(), Some("b.db".as_ref()));
}

#[test]
fn the_journal_is_beside_the_first_file_unless_it_is_said_where() {
    let (first, second) = (Files::new(), Files::new());
    let sources = Sources {
        files: vec![
            first.write("paydirt.toml", GOOD),
            second.write("more.toml", "[log]\nlevel = \"warn\""),
        ],
        ..Sources::default()
    };
    let path = |settings: Settings| settings.database.path().map(Path::to_owned);
    let beside_first = Some(first.path("paydirt.db"));
    assert_eq!(path(load(&sources).unwrap()), beside_first);
    let taken_back = load(&Sources {
        set: vec!["database.url=".into()],
        ..sources
    });
    assert_eq!(path(taken_back.unwrap()), beside_first);
    let none = load(&Sources::default()).unwrap();
    assert_eq!(path(none), Some("paydirt.db".into()));
}

#[test]
fn a_pool_may_have_finality_and_peers_of_its_own() {
    let own = "confirmations = 20\nrequire_peers = 25\n";
    let settings = loaded(
        &format!("{GOOD}{own}"),
        &[],
        &["chain.eth.confirmations=auto"],
    )
    .unwrap();
    let auto = Finality::Auto {
        confirmations: 12,
        release_confirmations: 36,
    };
    assert_eq!(ethereum(&settings, "eth").finality, auto);
    let own = payouts(&settings, "eth");
    let twenty = Finality::Depth {
        confirmations: 20,
        release_confirmations: 60,
    };
    assert_eq!((own.finality, own.require_peers), (twenty, 25));
    let deeper = format!("{GOOD}release_confirmations = 50\n");
    let settings = loaded(&deeper, &[], &["chain.eth.confirmations=12"]).unwrap();
    let inherited = Finality::Depth {
        confirmations: 12,
        release_confirmations: 50,
    };
    assert_eq!(payouts(&settings, "eth").finality, inherited);
}

#[test]
fn a_wallet_knows_its_pools() {
    let settings = loaded(GOOD, &[], &[]).unwrap();
    let names: Vec<&str> = settings.pools_of("hot").map(|paid| paid.name).collect();
    assert_eq!(names, ["eth"]);
    assert_eq!(settings.pools_of("eth").count(), 0);
}
