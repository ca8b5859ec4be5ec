//! What must be in order before money moves, as Redis says of itself.

use std::collections::BTreeMap;

use paydirt_ledger::{Finding, LedgerError, Severity};
use redis::{Pipeline, RedisResult, Value};

use crate::fault;
use crate::keys::Keys;
use crate::reply::text;
use crate::wire::Wire;

/// First version whose scripts can't be refused a write half-way.
const SAFE_MAJOR: u32 = 7;
/// First version that replicates a script's effects and not its text.
const LOWEST_MAJOR: u32 = 5;
const PROBE_TTL_S: u32 = 60;
/// Memory in use, in per cent of `maxmemory`, from which someone should know.
const MUCH_MEMORY_PERCENT: u64 = 90;

const SETTINGS: [&str; 4] = [
    "save",
    "appendfsync",
    "stop-writes-on-bgsave-error",
    "min-replicas-to-write",
];

pub(crate) async fn health(
    wire: &Wire,
    keys: &Keys,
    wait_replicas: u32,
) -> Result<Vec<Finding>, LedgerError> {
    let mut pipeline = Pipeline::new();
    pipeline
        .cmd("SET")
        .arg(keys.probe())
        .arg("check")
        .arg("EX")
        .arg(PROBE_TTL_S);
    pipeline.cmd("INFO");
    for name in SETTINGS {
        pipeline.cmd("CONFIG").arg("GET").arg(name);
    }
    let mut results = wire.send(&mut pipeline).await?.into_iter();
    let probe = results.next();
    let info = match results.next() {
        Some(Ok(info)) => text(Some(info))?,
        Some(Err(error)) => return Err(fault::of(&error)),
        None => return Err(fault::odd_reply("INFO")),
    };
    let facts = Facts {
        info: parse_info(&info),
        settings: settings(results),
    };
    let mut findings = vec![
        facts.version(),
        facts.role(),
        writes(probe),
        facts.persistence(),
        facts.last_save(),
        facts.eviction(),
        facts.replicas(wait_replicas),
    ];
    if facts.number("cluster_enabled") > 0 {
        findings.push(fail(
            "Redis Cluster",
            "is on; the pool's keys need one server".into(),
        ));
    }
    Ok(findings)
}

fn ok(what: &str, detail: String) -> Finding {
    Finding {
        severity: Severity::Ok,
        what: what.into(),
        detail,
    }
}

fn warn(what: &str, detail: String) -> Finding {
    Finding {
        severity: Severity::Warn,
        what: what.into(),
        detail,
    }
}

fn fail(what: &str, detail: String) -> Finding {
    Finding {
        severity: Severity::Fail,
        what: what.into(),
        detail,
    }
}

/// Whether the test write went through.
fn writes(probe: Option<RedisResult<Value>>) -> Finding {
    const WHAT: &str = "Redis writes";
    match probe {
        Some(Ok(_)) => ok(WHAT, "a test write was accepted".into()),
        Some(Err(error)) => fail(WHAT, fault::of(&error).to_string()),
        None => fail(
            WHAT,
            "the test write was not answered; look at Redis' log".into(),
        ),
    }
}

