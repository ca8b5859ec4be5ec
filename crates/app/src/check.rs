//! Is everything in order? One line each, without changing anything that counts.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use paydirt_ledger::{Finding, Severity};
use paydirt_payouts::Stop;
use paydirt_schedule::{Clock as _, CronSpec, SystemClock, Timestamp, Tz, ZoneHistory};

use crate::config::{PayoutsConfig, PoolConfig, Settings, When};
use crate::error::AppError;
use crate::settle::{Standing, left_behind, standings};
use crate::terms::pool_terms;
use crate::wire::{Books, Opened, Scope, engines, exposed, is_missing, of_wallet, open_books};

/// What its lines are about.
const DATABASE: &str = "database";
/// Runs shown of a schedule.
const NEXT_RUNS: usize = 3;

/// Checks configuration, database, keys, nodes, ledgers and schedules.
///
/// # Errors
/// `Usage`: what is asked for is not in the configuration. Whatever else is wrong is a line.
pub async fn check(settings: &Settings, scope: &Scope) -> Result<Vec<Finding>, AppError> {
    let pools = scope.pools(settings)?;
    let mut lines = vec![configuration(settings), time_zone(settings.time_zone)];
    let known = database(settings, &mut lines).await;
    for (name, pool) in &pools {
        lines.extend(schedules(name, pool));
        if let (Some(books), Some(_)) = (known.books(), pool.settlement()) {
            let standing = standing(settings, name, books).await;
            let failed = |error: AppError| {
                let what = format!("pool {name}: days");
                vec![line(Severity::Fail, what, error.to_string())]
            };
            lines.extend(standing.unwrap_or_else(failed));
        }
    }
    let paid = pools.iter().filter_map(|(_, pool)| pool.paid());
    for name in paid.map(|(wallet, _)| wallet).collect::<BTreeSet<_>>() {
        wallet(settings, name, known.opened.as_ref(), &mut lines).await;
    }
    Ok(lines)
}

fn line(severity: Severity, what: impl Into<String>, detail: impl Into<String>) -> Finding {
    Finding {
        severity,
        what: what.into(),
        detail: detail.into(),
    }
}

fn configuration(settings: &Settings) -> Finding {
    let detail = format!(
        "chains: {}; wallets: {}; pools: {}",
        settings.chains.len(),
        settings.wallets.len(),
        settings.pools.len()
    );
    line(Severity::Ok, "configuration", detail)
}

fn time_zone(zone: Tz) -> Finding {
    let now = shown(SystemClock.now(), zone);
    line(
        Severity::Ok,
        "time zone",
        format!("{zone}, where it is {now}"),
    )
}

/// On the wall clock of the zone.
fn shown(at: Timestamp, zone: Tz) -> String {
    match at.to_utc() {
        Some(utc) => utc.with_timezone(&zone).format("%F %T %:z").to_string(),
        None => at.to_string(),
    }
}

/// What the database has to check against.
#[derive(Default)]
struct Known {
    /// The journal, in books that are up to date; an empty one where there is none yet.
    opened: Option<Opened>,
}

impl Known {
    fn books(&self) -> Option<&Books> {
        self.opened.as_ref()?.books.as_ref()
    }
}

async fn database(settings: &Settings, lines: &mut Vec<Finding>) -> Known {
    let shown = &settings.database;
    if is_missing(&settings.database) {
        lines.push(no_file_yet(settings));
        return Known {
            opened: Some(Opened::empty()),
        };
    }
    match open_known(settings).await {
        Ok(Found::UpToDate(opened, health)) => {
            let detail = format!("{shown}, all migrations applied");
            lines.push(line(Severity::Ok, DATABASE, detail));
            let of_database = |found: Finding| {
                let what = format!("{DATABASE}: {}", found.what);
                line(found.severity, what, found.detail)
            };
            lines.extend(health.into_iter().map(of_database));
            Known {
                opened: Some(opened),
            }
        }
        Ok(Found::Lacking { count, is_new }) => {
            let detail = format!(
                "{shown} lacks {count} migrations: `paydirt payouts run` applies them, or \
                 `paydirt migrate`"
            );
            lines.push(line(Severity::Warn, DATABASE, detail));
            Known {
                opened: is_new.then(Opened::empty),
            }
        }
        Err(error) => {
            lines.push(line(Severity::Fail, DATABASE, error.to_string()));
            Known::default()
        }
    }
}

enum Found {
    UpToDate(Opened, Vec<Finding>),
    Lacking { count: usize, is_new: bool },
}

async fn open_known(settings: &Settings) -> Result<Found, AppError> {
    let books = open_books(settings).await?;
    let pending = books.pending_migrations().await?;
    if let Some(first) = pending.first() {
        return Ok(Found::Lacking {
            count: pending.len(),
            is_new: first.version <= 1,
        });
    }
    let health = books.health().await?;
    let opened = Opened {
        journal: Arc::new(books.journal().await?),
        books: Some(books),
    };
    Ok(Found::UpToDate(opened, health))
}

fn no_file_yet(settings: &Settings) -> Finding {
    let shown = &settings.database;
    let folder = shown.path().and_then(Path::parent);
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        let detail = format!("the directory of {shown} does not exist: make it");
        return line(Severity::Fail, DATABASE, detail);
    }
    let detail = format!("{shown} does not exist yet: `paydirt migrate` makes it");
    line(Severity::Ok, DATABASE, detail)
}

