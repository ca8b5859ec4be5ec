//! `--from-open-ethereum-pool FILE`: that pool's own configuration file as a layer of ours.
//!
//! Facts from sammy007/open-ethereum-pool (`main.go`, `payouts/payer.go`): keys are found as Go's
//! `encoding/json` finds them, whatever their case, the last one winning; numbers are 64-bit; all
//! other keys are ignored.

use std::path::Path;

use config::{Map, Value, ValueKind};
use paydirt_money::{Amount, BaseUnits, Coin};
use paydirt_schedule::parse_go_duration_ms;
use secrecy::ExposeSecret;

use super::addresses::AddressForm;
use super::environment::Environment;
use super::fault::{Fault, Problem};
use super::layers::{Origin, read};
use go_json::Json;

mod go_json;

/// Wei per gas that fees may reach where that file says nothing: `fee_cap`'s default.
const FEE_CAP_WEI: u128 = 200_000_000_000;
/// What Go's `strconv.ParseBool` takes.
const TRUE: [&str; 6] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE: [&str; 6] = ["0", "f", "F", "FALSE", "false", "False"];
/// How the key can be given, in the order in which it is looked for.
const KEYSTORE: &str = "PAYDIRT_KEYSTORE";
const PRIVATE_KEY: &str = "PAYDIRT_PRIVATE_KEY";

/// Whether `RESOLVE_PAYOUT` is set to what Go takes as true.
pub(super) fn asks_to_resolve(environment: &Environment) -> Result<bool, Problem> {
    let Some(value) = environment.get("RESOLVE_PAYOUT") else {
        return Ok(false);
    };
    match value.expose_secret() {
        value if TRUE.contains(&value) => Ok(true),
        value if FALSE.contains(&value) => Ok(false),
        _ => Err(Problem {
            key: "RESOLVE_PAYOUT".into(),
            origin: Origin::Environment.shown(),
            what: "is neither true nor false".into(),
            cure: "set it to 1 to resolve and then stop, or unset it to pay".into(),
        }),
    }
}

/// The file as a layer: one chain, wallet and pool, all named by its `coin`.
pub(super) fn layer(
    path: &Path,
    environment: &Environment,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let text = read(path).map_err(|problem| vec![problem])?;
    let json: Json = serde_json::from_str(&text).map_err(|error| {
        vec![Problem {
            key: path.display().to_string(),
            origin: None,
            what: format!("is no JSON ({error})"),
            cure: "give open-ethereum-pool's own configuration file".into(),
        }]
    })?;
    let mut file = File {
        path,
        json,
        problems: Vec::new(),
    };
    let layer = file.layer(environment);
    match layer {
        Some(layer) if file.problems.is_empty() => Ok(layer),
        _ => Err(file.problems),
    }
}

struct File<'p> {
    path: &'p Path,
    json: Json,
    problems: Vec<Problem>,
}

/// A table that is being made.
struct Table {
    origin: Option<String>,
    values: Map<String, Value>,
}

impl Table {
    fn of(origin: &Origin) -> Table {
        Table {
            origin: origin.uri(),
            values: Map::new(),
        }
    }

    fn set(&mut self, key: &str, value: impl Into<ValueKind>) {
        self.values
            .insert(key.to_owned(), Value::new(self.origin.as_ref(), value));
    }

    fn named(self, name: &str) -> ValueKind {
        let table = Value::new(self.origin.as_ref(), ValueKind::Table(self.values));
        ValueKind::Table(Map::from([(name.to_owned(), table)]))
    }
}

