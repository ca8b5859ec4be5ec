//! A storage pool: how its days are settled, and what is refused.

use paydirt_app::config::{
    ChainConfig, Credit, Due, FilecoinNetwork, IncomeSource, Losses, NetworkFee, Oversold,
    PayoutMode, PowerBasis, PowerFallback, Settings, SettlementConfig, VestingConfig, Whole,
};
use paydirt_money::{Amount, Coefficient, Coin};
use paydirt_schedule::{Day, Tz};

use crate::{GOOD, loaded, refused, shown};

/// The least that there is to decide.
const LEAST: &str = r#"
time_zone = "Asia/Shanghai"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[pool.space]
chain = "fil"
ledger = "sql"
first_day = "2026-11-01"
power_basis = "raw"
[pool.space.stream.mainnet]
"#;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn settlement(settings: &Settings) -> &SettlementConfig {
    settings.pools["space"].settlement().unwrap()
}

/// `LEAST` with these lines in the pool's section.
fn with(lines: &str) -> String {
    LEAST.replace(
        "power_basis = \"raw\"\n",
        &format!("power_basis = \"raw\"\n{lines}\n"),
    )
}

#[test]
fn a_storage_pool_needs_no_node_no_wallet_and_no_payouts() {
    let settings = loaded(LEAST, &[], &[]).unwrap();
    let pool = &settings.pools["space"];
    assert!(pool.paid().is_none() && pool.wallet.is_none() && pool.redis().is_none());
    assert_eq!(settings.paid().count(), 0);
    let chain = &settings.chains["fil"];
    assert_eq!(chain.coin(), Coin::FIL);
    let ChainConfig::Filecoin(chain) = chain else {
        panic!("{chain:?}");
    };
    assert!(chain.endpoints.is_empty() && chain.token.is_none());
    assert_eq!(chain.network, FilecoinNetwork::Mainnet);
}

#[test]
fn what_a_storage_pool_leaves_unsaid_has_its_default() {
    let settings = loaded(LEAST, &[], &[]).unwrap();
    assert_eq!(settings.pools["space"].zones, Tz::Asia__Shanghai.into());
    let of = settlement(&settings);
    assert_eq!(of.first_day, day("2026-11-01"));
    assert_eq!(of.settle_cron.normalised(), "15 0 * * *");
    assert!(of.miners.is_empty() && of.wallets.is_empty() && of.income_senders.is_empty());
    let whole = Whole::Pool {
        basis: PowerBasis::Raw,
        fallback: PowerFallback::None,
    };
    assert_eq!((of.whole, of.oversold), (whole, Oversold::Refuse));
    assert_eq!(
        (of.losses, of.coefficient),
        (Losses::Book, Coefficient::ONE)
    );
    assert_eq!(of.max_import_rows, 100_000);
    let stream = &of.streams["mainnet"];
    assert_eq!(
        (stream.source, stream.credit),
        (IncomeSource::Entry, Credit::Available)
    );
    assert_eq!(
        (stream.due, &stream.vesting),
        (Due::Daily, &VestingConfig::AtOnce)
    );
    assert_eq!((stream.from, stream.until), (None, None));
    assert!(stream.is_due_on(Day::FIRST) && stream.is_due_on(Day::LAST));
}