/// How far each stream is settled, and what a day that is due waits for.
async fn standing(
    settings: &Settings,
    name: &str,
    books: &Books,
) -> Result<Vec<Finding>, AppError> {
    let terms = pool_terms(settings, name)?;
    let standings = standings(books, &terms, SystemClock.now()).await?;
    let told = |of: Standing| {
        let what = format!("pool {name}: stream {}", of.stream);
        let settled = match of.last {
            Some(day) => format!("settled up to {day}"),
            None => "nothing is settled yet".to_owned(),
        };
        match of.due {
            None => line(Severity::Ok, what, settled),
            Some(day) => {
                let why = of.reason.unwrap_or_else(|| {
                    "it is settled by `paydirt settle`, or while `paydirt serve` runs".to_owned()
                });
                line(
                    Severity::Warn,
                    what,
                    format!("{settled}; {day} is due: {why}"),
                )
            }
        }
    };
    let unreleased: Vec<Finding> = standings.iter().filter_map(|of| failed(name, of)).collect();
    let mut findings: Vec<Finding> = standings.into_iter().map(told).collect();
    findings.extend(unreleased);
    for left in left_behind(books, &terms).await? {
        let what = format!("pool {name}: stream {}", left.stream);
        findings.push(line(Severity::Fail, what, left.told()));
    }
    Ok(findings)
}

/// What vested on a day, and could not be released.
fn failed(pool: &str, of: &Standing) -> Option<Finding> {
    let (day, why) = of.unreleased.as_ref()?;
    Some(line(
        Severity::Fail,
        format!("pool {pool}: releases of stream {}", of.stream),
        format!("what vested on {day} is not released: {why}"),
    ))
}

/// When the pool's days are settled, and when it pays.
fn schedules(name: &str, pool: &PoolConfig) -> Vec<Finding> {
    let settling = pool.settlement().map(|settlement| {
        let what = format!("pool {name}: settle schedule");
        cron(what, &settlement.settle_cron, &pool.zones)
    });
    let paying = pool.paid().map(|(_, payouts)| {
        let what = format!("pool {name}: schedule");
        payouts_schedule(what, payouts, &pool.zones)
    });
    settling.into_iter().chain(paying).collect()
}

fn payouts_schedule(what: String, payouts: &PayoutsConfig, zones: &ZoneHistory) -> Finding {
    if !payouts.enabled {
        let detail = "enabled = false: `paydirt payouts run` is refused; set it to true to pay";
        return line(Severity::Warn, what, detail);
    }
    match &payouts.when {
        When::Asked => line(
            Severity::Ok,
            what,
            "neither cron nor interval: only `paydirt payouts run --once` pays",
        ),
        When::Interval { interval_ms } => {
            let seconds = interval_ms / 1_000;
            let detail = format!("every {seconds} s, from the beginning of one run to the next");
            line(Severity::Ok, what, detail)
        }
        When::Cron(spec) => cron(what, spec, zones),
    }
}

/// A spec in one spelling, and its next runs on the wall clock that holds then.
fn cron(what: String, spec: &CronSpec, zones: &ZoneHistory) -> Finding {
    let now = SystemClock.now();
    let first = spec.next_in(now, zones);
    let runs = std::iter::successors(first, |run| spec.next_in(*run, zones));
    let next: Vec<String> = runs
        .take(NEXT_RUNS)
        .map(|at| shown(at, zone_at(at, zones)))
        .collect();
    match next.is_empty() {
        false => {
            let (zone, next) = (zone_at(now, zones), next.join(", "));
            let detail = format!("{} in {zone}: next {next}", spec.normalised());
            line(Severity::Ok, what, detail)
        }
        true => {
            let detail = format!("{} never comes again: write another", spec.normalised());
            line(Severity::Fail, what, detail)
        }
    }
}

fn zone_at(at: Timestamp, zones: &ZoneHistory) -> Tz {
    let day = zones.day_of(at);
    day.map_or(zones.zones().0, |day| zones.zone_on(day))
}

async fn wallet(
    settings: &Settings,
    name: &str,
    opened: Option<&Opened>,
    lines: &mut Vec<Finding>,
) {
    let what = |part: &str| format!("wallet {name}: {part}");
    let config = match of_wallet(settings, name) {
        Ok((config, _)) => config,
        Err(AppError::Policy { what: why, cure }) => {
            lines.push(line(
                Severity::Warn,
                what("chain"),
                format!("{why}; {cure}"),
            ));
            return;
        }
        Err(_) => return,
    };
    for warning in exposed(config) {
        lines.push(line(Severity::Warn, what("key"), warning));
    }
    let Some(opened) = opened else {
        let detail = "chain and ledgers were not looked at: the database comes first";
        lines.push(line(Severity::Fail, what("journal"), detail));
        return;
    };
    let wired = engines(settings, &[name], opened, &Stop::default()).await;
    let mut engine = match wired.map(|mut wired| wired.pop()) {
        Ok(Some(wired)) => wired.engine,
        Ok(None) => return,
        Err(error) => {
            lines.push(line(Severity::Fail, what("key"), error.to_string()));
            return;
        }
    };
    let strict = !engine.policy.allow_unknown_peers;
    // A warning here; a run refuses.
    engine.policy.allow_unknown_peers = true;
    match engine.check().await {
        Ok(report) => {
            let found = report.findings.into_iter();
            lines.extend(found.map(|f| line(f.severity, what(&f.what), f.detail)));
        }
        Err(error) => lines.push(line(Severity::Fail, what("journal"), error.to_string())),
    }
    let needed = engine.policy.require_peers;
    if !strict || needed == 0 {
        return;
    }
    for endpoint in engine.chain.reports().await {
        if endpoint.identity.is_ok() && endpoint.peers.is_none() {
            let detail = format!(
                "{needed} peers are required, which it can't tell: `paydirt payouts run` refuses; \
                 set require_peers = 0 or allow_unknown_peers = true"
            );
            let endpoint = format!("endpoint {}", endpoint.name);
            lines.push(line(Severity::Warn, what(&endpoint), detail));
        }
    }
}