impl File<'_> {
    fn layer(&mut self, environment: &Environment) -> Option<Map<String, Value>> {
        let coin = self.text("coin", "write the prefix of the pool's keys, as \"eth\"");
        let prefix = coin.as_deref().unwrap_or("eth");
        let name: String = prefix.chars().map(name_char).collect();
        let symbol = prefix.to_uppercase();
        let symbol = Coin::new(&symbol, 18).map_or(Coin::ETH, |coin| coin);
        let chain = self.chain(symbol);
        let wallet = self.wallet(environment, &name);
        let pool = self.pool(prefix, &name, symbol);
        let mut all = Table::of(&self.origin());
        let mut database = Table::of(&self.origin());
        database.set("url", "sqlite://paydirt.db");
        all.set("database", ValueKind::Table(database.values));
        all.set("chain", chain?.named(&name));
        all.set("wallet", wallet?.named(&name));
        all.set("pool", pool?.named(&name));
        coin.map(|_| all.values)
    }

    fn chain(&mut self, coin: Coin) -> Option<Table> {
        let mut chain = Table::of(&self.origin());
        chain.set("kind", "ethereum");
        chain.set("coin", coin.symbol());
        chain.set("confirmations", "auto");
        // Its own module asks no one whether an address is a contract.
        chain.set("contracts", "allow");
        let cure = "write the node's URL, as \"http://127.0.0.1:8545\"";
        let daemon = self.text("payouts.daemon", cure)?;
        chain.set("endpoints", vec![daemon]);
        let timeout = self.parsed("payouts.timeout", |text| Ok(parse_go_duration_ms(text)?));
        if let Some(timeout_ms) = timeout.and_then(|ms| i64::try_from(ms).ok()) {
            chain.set("timeout_ms", timeout_ms);
        }
        if self.flag("payouts.autoGas") {
            return Some(chain);
        }
        if let Some(gas) = self.parsed("payouts.gas", |text| Ok(BaseUnits::parse(text)?)) {
            chain.set("gas_limit", i64::try_from(gas.get()).unwrap_or(i64::MAX));
        }
        if let Some(price) = self.parsed("payouts.gasPrice", |text| Ok(BaseUnits::parse(text)?)) {
            chain.set("fees", "fixed");
            chain.set("gas_price", format!("{price} wei"));
            if price.get() > FEE_CAP_WEI {
                chain.set("fee_cap", format!("{price} wei"));
            }
        }
        Some(chain)
    }

    fn wallet(&mut self, environment: &Environment, chain: &str) -> Option<Table> {
        let cure = "write the address that pays, with 0x";
        let address = self.text("payouts.address", cure);
        let mut wallet = Table::of(&self.origin());
        wallet.set("chain", chain);
        let keystore = environment.get(KEYSTORE);
        if keystore.is_some() && environment.get(PRIVATE_KEY).is_some() {
            self.problems.push(Problem {
                key: KEYSTORE.into(),
                origin: Origin::Environment.shown(),
                what: format!("{PRIVATE_KEY} is set too"),
                cure: "unset one of them: a wallet has one key".into(),
            });
        }
        match keystore {
            Some(file) => {
                let origin = Origin::Environment.uri();
                let file = Value::new(origin.as_ref(), file.expose_secret());
                wallet.values.insert("keystore".into(), file);
                wallet.set("signer", "keystore");
            }
            None if environment.get(PRIVATE_KEY).is_some() => wallet.set("signer", "env"),
            None => wallet.set("signer", "node"),
        }
        let address = address?;
        match AddressForm::Ethereum.address(&address) {
            Ok(_) => wallet.set("address", address),
            Err(fault) => self.fault("payouts.address", fault),
        }
        Some(wallet)
    }

    fn pool(&mut self, prefix: &str, name: &str, coin: Coin) -> Option<Table> {
        let mut pool = Table::of(&self.origin());
        pool.set("chain", name);
        pool.set("wallet", name);
        pool.set("ledger", "redis");
        pool.set("redis_prefix", prefix);
        let cure = "write the pool's Redis, as \"127.0.0.1:6379\"";
        let endpoint = self.text("redis.endpoint", cure);
        let database = self.whole("redis.database").unwrap_or(0);
        if let Some(password) = self.optional_text("redis.password") {
            pool.set("redis_password", password);
        }
        let payouts = self.payouts(coin);
        pool.set("redis_url", format!("redis://{}/{database}", endpoint?));
        pool.set("payouts", ValueKind::Table(payouts?.values));
        Some(pool)
    }

    fn payouts(&mut self, coin: Coin) -> Option<Table> {
        let mut payouts = Table::of(&self.origin());
        payouts.set("enabled", self.flag("payouts.enabled"));
        payouts.set("bgsave", self.flag("payouts.bgsave"));
        let interval = self.parsed("payouts.interval", |text| {
            parse_go_duration_ms(text)?;
            Ok(text.to_owned())
        });
        if let Some(interval) = interval {
            payouts.set("interval", interval);
        }
        if let Some(peers) = self.whole("payouts.requirePeers") {
            payouts.set("require_peers", peers);
        }
        let Some(threshold) = self.whole("payouts.threshold") else {
            if self.json.find("payouts.threshold").is_none() {
                let cure = "write above how many Shannon members are paid, as 500000000";
                self.fault("payouts.threshold", Fault::new("is missing", cure));
            }
            return None;
        };
        payouts.set("minimum", Amount::from_units(threshold, coin).to_string());
        Some(payouts)
    }

    fn origin(&self) -> Origin {
        Origin::OpenEthereumPool(self.path.to_owned())
    }

    fn fault(&mut self, key: &str, fault: Fault) {
        let origin = self.origin().shown();
        let Fault { what, cure } = fault;
        self.problems.push(Problem {
            key: key.to_owned(),
            origin,
            what,
            cure,
        });
    }

    /// A text; an empty one counts as missing, as in Go.
    fn optional_text(&mut self, key: &str) -> Option<String> {
        match self.json.find(key) {
            None => None,
            Some(Json::Text(text)) if text.is_empty() => None,
            Some(Json::Text(text)) => Some(text.clone()),
            Some(_) => {
                self.fault(key, Fault::new("is no text", "write it in quotes"));
                None
            }
        }
    }

    fn text(&mut self, key: &str, cure: &str) -> Option<String> {
        let before = self.problems.len();
        let text = self.optional_text(key);
        if text.is_none() && self.problems.len() == before {
            self.fault(key, Fault::new("is missing", cure));
        }
        text
    }

    fn parsed<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let text = self.optional_text(key)?;
        parse(&text).map_err(|fault| self.fault(key, fault)).ok()
    }

    /// A whole number of 0 or more.
    fn whole(&mut self, key: &str) -> Option<i64> {
        match self.json.find(key)? {
            Json::Whole(number) if *number >= 0 => Some(*number),
            _ => {
                let cure = "write a whole number of 0 or more, without quotes";
                self.fault(key, Fault::new("is no such number", cure));
                None
            }
        }
    }

    /// `false` where it is missing, as in Go.
    fn flag(&mut self, key: &str) -> bool {
        match self.json.find(key) {
            None => false,
            Some(Json::Truth(flag)) => *flag,
            Some(_) => {
                let cure = "write true or false, without quotes";
                self.fault(key, Fault::new("is neither true nor false", cure));
                false
            }
        }
    }
}

fn name_char(c: char) -> char {
    let lower = c.to_ascii_lowercase();
    if lower.is_ascii_lowercase() || lower.is_ascii_digit() {
        lower
    } else {
        '_'
    }
}