#[test]
fn everything_of_a_storage_pool_can_be_decided() {
    let text = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
endpoints = ["http://127.0.0.1:1234/rpc/v1"]
token_file = "lotus.token"
network = "calibration"
[pool.space]
chain = "fil"
ledger = "sql"
time_zone = "Asia/Shanghai"
time_zone_changes = ["2028-01-01 UTC", "2027-01-01 Europe/Berlin"]
first_day = 2026-11-01
settle_cron = "0 30 1 * * *"
miners = ["t01234", "t05678"]
wallets = ["t09876"]
income_senders = ["t05432"]
whole = "pool"
power_basis = "quality-adjusted"
power_fallback = "previous"
oversold = "scale"
coefficient = "0.8"
losses = "carry"
max_import_rows = 20000000
[pool.space.stream.mainnet]
source = "chain"
vesting = { immediate = "0.25", linear_days = 180 }
[pool.space.stream.bonus]
credit = "transfer"
due = "when_recorded"
from = "2026-12-01"
until = "2027-06-01"
vesting = { immediate = 0, dates = ["2027-01-01", "2027-07-01"] }
"#;
    let settings = loaded(text, &[], &[]).unwrap();
    let zones = &settings.pools["space"].zones;
    let found = ["2026-12-31", "2027-01-01", "2028-01-01"].map(|of| zones.zone_on(day(of)));
    assert_eq!(found, [Tz::Asia__Shanghai, Tz::Europe__Berlin, Tz::UTC]);
    let of = settlement(&settings);
    assert_eq!(of.settle_cron.normalised(), "0 30 1 * * *");
    assert_eq!((of.miners.len(), of.wallets.len()), (2, 1));
    assert_eq!(of.income_senders, ["t05432"]);
    let whole = Whole::Pool {
        basis: PowerBasis::QualityAdjusted,
        fallback: PowerFallback::Previous,
    };
    assert_eq!(
        (of.whole, of.oversold, of.losses),
        (whole, Oversold::Scale, Losses::Carry)
    );
    assert_eq!(of.coefficient.millionths(), 800_000);
    assert_eq!(of.max_import_rows, 20_000_000);
    let (mainnet, bonus) = (&of.streams["mainnet"], &of.streams["bonus"]);
    let linear = VestingConfig::Linear {
        immediate_millionths: 250_000,
        days: 180,
    };
    assert_eq!(
        (mainnet.source, &mainnet.vesting),
        (IncomeSource::Chain, &linear)
    );
    let dates = VestingConfig::Dates {
        immediate_millionths: 0,
        dates: vec![day("2027-01-01"), day("2027-07-01")],
    };
    assert_eq!(
        (bonus.credit, bonus.due, &bonus.vesting),
        (Credit::Transfer, Due::WhenRecorded, &dates)
    );
    let due = ["2026-11-30", "2026-12-01", "2027-05-31", "2027-06-01"];
    assert_eq!(
        due.map(|of| bonus.is_due_on(day(of))),
        [false, true, true, false]
    );
}

#[test]
fn a_pools_days_are_due_by_its_own_clock() {
    let settings = loaded(
        LEAST,
        &[],
        &["time_zone=UTC", "pool.space.time_zone=Asia/Shanghai"],
    );
    let schedule = settings.unwrap().pools["space"].settle_schedule().unwrap();
    let due = schedule.due_at(day("2026-11-20")).unwrap();
    assert_eq!(due.to_string(), "2026-11-20T16:15:00.000Z");
    let on_redis = loaded(GOOD, &[], &[]).unwrap();
    assert!(on_redis.pools["eth"].settle_schedule().is_none());
}