fn parse_info(text: &str) -> BTreeMap<String, String> {
    let pairs = text
        .lines()
        .filter_map(|line| line.trim_end().split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The settings that CONFIG GET tells: none where it is renamed or forbidden.
fn settings(
    results: impl Iterator<Item = RedisResult<Value>>,
) -> Option<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    for (name, result) in SETTINGS.into_iter().zip(results) {
        let values: Vec<Value> = match result.ok()? {
            Value::Array(values) => values,
            Value::Map(pairs) => pairs.into_iter().map(|(_, value)| value).collect(),
            _ => return None,
        };
        if let Some(value) = values.into_iter().next_back() {
            found.insert(name, text(Some(value)).ok()?);
        }
    }
    Some(found)
}

struct Facts {
    info: BTreeMap<String, String>,
    settings: Option<BTreeMap<&'static str, String>>,
}

impl Facts {
    fn fact(&self, name: &str) -> &str {
        self.info.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.fact(name).parse().unwrap_or(0)
    }

    fn setting(&self, name: &str) -> Option<&str> {
        self.settings.as_ref()?.get(name).map(String::as_str)
    }

    fn version(&self) -> Finding {
        const WHAT: &str = "Redis version";
        let version = self.fact("redis_version");
        let major = version
            .split('.')
            .next()
            .and_then(|text| text.parse::<u32>().ok());
        match major {
            Some(major) if major >= SAFE_MAJOR => ok(WHAT, version.into()),
            Some(major) if major >= LOWEST_MAJOR => warn(
                WHAT,
                format!(
                    "{version} can refuse a script's write half-way when its disk fails just \
                     then; install {SAFE_MAJOR} or newer"
                ),
            ),
            _ => fail(
                WHAT,
                format!("{version:?} is too old; install {SAFE_MAJOR} or newer"),
            ),
        }
    }

    fn role(&self) -> Finding {
        const WHAT: &str = "Redis role";
        match self.fact("role") {
            "master" => ok(WHAT, "primary".into()),
            "slave" => fail(
                WHAT,
                format!(
                    "a replica of {}:{}; point redis_url at the primary",
                    self.fact("master_host"),
                    self.fact("master_port")
                ),
            ),
            other => fail(WHAT, format!("{other:?}; a primary is needed")),
        }
    }

    fn persistence(&self) -> Finding {
        const WHAT: &str = "Redis persistence";
        const DETECTED: &str = "the loss would be noticed by the ids of its moves, and payments \
                                would stop until `paydirt payouts reconcile`";
        if self.fact("aof_enabled") == "1" {
            return match self.setting("appendfsync") {
                Some("always") => ok(WHAT, "appendonly yes, appendfsync always".into()),
                Some("everysec") => warn(
                    WHAT,
                    format!(
                        "appendfsync everysec: a power cut can lose the last second; {DETECTED}; \
                         `appendfsync always` loses nothing"
                    ),
                ),
                Some(other) => warn(
                    WHAT,
                    format!(
                        "appendfsync {other}: a power cut can lose half a minute; {DETECTED}; set \
                         `appendfsync always`"
                    ),
                ),
                None => warn(
                    WHAT,
                    "appendonly yes; appendfsync is unknown, because CONFIG GET is not allowed; \
                     see that it is `always`"
                        .into(),
                ),
            };
        }
        match self.setting("save") {
            Some("") => fail(
                WHAT,
                "neither appendonly nor save is set, so a restart loses everything; \
                 set `appendonly yes` and `appendfsync always`"
                    .into(),
            ),
            Some(save) => warn(
                WHAT,
                format!(
                    "only snapshots (save {save}): a crash loses what came after the last one; \
                     {DETECTED}; set `appendonly yes` and `appendfsync always`"
                ),
            ),
            None => warn(
                WHAT,
                "appendonly no; whether save is set is unknown, because CONFIG GET is not \
                 allowed; set `appendonly yes` and `appendfsync always`"
                    .into(),
            ),
        }
    }

    fn last_save(&self) -> Finding {
        const WHAT: &str = "Redis on disk";
        if self.fact("aof_last_write_status") == "err" {
            return fail(
                WHAT,
                "the last write of the append-only file failed; see its log".into(),
            );
        }
        if self.fact("rdb_last_bgsave_status") != "err" {
            return ok(WHAT, "the last writes to disk succeeded".into());
        }
        let detail = "the last snapshot failed; see its log, make room on the disk, run BGSAVE";
        if self.setting("stop-writes-on-bgsave-error") == Some("no") {
            warn(WHAT, detail.into())
        } else {
            fail(WHAT, format!("{detail}; until then it refuses writes"))
        }
    }

    fn eviction(&self) -> Finding {
        const WHAT: &str = "Redis memory";
        let (limit, used) = (self.number("maxmemory"), self.number("used_memory"));
        let policy = self.fact("maxmemory_policy");
        if limit == 0 {
            return ok(
                WHAT,
                format!("{used} bytes in use, no maxmemory: nothing is evicted"),
            );
        }
        if policy != "noeviction" {
            return fail(
                WHAT,
                format!(
                    "maxmemory {limit} with maxmemory-policy {policy}: balances could be evicted; \
                     set `maxmemory-policy noeviction`"
                ),
            );
        }
        let detail = format!("{used} of {limit} bytes in use, noeviction");
        if u128::from(used).saturating_mul(100)
            >= u128::from(limit).saturating_mul(u128::from(MUCH_MEMORY_PERCENT))
        {
            warn(
                WHAT,
                format!("{detail}; raise maxmemory before it refuses writes"),
            )
        } else {
            ok(WHAT, detail)
        }
    }

    fn replicas(&self, awaited: u32) -> Finding {
        const WHAT: &str = "Redis replicas";
        let connected = self.number("connected_slaves");
        let least = self.setting("min-replicas-to-write").unwrap_or("0");
        if connected < u64::from(awaited) {
            return fail(
                WHAT,
                format!(
                    "{connected} connected, {awaited} must acknowledge each move; start them or \
                     lower wait_replicas"
                ),
            );
        }
        if connected > 0 && awaited == 0 {
            return warn(
                WHAT,
                format!(
                    "{connected} connected, none awaited (min-replicas-to-write {least}): a \
                     fail-over can lose the last moves; it would be noticed, and payments would \
                     stop until `paydirt payouts reconcile`; set wait_replicas"
                ),
            );
        }
        ok(
            WHAT,
            format!("{connected} connected, {awaited} awaited with each move"),
        )
    }
}
