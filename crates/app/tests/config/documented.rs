//! The files under `config/` are right, and paydirt.toml has every key.

use std::collections::BTreeSet;
use std::path::PathBuf;

use paydirt_app::config::{Credit, Settings, Sources, VestingConfig, load};

use crate::{Files, ethereum, payouts};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../config")
        .join(name)
}

fn of_text(text: &str) -> Settings {
    let files = Files::new();
    let sources = Sources {
        files: vec![files.write("a.toml", text)],
        ..Sources::default()
    };
    load(&sources).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn values(settings: &Settings) -> Vec<(String, String)> {
    let shown = settings.shown().iter();
    shown
        .map(|shown| (shown.key.clone(), shown.value.clone()))
        .collect()
}

/// The key of a line, whether it is set, commented out, or an example.
fn key_of(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let text = text.strip_prefix(" e.g. ").unwrap_or(text);
    let (key, rest) = text.split_once([' ', '=']).unwrap_or((text, "= "));
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let example = line.starts_with("# e.g. ");
    (plain && (rest.trim_start().starts_with('=') || example)).then_some(key)
}

#[test]
fn every_key_is_documented_and_every_documented_key_exists() {
    let text = std::fs::read_to_string(file("paydirt.toml")).unwrap();
    let known: BTreeSet<String> = values(&of_text(&text))
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let (mut section, mut documented) = (String::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = format!("{name}.");
        } else if let Some(key) = key_of(line) {
            assert!(
                documented.insert(format!("{section}{key}")),
                "{section}{key} twice"
            );
        }
    }
    assert!(known.len() >= 50, "{}", known.len());
    assert_eq!(known, documented);
}

#[test]
fn each_default_is_what_the_file_says() {
    let text = std::fs::read_to_string(file("paydirt.toml")).unwrap();
    let as_it_is = values(&of_text(&text));
    let lines: Vec<&str> = text.lines().collect();
    let mut tried = 0;
    for (number, line) in lines.iter().enumerate() {
        let Some(uncommented) = line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')) else {
            continue;
        };
        if uncommented.is_empty() {
            continue;
        }
        let mut changed = lines.clone();
        changed[number] = uncommented;
        let now = of_text(&changed.join("\n"));
        let key = key_of(line).unwrap();
        for ((key_now, now), (_, before)) in values(&now).iter().zip(&as_it_is) {
            let same = now == before || in_wei(now) == in_wei(before);
            assert!(same, "{key}: {key_now} is {now}, not {before}");
        }
        let from = now.shown().iter().filter(|shown| shown.key.ends_with(key));
        assert!(
            from.into_iter().any(|shown| shown.from != "default"),
            "{key} was not read"
        );
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}

fn in_wei(text: &str) -> Option<u128> {
    paydirt_money::BaseUnits::parse_with_unit(text)
        .ok()
        .map(paydirt_money::BaseUnits::get)
}

#[test]
fn each_example_of_a_key_without_default_is_readable() {
    let text = std::fs::read_to_string(file("paydirt.toml")).unwrap();
    for line in text
        .lines()
        .filter(|line| line.starts_with("# e.g. ") && line.contains('='))
    {
        let key = key_of(line).unwrap();
        let mut changed = text.replace(line, line.trim_start_matches("# e.g. "));
        match key {
            "gas_price" => changed = changed.replace("#fees = \"auto\"", "fees = \"fixed\""),
            "interval" => changed = changed.replace("\ncron =", "\n#cron ="),
            "max_connections" | "timeout_ms" => changed = on_postgres(&changed),
            "password_file" if line.contains("postgres") => changed = on_postgres(&changed),
            "linear_days" | "dates" => {
                changed = changed.replace("#immediate = \"1\"", "immediate = \"0.25\"");
            }
            _ => {}
        }
        of_text(&changed);
    }
}

fn on_postgres(text: &str) -> String {
    text.replace(
        "#url = \"sqlite://paydirt.db\"",
        "url = \"postgres://h/paydirt\"",
    )
}

fn of_file(name: &str) -> Settings {
    load(&Sources {
        files: vec![file(name)],
        ..Sources::default()
    })
    .unwrap()
}

#[test]
fn the_small_file_of_a_storage_pool_loads() {
    let settings = of_file("filecoin-pool.toml");
    let pool = &settings.pools["space"];
    assert!(pool.paid().is_none());
    let settlement = pool.settlement().unwrap();
    assert_eq!(settlement.first_day.to_string(), "2026-11-01");
    assert_eq!(settlement.streams["spacerace"].credit, Credit::Transfer);
    let linear = VestingConfig::Linear {
        immediate_millionths: 250_000,
        days: 180,
    };
    assert_eq!(settlement.streams["mainnet"].vesting, linear);
}

#[test]
fn the_small_file_loads() {
    let settings = of_file("ethereum-pool.toml");
    assert_eq!(ethereum(&settings, "eth").chain_id, Some(1));
    assert_eq!(payouts(&settings, "eth").require_peers, 25);
}