#[test]
fn lists_can_be_set_as_text_with_commas() {
    let environment = [
        ("PAYDIRT__POOL__SPACE__MINERS", "f01234, f05678"),
        (
            "PAYDIRT__POOL__SPACE__STREAM__MAINNET__VESTING__IMMEDIATE",
            "0.5",
        ),
        (
            "PAYDIRT__POOL__SPACE__STREAM__MAINNET__VESTING__LINEAR_DAYS",
            "90",
        ),
        ("PAYDIRT__CHAIN__FIL__TOKEN", "canary"),
    ];
    let set = ["pool.space.time_zone_changes=2027-01-01 UTC,2028-01-01 Asia/Tokyo"];
    let settings = loaded(LEAST, &environment, &set).unwrap();
    let of = settlement(&settings);
    assert_eq!(of.miners, ["f01234", "f05678"]);
    assert_eq!(
        settings.pools["space"].zones.zone_on(day("2028-01-01")),
        Tz::Asia__Tokyo
    );
    assert!(matches!(
        of.streams["mainnet"].vesting,
        VestingConfig::Linear { days: 90, .. }
    ));
    assert_eq!(shown(&settings, "chain.fil.token").0, "***");
    let text = format!("{settings:?} {:?}", settings.shown());
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn a_whole_that_is_sold_asks_for_no_power() {
    let sold = LEAST.replace("power_basis = \"raw\"", "whole = \"sold\"");
    assert_eq!(
        settlement(&loaded(&sold, &[], &[]).unwrap()).whole,
        Whole::Sold
    );
    let message = refused(LEAST, &["pool.space.whole=sold"]);
    assert!(
        message.contains("pool.space.power_basis") && message.contains("only for whole = \"pool\""),
        "{message}"
    );
}

#[test]
fn payouts_of_a_storage_pool_may_be_by_request() {
    let wallet = "[wallet.hot]\nchain = \"fil\"\nkeystore = \"hot.json\"\n";
    let payouts = "[pool.space.payouts]\nmode = \"request\"\nminimum = \"0.1 FIL\"\n\
                   approve_above = \"100 FIL\"\nnetwork_fee = \"pool\"\n";
    let text = with("wallet = \"hot\"") + wallet + payouts;
    let settings = loaded(&text, &[], &[]).unwrap();
    let (wallet, payouts) = settings.pools["space"].paid().unwrap();
    assert_eq!(wallet, "hot");
    let PayoutMode::Request(terms) = payouts.mode else {
        panic!("{payouts:?}");
    };
    let hundred = Amount::parse("100 FIL", Coin::FIL).unwrap();
    assert_eq!(
        (terms.approve_above, terms.daily_cap),
        (Some(hundred), None)
    );
    assert_eq!(terms.network_fee, NetworkFee::Pool);
    for (set, expected) in [
        (
            "pool.space.wallet=",
            "is missing; name the wallet that pays",
        ),
        (
            "pool.space.payouts.mode=threshold",
            "is only for mode = \"request\"",
        ),
        (
            "pool.space.payouts.bgsave=true",
            "is only for ledger = \"redis\"",
        ),
        (
            "pool.space.payouts.daily_cap=1 ETH",
            "pool.space.payouts.daily_cap",
        ),
        (
            "pool.space.payouts.network_fee=member",
            "only pool is paid in this version",
        ),
        (
            "pool.space.payouts.network_fee=shared",
            "only pool is paid in this version",
        ),
    ] {
        let message = refused(&text, &[set]);
        assert!(
            message.contains(expected),
            "{set}: no {expected:?} in {message}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_storage_pool_is_named_with_its_cure() {
    for (set, expected) in [
        (
            "chain.fil.coin=ETH",
            "is not Filecoin's coin; write coin = \"FIL\"",
        ),
        (
            "chain.fil.network=Main Net",
            "write mainnet, calibration, or the name",
        ),
        ("chain.fil.fee_cap=1 gwei", "is not a key known here"),
        ("chain.fil.token=canary", "a secret does not belong here"),
        (
            "pool.space.first_day=",
            "is missing; write the day with which settling begins",
        ),
        (
            "pool.space.first_day=2026-11-31",
            "there is no such day; write YYYY-MM-DD",
        ),
        (
            "pool.space.first_day=2026-1-1",
            "it has another form; write YYYY-MM-DD",
        ),
        (
            "pool.space.power_basis=",
            "say which power is meant: power_basis = \"raw\"",
        ),
        (
            "pool.space.power_basis=adjusted",
            "write one of: raw, quality-adjusted",
        ),
        ("pool.space.settle_cron=15 0 * *", "it has 4 fields"),
        ("pool.space.time_zone=Shanghai", "write its IANA name"),
        (
            "pool.space.time_zone_changes=UTC",
            "write the first day and the zone",
        ),
        (
            "pool.space.time_zone_changes=2027-01-01 Mars/X",
            "is no time zone known here",
        ),
        (
            "pool.space.time_zone_changes=2027-01-01 UTC,2027-01-01 Asia/Tokyo",
            "two time zones are to hold from 2027-01-01 on; remove one of them",
        ),
        (
            "pool.space.miners=t01234",
            "\"t01234\" is no address of this network",
        ),
        (
            "pool.space.miners=f1abc",
            "is no miner's id; write it as f01234",
        ),
        (
            "pool.space.miners=f01234,f01234",
            "\"f01234\": is there twice; remove one",
        ),
        ("pool.space.wallets=0x12", "is no address of this network"),
        (
            "pool.space.coefficient=1.0000001",
            "write 0.8, with at most 6 decimals",
        ),
        ("pool.space.coefficient=-1", "pool.space.coefficient"),
        ("pool.space.oversold=scal", "did you mean scale?"),
        ("pool.space.losses=x", "write one of: book, carry"),
        (
            "pool.space.max_import_rows=0",
            "write a whole number from 1 to 20000000",
        ),
        (
            "pool.space.max_import_rows=20000001",
            "write a whole number from 1 to 20000000",
        ),
        (
            "pool.space.redis_url=redis://h",
            "is only for ledger = \"redis\"",
        ),
        (
            "pool.space.stream.mainnet.source=file",
            "write one of: chain, entry",
        ),
        (
            "pool.space.stream.mainnet.credits=transfer",
            "did you mean credit?",
        ),
        (
            "pool.space.stream.mainnet.due=weekly",
            "write one of: daily, when_recorded",
        ),
        ("pool.space.stream.mainnet.from=soon", "write YYYY-MM-DD"),
        (
            "pool.space.stream.mainnet.vesting.immediate=0.5",
            "nothing says when the rest comes",
        ),
        (
            "pool.space.stream.mainnet.vesting.immediate=1.5",
            "is no part of a whole",
        ),
        (
            "pool.space.stream.mainnet.vesting.linear_days=180",
            "nothing would be left to wait",
        ),
        (
            "pool.space.stream.mainnet.vesting=0.5",
            "[pool.space.stream.mainnet.vesting]",
        ),
        (
            "pool.space.stream.mainnet=1",
            "write a section [pool.space.stream.NAME]",
        ),
        ("pool.space.stream=1", "write a section [pool.space.stream]"),
    ] {
        let message = refused(LEAST, &[set]);
        assert!(
            message.contains(expected),
            "{set}: no {expected:?} in {message}"
        );
        assert!(!message.contains("canary"), "{message}");
    }
    for (vesting, expected) in [
        (
            "{ immediate = 0.25, linear_days = 180 }",
            "write it in quotes",
        ),
        (
            "{ immediate = \"0.25\", linear_days = 0 }",
            "write a whole number from 1 to 3660",
        ),
        (
            "{ immediate = \"0\", dates = [] }",
            "write 1 to 1000 days, the earliest first",
        ),
        (
            "{ immediate = \"0\", dates = [\"2027-02-01\", \"2027-01-01\"] }",
            "is no list of days in their order",
        ),
        (
            "{ immediate = \"0\", linear_days = 1, dates = [\"2027-01-01\"] }",
            "linear_days is set too; remove one of them",
        ),
        ("{ immediate = \"0\", day = 1 }", "is not a key known here"),
    ] {
        let message = refused(&format!("{LEAST}vesting = {vesting}\n"), &[]);
        assert!(
            message.contains(expected),
            "{vesting}: no {expected:?} in {message}"
        );
    }
    let span = "from = \"2027-01-01\"\nuntil = \"2027-01-01\"\n";
    let message = refused(&format!("{LEAST}{span}"), &[]);
    assert!(
        message.contains("is not after from, 2027-01-01"),
        "{message}"
    );
    let message = refused(&LEAST.replace("[pool.space.stream.mainnet]", ""), &[]);
    assert!(
        message.contains("pool.space.stream: is missing; add a section"),
        "{message}"
    );
    let message = refused(&LEAST.replace("stream.mainnet", "stream.Main"), &[]);
    assert!(message.contains("name it with a-z, 0-9 and _"), "{message}");
}

#[test]
fn keys_of_storage_pools_have_no_place_in_a_pool_on_redis() {
    for set in [
        "pool.eth.first_day=2026-11-01",
        "pool.eth.miners=f01234",
        "pool.eth.stream.mainnet.source=entry",
        "pool.eth.payouts.daily_cap=1 ETH",
    ] {
        let message = refused(GOOD, &[set]);
        assert!(
            message.contains("is only for ledger = \"sql\"; remove it"),
            "{set}: {message}"
        );
    }
}

#[test]
fn a_pool_of_an_ethereum_style_chain_can_be_settled_too() {
    let own = LEAST.replace(
        "kind = \"filecoin\"\ncoin = \"FIL\"",
        "kind = \"ethereum\"\ncoin = \"ETC\"",
    );
    let settings = loaded(&own, &[], &[]).unwrap();
    assert!(settings.pools["space"].settlement().is_some());
    let message = refused(&own, &["pool.space.miners=f01234"]);
    assert!(
        message.contains("is only for a Filecoin chain"),
        "{message}"
    );
    let wallet = format!("{own}[wallet.hot]\nchain = \"fil\"\nkeystore = \"hot.json\"\n");
    let message = refused(&wallet, &[]);
    assert!(message.contains("chain.fil.endpoints: is missing; name at least one node"));
}

#[test]
fn a_miner_belongs_to_one_pool() {
    let other = LEAST
        .split_once("[pool.space]")
        .unwrap()
        .1
        .replace("pool.space", "pool.two");
    let both = format!("{LEAST}[pool.two]{other}");
    assert_eq!(loaded(&both, &[], &[]).unwrap().pools.len(), 2);
    let set = ["pool.space.miners=f01234", "pool.two.miners=f05678,f01234"];
    let message = refused(&both, &set);
    let expected = "pool.two.miners: \"f01234\": [pool.space] has it too; name it in one pool";
    assert!(message.contains(expected), "{message}");
}
